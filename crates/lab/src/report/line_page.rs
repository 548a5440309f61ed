//! The page's part about a waiting line.

use super::numbers::{rounded, thousands};
use super::page::{LatencyRow, latency_row};
use super::{LineFigures, line_chart};

/// What the template shows of it.
pub(super) struct LinePart {
    pub(super) ranks: String,
    pub(super) admissions: String,
    pub(super) requests: [LatencyRow; 2],
    pub(super) facts: Vec<(&'static str, String)>,
}

impl LinePart {
    pub(super) fn new(figures: &LineFigures) -> Self {
        Self {
            ranks: line_chart::ranks(figures),
            admissions: line_chart::admissions(figures),
            requests: [
                latency_row("", "Queueing", "줄 서기", &figures.entering),
                latency_row("", "Asking for the rank", "순번 조회", &figures.looking),
            ],
            facts: facts(figures),
        }
    }
}

/// What is to be known of a line, by name.
pub(super) fn facts(figures: &LineFigures) -> Vec<(&'static str, String)> {
    let number = |number: u64| thousands(number);
    let (left, back) = (number(figures.left), number(figures.came_back));
    let crowd = format!("{left} went away, {back} came back, {} queued twice", number(figures.asked_twice));
    let followed = if figures.by_document { "the public document" } else { "the own rank" };
    let mut facts = vec![
        ("Line", format!("{}, {} places taken", figures.line, number(figures.entered))),
        ("Followed", format!("{followed}, every {} ms", thousands(figures.poll_ms.into()))),
        ("Heard", format!("{} ranks, {} documents", number(figures.ranks_heard), number(figures.documents))),
        ("Crowd", crowd),
    ];
    if figures.streams > 0 {
        let (streams, told) = (number(figures.streams), number(figures.streamed));
        facts.push(("Streams", format!("{streams}, which told {told} documents")));
    }
    if let (Some(busiest), Some(rate)) = (figures.busiest_second, figures.rate_per_second) {
        facts.push(("Busiest second", format!("{} of {} let in", number(busiest), thousands(rate.into()))));
    }
    if let Some(estimates) = &figures.estimates {
        let [median, most, worst] =
            [estimates.median_percent, estimates.p90_percent, estimates.worst_percent].map(rounded);
        let (of, untold) = (number(estimates.count), number(estimates.untold));
        facts.push((
            "Estimates",
            format!(
                "{median} % off in the middle, nine in ten within {most} %, {worst} % at worst, of {of} told to people who \
                 still waited 10 s or more; none told {untold} times"
            ),
        ));
    }
    facts
}
