//! The part of the page about a waiting line.

use super::numbers::{rounded, thousands};
use super::page::{LatencyRow, latency_row};
use super::{LineResults, line_chart};

/// The data of the template.
pub(super) struct LinePart {
    pub(super) ranks: String,
    pub(super) admissions: String,
    pub(super) requests: [LatencyRow; 2],
    pub(super) facts: Vec<(&'static str, String)>,
}

impl LinePart {
    pub(super) fn new(figures: &LineResults) -> Self {
        Self {
            ranks: line_chart::ranks(figures),
            admissions: line_chart::admissions(figures),
            requests: [
                latency_row("", "Enqueue", "줄 서기", &figures.entering),
                latency_row("", "Poll the rank", "순번 조회", &figures.looking),
            ],
            facts: facts(figures),
        }
    }
}

/// The facts of a line, by name.
pub(super) fn facts(figures: &LineResults) -> Vec<(&'static str, String)> {
    let number = |number: u64| thousands(number);
    let (left, back) = (number(figures.left), number(figures.came_back));
    let crowd = format!("{left} left, {back} returned, {} enqueued twice", number(figures.asked_twice));
    let followed = if figures.by_document { "the public document" } else { "the user's rank" };
    let mut facts = vec![
        ("Line", format!("{}, {} users entered", figures.line, number(figures.entered))),
        ("Polled", format!("{followed}, every {} ms", thousands(figures.poll_ms.into()))),
        ("Received", format!("{} ranks, {} documents", number(figures.ranks_heard), number(figures.documents))),
        ("Users", crowd),
    ];
    if figures.streams > 0 {
        let (streams, told) = (number(figures.streams), number(figures.streamed));
        facts.push(("Streams", format!("{streams}, with {told} documents")));
    }
    if let (Some(busiest), Some(rate)) = (figures.busiest_second, figures.rate_per_second) {
        facts.push(("Busiest second", format!("{} of {} admitted", number(busiest), thousands(rate.into()))));
    }
    if let Some(estimates) = &figures.estimates {
        let [median, most, worst] =
            [estimates.median_percent, estimates.p90_percent, estimates.worst_percent].map(rounded);
        let (of, untold) = (number(estimates.count), number(estimates.untold));
        facts.push((
            "Estimates",
            format!(
                "median error {median} %, 90th percentile {most} %, maximum {worst} %, of {of} estimates for waits of \
                 10 s or more; {untold} times no estimate"
            ),
        ));
    }
    facts
}
