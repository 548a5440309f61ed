//! The embedded engines, which need no server. `tests/redis` has the engines on Redis.

mod coupon_conformance;
mod coupon_safety;
mod lines;
mod seats;

use hot::embedded::{EmbeddedEngine, EmbeddedLines, EmbeddedSeats, JournalError, JournalOptions};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{PoisonError, RwLock};

/// Held while a test starts a process. Between fork and exec the new process has a copy of every lock file that the
/// tests of this program hold: a journal that is closed then still looks as if it were in use.
static STARTING: RwLock<()> = RwLock::new(());

fn spawn(command: &mut Command) -> Child {
    let _guard = STARTING.write().unwrap_or_else(PoisonError::into_inner);
    // Returns after exec.
    command.spawn().expect("started")
}

fn open_lines(folder: &Path, options: JournalOptions) -> Result<EmbeddedLines, JournalError> {
    let _guard = STARTING.read().unwrap_or_else(PoisonError::into_inner);
    EmbeddedLines::open(folder, options)
}

fn open_coupons(folder: &Path, options: JournalOptions) -> Result<EmbeddedEngine, JournalError> {
    let _guard = STARTING.read().unwrap_or_else(PoisonError::into_inner);
    EmbeddedEngine::open(folder, options)
}

fn open_seats(folder: &Path, options: JournalOptions) -> Result<EmbeddedSeats, JournalError> {
    let _guard = STARTING.read().unwrap_or_else(PoisonError::into_inner);
    EmbeddedSeats::open(folder, options)
}
