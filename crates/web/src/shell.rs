//! What stands around every page.

use crate::assets;
use crate::look::Look;
use crate::texts::Texts;
use crate::visit::Visit;
use onsale_http::Language;
use std::sync::Arc;
use uuid::Uuid;

/// In an address: a form was lost on the way through the log-in.
pub const UNSENT: &str = "unsent=1";

/// What messengers and networks show of a link to the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenGraph {
    /// Address of a picture of 1200 x 630 pixels, with its host.
    pub image: Option<String>,
    /// The address under which the page is known, with its host.
    pub url: Option<String>,
    /// `website`, or `event`.
    pub kind: &'static str,
}

/// The head, header and footer of one page. Every page's template has it as `shell`.
#[derive(Clone, Debug)]
pub struct Shell {
    /// The words: `{{ shell.t.get("seats-title") }}`.
    pub t: Texts,
    /// The language's tag.
    pub lang: &'static str,
    /// The page's title, without the product's name.
    pub title: String,
    /// Path and query of the page.
    pub here: String,
    /// For a hidden field `csrfToken` in forms.
    pub csrf: Option<String>,
    /// Whether the browser has a session.
    pub signed_in: bool,
    /// The server's clock when the page was made, in milliseconds; none on pages that are kept.
    pub now_ms: Option<i64>,
    /// What search engines and messengers say about the page.
    pub description: Option<String>,
    /// For messengers.
    pub open_graph: Option<OpenGraph>,
    /// Shown in the footer of errors, for a call to support.
    pub trace: Option<String>,
    /// Whether search engines may list it.
    pub is_listed: bool,
    /// Whether a form came back with faults: the title says so first.
    pub has_errors: bool,
    /// The look that the page wears, beside the usual one.
    pub look: Option<Arc<Look>>,
    language: Language,
    scripts: Vec<String>,
    styles: Vec<String>,
    texts: Vec<&'static str>,
    other: Language,
}

impl Shell {
    /// Around a page with this title. `visitor`: a [`Visit`], or what has one.
    pub fn new(visitor: &impl AsRef<Visit>, title: impl Into<String>) -> Self {
        let visit = visitor.as_ref();
        Self {
            t: visit.t(),
            lang: visit.lang.as_str(),
            title: title.into(),
            here: visit.here.clone(),
            csrf: visit.csrf.clone(),
            signed_in: visit.signed_in,
            now_ms: (!visit.is_public).then(|| clock::now().millis()),
            description: None,
            open_graph: None,
            trace: None,
            is_listed: visit.is_public,
            has_errors: false,
            look: visit.look.clone(),
            language: visit.lang,
            scripts: Vec::new(),
            styles: Vec::new(),
            texts: Vec::new(),
            other: if visit.lang == Language::Ko { Language::En } else { Language::Ko },
        }
    }

    /// Adds a script module: the name of a file in the assets.
    #[must_use]
    pub fn script(mut self, name: impl Into<String>) -> Self {
        self.scripts.push(name.into());
        self
    }

    /// Adds a style sheet beside `base.css`.
    #[must_use]
    pub fn style(mut self, name: impl Into<String>) -> Self {
        self.styles.push(name.into());
        self
    }

    /// Gives scripts all texts whose ids begin so, in the JSON that `texts()` of `core.js` reads.
    #[must_use]
    pub fn texts(mut self, prefix: &'static str) -> Self {
        self.texts.push(prefix);
        self
    }

    /// Describes the page in a sentence.
    #[must_use]
    pub fn describe(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Adds what messengers show.
    #[must_use]
    pub fn open_graph(mut self, open_graph: OpenGraph) -> Self {
        self.open_graph = Some(open_graph);
        self
    }

    /// Shows the trace id in the footer.
    #[must_use]
    pub fn trace(mut self, trace: impl Into<String>) -> Self {
        self.trace = Some(trace.into());
        self
    }

    /// Says in the title that the form has faults.
    #[must_use]
    pub fn errors(mut self, has_errors: bool) -> Self {
        self.has_errors = has_errors;
        self
    }

    /// The address of an asset.
    pub fn asset(&self, name: &str) -> String {
        assets::url(name)
    }

    /// A new `Idempotency-Key`, for a hidden field `idempotencyKey`: pressing twice, or reloading, does it once.
    pub fn key(&self) -> String {
        Uuid::new_v4().to_string()
    }

    /// Whether a form was lost on the way through the log-in to this page.
    pub fn is_unsent(&self) -> bool {
        self.here.split_once('?').is_some_and(|(_, query)| query.split('&').any(|pair| pair == UNSENT))
    }

    /// The names of the page's scripts.
    pub fn scripts(&self) -> &[String] {
        &self.scripts
    }

    /// The names of the page's style sheets.
    pub fn styles(&self) -> &[String] {
        &self.styles
    }

    /// What stands in the browser's tab.
    pub fn full_title(&self) -> String {
        let title = if self.title.is_empty() { String::new() } else { format!("{} · ", self.title) };
        let errors = if self.has_errors { self.t.get("errors-title-prefix") } else { "" };
        let blank = if self.has_errors { " " } else { "" };
        format!("{errors}{blank}{title}{}", self.brand())
    }

    /// How the site is called.
    pub fn brand(&self) -> &str {
        self.look.as_ref().map_or_else(|| self.t.get("common-name"), |look| &look.name)
    }

    /// The look's words, for those who wait.
    pub fn look_words(&self) -> Option<&str> {
        self.look.as_ref()?.words_in(self.language)
    }

    /// The tag of the other language.
    pub fn other_lang(&self) -> &'static str {
        self.other.as_str()
    }

    /// This page in the other language.
    pub fn other_url(&self) -> String {
        self.url_in(self.other)
    }

    /// This page in a language, as `hreflang` names it.
    fn url_in(&self, lang: Language) -> String {
        let joint = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{joint}lang={}", self.here, lang.as_str())
    }

    /// Whether scripts get texts.
    pub fn has_texts(&self) -> bool {
        !self.texts.is_empty()
    }

    /// The scripts' texts as JSON that may stand in a page: without `<`.
    pub fn texts_json(&self) -> String {
        self.t.script_of(&self.texts)
    }
}
