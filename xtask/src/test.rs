//! `cargo xtask test`: everything that must hold.

use crate::commands::{cargo, run_and_read};
use crate::steps::Steps;
use crate::workspace::root;
use crate::{check, schema};
use anyhow::bail;

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
pub fn run(quick: bool) -> anyhow::Result<()> {
    let (mut steps, mut tally) = (Steps::default(), Tally::default());
    let outcome = take_steps(&mut steps, &mut tally, quick);
    steps.print();
    println!("{} tests passed, {} failed, {} ignored", tally.passed, tally.failed, tally.ignored);
    match (&outcome, quick) {
        (Ok(()), true) => println!("All is well, without the generated calls of the API document (--quick)."),
        (Ok(()), false) => println!("All is well."),
        (Err(_), _) => println!("All is NOT well."),
    }
    outcome
}

fn take_steps(steps: &mut Steps, tally: &mut Tally, quick: bool) -> anyhow::Result<()> {
    check::run_steps(steps)?;
    steps.take("tests", || {
        let mut command = cargo(&["test", "--workspace", "--locked", "--no-fail-fast"]);
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
