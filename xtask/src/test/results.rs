//! What the test programs print: counts, failures, and the time of each program.

use super::programs::Names;
use super::reasons::Reasons;
use std::time::{Duration, Instant};

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

/// One test program that has been started.
#[derive(Clone, Debug)]
struct Program {
    name: String,
    begun: Instant,
    /// None while it runs.
    took: Option<Duration>,
}

/// The results of a whole run, read from its output line by line.
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
    programs: Vec<Program>,
    names: Names,
    /// Whether cargo is listing the programs that failed.
    is_listing: bool,
}

impl Results {
    /// For a run of these programs.
    pub fn of(names: Names) -> Self {
        Self { names, ..Self::default() }
    }

    /// Reads one line.
    pub fn read(&mut self, line: &str) {
        let line = line.trim_end();
        let program = self.programs.last().map_or("", |program| &program.name);
        self.reasons.read(program, line);
        if let Some((test, why)) = ignored_test(line) {
            self.ignored.push((format!("{program}: {test}"), why.to_owned()));
        }
        if let Some(name) = self.started(line) {
            self.end_program(None);
            self.programs.push(Program { name, begun: Instant::now(), took: None });
        } else if let Some(counts) = line.strip_prefix("test result: ").filter(|counts| counts.contains(" passed; ")) {
            self.count(counts);
            let seconds = counts.rsplit_once("finished in ").and_then(|(_, rest)| rest.strip_suffix('s')?.parse().ok());
            self.end_program(seconds.map(Duration::from_secs_f64));
        } else if let Some(test) = failed_test(line) {
            let program = self.programs.last().map_or("", |program| &program.name);
            self.failed.push(format!("{program}: {test}"));
        } else if line.starts_with("error: ") {
            self.end_program(None);
            self.is_listing = line.contains(" failed:") && line.contains(" target");
        } else if let Some(options) = line.trim().strip_prefix('`').filter(|_| self.is_listing) {
            self.failed_program(options.trim_end_matches('`'));
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

    /// The name of the program that cargo says it starts.
    fn started(&self, line: &str) -> Option<String> {
        let line = line.trim_start();
        if let Some(library) = line.strip_prefix("Doc-tests ") {
            return Some(format!("{library}, doc tests"));
        }
        let path = line.strip_prefix("Running ")?.strip_suffix(')')?.rsplit_once('(')?.1;
        let file = path.rsplit('/').next()?;
        Some(self.names.get(file).cloned().unwrap_or_else(|| file.to_owned()))
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

    /// Ends the program that runs. `took` is what it said itself; otherwise the time is measured.
    fn end_program(&mut self, took: Option<Duration>) {
        let running = self.programs.last_mut().filter(|program| program.took.is_none());
        if let Some(program) = running {
            program.took = Some(took.unwrap_or_else(|| program.begun.elapsed()));
        }
    }

    /// Notes a program by cargo's options for it, such as `-p lab --test stopped`, unless a failed test has named it.
    fn failed_program(&mut self, options: &str) {
        let package = options.split(' ').nth(1).unwrap_or(options);
        let test = options.split_once("--test ").map(|(_, test)| format!("tests/{test}"));
        let kind = if options.contains("--doc") { "doc tests" } else { "unit tests" };
        let name = format!("{package}, {}", test.unwrap_or_else(|| kind.to_owned()));
        if !self.failed.iter().any(|failed| failed.starts_with(&name)) {
            self.failed.push(format!("{name}: the program failed"));
        }
    }

    /// The time of each program, the slowest first. Doc tests of a library may be several runs; they are added up.
    pub fn times(&self) -> Vec<(String, Duration)> {
        let mut times: Vec<(String, Duration)> = Vec::new();
        for program in &self.programs {
            let took = program.took.unwrap_or_else(|| program.begun.elapsed());
            match times.iter_mut().find(|(name, _)| *name == program.name) {
                Some((_, total)) => *total += took,
                None => times.push((program.name.clone(), took)),
            }
        }
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

    fn read(text: &str) -> Results {
        let names = [("it-01ab", "hot, tests/it"), ("it-02cd", "lab, tests/it")];
        let names = names.into_iter().map(|(file, name)| (file.to_owned(), name.to_owned())).collect();
        let mut results = Results::of(names);
        text.lines().for_each(|line| results.read(line));
        results
    }

    const RUN: &str = "     Running tests/it/main.rs (target/debug/deps/it-01ab)

running 3 tests
test a::works ... ok
test a::breaks ... FAILED

failures:

---- a::breaks stdout ----
test result: what a test prints is not a result

test result: FAILED. 12 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.50s

error: test failed, to rerun pass `-p hot --test it`
     Running tests/it/main.rs (target/debug/deps/it-02cd)
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 20.25s

     Running tests/stopped.rs (target/debug/deps/stopped-03ef)
error: test failed, to rerun pass `-p lab --test stopped`
   Doc-tests hot
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s

error: 2 targets failed:
    `-p hot --test it`
    `-p lab --test stopped`
";

    #[test]
    fn counts_are_added_up() {
        assert_eq!(read(RUN).tally, Tally { passed: 16, failed: 1, ignored: 1 });
    }

    #[test]
    fn failures_are_named_with_their_program() {
        assert_eq!(read(RUN).failed, ["hot, tests/it: a::breaks", "lab, tests/stopped: the program failed"]);
    }

    #[test]
    fn failures_are_repeated_with_their_reason_and_ignored_tests_with_their_command() {
        let output = "     Running tests/it/main.rs (target/debug/deps/it-01ab)
test a::slow ... ignored, takes a release build
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
        let results = read(output);
        let wanted = "hot, tests/it: a::breaks\n      hot/tests/it/a.rs:3:5:\n      assertion `left == right` failed\n      \
                      left: 1\n      right: 2";
        assert_eq!(results.failures(), [wanted]);
        let run = "cargo test --release -p hot --test it -- --ignored --exact a::slow";
        assert_eq!(results.ignored(), [format!("hot, tests/it: a::slow (takes a release build; {run})")]);
    }

    #[test]
    fn the_slowest_program_comes_first() {
        let times = read(RUN).times();
        let names: Vec<&str> = times.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names[..3], ["lab, tests/it", "hot, tests/it", "hot, doc tests"]);
        assert_eq!(times[0].1, Duration::from_secs_f64(20.25));
        assert_eq!(names.len(), 4);
    }
}
