//! The summary at the end of a load test.

use super::line_page::facts;
use super::numbers::{duration, latency, rounded, thousands};
use super::{CheckStatus, Latency, Report, json_path};
use std::fmt::Write;
use std::path::Path;

/// The summary in the width of a terminal. The last line names the page.
pub fn summary(report: &Report, page: &Path) -> String {
    let mut text = String::from("\n");
    let mut row = |name: &str, value: String| {
        // Writing to a string cannot fail.
        let _written = writeln!(text, "  {name:<10} {value}");
    };
    row("books", verdict(report));
    for check in &report.verdict.checks {
        let mark = match check.status {
            CheckStatus::Passed => "ok  ",
            CheckStatus::Failed => "FAIL",
            CheckStatus::Skipped => "skip",
        };
        row("", format!("{mark} {:<44} {}", check.title, check.found));
    }
    let figures = &report.figures;
    let (what, things) = if report.tickets.is_some() { ("show", "seats") } else { ("campaign", "coupons") };
    row(what, format!("{}, {} {things}, at {}", report.campaign, thousands(figures.stock.into()), report.target));
    let (users, connections) = (thousands(figures.users.into()), thousands(figures.connections as u64));
    row("load", format!("{users} users over {connections} connections"));
    for (name, value) in report.line.iter().flat_map(facts) {
        row(
            if name == "Line" { "line" } else { "" },
            if name == "Line" { value } else { format!("{}: {value}", name.to_lowercase()) },
        );
    }
    for (name, value) in report.tickets.iter().flat_map(super::TicketResults::facts) {
        row("", format!("{}: {value}", name.to_lowercase()));
    }
    row("time", times(report));
    let outcomes: Vec<_> =
        report.outcomes.iter().map(|outcome| format!("{} {}", outcome.code, thousands(outcome.count))).collect();
    row("responses", outcomes.join(", "));
    row("issued", latencies(&report.success));
    row("refused", latencies(&report.refusal));
    let troubles: Vec<_> = report.trouble.rows().into_iter().filter(|(_, count)| *count > 0).collect();
    if !troubles.is_empty() {
        let troubles: Vec<_> =
            troubles.into_iter().map(|(name, count)| format!("{} {name}", thousands(count))).collect();
        row("errors", troubles.join(", "));
    }
    for warning in &report.verdict.warnings {
        row("note", warning.clone());
    }
    row("report", format!("{} (data in {})", page.display(), json_path(page).display()));
    text
}

fn verdict(report: &Report) -> String {
    let verdict = &report.verdict;
    let (failed, skipped) = (verdict.count(CheckStatus::Failed), verdict.count(CheckStatus::Skipped));
    match (failed, skipped) {
        (0, 0) => format!("balance: {} checks passed", verdict.checks.len()),
        (0, skipped) => {
            format!("balance as far as observable: {skipped} of {} checks skipped", verdict.checks.len())
        }
        (failed, _) => format!("DO NOT BALANCE: {failed} of {} checks failed", verdict.checks.len()),
    }
}

fn times(report: &Report) -> String {
    let figures = &report.figures;
    let asked =
        figures.asked_per_second.map(|rate| format!(" of {} requested", thousands(rate.into()))).unwrap_or_default();
    let sold_out = figures.sold_out_seconds.map(|at| format!(", sold out after {}", duration(at))).unwrap_or_default();
    let (elapsed, rate) = (duration(figures.elapsed_seconds), rounded(figures.answers_per_second));
    format!("{elapsed}, {rate} responses per second{asked}{sold_out}")
}

fn latencies(measured: &Latency) -> String {
    if measured.count == 0 {
        return "no users".into();
    }
    format!(
        "p50 {}, p99 {}, p99.9 {}, max {}",
        latency(measured.p50_ms),
        latency(measured.p99_ms),
        latency(measured.p999_ms),
        latency(measured.max_ms)
    )
}
