//! `onsale rehearse`: an evening at the real deployment, and the certificate of what was measured (OPS-001).

use super::{Ending, WrongUse, rush_tickets};
use crate::cli::{RehearseArguments, RehearseCommand};
use crate::config::{Config, Sources, load, print};
use crate::wiring::tickets::ticket_keys;
use anyhow::{Context, ensure};
use domain::ticket::{PublicTicketKey, seal, unseal};
use lab::rehearsal::{Certificate, Evening, PURPOSE, Place, Stage, rehearse};
use lab::rush::Options;
use lab::rush::tickets::TicketOptions;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

/// The certificate's file: the content for readers, and the signed text that counts.
#[derive(Serialize, Deserialize)]
struct Paper {
    content: Certificate,
    /// Checked with the key; what stands in `content` must be the same.
    signed: String,
    /// The public key, as `GET /tickets/keys` shows it.
    key: String,
}

/// Runs the command.
///
/// # Errors
/// When a part cannot be played, or a file cannot be read or written.
pub fn run(config: &Config, sources: &Sources, arguments: &RehearseArguments) -> anyhow::Result<Ending> {
    if let Some(RehearseCommand::Verify { file, public_key }) = &arguments.command {
        return verify(config, file, public_key.as_deref());
    }
    launch::descriptors::raise();
    // Before minutes of load: the key signs, and the place can be written.
    let keys = ticket_keys(config)?;
    demand_free(&arguments.out, arguments.force)?;
    let evening = evening(config, arguments);
    let stage = stage(config, arguments)?;
    let place = Place {
        target: arguments.url.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        configuration_sha256: hex::encode(Sha256::digest(print::print(&load(sources)?))),
    };
    let certificate = rehearse(&evening, &stage, place, |part| note!("rehearsing: {}", part.title()[0]))?;
    let key = keys.current().public().shown();
    let signed = seal(PURPOSE, &certificate.to_json()?, keys.current());
    write(&arguments.out, &certificate.to_html(&signed, &key)?)?;
    let passed = certificate.passed;
    say!("{}", summary(&certificate))?;
    let paper = serde_json::to_string_pretty(&Paper { content: certificate, signed, key })?;
    write(&arguments.out.with_extension("json"), &paper)?;
    say!("  certificate {}", arguments.out.display())?;
    Ok(if passed { Ending::Done } else { Ending::CheckFailed })
}

fn evening(config: &Config, arguments: &RehearseArguments) -> Evening {
    let wanted = &config.rehearsal;
    Evening {
        people: arguments.people.unwrap_or(wanted.people),
        connections: wanted.connections,
        coupons: wanted.coupons,
        admit_per_second: wanted.admit_per_second,
        seats: wanted.seats,
        p99_ms: wanted.p99_ms,
    }
}

fn stage(config: &Config, arguments: &RehearseArguments) -> anyhow::Result<Stage> {
    let crowd = Options {
        url: arguments.url.clone(),
        admin_key: arguments.key.clone(),
        issue_key: arguments.issue_key.clone(),
        program: std::env::current_exe().context("cannot find the path of this program")?,
        ..Options::default()
    };
    Ok(Stage { crowd, tickets: tickets(config, arguments), out: arguments.out.clone(), force: arguments.force })
}

/// How tickets are sold in the rehearsal; or why they are not.
fn tickets(config: &Config, arguments: &RehearseArguments) -> Result<TicketOptions, String> {
    let given = arguments.sandbox.clone().or_else(|| Some(config.sandbox.url.clone()).filter(|url| !url.is_empty()));
    if arguments.url.is_some() && given.is_none() {
        return Err(
            "the deployment has no sandbox, and a rehearsal never pays with real money (--sandbox URL)".to_owned()
        );
    }
    if arguments.url.is_some() && config.auth.jwt_secret.is_empty() {
        return Err("auth.jwt_secret is not in the configuration, so nobody could be logged in".to_owned());
    }
    Ok(TicketOptions {
        jwt_secret: arguments.url.is_some().then(|| config.auth.jwt_secret.clone()),
        sandbox: given.filter(|_| arguments.url.is_some()),
        books: Some(rush_tickets::reader(config)),
        ..TicketOptions::default()
    })
}

/// Refuses to write over anything without being asked to.
fn demand_free(page: &Path, force: bool) -> anyhow::Result<()> {
    let data = page.with_extension("json");
    ensure!(data != page, WrongUse("--out names the page, such as rehearsal.html".to_owned()));
    match [page, &data].into_iter().find(|file| file.exists()) {
        Some(file) if !force => {
            Err(WrongUse(format!("{} is there: choose another --out, or add --force", file.display())).into())
        }
        _ => Ok(()),
    }
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))
}

fn verify(config: &Config, file: &Path, public_key: Option<&str>) -> anyhow::Result<Ending> {
    let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let paper: Paper = serde_json::from_str(&text)
        .map_err(|error| WrongUse(format!("{} is no certificate of a rehearsal: {error}", file.display())))?;
    let keys: Vec<PublicTicketKey> = match public_key {
        Some(key) => vec![PublicTicketKey::read(key).map_err(|error| WrongUse(format!("--public-key: {error}")))?],
        None => ticket_keys(config)?.public().to_vec(),
    };
    let content = match unseal(PURPOSE, &paper.signed, &keys) {
        Ok(content) => Certificate::of_json(&content)?,
        Err(fault) => {
            say!("NOT genuine: {fault}")?;
            return Ok(Ending::CheckFailed);
        }
    };
    if content != paper.content {
        say!("NOT genuine: what the file shows is not what was signed")?;
        return Ok(Ending::CheckFailed);
    }
    say!("genuine, signed by this key\n{}", summary(&content))?;
    Ok(Ending::Done)
}

fn summary(certificate: &Certificate) -> String {
    let mark = |is_met: bool| if is_met { "ok  " } else { "FAIL" };
    let mut lines =
        vec![format!("  {} {} people, {}", mark(certificate.passed), certificate.people, certificate.began_at)];
    for part in &certificate.parts {
        lines.push(format!(
            "  {} {:<8} {:.0} answers a second, p99 {:.1} ms served, {:.1} ms refused",
            mark(part.passed),
            part.name.as_str(),
            part.answers_per_second,
            part.served_p99_ms,
            part.refused_p99_ms
        ));
        let missed = part.findings.iter().filter(|finding| !finding.is_met);
        lines.extend(missed.map(|finding| format!("       not met: {} ({})", finding.asked, finding.found)));
    }
    lines.push("  not covered:".to_owned());
    lines.extend(certificate.not_covered.iter().map(|gap| format!("       {}", gap[0])));
    lines.join("\n")
}
