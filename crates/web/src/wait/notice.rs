//! The page of a person without a place: why, and what to do next.

use super::Line;
use crate::page::{Caching, Policy, page};
use crate::shell::Shell;
use crate::visit::Visit;
use askama::Template;
use axum::response::Response;
use domain::Timestamp;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};

/// Where a person may go.
#[derive(Clone, Debug)]
pub struct Action {
    /// The id of the words.
    pub label: &'static str,
    /// The address.
    pub to: String,
    /// Whether it is what most people want.
    pub is_main: bool,
}

/// What a person may do.
#[derive(Clone, Debug)]
pub struct Form {
    /// Where it is sent.
    pub action: String,
    /// The id of the words on its button.
    pub label: &'static str,
    /// Hidden fields beside the CSRF token.
    pub fields: Vec<(&'static str, String)>,
}

/// A page without a rank.
#[derive(Clone, Debug)]
pub struct Notice {
    /// The status of the answer.
    pub status: StatusCode,
    /// The word in `data-state`; the texts are `wait-<state>-title` and `wait-<state>-text`.
    pub state: &'static str,
    /// Other words in place of the text.
    pub text: Option<String>,
    /// Whether the page offers to try again, and after how many seconds it does so itself; 0: never.
    pub again: Option<u64>,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// When what it waits for opens: the page counts down, and tries again then.
    pub opens_at: Option<Timestamp>,
    /// What the person may do.
    pub form: Option<Form>,
    /// Where the person may go.
    pub actions: Vec<Action>,
    /// The trace id of what went wrong, for a call to support.
    pub trace: Option<String>,
}

impl Notice {
    /// With this status and these texts.
    pub fn new(status: StatusCode, state: &'static str) -> Self {
        Self {
            status,
            state,
            text: None,
            again: None,
            retry_after: None,
            opens_at: None,
            form: None,
            actions: Vec::new(),
            trace: None,
        }
    }

    /// Tries again by itself, and says so to programs where the status is no success.
    #[must_use]
    pub fn again_after(mut self, seconds: u64) -> Self {
        self.again = Some(seconds);
        self.retry_after = Some(seconds).filter(|_| !self.status.is_success());
        self
    }

    /// Offers another place to go.
    #[must_use]
    pub fn action(mut self, label: &'static str, to: impl Into<String>, is_main: bool) -> Self {
        self.actions.push(Action { label, to: to.into(), is_main });
        self
    }

    /// Offers something to do.
    #[must_use]
    pub fn form(mut self, form: Form) -> Self {
        self.form = Some(form);
        self
    }
}

#[derive(Template)]
#[template(path = "wait-notice.html")]
struct NoticePage<'a> {
    shell: Shell,
    line: &'a Line,
    notice: &'a Notice,
    text: String,
    again: Option<&'a str>,
    after: u64,
    now: i64,
    opens_ms: Option<i64>,
    /// For the script, which fills in `{time}`.
    left: String,
}

/// The page of a person without a place.
pub fn notice(visitor: &impl AsRef<Visit>, line: &Line, notice: &Notice) -> Response {
    let visit = visitor.as_ref();
    let t = visit.t();
    let of = |part: &str| t.find(&format!("wait-{}-{part}", notice.state)).unwrap_or_default();
    let text = match (&notice.text, notice.state, notice.opens_at) {
        (Some(text), ..) => text.clone(),
        (None, "notyet", Some(opens_at)) => t.fill("wait-notyet-text", "moment", t.moment(opens_at)),
        (None, "notyet", None) => t.get("wait-notyet-unknown").to_owned(),
        (None, ..) => of("text").to_owned(),
    };
    let template = NoticePage {
        shell: Shell::new(visit, of("title")),
        line,
        notice,
        text,
        again: (notice.again.is_some() || notice.opens_at.is_some()).then_some(line.here.as_str()),
        after: notice.again.unwrap_or_default(),
        now: clock::now().millis(),
        opens_ms: notice.opens_at.map(Timestamp::millis),
        left: t.fill("wait-js-opens", "time", "{time}"),
    };
    let mut response = page(notice.status, &template.shell, &Policy::Common, Caching::Private, &template);
    if let Some(seconds) = notice.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
