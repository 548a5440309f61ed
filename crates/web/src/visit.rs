//! Who looks at a page.

use crate::look::Look;
use crate::texts::Texts;
use onsale_http::Language;
use std::sync::Arc;

/// What a page knows of its reader, beside what the API says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visit {
    /// By `?lang=`, then the cookie, then `Accept-Language`; else Korean.
    pub lang: Language,
    /// Path and query of the page, without `lang`: where a log-in leads back to, and what the other language's link names.
    pub here: String,
    /// The CSRF token of the session's cookie, for forms. None on pages that are the same for everybody.
    pub csrf: Option<String>,
    /// Whether the browser has a session's cookie. Whether the session is good, the API says.
    pub signed_in: bool,
    /// Whether the page is the same for everybody: it may be kept, and says nothing of its reader.
    pub is_public: bool,
    /// The look that the page wears, beside the usual one.
    pub look: Option<Arc<Look>>,
}

impl Visit {
    /// The words of the reader's language.
    pub fn t(&self) -> Texts {
        Texts::of(self.lang)
    }
}

impl AsRef<Visit> for Visit {
    fn as_ref(&self) -> &Visit {
        self
    }
}
