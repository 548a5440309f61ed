//! A load test of a whole sale of tickets: people wait in line, pick seats as people do (the same good seats first), pay, fail,
//! come too late, leave, come back, buy again. Afterwards every book is compared ([`books::check()`]).

mod calls;
mod crowd;
mod judge;
mod notes;
mod options;
mod person;
mod replies;
mod show;
mod steps;
mod tokens;
mod windows;

pub use options::{ReadBooks, TicketOptions, TicketShares};

use super::campaign::Sale;
use super::shared::{Interrupt, Shared};
use super::target::Target;
use super::{Reached, at_a_server, progress, report_of};
use crate::load::{Limits, each_thread};
use crate::report::{Assessment, Latency, Outcomes, Report, TicketResults};
use anyhow::Context;
use calls::Calls;
use crowd::Crowd;
use notes::Notes;
use options::CheckedTickets;
use show::{Administrator, Show};
use std::time::Instant;
use tokens::Tokens;
use windows::Windows;

/// Admissions per second at a temporary server: the line is passed in a few seconds.
const ADMIT_PER_SECOND: u32 = 5_000;
/// No limit of rates, for the settings that take a number.
const UNLIMITED: &str = "1000000";

/// Runs the load test, as [`super::run`] does for a campaign.
///
/// # Errors
/// As [`super::run`]. A failed check is no error: see [`Report::books_balance`].
pub fn run(options: TicketOptions) -> anyhow::Result<Report> {
    let options = options.check()?;
    let secret = options.jwt_secret.clone().unwrap_or_else(tokens::new_secret);
    let environment = own_environment(&options, &secret);
    let tokens = Tokens::new(&secret)?;
    at_a_server(&options.crowd, &environment, |reached, interrupt| rush(&options, &tokens, reached, interrupt))
}

fn own_environment(options: &CheckedTickets, secret: &str) -> Vec<(&'static str, String)> {
    vec![
        ("ONSALE__AUTH__JWT_SECRET", secret.to_owned()),
        ("ONSALE__LIMITS__ENABLED", "false".to_owned()),
        ("ONSALE__QUEUE__RATE_PER_SECOND", ADMIT_PER_SECOND.to_string()),
        ("ONSALE__QUEUE__BATCH_INTERVAL_MS", "100".to_owned()),
        ("ONSALE__QUEUE__CAPACITY", UNLIMITED.to_owned()),
        ("ONSALE__QUEUE__STATUS_PER_MINUTE", "100000".to_owned()),
        ("ONSALE__RESERVATION__HOLD_TTL_SECONDS", options.hold_seconds.to_string()),
        ("ONSALE__PAYMENT__SETTLE_AFTER_SECONDS", "2".to_owned()),
    ]
}

fn rush(options: &CheckedTickets, tokens: &Tokens, reached: &Reached, interrupt: &Interrupt) -> anyhow::Result<Report> {
    let crowd = &options.crowd;
    progress::print_line("making the show");
    let admin = Administrator::new(&reached.target, tokens);
    let show = show::make(&admin, crowd.stock, ADMIT_PER_SECOND).context("the show cannot be made")?;
    let shared = Shared::new(crowd.users, 1, interrupt.clone());
    let started_at = clock::now();
    let (notes, processor) = reached.weigh(|| send(options, tokens, reached, &show, &shared))?;
    progress::print_line("waiting until everything is settled, comparing the books");
    let (checks, differences) = judge::judge(options, reached.data.as_deref(), &notes)?;
    let warnings = [shared.warnings(), differences].concat();
    let sale = Sale {
        campaign: show.title.clone(),
        stock: crowd.stock,
        made: true,
        issued_before: 0,
        started_at,
        warnings: Vec::new(),
    };
    let mut report = report_of(crowd, reached, &sale, &notes.tally, Assessment::of(checks, warnings), processor);
    report.figures.issued = notes.tickets;
    report.outcomes = Outcomes::of(notes.outcomes.iter().map(|(outcome, count)| (*outcome, *count)));
    report.tickets = Some(figures(&notes, &show));
    Ok(report)
}

fn send(
    options: &CheckedTickets,
    tokens: &Tokens,
    reached: &Reached,
    show: &Show,
    shared: &Shared,
) -> anyhow::Result<Notes> {
    let crowd = &options.crowd;
    let sandbox = match &options.sandbox {
        Some(url) => Target::parse(url)?,
        None => reached.target.clone(),
    };
    let calls = Calls::new(&reached.target, show.schedule);
    let windows = Windows::open(&sandbox);
    let mut people = [Crowd::new(options, show, shared, windows, (calls, tokens.clone()))];
    let start = Instant::now();
    each_thread(reached.target.address, crowd.connections, Limits::default(), start, &mut people, |at_work| {
        progress::watch(shared, crowd.users, start, at_work);
    })
    .context("the load test failed")?;
    shared.outcome()?;
    let [people] = people;
    Ok(people.into_notes())
}

fn figures(notes: &Notes, show: &Show) -> TicketResults {
    let seconds = |ns: u64| ns as f64 / 1e9;
    TicketResults {
        seats: show.seats.len() as u64,
        holds: notes.holds,
        conflicts: notes.conflicts,
        tickets: notes.tickets,
        cancelled: notes.cancelled,
        too_late: notes.too_late,
        failed: notes.failed,
        first_ticket_seconds: notes.first_ticket_ns.map(seconds),
        last_ticket_seconds: notes.first_ticket_ns.map(|_| seconds(notes.last_ticket_ns)),
        entering: Latency::of(&notes.entering_us),
        status: Latency::of(&notes.status_us),
        holding: Latency::of(&notes.holding_us),
        paying: Latency::of(&notes.paying_us),
        confirming: Latency::of(&notes.confirming_us),
        purchase: Latency::of(&notes.purchase_us),
    }
}
