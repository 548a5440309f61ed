//! Commands of the built program.

use crate::error::Result;
use crate::skipped::missing;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The built program beside the running test program or tool: `target/PROFILE/onsale`.
///
/// # Errors
/// A [missing](crate::KitError::is_missing) program when it has not been built.
pub fn find_program() -> Result<PathBuf> {
    let own = std::env::current_exe().unwrap_or_default();
    // Test programs lie one folder deeper, in `deps`.
    let candidates = own.ancestors().skip(1).take(2).map(|folder| folder.join("onsale"));
    candidates.into_iter().find(|path| path.is_file()).ok_or_else(|| missing("the built program, onsale,"))
}

/// As [`find_program`].
///
/// # Panics
/// When the program has not been built: `cargo build -p onsale`.
#[must_use]
pub fn program() -> PathBuf {
    find_program().expect("cargo build -p onsale comes first")
}

/// The program with arguments and the data folder `data`, and with none of this shell's own settings.
#[must_use]
pub fn onsale(data: &Path, arguments: &[&str]) -> Command {
    let mut command = launch::onsale(&program());
    // A working folder without onsale.toml.
    command.args(arguments).arg("--data").arg(data).current_dir(std::env::temp_dir());
    command.envs(super::server::QUIET);
    command
}

/// Runs a command to its end.
///
/// # Panics
/// When the program does not start.
#[must_use]
pub fn run(data: &Path, arguments: &[&str]) -> Output {
    onsale(data, arguments).output().expect("the program starts")
}

/// A new API key; `owner` is an option such as `["--admin"]` or `["--tenant", "acme"]`.
///
/// # Panics
/// When the program makes none.
#[track_caller]
pub fn make_key(data: &Path, owner: &[&str]) -> String {
    let made = launch::create_key(&program(), &std::env::temp_dir(), data, owner);
    made.unwrap_or_else(|error| panic!("{error}"))
}
