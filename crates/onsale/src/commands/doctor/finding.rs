//! The result of a check.

/// The names of all checks, as `--allow` takes them.
pub(super) const NAMES: [&str; 47] = [
    "data-folder",
    "data-owner",
    "free-space",
    "journal",
    "lines",
    "line-keys",
    "database",
    "dead-letters",
    "address",
    "descriptors",
    "connections",
    "openness",
    "demo",
    "documents",
    "proxies",
    "keys",
    "limits",
    "unsafe",
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

/// How serious the result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The check passed.
    Ok,
    /// Worth a change, but no guarantee is at risk.
    Warning,
    /// A guarantee cannot be kept, or the server cannot work.
    Wrong,
}

impl Severity {
    /// The first word of the printed line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warn",
            Self::Wrong => "WRONG",
        }
    }
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The name of the check, from [`NAMES`].
    pub name: &'static str,
    /// How serious the result is.
    pub severity: Severity,
    /// The observation, for people.
    pub detail: String,
    /// The change to make; `None` where the check passed.
    pub change: Option<String>,
}

impl Finding {
    /// The check passed.
    pub fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, severity: Severity::Ok, detail: detail.into(), change: None }
    }

    /// A change is advisable.
    pub fn warning(name: &'static str, detail: impl Into<String>, change: impl Into<String>) -> Self {
        Self { name, severity: Severity::Warning, detail: detail.into(), change: Some(change.into()) }
    }

    /// A change is necessary.
    pub fn wrong(name: &'static str, detail: impl Into<String>, change: impl Into<String>) -> Self {
        Self { name, severity: Severity::Wrong, detail: detail.into(), change: Some(change.into()) }
    }

    /// The same of one of several subjects, which the detail then names first.
    pub fn of(mut self, subject: &str) -> Self {
        self.detail = format!("{subject}: {}", self.detail);
        self
    }

    /// The same as a warning, when the operator has allowed it.
    pub fn allowed(mut self) -> Self {
        if self.severity == Severity::Wrong {
            self.severity = Severity::Warning;
            self.detail.push_str(" (allowed)");
        }
        self
    }
}

/// The numbers of a version, such as 7, 0, 15 for `7.0.15-rc1`, for comparison.
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
    fn an_allowed_check_is_only_a_warning() {
        assert_eq!(Finding::wrong("flush", "off", "set it").allowed().severity, Severity::Warning);
        assert_eq!(Finding::ok("flush", "on").allowed(), Finding::ok("flush", "on"));
    }
}
