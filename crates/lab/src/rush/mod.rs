//! The whole event (FCFS-014): a campaign, everyone at once, and the books afterwards.
//!
//! [`run`] does it all. It knows the server by `contract.md` only. A person's request is repeated until it has an
//! answer, because a retry is always safe (FCFS-012); who hears `ALREADY_ISSUED` after a lost reply hears the yes
//! that was lost.

mod answer;
mod attempts;
mod backoff;
mod books;
mod campaign;
mod client;
mod crowd;
pub mod line;
mod lookup;
mod machine;
mod options;
mod own_server;
mod progress;
mod reconcile;
mod shared;
mod tally;
mod target;

pub use options::Options;

use crate::load::{Limits, cpu_seconds_of, each_thread, raise_open_files};
use crate::report::{self, Figures, Outcomes, ProcessorTime, Report};
use anyhow::Context;
use books::{People, Served};
use campaign::Sale;
use client::Client;
use crowd::{Crowd, Manner};
use options::Checked;
use own_server::OwnServer;
use shared::Shared;
use std::io::Write;
use std::time::Instant;
use tally::Tally;
use target::Target;

/// Runs the rush: starts a server if none is given, makes the campaign, sends the crowd, compares the books, writes
/// the report (HTML, and JSON beside it), prints the summary. A server of its own is stopped in any case.
///
/// # Errors
/// When the options cannot be, the server does not start or does not understand, nobody gets an answer for a
/// minute, or the report cannot be written. Books that do not balance are no error: see [`Report::books_balance`].
pub fn run(options: Options) -> anyhow::Result<Report> {
    let options = options.check()?;
    at_a_server(&options, &[], |reached, interrupt| rush(&options, reached, interrupt))
}

/// Runs a rush at the server that was given, or at one of its own, and tells what came of it. `environment` is for a
/// server of its own.
fn at_a_server(
    options: &Checked,
    environment: &[(&str, String)],
    rush: impl FnOnce(&Reached, &shared::Interrupt) -> anyhow::Result<Report>,
) -> anyhow::Result<Report> {
    raise_open_files(options.connections)?;
    let interrupt = shared::interrupt_flag()?;
    let own = match &options.url {
        Some(_) => None,
        None => Some(OwnServer::start(&options.program, options.keep_data, environment)?),
    };
    let reached = match &own {
        Some(server) => Reached {
            target: server.target().clone(),
            admin_key: Some(server.admin_key().to_owned()),
            process: Some(server.process()),
        },
        None => Reached {
            target: Target::parse(options.url.as_deref().unwrap_or_default())?,
            admin_key: options.admin_key.clone(),
            process: None,
        },
    };
    let report = rush(&reached, &interrupt)?;
    if let Some(server) = own
        && let Err(error) = server.stop()
    {
        progress::say(&format!("{error:#}"));
    }
    report::write(&report, &options.report)?;
    // Whoever reads along may have left; the report is written all the same.
    let _told = std::io::stdout().write_all(report::summary(&report, &options.report).as_bytes());
    Ok(report)
}

/// The server under the rush.
struct Reached {
    target: Target,
    admin_key: Option<String>,
    /// The server's process id, when it is ours.
    process: Option<u32>,
}

impl Reached {
    /// Does something, and weighs the processor time that it takes.
    fn weigh<T>(&self, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<(T, ProcessorTime)> {
        let cpu = || (cpu_seconds_of(std::process::id()), self.process.and_then(cpu_seconds_of));
        let before = cpu();
        let value = work()?;
        let after = cpu();
        let generator = ProcessorTime::between(before.0, after.0);
        Ok((value, ProcessorTime { generator, server: ProcessorTime::between(before.1, after.1) }))
    }
}

fn rush(options: &Checked, reached: &Reached, interrupt: &shared::Interrupt) -> anyhow::Result<Report> {
    let mut client = Client::new(reached.target.clone(), reached.admin_key.clone());
    let sale = campaign::prepare(&mut client, options, false)?;
    let shared = Shared::new(options.users, options.threads, interrupt.clone());
    let (tally, processor) = reached.weigh(|| send_crowd(options, reached, &sale, &shared))?;
    let mut warnings = sale.warnings.clone();
    warnings.extend(shared.warnings());
    warnings.extend(fell_behind(options, &tally));
    progress::say("comparing the books");
    let served = Served::Named(&tally.heard);
    let people = People { count: options.users, unanswered: tally.gave_up, served };
    let judged = books::compare(&mut client, options, reached, &sale, &people, interrupt)?;
    warnings.extend(judged.warnings);
    let verdict = report::Verdict::of(judged.checks, warnings);
    Ok(report_of(options, reached, &sale, &tally, verdict, processor))
}

/// Puts the report together.
fn report_of(
    options: &Checked,
    reached: &Reached,
    sale: &Sale,
    tally: &Tally,
    verdict: report::Verdict,
    processor: ProcessorTime,
) -> Report {
    let figures = Figures {
        users: options.users,
        connections: options.connections,
        threads: options.threads,
        stock: sale.stock,
        asked_per_second: options.rate,
        elapsed_seconds: tally.elapsed_seconds(),
        answers_per_second: tally.answers() as f64 / tally.elapsed_seconds().max(1e-9),
        sold_out_seconds: tally.sold_out_seconds(),
        issued: tally.yes_count(),
        unanswered: tally.gave_up,
    };
    Report {
        verdict,
        campaign: sale.campaign.clone(),
        target: reached.target.to_string(),
        own_server: reached.process.is_some(),
        started_at: sale.started_at.to_string(),
        command: std::env::args().collect::<Vec<_>>().join(" "),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        figures,
        outcomes: Outcomes::of(answer::CODES.into_iter().map(|(_, name)| name).zip(tally.decisions)),
        success: report::Latency::of(&tally.success_us),
        refusal: report::Latency::of(&tally.refusal_us),
        timeline: tally.timeline.clone(),
        trouble: tally.trouble.clone(),
        processor,
        machine: machine::read(),
        line: None,
    }
}

/// Below this share of the asked rate the figures are the server's limit, not the asked load.
const KEPT_RATE: f64 = 0.95;

fn fell_behind(options: &Checked, tally: &Tally) -> Option<String> {
    let asked = f64::from(options.rate?);
    let achieved = tally.answers() as f64 / tally.elapsed_seconds().max(1e-9);
    let behind = achieved < asked * KEPT_RATE && tally.elapsed_seconds() > 1.0;
    behind.then(|| format!("{achieved:.0} answers a second of {asked:.0} asked: people waited for a free connection"))
}

fn send_crowd(options: &Checked, reached: &Reached, sale: &Sale, shared: &Shared) -> anyhow::Result<Tally> {
    let manner = Manner {
        target: &reached.target,
        campaign: &sale.campaign,
        users: options.users,
        rate: options.rate,
        retry: options.retry,
        idempotency_keys: options.idempotency_keys,
        issue_key: options.issue_key.as_deref(),
    };
    let start = Instant::now();
    let mut crowds: Vec<_> =
        (0..options.threads).map(|thread| Crowd::new(&manner, shared, thread, options.connections)).collect();
    let limits = Limits::default();
    each_thread(reached.target.address, options.connections, limits, start, &mut crowds, |at_work| {
        progress::watch(shared, options.users, start, at_work);
    })
    .context("the crowd could not be sent")?;
    shared.outcome()?;
    Ok(Tally::merge(crowds.into_iter().map(Crowd::into_tally)))
}
