//! Tests that cannot run on this machine say so by name and are counted.

use crate::error::{KitError, Result};
use crate::install::say;
use crate::shared::run_folder;
use std::io::Write;
use std::path::Path;

/// The file in a test run's folder with one line for each skipped test.
const SKIPPED_FILE: &str = "skipped";

/// The server, or none when it is not installed: the test then returns, and is named and counted as skipped.
///
/// ```no_run
/// let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
/// println!("{}", redis.url());
/// ```
///
/// # Panics
/// When the server is installed and does not work: then the test has failed.
#[must_use]
pub fn available<T>(server: Result<T>) -> Option<T> {
    match server {
        Ok(server) => Some(server),
        Err(error) if error.is_missing() => {
            skip(&error.to_string());
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// The error for something that a test needs and this machine does not have; for [`available`].
#[must_use]
pub fn missing(what: &str) -> KitError {
    KitError::missing(format!("{what} is not on this machine"))
}

/// Notes that the test of this thread is skipped.
pub fn skip(why: &str) {
    let thread = std::thread::current();
    let test = format!("{}::{}", program(), thread.name().unwrap_or("a test"));
    let why = why.lines().next().unwrap_or_default();
    say(&format!("SKIPPED {test}: {why}\n"));
    let Some(folder) = run_folder() else { return };
    let file = std::fs::File::options().create(true).append(true).open(folder.join(SKIPPED_FILE));
    // One write, so that the lines of two processes do not mix.
    let _ = file.and_then(|mut file| file.write_all(format!("{test}: {why}\n").as_bytes()));
}

/// The test program's name without the hash that cargo appends.
fn program() -> String {
    let path = std::env::current_exe().unwrap_or_default();
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    name.rsplit_once('-').map_or(&*name, |(name, _)| name).to_owned()
}

/// The tests that were skipped in a run with that folder.
#[must_use]
pub fn skipped(run: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(run.join(SKIPPED_FILE)).unwrap_or_default();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines.dedup();
    lines
}
