//! Why an engine gave no answer.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HotError {
    /// Nothing was decided; asking again later is safe.
    Unavailable(Reason),
    /// It may or may not have been decided; asking again is safe and shows which.
    Unknown(Reason),
}

/// A reason in words, with the error that caused it where there is one.
#[derive(Clone)]
pub struct Reason {
    text: Arc<str>,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl HotError {
    /// Nothing was decided, for this reason.
    pub fn unavailable(reason: impl Into<Reason>) -> Self {
        Self::Unavailable(reason.into())
    }

    /// The outcome is unknown, for this reason.
    pub fn unknown(reason: impl Into<Reason>) -> Self {
        Self::Unknown(reason.into())
    }

    /// The same, with the error that caused it: [`Error::source`] returns it.
    #[must_use]
    pub fn because(self, cause: impl Error + Send + Sync + 'static) -> Self {
        let with = |reason: Reason| Reason { cause: Some(Arc::new(cause)), ..reason };
        match self {
            Self::Unavailable(reason) => Self::Unavailable(with(reason)),
            Self::Unknown(reason) => Self::Unknown(with(reason)),
        }
    }

    /// The same reason, for a call of which it is unknown whether it was carried out.
    #[must_use]
    pub fn into_unknown(self) -> Self {
        match self {
            Self::Unavailable(reason) | Self::Unknown(reason) => Self::Unknown(reason),
        }
    }

    /// The reason in words.
    pub fn reason(&self) -> &str {
        let (Self::Unavailable(reason) | Self::Unknown(reason)) = self;
        &reason.text
    }
}

impl fmt::Display for HotError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Self::Unavailable(_) => "hot state cannot decide right now",
            Self::Unknown(_) => "the outcome of the decision is unknown",
        };
        write!(out, "{what}: {}", self.reason())
    }
}

impl Error for HotError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let (Self::Unavailable(reason) | Self::Unknown(reason)) = self;
        reason.cause.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Some(cause) => write!(out, "{:?} ({cause:?})", self.text),
            None => write!(out, "{:?}", self.text),
        }
    }
}

/// Two reasons are equal when their words are.
impl PartialEq for Reason {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Reason {}

impl From<&str> for Reason {
    fn from(text: &str) -> Self {
        Self { text: text.into(), cause: None }
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self { text: text.into(), cause: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_survives_clones_and_is_the_source() {
        let cause = std::io::Error::other("disk full");
        let error = HotError::unavailable(format!("the journal: {cause}")).because(cause).clone().into_unknown();
        assert_eq!(error.to_string(), "the outcome of the decision is unknown: the journal: disk full");
        assert_eq!(error.source().map(ToString::to_string), Some("disk full".into()));
        assert_eq!(error, HotError::unknown("the journal: disk full"), "equal by the words");
    }
}
