//! The error behind an error.

use std::error::Error;
use std::fmt::{self, Debug, Display, Formatter};
use std::ops::Deref;
use std::sync::Arc;

/// The error behind an error of the bus. Cheap to clone.
///
/// It dereferences to the error that it holds, so the chain of `source()` stays whole. Two causes are equal when they
/// print the same text.
#[derive(Clone)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

impl Cause {
    /// A cause from an error or a text.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Arc::from(error.into()))
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Cause {
    fn from(error: E) -> Self {
        Self(Arc::new(error))
    }
}

impl Deref for Cause {
    type Target = dyn Error + Send + Sync;

    fn deref(&self) -> &Self::Target {
        self.0.as_ref()
    }
}

/// The error and its sources, as [`chain`] prints them.
impl Display for Cause {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&chain(self.0.as_ref()))
    }
}

impl Debug for Cause {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Debug::fmt(&self.0, f)
    }
}

impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for Cause {}

/// An error with its sources in one line, for logs and dead letters. A source that its parent has printed already is
/// left out: not every library keeps the two apart.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let cause = source.to_string();
        if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
        next = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Cause, chain};
    use crate::PublishError;
    use std::error::Error;
    use std::io;

    #[derive(Debug, thiserror::Error)]
    #[error("the file cannot be read")]
    struct Unreadable(#[source] io::Error);

    #[derive(Debug, thiserror::Error)]
    #[error("again: {0}")]
    struct Repeating(#[source] io::Error);

    #[test]
    fn every_source_is_kept_and_printed_once() {
        let error = PublishError::Unavailable(Unreadable(io::Error::other("disk")).into());
        assert_eq!(chain(&error), "the bus is unavailable: the file cannot be read: disk");
        let source = error.source().expect("has a cause");
        assert!(source.is::<Unreadable>() && source.source().is_some_and(|inner| inner.is::<io::Error>()));
        assert_eq!(chain(&Repeating(io::Error::other("disk"))), "again: disk");
    }

    #[test]
    fn causes_are_equal_when_their_texts_are() {
        assert_eq!(Cause::new("disk"), Cause::from(io::Error::other("disk")));
        assert_ne!(Cause::new("disk"), Cause::new("network"));
    }
}
