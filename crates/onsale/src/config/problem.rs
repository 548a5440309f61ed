//! What is wrong with a configuration, in a form that can be acted upon.

use std::fmt;

/// One value that will not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key as it was written.
    pub key: String,
    /// Its value as it was written; passwords left out.
    pub value: String,
    /// Where it was written: the file, the environment variable, or the flag.
    pub origin: String,
    /// What is wrong, and what would be right.
    pub complaint: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} = {} ({}): {}", self.key, self.value, self.origin, self.complaint)
    }
}

/// A configuration that is refused. The program ends with exit status 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// A source can not be read at all.
    Unreadable(String),
    /// Values that will not do: all of them.
    Refused(Vec<Problem>),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(reason) => write!(out, "the configuration can not be read: {reason}"),
            Self::Refused(problems) => {
                write!(out, "the configuration is refused:")?;
                problems.iter().try_for_each(|problem| write!(out, "\n  {problem}"))?;
                write!(out, "\n`onsale config --default` prints every key with its meaning")
            }
        }
    }
}

impl std::error::Error for ConfigError {}
