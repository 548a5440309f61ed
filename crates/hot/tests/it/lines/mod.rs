//! Lines on the embedded engine: the rules, restarts, killed processes, and replies while the disk is full.

mod calls;
mod death;
mod disk;
mod draw;
mod order;
mod passing;
mod presence;
mod restart;

use domain::line::{Admits, LineId, LineRule, LineStatus};
use domain::{EventName, Timestamp, UserId};
use hot::HotError;
use hot::conformance::Histories;
use hot::conformance::line as conformance;
use hot::embedded::{EmbeddedLines, JournalOptions};
use hot::line::{Clock, LinePort, LineUser, RuleChange};
use std::cell::RefCell;
use std::path::Path;

/// goals.md, Safety: 2,000 histories of 100 steps each commit.
const HISTORIES: u32 = 2_000;
const STEPS: usize = 100;

/// Options that do not wait for the disk, so that thousands of steps take seconds, not minutes.
const NO_FLUSH: JournalOptions = JournalOptions { flush: false, pages_max: None };

fn open(folder: &Path) -> EmbeddedLines {
    crate::open_lines(folder, JournalOptions::default()).expect("opens")
}

fn id() -> LineId {
    LineId::Queue(EventName::new("concert").expect("valid"))
}

fn user(n: usize) -> UserId {
    UserId::new(&format!("user-{n}")).expect("valid")
}

fn who(n: usize) -> LineUser {
    LineUser { line: id(), user: user(n) }
}

fn rule(rate_per_second: u32, revision: u64) -> LineRule {
    LineRule {
        capacity: 2_000_000,
        admits: Admits::Pass { ttl_ms: 600_000 },
        revision,
        ..LineRule::new(rate_per_second)
    }
}

async fn enter(lines: &EmbeddedLines, n: usize) -> Result<LineStatus, HotError> {
    lines.enter(vec![who(n)], Clock::At(Timestamp(5))).await.pop().expect("one answer")
}

async fn check_in(lines: &EmbeddedLines, n: usize) -> Result<LineStatus, HotError> {
    lines.check_in(vec![who(n)], Clock::At(Timestamp(5))).await.pop().expect("one answer")
}

/// The queue number of a status.
fn queue_number(standing: LineStatus) -> Option<u64> {
    match standing {
        LineStatus::Waiting { number, .. }
        | LineStatus::Processing { number }
        | LineStatus::Inside { number, .. }
        | LineStatus::Finished { number, .. }
        | LineStatus::Drawing { entry: number, .. } => Some(number.get()),
        _ => None,
    }
}

#[tokio::test]
async fn lines_end_and_are_made_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    conformance::run_ends(open(folder.path())).await;
}

#[tokio::test]
async fn random_histories_rules_and_embedded_lines_agree() {
    let folder = RefCell::new(tempfile::tempdir().expect("a temporary folder"));
    let fresh = || async {
        *folder.borrow_mut() = tempfile::tempdir().expect("a temporary folder");
        crate::open_lines(folder.borrow().path(), NO_FLUSH).expect("opens")
    };
    conformance::run(Histories::new(HISTORIES, STEPS), fresh).await;
}
