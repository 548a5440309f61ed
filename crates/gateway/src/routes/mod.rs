//! The table of routes and its look-up.
//!
//! One table for both ways of running. A request whose path is not written in it, letter by letter, is nobody's: 404.

mod document;
mod lookup;
mod table;

pub use document::differences;
pub use lookup::{Found, Lookup, find, time_limit};
pub use table::ROWS;

use crate::Service;

/// A method that some route knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the methods' own")]
pub enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
    /// Every method, also unknown ones.
    Any,
}

impl Verb {
    /// As on the wire; `*` for every method.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Any => "*",
        }
    }
}

/// Who may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody, and nobody is looked for: the credentials that it carries are another site's, or of another kind.
    Anyone,
    /// Everybody. A good token counts, a bad one is ignored.
    Public,
    /// Whoever has a good token.
    Token,
    /// A good token of an ADMIN.
    Admin,
    /// A good token of an ADMIN, or a key in `X-Api-Key`, which the service checks.
    AdminOrKey,
    /// The service finds out itself: by a key, a token, or open issue.
    Own,
}

/// The buckets of a route beside that of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buckets {
    /// None.
    Unlimited,
    /// The person's.
    Person,
    /// The person's; then those of payments: the person's, the network's, that of all.
    Payment,
    /// That of the payment provider's notices.
    Notice,
}

/// One route, for one method.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The method. `Get` is `HEAD`, too.
    pub verb: Verb,
    /// The path: `{name}` is a segment, `{*name}` at the end is all that follows.
    pub pattern: &'static str,
    /// Who answers; see [`Found::service`] for lines of gates.
    pub service: Service,
    /// Who may come.
    pub access: Access,
    /// Whether a pass of the waiting line must be shown.
    pub needs_pass: bool,
    /// The buckets.
    pub buckets: Buckets,
    /// Whether the answer is a stream without an end: it has no time limit.
    pub is_stream: bool,
}

impl Row {
    const fn new(verb: Verb, pattern: &'static str, service: Service, access: Access) -> Self {
        Self { verb, pattern, service, access, needs_pass: false, buckets: Buckets::Person, is_stream: false }
    }

    const fn pass(self) -> Self {
        Self { needs_pass: true, ..self }
    }

    const fn stream(self) -> Self {
        Self { is_stream: true, ..self }
    }

    const fn buckets(self, buckets: Buckets) -> Self {
        Self { buckets, ..self }
    }

    /// Whether segments may have escapes (`%3A`): the service reads them, and judges them itself. Elsewhere an escaped
    /// letter is another path.
    fn takes_escapes(&self) -> bool {
        self.access == Access::Own || self.access == Access::AdminOrKey || self.pattern.contains("{line}")
    }
}
