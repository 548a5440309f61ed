//! Errors of a configuration.

use std::fmt;

/// One unknown key or invalid value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key as written.
    pub key: String,
    /// The value as written, with passwords hidden.
    pub value: String,
    /// Its source: the file, the environment variable, or the flag.
    pub origin: String,
    /// The fault and the permitted values.
    pub complaint: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} = {} ({}): {}", self.key, self.value, self.origin, self.complaint)
    }
}

/// A refused configuration. The program ends with exit status 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// A source cannot be read.
    Unreadable(String),
    /// All unknown keys and invalid values.
    Refused(Vec<Problem>),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(reason) => write!(out, "cannot read the configuration: {reason}"),
            Self::Refused(problems) => {
                write!(out, "the configuration is refused:")?;
                problems.iter().try_for_each(|problem| write!(out, "\n  {problem}"))?;
                write!(out, "\n`onsale config --default` prints every key with its meaning and limits")
            }
        }
    }
}

impl std::error::Error for ConfigError {}
