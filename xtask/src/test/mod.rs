//! `cargo xtask test`: everything that must hold.

mod lanes;
mod programs;
mod reasons;
mod results;

use crate::steps::Steps;
use crate::workspace::root;
use crate::{check, commands, schema, script_types};
use anyhow::bail;
use programs::Program;
use results::Results;
use std::path::Path;
use testkit::Kit;
use testkit::install::{self, NEEDS};

/// Runs the command.
///
/// # Errors
/// The first step that failed.
pub fn run(quick: bool, yes: bool) -> anyhow::Result<()> {
    // The test programs open many connections, and a fresh machine allows 1,024 files.
    launch::descriptors::raise();
    let (mut steps, mut results) = (Steps::default(), Results::default());
    // Servers that the tests share live in it, and end with it however this ends.
    let kit = Kit::temporary()?;
    if yes {
        testkit::install::answer_yes();
    }
    let outcome = take_steps(&mut steps, &mut results, quick, &kit);
    let skipped = testkit::skipped(kit.folder());
    drop(kit);
    steps.print_slowest_first("steps");
    Steps::print_times("test programs", &results.times());
    print_list("tests were skipped: this machine lacks what they need", &skipped);
    print_list("tests are run by hand or by other tests", &results.ignored());
    print_list("failures", &results.failures());
    let tally = results.tally;
    // The test runner counts skipped tests as passed.
    let passed = tally.passed.saturating_sub(skipped.len() as u64);
    println!("\n{passed} passed, {} failed, {} skipped", tally.failed, tally.ignored + skipped.len() as u64);
    match (&outcome, quick) {
        (Ok(()), true) => println!("All is well, without servers and generated calls of the API document (--quick)."),
        (Ok(()), false) => println!("All is well."),
        (Err(_), _) => println!("All is NOT well."),
    }
    outcome
}

/// Names skipped, ignored and failed tests: none of them is silently green.
fn print_list(what: &str, lines: &[String]) {
    if !lines.is_empty() {
        println!("\n{} {what}:", lines.len());
    }
    for line in lines {
        println!("  {line}");
    }
}

/// Finds or installs every server before the tests, which then need not ask. A missing server is printed here, and the
/// tests that need it are skipped by name.
fn install_servers() {
    let plan = install::plan();
    if !plan.is_empty()
        && plan.ask()
        && let Err(error) = plan.install_packages()
    {
        println!("{error}");
    }
    for need in NEEDS {
        match (need.get)() {
            Ok(path) => println!("{:>12}  {}", need.name, path.display()),
            Err(error) => println!("{:>12}  MISSING: {error}", need.name),
        }
    }
}

fn take_steps(steps: &mut Steps, results: &mut Results, quick: bool, kit: &Kit) -> anyhow::Result<()> {
    // First of all: whoever started this is still there to answer.
    if !quick {
        steps.take("servers", || {
            install_servers();
            Ok(())
        })?;
    }
    check::run_steps(steps)?;
    if !quick {
        steps.take("types of scripts", script_types::check)?;
    }
    // By itself, so that the time of building and the time of testing are told apart.
    let programs = steps.take("build and lints", programs::build)?;
    if !quick {
        // Tests turn features on for the whole workspace: what the program lacks of them shows where it is built by itself.
        steps.take("the program alone", check_alone)?;
    }
    steps.take("tests", || run_tests(&programs, results, quick, kit))?;
    if quick { Ok(()) } else { schema::take_step(steps) }
}

/// As `cargo run` and `cargo install` take it: with what the program itself names, and nothing that tests add.
fn check_alone() -> anyhow::Result<()> {
    commands::run(commands::cargo(&["check", "--locked", "--quiet"]).current_dir(root()))
}

fn run_tests(programs: &[Program], results: &mut Results, quick: bool, kit: &Kit) -> anyhow::Result<()> {
    // The question was answered above; a test cannot ask again.
    let yes = Path::new(if testkit::install::is_allowed() { "1" } else { "0" });
    let mut environment = vec![(testkit::RUN, kit.folder()), ("ONSALE_TESTKIT_YES", yes)];
    if quick {
        environment.push((testkit::OFF, Path::new("1")));
    }
    lanes::run(programs, &environment, |ended| results.read(ended))?;
    if results.failed.is_empty() {
        return Ok(());
    }
    bail!("{} tests failed; their names and reasons are listed at the end", results.failed.len());
}
