//! `cargo xtask check`: format, walls between crates, file sizes, the clock, names in Docker's files, workflows, lints, licences. Quick steps come first.

mod clock;
mod compose;
mod compose_servers;
pub mod lints;
mod size;
mod tree;
mod unrun;
mod walls;
mod workflows;

use crate::commands::{cargo, run, works};
use crate::licences;
use crate::steps::Steps;
use crate::workspace::root;
use anyhow::bail;
use tree::Tree;

/// The version of cargo-deny that `deny.toml` is written for.
pub const CARGO_DENY_VERSION: &str = "0.20.2";

/// Runs the steps that need no build: all but the lints.
///
/// # Errors
/// The first step that failed.
pub fn run_steps(steps: &mut Steps) -> anyhow::Result<()> {
    let root = root();
    steps.take("format", || run(cargo(&["fmt", "--all", "--check"]).current_dir(&root)))?;
    steps.take("walls", || report(&walls::faults(&walls::arrows()?)))?;
    steps.take("sources", || {
        let tree = Tree::tracked()?;
        report(&[size::faults(&tree), clock::faults(&tree), unrun::faults(&tree)].concat())
    })?;
    steps.take("images", || report(&[compose::faults()?, compose_servers::faults()?].concat()))?;
    steps.take("workflows", || report(&workflows::faults()?))?;
    steps.take("licences", licences::check)?;
    steps.take("cargo deny", deny)
}

/// Fails with all faults at once.
fn report(faults: &[String]) -> anyhow::Result<()> {
    if faults.is_empty() {
        return Ok(());
    }
    bail!("{} faults:\n  {}", faults.len(), faults.join("\n  "))
}

fn deny() -> anyhow::Result<()> {
    println!("Security advisories are not checked here: their list is downloaded. See `cargo xtask advisories`.");
    if !works(&mut cargo(&["deny", "--version"])) {
        println!("cargo-deny is not installed, so only the licences above were checked.");
        println!("  For bans and sources too: cargo install cargo-deny --version {CARGO_DENY_VERSION} --locked");
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
    let outcome = run_steps(&mut steps).and_then(|()| steps.take("lints", lints::run_alone));
    steps.print();
    outcome
}
