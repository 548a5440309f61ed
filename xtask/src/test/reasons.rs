//! Why tests failed, read from what the test runner repeats of their output.

/// Most lines of a reason, and most characters of a line: it is for reading, the whole stands above.
const LINES_MAX: usize = 6;
const LINE_LENGTH_MAX: usize = 300;

/// The reasons, each under its program and test.
#[derive(Debug, Default)]
pub struct Reasons {
    found: Vec<(String, Vec<String>)>,
    /// The test whose output is being repeated, if its panic has begun.
    test: Option<String>,
    is_in_panic: bool,
}

impl Reasons {
    /// Reads one line of a program's output.
    pub fn read(&mut self, program: &str, line: &str) {
        if let Some(test) = line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" stdout ----")) {
            self.test = Some(format!("{program}: {test}"));
            self.is_in_panic = false;
        } else if line == "failures:" || line.starts_with("test result: ") {
            self.test = None;
        } else if let Some(test) = &self.test {
            let known = self.found.iter().any(|(name, _)| name == test);
            if let Some((_, place)) = line.split_once(" panicked at ").filter(|_| !known) {
                self.found.push((test.clone(), vec![place.to_owned()]));
                self.is_in_panic = true;
            } else if self.is_in_panic {
                self.add(line);
            }
        }
    }

    fn add(&mut self, line: &str) {
        let Some((_, reason)) = self.found.last_mut() else { return };
        if line.is_empty() || line.starts_with("note: ") || line.starts_with("stack backtrace:") {
            self.is_in_panic = reason.len() < 2;
        } else if reason.len() < LINES_MAX {
            reason.push(line.trim().chars().take(LINE_LENGTH_MAX).collect());
        }
    }

    /// The reason of a failed test; none when its program did not say one.
    pub fn of(&self, failed: &str) -> Option<String> {
        self.found.iter().find(|(test, _)| test == failed).map(|(_, lines)| lines.join("\n"))
    }
}
