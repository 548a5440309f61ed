//! The whole event (FCFS-014): a campaign, all users at once, and the comparison of the records.
//!
//! [`run`] is the entry point. It knows the server by `contract.md` only. A request is retried until it has a response,
//! because a retry is always safe (FCFS-012). `ALREADY_ISSUED` after a lost response confirms the coupon of that
//! response.

mod answer;
mod attempts;
mod backoff;
mod books;
mod campaign;
mod client;
mod crowd;
pub mod line;
mod lookup;
pub(crate) mod machine;
mod options;
mod own_server;
mod progress;
mod reconcile;
mod shared;
mod tally;
mod target;
pub mod tickets;

pub use options::Options;

use crate::load::{Limits, cpu_seconds_of, each_thread, raise_open_files};
use crate::report::{self, Outcomes, ProcessorTime, Report, Results};
use anyhow::Context;
use books::{People, Served};
use campaign::Sale;
use client::Client;
use crowd::{Crowd, RequestSettings};
use domain::coupon::issue::IssueCode;
use options::CheckedOptions;
use own_server::OwnServer;
use shared::Shared;
use std::path::PathBuf;
use std::time::Instant;
use tally::Tally;
use target::Target;

/// Runs the load test: starts a server if none is given, creates the campaign, sends all requests, compares the records,
/// writes the report (HTML, and JSON beside it). A temporary server is stopped in any case.
///
/// # Errors
/// When an option is invalid, the server does not start or sends unusable responses, no user gets a response for a
/// minute, or the report cannot be written. A failed check is no error: see [`Report::books_balance`].
pub fn run(options: Options) -> anyhow::Result<Report> {
    let options = options.check()?;
    at_a_server(&options, &[], |reached, interrupt| rush(&options, reached, interrupt))
}

/// Runs `rush` at the given server or at a temporary one, and writes the report. `environment` applies to the temporary
/// server.
fn at_a_server(
    options: &CheckedOptions,
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
            data: Some(server.data().to_owned()),
        },
        None => Reached {
            target: Target::parse(options.url.as_deref().unwrap_or_default())?,
            admin_key: options.admin_key.clone(),
            process: None,
            data: None,
        },
    };
    let report = rush(&reached, &interrupt)?;
    if let Some(server) = own
        && let Err(error) = server.stop()
    {
        progress::print_line(&format!("{error:#}"));
    }
    report::write(&report, &options.report)?;
    Ok(report)
}

/// The server under test.
struct Reached {
    target: Target,
    admin_key: Option<String>,
    /// The process id of a temporary server.
    process: Option<u32>,
    /// The data folder of a temporary server.
    data: Option<PathBuf>,
}

impl Reached {
    /// Runs `work` and measures its processor time.
    fn weigh<T>(&self, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<(T, ProcessorTime)> {
        let cpu = || (cpu_seconds_of(std::process::id()), self.process.and_then(cpu_seconds_of));
        let before = cpu();
        let value = work()?;
        let after = cpu();
        let generator = ProcessorTime::between(before.0, after.0);
        Ok((value, ProcessorTime { generator, server: ProcessorTime::between(before.1, after.1) }))
    }
}

fn rush(options: &CheckedOptions, reached: &Reached, interrupt: &shared::Interrupt) -> anyhow::Result<Report> {
    let mut client = Client::new(reached.target.clone(), reached.admin_key.clone());
    let sale = campaign::prepare(&mut client, options, false)?;
    let shared = Shared::new(options.users, options.threads, interrupt.clone());
    let (tally, processor) = reached.weigh(|| send_crowd(options, reached, &sale, &shared))?;
    let mut warnings = sale.warnings.clone();
    warnings.extend(shared.warnings());
    warnings.extend(fell_behind(options, &tally));
    progress::print_line("comparing the records");
    let served = Served::Named(&tally.heard);
    let people = People { count: options.users, unanswered: tally.gave_up, served };
    let judged = books::compare(&mut client, options, reached, &sale, &people, interrupt)?;
    warnings.extend(judged.warnings);
    let verdict = report::Assessment::of(judged.checks, warnings);
    Ok(report_of(options, reached, &sale, &tally, verdict, processor))
}

/// Builds the report.
fn report_of(
    options: &CheckedOptions,
    reached: &Reached,
    sale: &Sale,
    tally: &Tally,
    verdict: report::Assessment,
    processor: ProcessorTime,
) -> Report {
    let figures = Results {
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
        command: without_keys(std::env::args()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        figures,
        outcomes: Outcomes::of(IssueCode::ALL.map(IssueCode::as_str).into_iter().zip(tally.decisions)),
        success: report::Latency::of(&tally.success_us),
        refusal: report::Latency::of(&tally.refusal_us),
        timeline: tally.timeline.clone(),
        trouble: tally.trouble.clone(),
        processor,
        machine: machine::read(),
        line: None,
        tickets: None,
    }
}

/// The command line for the report, which people hand on: keys are left out.
fn without_keys(arguments: impl Iterator<Item = String>) -> String {
    let mut is_key = false;
    let shown = arguments.map(|argument| {
        let hides = std::mem::replace(&mut is_key, matches!(argument.as_str(), "--key" | "--issue-key"));
        match argument.split_once('=') {
            _ if hides => "***".to_owned(),
            Some((name @ ("--key" | "--issue-key"), _)) => format!("{name}=***"),
            _ => argument,
        }
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// Below this share of the requested rate the results show the server's limit, not the requested load.
const KEPT_RATE: f64 = 0.95;

fn fell_behind(options: &CheckedOptions, tally: &Tally) -> Option<String> {
    let asked = f64::from(options.rate?);
    let achieved = tally.answers() as f64 / tally.elapsed_seconds().max(1e-9);
    let behind = achieved < asked * KEPT_RATE && tally.elapsed_seconds() > 1.0;
    behind.then(|| {
        format!("{achieved:.0} of the requested {asked:.0} responses per second: users waited for a free connection")
    })
}

fn send_crowd(options: &CheckedOptions, reached: &Reached, sale: &Sale, shared: &Shared) -> anyhow::Result<Tally> {
    let manner = RequestSettings {
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
    .context("the load test failed")?;
    shared.outcome()?;
    Ok(Tally::merge(crowds.into_iter().map(Crowd::into_tally)))
}

#[cfg(test)]
mod key_tests {
    use super::without_keys;

    #[test]
    fn a_report_does_not_name_the_keys_of_its_command_line() {
        let line = "onsale rush --url http://a --key secret1 --issue-key=secret2 --users 5";
        let shown = without_keys(line.split(' ').map(str::to_owned));
        assert_eq!(shown, "onsale rush --url http://a --key *** --issue-key=*** --users 5");
    }
}
