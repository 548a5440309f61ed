//! One template for all forms of people.

use super::captcha::Captcha;
use crate::visitor::Visitor;
use askama::Template;
use axum::response::Response;
use domain::account::{EMAIL_BYTES_MAX, PASSWORD_BYTES_MAX};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use web::{Caching, FieldError, Policy, Shell, Texts};

/// A link with its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub href: String,
    pub text: String,
    pub is_new_tab: bool,
    /// Whether it is what most people want next.
    pub is_first: bool,
}

impl Link {
    pub fn new(href: impl Into<String>, text: impl Into<String>) -> Self {
        Self { href: href.into(), text: text.into(), is_new_tab: false, is_first: false }
    }

    pub fn first(self) -> Self {
        Self { is_first: true, ..self }
    }

    pub fn in_new_tab(self) -> Self {
        Self { is_new_tab: true, ..self }
    }
}

/// Something that is said before the page's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub class: &'static str,
    /// Empty where the link says it.
    pub text: String,
    pub link: Option<Link>,
}

impl Notice {
    pub fn good(text: impl Into<String>) -> Self {
        Self { class: "is-good", text: text.into(), link: None }
    }

    pub fn warn(text: impl Into<String>) -> Self {
        Self { class: "is-warn", text: text.into(), link: None }
    }

    pub fn plain(text: impl Into<String>) -> Self {
        Self { class: "", text: text.into(), link: None }
    }

    pub fn with(self, link: Link) -> Self {
        Self { link: Some(link), ..self }
    }
}

/// A field to type into. Its name in the form is its id.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub id: &'static str,
    pub label: String,
    pub hint: String,
    pub kind: &'static str,
    pub autocomplete: &'static str,
    pub value: String,
    pub length_max: usize,
    pub is_digits: bool,
    pub error: Option<String>,
}

impl Field {
    fn of(id: &'static str, label: &str, kind: &'static str, autocomplete: &'static str, length_max: usize) -> Self {
        let (label, hint, value) = (label.to_owned(), String::new(), String::new());
        Self { id, label, hint, kind, autocomplete, value, length_max, is_digits: false, error: None }
    }

    pub fn email(t: Texts) -> Self {
        Self::of("email", t.get("people-email"), "email", "username", EMAIL_BYTES_MAX)
    }

    /// A password that exists.
    pub fn password(t: Texts) -> Self {
        Self::of("password", t.get("people-password"), "password", "current-password", PASSWORD_BYTES_MAX)
    }

    /// The password of today, beside a new one.
    pub fn current_password(t: Texts) -> Self {
        Self::of("current", t.get("people-password-current"), "password", "current-password", PASSWORD_BYTES_MAX)
    }

    pub fn new_password(t: Texts) -> Self {
        let label = t.get("people-password-new");
        Self::of("password", label, "password", "new-password", PASSWORD_BYTES_MAX).hint(t.get("people-password-hint"))
    }

    pub fn name(t: Texts) -> Self {
        Self::of("name", t.get("people-name"), "text", "name", 100)
    }

    pub fn phone(t: Texts) -> Self {
        Self::of("phone", t.get("people-phone"), "tel", "tel", 20).hint(t.get("people-phone-hint"))
    }

    pub fn code(t: Texts) -> Self {
        let field = Self::of("code", t.get("people-email-code"), "text", "one-time-code", 20);
        Self { is_digits: true, ..field }.hint(t.get("people-email-code-hint"))
    }

    fn hint(self, hint: &str) -> Self {
        Self { hint: hint.to_owned(), ..self }
    }

    /// With what was typed before.
    pub fn value(self, value: impl Into<String>) -> Self {
        Self { value: value.into(), ..self }
    }

    /// The ids of what explains the field, its fault first.
    pub fn described_by(&self) -> Option<String> {
        let error = self.error.is_some().then(|| format!("{}-error", self.id));
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.id));
        let ids: Vec<String> = [error, hint].into_iter().flatten().collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

/// A box to tick, with a text that can be read below.
#[derive(Clone, Debug)]
pub(super) struct Check {
    pub id: String,
    pub label: String,
    pub note: String,
    pub body: Vec<String>,
    pub is_checked: bool,
    pub error: Option<String>,
}

/// One of the four steps of a sign-up.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub href: &'static str,
    pub name: String,
    pub is_current: bool,
    pub is_done: bool,
}

/// Where a sign-up stands.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    pub said: String,
    pub list: Vec<Step>,
}

/// Why a form came back, and what to do.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    pub errors: Vec<FieldError>,
    pub notices: Vec<Notice>,
    pub status: StatusCode,
    pub retry_after: Option<u32>,
}

impl Faults {
    /// A fault of what was typed.
    pub fn typed() -> Self {
        Self { status: StatusCode::BAD_REQUEST, ..Self::default() }
    }

    pub fn add(&mut self, field: impl Into<String>, text: &str) {
        self.errors.push(FieldError::new(field, text));
    }

    /// The value, or the fault at its field.
    pub fn check<T, E>(&mut self, field: &str, read: Result<T, E>, text: &str) -> Option<T> {
        if read.is_err() {
            self.add(field, text);
        }
        read.ok()
    }
}

/// A page with one form.
#[derive(Template)]
#[template(path = "people/form.html")]
pub(super) struct FormPage {
    pub shell: Shell,
    pub state: &'static str,
    pub steps: Option<Steps>,
    pub back: Option<Link>,
    pub notices: Vec<Notice>,
    pub errors: Vec<FieldError>,
    pub lead: Vec<String>,
    pub points: Vec<String>,
    pub action: &'static str,
    pub hidden: Vec<(&'static str, String)>,
    pub fields: Vec<Field>,
    pub checks: Vec<Check>,
    pub captcha: Option<Captcha>,
    pub go: String,
    pub go_name: &'static str,
    pub is_grave: bool,
    /// Whether the device forgets the tickets that it keeps.
    pub is_forgetting: bool,
    pub others: Vec<(&'static str, String)>,
    pub notes: Vec<String>,
    pub links: Vec<Link>,
    pub providers: Vec<Link>,
    status: StatusCode,
    retry_after: Option<u32>,
}

impl FormPage {
    /// A page with this title (a text's id), whose form is sent to `action` by the button `go`.
    pub fn new(visitor: &Visitor, title: &str, action: &'static str, go: &str) -> Self {
        let t = visitor.t();
        let shell = Shell::new(visitor, t.get(title)).style("people.css").script("people.js");
        Self {
            shell,
            state: "form",
            steps: None,
            back: None,
            notices: Vec::new(),
            errors: Vec::new(),
            lead: Vec::new(),
            points: Vec::new(),
            action,
            hidden: Vec::new(),
            fields: Vec::new(),
            checks: Vec::new(),
            captcha: None,
            go: t.get(go).to_owned(),
            go_name: "",
            is_grave: false,
            is_forgetting: false,
            others: Vec::new(),
            notes: Vec::new(),
            links: Vec::new(),
            providers: Vec::new(),
            status: StatusCode::OK,
            retry_after: None,
        }
    }

    /// Shows why the form came back: above, and at its fields.
    pub fn with_faults(mut self, faults: Option<Faults>) -> Self {
        let Some(faults) = faults else { return self };
        for error in &faults.errors {
            let text = || Some(error.text.clone());
            if let Some(field) = self.fields.iter_mut().find(|field| field.id == error.field) {
                field.error = text();
            } else if let Some(check) = self.checks.iter_mut().find(|check| check.id == error.field) {
                check.error = text();
            }
        }
        self.shell = self.shell.errors(!faults.errors.is_empty());
        if !faults.errors.is_empty() {
            self.state = "error";
        }
        (self.errors, self.status, self.retry_after) = (faults.errors, faults.status, faults.retry_after);
        self.notices = faults.notices;
        self
    }

    /// The answer.
    pub fn into_answer(self) -> Response {
        let policy = self.captcha.as_ref().map_or(Policy::Common, Captcha::policy);
        let mut response = web::page(self.status, &self.shell, &policy, Caching::Private, &self);
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
