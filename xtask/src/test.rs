//! `cargo xtask test`: everything that must hold.

use crate::commands::{cargo, run_and_read};
use crate::steps::Steps;
use crate::workspace::root;
use crate::{check, schema};
use anyhow::bail;
use testkit::Kit;
use testkit::install::NEEDS;

/// Tests by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Tally {
    /// Counts a line such as `test result: ok. 12 passed; 0 failed; 1 ignored; ...`; passes by any other.
    fn look(&mut self, line: &str) {
        let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else {
            return;
        };
        for count in counts.split("; ") {
            let Some((number, word)) = count.split_once(' ') else { continue };
            let number = number.parse::<u64>().unwrap_or(0);
            match word {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

/// Runs the command.
///
/// # Errors
/// The first step that failed.
pub fn run(quick: bool, yes: bool) -> anyhow::Result<()> {
    let (mut steps, mut tally) = (Steps::default(), Tally::default());
    // Servers that the tests share live in it, and end with it however this ends.
    let kit = Kit::temporary()?;
    if yes {
        testkit::install::answer_yes();
    }
    let outcome = take_steps(&mut steps, &mut tally, quick, &kit);
    steps.print();
    let skipped = testkit::skipped(kit.folder());
    drop(kit);
    tell_skipped(&skipped);
    // The runner takes them for passed.
    let passed = tally.passed.saturating_sub(skipped.len() as u64);
    println!("{passed} passed, {} failed, {} skipped", tally.failed, tally.ignored + skipped.len() as u64);
    match (&outcome, quick) {
        (Ok(()), true) => println!("All is well, without servers and generated calls of the API document (--quick)."),
        (Ok(()), false) => println!("All is well."),
        (Err(_), _) => println!("All is NOT well."),
    }
    outcome
}

/// Tests that could not run here, by name: none is silently green.
fn tell_skipped(skipped: &[String]) {
    if !skipped.is_empty() {
        println!("\n{} tests were skipped:", skipped.len());
    }
    for line in skipped {
        println!("  {line}");
    }
}

/// Finds or installs every server before the tests, which then need not ask. What can not be had is told; its tests say
/// so by name.
fn install_servers() {
    for need in NEEDS {
        match (need.get)() {
            Ok(path) => println!("{:>12}  {}", need.name, path.display()),
            Err(error) => println!("{:>12}  MISSING: {error}", need.name),
        }
    }
}

fn take_steps(steps: &mut Steps, tally: &mut Tally, quick: bool, kit: &Kit) -> anyhow::Result<()> {
    check::run_steps(steps)?;
    if !quick {
        steps.take("servers", || {
            install_servers();
            Ok(())
        })?;
    }
    steps.take("tests", || {
        let mut command = cargo(&["test", "--workspace", "--locked", "--no-fail-fast"]);
        command.env(testkit::RUN, kit.folder());
        if quick {
            command.env(testkit::OFF, "1");
        } else if !testkit::install::is_allowed() {
            // The answer has been given above; a test can not ask again.
            command.env("ONSALE_TESTKIT_YES", "0");
        } else {
            command.env("ONSALE_TESTKIT_YES", "1");
        }
        if !run_and_read(command.current_dir(root()), |line| tally.look(line))? {
            bail!("{} tests failed; their names and reasons stand above", tally.failed);
        }
        Ok(())
    })?;
    if quick { Ok(()) } else { schema::take_step(steps) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_added_up() {
        let mut tally = Tally::default();
        tally.look("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s");
        tally.look("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s");
        tally.look("test a_test_about_test_results ... ok");
        assert_eq!(tally, Tally { passed: 15, failed: 2, ignored: 1 });
    }
}
