//! What a check came to.

/// Every check there is, by the name that `--allow` takes.
pub(super) const NAMES: [&str; 38] = [
    "data-folder",
    "free-space",
    "journal",
    "lines",
    "line-keys",
    "database",
    "address",
    "descriptors",
    "openness",
    "flush",
    "redis-nodes",
    "redis-version",
    "redis-appendonly",
    "redis-eviction",
    "redis-replica",
    "redis-minority",
    "redis-cluster",
    "redis-memory",
    "redis-rights",
    "redis-unsafe",
    "kafka-brokers",
    "kafka-topics",
    "kafka-copies",
    "kafka-in-sync",
    "kafka-partitions",
    "kafka-kept",
    "kafka-election",
    "kafka-rights",
    "database-version",
    "database-tables",
    "database-read-only",
    "database-write",
    "database-encoding",
    "database-durable",
    "database-binlog",
    "clocks",
    "apart",
    "acknowledgement",
];

/// How well it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Not as it should be, but nothing that was promised is in danger.
    Warning,
    /// A promise can not be kept, or nothing works.
    Wrong,
}

impl Verdict {
    /// The word before a line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warn",
            Self::Wrong => "WRONG",
        }
    }
}

/// One check's outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which check: one of [`NAMES`].
    pub name: &'static str,
    /// How well it is.
    pub verdict: Verdict,
    /// What was found.
    pub said: String,
    /// The line to change; none where all is well.
    pub change: Option<String>,
}

impl Finding {
    /// All is well.
    pub fn ok(name: &'static str, said: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Ok, said: said.into(), change: None }
    }

    /// It could be better.
    pub fn warning(name: &'static str, said: impl Into<String>, change: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Warning, said: said.into(), change: Some(change.into()) }
    }

    /// It must be changed.
    pub fn wrong(name: &'static str, said: impl Into<String>, change: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Wrong, said: said.into(), change: Some(change.into()) }
    }

    /// The same as a warning, for somebody who knows of it.
    pub fn allowed(mut self) -> Self {
        if self.verdict == Verdict::Wrong {
            self.verdict = Verdict::Warning;
            self.said.push_str(" (allowed)");
        }
        self
    }
}

/// A version's numbers, `7.0.15-rc1` as 7, 0, 15, so that they compare.
pub(super) fn numbers(version: &str) -> Vec<u32> {
    let digits = version.split(|letter: char| !letter.is_ascii_digit() && letter != '.').next().unwrap_or_default();
    digits.split('.').map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_their_numbers() {
        assert_eq!(numbers("10.11.14-MariaDB-0+deb12u2"), [10, 11, 14]);
        assert_eq!(numbers("15.14 (Debian 15.14-0+deb12u1)"), [15, 14]);
        assert!(numbers("10.0") > numbers("9.12.3") && numbers("7.0.0") >= vec![7, 0] && numbers("6.2.7") < vec![7, 0]);
        assert!(numbers("").is_empty());
    }

    #[test]
    fn what_is_allowed_is_no_failure() {
        assert_eq!(Finding::wrong("flush", "off", "set it").allowed().verdict, Verdict::Warning);
        assert_eq!(Finding::ok("flush", "on").allowed(), Finding::ok("flush", "on"));
    }
}
