//! A rehearsal (OPS-001): an evening's crowd at the real deployment, part by part, judged, and certified with what it did not
//! cover.
//!
//! What may go wrong with a certificate, and where each rule lives:
//! - it says more than was measured: each part names its own figures, and [`Certificate::not_covered`] what was left out (`gaps`);
//! - a part that failed is hidden behind the others: [`Certificate::passed`] is the judgement of all of them (`part`);
//! - somebody changes a figure afterwards: the whole content is signed (`domain::ticket::seal`), and the page is drawn from it.

mod certificate;
mod gaps;
mod page;
mod part;
#[cfg(test)]
mod tests;

pub use certificate::{Certificate, PURPOSE, Place};
pub use part::{Finding, Part, PartName};

use crate::report::{Report, demand_place};
use crate::rush::line::{LineOptions, run as rush_at_line};
use crate::rush::tickets::{TicketOptions, run as rush_at_tickets};
use crate::rush::{Options, run as rush};
use std::path::{Path, PathBuf};

/// The evening that is rehearsed. A part of size 0 is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evening {
    /// The people, in every part.
    pub people: u32,
    /// Keep-alive connections that they share.
    pub connections: u32,
    /// Coupons of a campaign of its own that all of them want at once.
    pub coupons: u32,
    /// People that a waiting line before such a campaign lets in per second.
    pub admit_per_second: u32,
    /// Seats of a show of its own.
    pub seats: u32,
    /// Slowest acceptable answer of 99 in 100, in milliseconds.
    pub p99_ms: u32,
}

/// Where it is played.
pub struct Stage {
    /// The server, its keys, and the program for temporary servers. People, stock and report are the evening's.
    pub crowd: Options,
    /// How a sale of tickets is played; or why it is not, for the certificate.
    pub tickets: Result<TicketOptions, String>,
    /// The certificate's page; the reports of the parts go beside it.
    pub out: PathBuf,
    /// Whether files of other kinds may be replaced.
    pub force: bool,
}

impl Stage {
    /// The report of a part: `evening.html` and `coupons` make `evening-coupons.html`.
    pub fn report_of(&self, name: PartName) -> PathBuf {
        let stem = self.out.file_stem().unwrap_or_default().to_string_lossy();
        self.out.with_file_name(format!("{stem}-{}.html", name.as_str()))
    }

    fn crowd(&self, evening: &Evening, name: PartName, stock: u32) -> Options {
        Options {
            users: evening.people,
            connections: evening.connections as usize,
            stock,
            report: self.report_of(name),
            ..self.crowd.clone()
        }
    }
}

/// Plays all parts, one after the other, and tells `said` what begins.
///
/// # Errors
/// When a report cannot be written, or a part cannot be played to its end. A part that is judged as failed is no error.
pub fn rehearse(
    evening: &Evening,
    stage: &Stage,
    place: Place,
    mut said: impl FnMut(PartName),
) -> anyhow::Result<Certificate> {
    let planned = planned(evening, stage);
    for (name, _) in &planned {
        demand_place(&stage.report_of(*name), stage.force)?;
    }
    let began_at = clock::now();
    let mut parts = Vec::new();
    for (name, play) in planned {
        said(name);
        let report = play()?;
        parts.push(Part::of(name, &report, evening.p99_ms, file_name(&stage.report_of(name))));
    }
    let not_covered = gaps::of(evening, stage, &parts);
    Ok(Certificate::new(*evening, place, parts, not_covered, (began_at, clock::now())))
}

type Play<'a> = Box<dyn FnOnce() -> anyhow::Result<Report> + 'a>;

/// The parts that are played, in the order of an evening.
fn planned<'a>(evening: &'a Evening, stage: &'a Stage) -> Vec<(PartName, Play<'a>)> {
    let mut planned: Vec<(PartName, Play<'a>)> = Vec::new();
    if evening.coupons > 0 {
        let crowd = stage.crowd(evening, PartName::Coupons, evening.coupons);
        planned.push((PartName::Coupons, Box::new(|| rush(crowd))));
    }
    if evening.admit_per_second > 0 && evening.coupons > 0 {
        let crowd = stage.crowd(evening, PartName::Line, evening.coupons);
        let admit_per_second = Some(evening.admit_per_second);
        planned.push((
            PartName::Line,
            Box::new(move || rush_at_line(LineOptions { crowd, admit_per_second, ..LineOptions::default() })),
        ));
    }
    if evening.seats > 0
        && let Ok(tickets) = &stage.tickets
    {
        let crowd = stage.crowd(evening, PartName::Tickets, evening.seats);
        planned
            .push((PartName::Tickets, Box::new(move || rush_at_tickets(TicketOptions { crowd, ..tickets.clone() }))));
    }
    planned
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
