//! What the test programs print: counts, failures, and the time of each program.

use super::lanes::Ended;
use super::reasons::Reasons;
use std::time::Duration;

/// Tests by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that passed; those that were skipped on this machine are among them.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
    /// Tests that are run by hand or by other tests.
    pub ignored: u64,
}

/// The results of a whole run.
#[derive(Debug, Default)]
pub struct Results {
    /// All tests together.
    pub tally: Tally,
    /// Failed tests, each with its program; and programs that failed without naming a test.
    pub failed: Vec<String>,
    /// Ignored tests, each with its program, and why.
    ignored: Vec<(String, String)>,
    /// Why tests failed: the program and the test, and the first lines of the panic.
    reasons: Reasons,
    times: Vec<(String, Duration)>,
}

impl Results {
    /// Reads what a program has printed.
    pub fn read(&mut self, ended: &Ended) {
        let name = &ended.program.name;
        let failed_before = self.failed.len();
        for line in &ended.lines {
            self.read_line(name, line.trim_end());
        }
        if !ended.is_good && self.failed.len() == failed_before {
            self.failed.push(format!("{name}: the program failed"));
        }
        self.times.push((name.clone(), ended.took));
    }

    fn read_line(&mut self, program: &str, line: &str) {
        self.reasons.read(program, line);
        if let Some((test, why)) = ignored_test(line) {
            self.ignored.push((format!("{program}: {test}"), why.to_owned()));
        } else if let Some(counts) = line.strip_prefix("test result: ").filter(|counts| counts.contains(" passed; ")) {
            self.count(counts);
        } else if let Some(test) = failed_test(line) {
            self.failed.push(format!("{program}: {test}"));
        }
    }

    /// Failed tests, each with its reason.
    pub fn failures(&self) -> Vec<String> {
        let with_reason = |failed: &String| match self.reasons.of(failed) {
            Some(reason) => format!("{failed}\n      {}", reason.replace('\n', "\n      ")),
            None => failed.clone(),
        };
        self.failed.iter().map(with_reason).collect()
    }

    /// Ignored tests, each with why and with the command that runs it.
    pub fn ignored(&self) -> Vec<String> {
        let line = |(test, why): &(String, String)| {
            let how = command_of(test).map(|command| format!("; {command}")).unwrap_or_default();
            format!("{test} ({why}{how})")
        };
        self.ignored.iter().map(line).collect()
    }

    fn count(&mut self, counts: &str) {
        let Some((_, counts)) = counts.split_once(". ") else { return };
        for count in counts.split("; ") {
            let Some((number, word)) = count.split_once(' ') else { continue };
            let number = number.parse::<u64>().unwrap_or(0);
            match word {
                "passed" => self.tally.passed += number,
                "failed" => self.tally.failed += number,
                "ignored" => self.tally.ignored += number,
                _ => {}
            }
        }
    }

    /// The time of each program, the slowest first.
    pub fn times(&self) -> Vec<(String, Duration)> {
        let mut times = self.times.clone();
        times.sort_by_key(|(_, took)| std::cmp::Reverse(*took));
        times
    }
}

/// Name and reason in a line such as `test line::is_slow ... ignored, takes a release build`.
fn ignored_test(line: &str) -> Option<(&str, &str)> {
    let (test, rest) = line.strip_prefix("test ")?.split_once(" ... ignored")?;
    Some((test, rest.strip_prefix(", ").unwrap_or("ignored")))
}

/// The command that runs a test, from `hot, tests/it: line::is_slow`.
fn command_of(test: &str) -> Option<String> {
    let (program, name) = test.split_once(": ")?;
    let (package, kind) = program.split_once(", ")?;
    let target = kind.strip_prefix("tests/").map(|target| format!("--test {target}"));
    let target = target.or_else(|| (kind == "unit tests").then(|| "--lib".to_owned()))?;
    Some(format!("cargo test --release -p {package} {target} -- --ignored --exact {name}"))
}

/// The name in a line such as `test line::is_green ... FAILED`.
fn failed_test(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.strip_suffix(" ... FAILED")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::programs::Program;

    fn ended(name: &str, seconds: u64, is_good: bool, text: &str) -> Ended {
        let program = Program { name: name.to_owned(), executable: "x".into(), folder: "/".into() };
        let lines = text.lines().map(str::to_owned).collect();
        Ended { program, lines, is_good, took: Duration::from_secs(seconds) }
    }

    fn read(all: &[Ended]) -> Results {
        let mut results = Results::default();
        all.iter().for_each(|one| results.read(one));
        results
    }

    fn run() -> Results {
        let first = "running 3 tests
test a::works ... ok
test a::breaks ... FAILED

failures:

---- a::breaks stdout ----
test result: what a test prints is not a result

test result: FAILED. 12 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.50s
";
        let second = "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 20.25s";
        read(&[
            ended("hot, tests/it", 2, false, first),
            ended("lab, tests/it", 21, true, second),
            ended("lab, tests/stopped", 1, false, "Killed"),
        ])
    }

    #[test]
    fn counts_are_added_up() {
        assert_eq!(run().tally, Tally { passed: 15, failed: 1, ignored: 1 });
    }

    #[test]
    fn failures_are_named_with_their_program_also_where_it_names_none() {
        assert_eq!(run().failed, ["hot, tests/it: a::breaks", "lab, tests/stopped: the program failed"]);
    }

    #[test]
    fn failures_are_repeated_with_their_reason_and_ignored_tests_with_their_command() {
        let output = "test a::slow ... ignored, takes a release build
test a::breaks ... FAILED
---- a::breaks stdout ----

thread 'a::breaks' (17) panicked at hot/tests/it/a.rs:3:5:
assertion `left == right` failed
  left: 1
 right: 2
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace


failures:
    a::breaks

test result: FAILED. 0 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.50s
";
        let results = read(&[ended("hot, tests/it", 1, false, output)]);
        let wanted = "hot, tests/it: a::breaks\n      hot/tests/it/a.rs:3:5:\n      assertion `left == right` failed\n      \
                      left: 1\n      right: 2";
        assert_eq!(results.failures(), [wanted]);
        let run = "cargo test --release -p hot --test it -- --ignored --exact a::slow";
        assert_eq!(results.ignored(), [format!("hot, tests/it: a::slow (takes a release build; {run})")]);
    }

    #[test]
    fn the_slowest_program_comes_first() {
        let times = run().times();
        let names: Vec<&str> = times.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["lab, tests/it", "hot, tests/it", "lab, tests/stopped"]);
        assert_eq!(times[0].1, Duration::from_secs(21));
    }
}
