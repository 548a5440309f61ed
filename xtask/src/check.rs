//! `cargo xtask check`: format, lints, licences.

use crate::commands::{cargo, run, works};
use crate::licences;
use crate::steps::Steps;
use crate::workspace::root;

const CARGO_DENY_VERSION: &str = "0.20.2";

/// Runs the command.
///
/// # Errors
/// The first step that failed.
pub fn run_steps(steps: &mut Steps) -> anyhow::Result<()> {
    let root = root();
    steps.take("format", || run(cargo(&["fmt", "--all", "--check"]).current_dir(&root)))?;
    steps.take("lints", || {
        let arguments = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
        run(cargo(&arguments).current_dir(&root))
    })?;
    steps.take("licences", licences::check)?;
    steps.take("cargo deny", deny)
}

fn deny() -> anyhow::Result<()> {
    println!("known weaknesses are not looked up here: cargo-deny fetches their list from the internet");
    println!("  where there is one: cargo deny check advisories");
    if !works(&mut cargo(&["deny", "--version"])) {
        println!("cargo-deny is not installed, so the licences above are all that was looked at");
        println!("  for bans and sources too: cargo install cargo-deny --version {CARGO_DENY_VERSION} --locked");
        return Ok(());
    }
    run(cargo(&["deny", "--offline", "check", "licenses", "bans", "sources"]).current_dir(root()))
}

/// Runs the command by itself.
///
/// # Errors
/// The first step that failed.
pub fn run_alone() -> anyhow::Result<()> {
    let mut steps = Steps::default();
    let outcome = run_steps(&mut steps);
    steps.print();
    outcome
}
