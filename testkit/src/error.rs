//! Errors of the kit: what failed, and what to do about it.

use std::fmt;
use std::path::Path;

/// A server that is not available. Its text says what to do.
#[derive(Clone, Debug)]
pub struct KitError {
    is_missing: bool,
    text: String,
}

/// The outcome of everything here that can fail.
pub type Result<T> = std::result::Result<T, KitError>;

impl KitError {
    /// Something is installed and does not work.
    #[must_use]
    pub fn failed(text: impl Into<String>) -> Self {
        Self { is_missing: false, text: text.into() }
    }

    /// A program is not on this machine and could not be installed.
    #[must_use]
    pub fn missing(text: impl Into<String>) -> Self {
        Self { is_missing: true, text: text.into() }
    }

    /// A file or folder that could not be read, written or removed.
    pub(crate) fn file(path: &Path, error: &std::io::Error) -> Self {
        Self::failed(format!("{}: {error}", path.display()))
    }

    /// Whether something is not installed, rather than broken: a test may then be skipped by name
    /// ([`available`](crate::available)), and must fail in the other case.
    #[must_use]
    pub const fn is_missing(&self) -> bool {
        self.is_missing
    }
}

impl fmt::Display for KitError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl std::error::Error for KitError {}
