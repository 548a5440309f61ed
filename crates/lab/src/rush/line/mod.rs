//! A load test of a waiting line before a campaign: users enqueue, poll their rank, and request the coupon when admitted.
//! Some leave, return, enqueue twice, or try to bypass the line. Afterwards the observations are checked against the
//! guarantees of a line and against the records of the coupons.

pub(super) mod agenda;
mod calls;
mod crowd;
mod judge;
mod latest;
mod meter;
mod notes;
mod options;
mod overtaking;
mod person;
mod replies;
mod steps;
mod streams;
mod tracks;

pub use options::{LineOptions, Shares};

use super::books::{self, People, Served};
use super::client::Client;
use super::shared::{Interrupt, Shared};
use super::{Reached, at_a_server, campaign, progress, report_of};
use crate::load::{Limits, each_thread, raise_open_files};
use crate::report::{Assessment, Estimates, Latency, LineResults, Outcomes, Report};
use anyhow::{Context, bail};
use calls::Calls;
use crowd::LineCrowd;
use latest::Latest;
use meter::Meter;
use notes::Notes;
use options::CheckedLineOptions;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use streams::Streamed;

/// Default admissions per second on a temporary server.
const OWN_ADMIT_PER_SECOND: u32 = 500;
/// Lifetime of a pass on a temporary server, in polling intervals; at least a minute.
const OWN_PASS_POLLS: u64 = 6;
const OWN_PASS_MS_MIN: u64 = 60_000;
/// Minimum lifetime of a pass on any server.
const ANY_PASS_MS_MIN: u64 = 10_000;
/// Time limit for the creation of a line after its campaign.
const LINE_PATIENCE: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(200);
/// Largest acceptable median error of an estimate, in percent.
const ESTIMATE_PERCENT_MAX: f64 = 10.0;
/// Maximum number of points in the chart of admissions.
const ADMISSION_POINTS_MAX: usize = 240;

/// Runs the load test, as [`super::run`] does without a line.
///
/// # Errors
/// As [`super::run`]. A failed check is no error: see [`Report::books_balance`].
pub fn run(options: LineOptions) -> anyhow::Result<Report> {
    let options = options.check()?;
    let environment = own_environment(&options);
    at_a_server(&options.crowd, &environment, |reached, interrupt| rush(&options, reached, interrupt))
}

fn own_pass_ms(options: &CheckedLineOptions) -> u64 {
    (u64::from(options.poll_ms) * OWN_PASS_POLLS).max(OWN_PASS_MS_MIN)
}

fn own_environment(options: &CheckedLineOptions) -> Vec<(&'static str, String)> {
    let rate = options.admit_per_second.unwrap_or(OWN_ADMIT_PER_SECOND);
    vec![
        ("ONSALE__GATE__DISPATCH_PER_SECOND", rate.to_string()),
        ("ONSALE__GATE__ACTIVE_TTL_SECONDS", own_pass_ms(options).div_ceil(1_000).to_string()),
    ]
}

fn rush(options: &CheckedLineOptions, reached: &Reached, interrupt: &Interrupt) -> anyhow::Result<Report> {
    let crowd = &options.crowd;
    let mut client = Client::new(reached.target.clone(), reached.admin_key.clone());
    let sale = campaign::prepare(&mut client, crowd, true)?;
    let line = format!("gate:{}", sale.campaign);
    if reached.process.is_none() {
        change_rate(&mut client, &line, options.admit_per_second)?;
    }
    let shared = Shared::new(crowd.users, 1, interrupt.clone());
    let (Observations { notes, meter, streamed }, processor) =
        reached.weigh(|| send_crowd(options, reached, &line, &shared))?;
    progress::print_line("comparing the records");
    // An issuer may have processed a user that did not return for the response.
    let unheard = notes.tally.gave_up + if notes.is_processed { notes.left } else { 0 };
    let heard = u64::from(crowd.users) - notes.left;
    let count = if notes.is_processed { crowd.users } else { u32::try_from(heard).unwrap_or(u32::MAX) };
    let people = People { count, unanswered: unheard, served: Served::Unnamed(&notes.served) };
    let judged = books::compare(&mut client, crowd, reached, &sale, &people, interrupt)?;
    let mut checks = judge::judge(&judge::Evidence { users: crowd.users, notes: &notes, meter: &meter, streamed });
    checks.extend(judged.checks);
    let line_figures = figures(options, line, &notes, &meter, streamed);
    let own_warnings = [lapsed(&notes), misleading(line_figures.estimates.as_ref())].concat();
    let warnings = [sale.warnings.clone(), shared.warnings(), own_warnings, judged.warnings].concat();
    let mut report = report_of(crowd, reached, &sale, &notes.tally, Assessment::of(checks, warnings), processor);
    report.figures.issued = notes.served.len() as u64;
    report.outcomes.extend(Outcomes::of([("left the line", notes.left)]));
    report.line = Some(line_figures);
    Ok(report)
}

/// Changes the rate before the load test. A new campaign's line may not exist yet.
fn change_rate(client: &mut Client, line: &str, admit_per_second: Option<u32>) -> anyhow::Result<()> {
    let Some(rate) = admit_per_second else { return Ok(()) };
    if !client.has_admin_key() {
        bail!("changing the rate of a line (--admit) requires an administrator's key (--key)");
    }
    let give_up = Instant::now() + LINE_PATIENCE;
    loop {
        let reply = client.put(&format!("/queue/admin/{line}/rate"), &json!({ "ratePerSecond": rate }))?;
        match reply.status {
            204 => return Ok(()),
            404 if Instant::now() < give_up => std::thread::sleep(PAUSE),
            _ => bail!("cannot change the rate of {line}: {}", reply.describe()),
        }
    }
}

/// The observations of the users, the meter and the streams.
struct Observations {
    notes: Notes,
    meter: Meter,
    streamed: Streamed,
}

fn send_crowd(
    options: &CheckedLineOptions,
    reached: &Reached,
    line: &str,
    shared: &Shared,
) -> anyhow::Result<Observations> {
    let crowd = &options.crowd;
    let calls = Calls::new(&reached.target, line.trim_start_matches("gate:"), line, crowd.issue_key.as_deref());
    let place_ms = if reached.process.is_some() { own_pass_ms(options) } else { ANY_PASS_MS_MIN };
    let (latest, stop, start) = (Latest::default(), AtomicBool::new(false), Instant::now());
    let mut people = [LineCrowd::new(options, calls, shared, &latest, place_ms)];
    let streams = streams::count_of(crowd.users, options.shares.stream_percent);
    raise_open_files(crowd.connections + streams)?;
    let (sent, meter, streamed) = std::thread::scope(|scope| {
        let streams = scope.spawn(|| streams::listen(reached, line, streams, &latest, &stop));
        let meter = scope.spawn(|| Meter::watch(reached, line, start, &latest, &stop));
        let limits = Limits::default();
        let sent = each_thread(reached.target.address, crowd.connections, limits, start, &mut people, |at_work| {
            progress::watch(shared, crowd.users, start, at_work);
        });
        stop.store(true, Ordering::Relaxed);
        (sent, meter.join(), streams.join())
    });
    sent.context("the load test failed")?;
    shared.outcome()?;
    let (Ok(meter), Ok(streamed)) = (meter, streamed) else { bail!("the sampling of the line ended early") };
    let [people] = people;
    Ok(Observations { notes: people.into_notes(), meter, streamed: streamed.context("streams")? })
}

fn lapsed(notes: &Notes) -> Vec<String> {
    let what = "passes expired before use: poll more often (--poll-ms), or raise the lifetime of passes";
    (notes.lapsed > 0).then(|| format!("{} {what}", notes.lapsed)).into_iter().collect()
}

/// A warning, not a check: on a busy machine admissions are irregular, so that estimates cannot be exact.
fn misleading(estimates: Option<&Estimates>) -> Vec<String> {
    let off = estimates.filter(|estimates| estimates.median_percent > ESTIMATE_PERCENT_MAX);
    let what = |off: &Estimates| format!("the median error of wait estimates was {:.0} %", off.median_percent);
    off.map(what).into_iter().collect()
}

fn figures(
    options: &CheckedLineOptions,
    line: String,
    notes: &Notes,
    meter: &Meter,
    streamed: Streamed,
) -> LineResults {
    LineResults {
        line,
        by_document: options.by_document,
        poll_ms: options.poll_ms,
        rate_per_second: meter.rate_per_second(),
        entered: notes.entered,
        left: notes.left,
        came_back: notes.came_back,
        asked_twice: notes.asked_twice,
        cheats: notes.cheats,
        ranks_heard: notes.ranks_heard,
        documents: notes.documents,
        streams: streamed.told as u64,
        streamed: streamed.documents,
        entering: Latency::of(&notes.entering_us),
        looking: Latency::of(&notes.looking_us),
        busiest_second: meter.busiest(1),
        estimates: notes.tracks.estimates(|number| meter.let_in(number)),
        admissions: meter.over_time(ADMISSION_POINTS_MAX),
        shown: notes.tracks.drawn(),
    }
}
