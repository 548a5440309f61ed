//! The rows of `goals.md` about tickets: whole purchases, and the rush of 20,000 people on 2,000 seats, each with the ten
//! invariants of all books at its end.

use crate::table::{Row, Table, median};
use anyhow::ensure;
use books::read::{Places, read};
use lab::report::{Latency, Report};
use lab::rush::Options;
use lab::rush::tickets::{ReadBooks, TicketOptions, TicketShares, run as rush};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What pretix and booking-rush reached on the machine of `goals.md`, purchases a second. They are not run here: the ratios are
/// to be read on that machine alone.
const PRETIX_PER_SECOND: f64 = 17.0;
const BOOKING_RUSH_PER_SECOND: f64 = 1_670.0;

/// Life of a hold in the rush: those who are late are waited for.
const RUSH_HOLD_SECONDS: u32 = 8;
/// Life of a hold where everybody buys. All are let in at once and share few connections, so that a person comes back to pay only
/// when all others have held their seats.
const BUYERS_HOLD_SECONDS: u32 = 300;

/// Options of `bench tickets`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The program to measure.
    #[arg(long)]
    pub program: PathBuf,
    /// Rounds; the median counts.
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// People who buy in a round, each one seat.
    #[arg(long, default_value_t = 5_000)]
    pub buyers: u32,
    /// Only rows whose section's name contains this: purchase, rush.
    #[arg(long)]
    pub only: Option<String>,
    /// Where results are kept.
    #[arg(long, default_value = "bench/results")]
    pub results: PathBuf,
}

/// Measures and keeps the rows.
///
/// # Errors
/// When a server cannot be started or answers wrongly, or the books do not balance.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut table = Table::new("tickets");
    let wanted = |name: &str| arguments.only.as_ref().is_none_or(|only| name.contains(only.as_str()));
    if wanted("purchase") {
        for connections in [8, 64, 256] {
            purchases(arguments, connections, &mut table)?;
        }
    }
    if wanted("rush") {
        let report = sale(arguments, (20_000, 2_000, 1_000), RUSH_HOLD_SECONDS, TicketShares::default())?;
        let seconds = report.figures.elapsed_seconds;
        table.push(Row::at_most("rush --tickets, 20,000 people, 2,000 seats", seconds, "s", 20.0));
    }
    table.keep(&arguments.results)
}

/// Reads the books of a temporary server.
fn reader() -> ReadBooks {
    Arc::new(|data: Option<&Path>| {
        let places = Places::embedded(data.unwrap_or_else(|| Path::new(".")), 4);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(runtime.block_on(read(&places))?)
    })
}

fn sale(
    arguments: &Arguments,
    (users, stock, connections): (u32, u32, usize),
    hold_seconds: u32,
    shares: TicketShares,
) -> anyhow::Result<Report> {
    let folder = tempfile::tempdir()?;
    let crowd = Options {
        users,
        stock,
        connections,
        program: arguments.program.clone(),
        report: folder.path().join("report.html"),
        ..Options::default()
    };
    let report =
        rush(TicketOptions { crowd, books: Some(reader()), hold_seconds, shares, ..TicketOptions::default() })?;
    ensure!(report.books_balance(), "the books do not balance: {:?}", report.verdict.warnings);
    Ok(report)
}

/// Nobody fails, leaves or is late, and there are seats for all.
fn purchases(arguments: &Arguments, connections: usize, table: &mut Table) -> anyhow::Result<()> {
    let everybody_buys = TicketShares {
        fail_percent: 0,
        late_percent: 0,
        leave_percent: 0,
        close_percent: 0,
        cancel_percent: 0,
        again_percent: 0,
    };
    let (mut rates, mut p95s, mut cpus) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..arguments.rounds {
        // Each wants one to four.
        let report = sale(
            arguments,
            (arguments.buyers, arguments.buyers * 4, connections),
            BUYERS_HOLD_SECONDS,
            everybody_buys,
        )?;
        let Some(sold) = &report.tickets else { continue };
        rates.push(sold.per_second().unwrap_or_default());
        p95s.push(p95_ms(&sold.purchase));
        let cpu = report.processor.server.map(|(user, system)| (user + system) * 1_000.0);
        cpus.extend(cpu.map(|cpu_ms| cpu_ms / sold.tickets.max(1) as f64));
    }
    let (rate, name) = (median(&rates), format!("a whole purchase, SQLite, {connections} connections"));
    let raw = format!("{rates:.0?}");
    table.push(Row::to_know(&name, rate, "/s").made_of(raw));
    table.push(Row::at_least(format!("{name}, over pretix"), rate / PRETIX_PER_SECOND, "x", 150.0));
    table.push(Row::at_least(format!("{name}, over booking-rush"), rate / BOOKING_RUSH_PER_SECOND, "x", 3.0));
    table.push(Row::to_know(format!("{name}, p95"), median(&p95s), "ms"));
    table.push(Row::at_most(format!("{name}, processor"), median(&cpus), "ms", 1.0));
    Ok(())
}

/// Between the percentiles that a report keeps.
fn p95_ms(latency: &Latency) -> f64 {
    let point = latency.curve.iter().find(|(percentile, _)| *percentile >= 95.0);
    point.map_or(latency.p99_ms, |(_, ms)| *ms)
}
