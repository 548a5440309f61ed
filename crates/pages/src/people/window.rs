//! The window of the identity verification: a page to go to (the sandbox's), or PortOne's script. Both come back to the same
//! address of this site with `identityVerificationId`, or with `code` where nothing was verified.

use super::captcha::origin;
use super::draft::Draft;
use super::form::{Link, Notice, Steps};
use crate::Settings;
use crate::visitor::Visitor;
use askama::Template;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use url::form_urlencoded::Serializer;
use web::{Caching, FieldError, Hosts, Policy, Shell, Texts};

/// Longest id of a verification that is kept, in bytes; PortOne's have some 60.
const ID_BYTES_MAX: usize = 255;

/// What the page offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Window {
    /// A page to go to.
    Page { address: String },
    /// PortOne's script opens it inside this page.
    Script { address: String, store: String, channel: String, back: String },
    /// Nothing is configured.
    None,
    /// It is done; on to the next page.
    Done { next: &'static str },
}

impl Window {
    /// The window of a draft, which comes back to `back`, a path of this site.
    pub fn of(settings: &Settings, draft: &Draft, back: &str) -> Self {
        let query = Serializer::new(String::new()).append_pair("state", &draft.state).finish();
        let back = format!("{back}?{query}");
        let address = settings.identity_sdk_url.as_str();
        let address =
            if address.is_empty() && settings.has_sandbox { "/sandbox/portone/identity-window" } else { address };
        if address.is_empty() {
            return Self::None;
        }
        let path = address.split(['?', '#']).next().unwrap_or_default();
        if path.ends_with(".js") {
            let (store, channel) = (settings.identity_store_id.clone(), settings.identity_channel_key.clone());
            return Self::Script { address: address.to_owned(), store, channel, back };
        }
        // A window of another origin needs the whole address.
        let back = match origin(address) {
            Some(_) => format!("{}{back}", settings.public_url.trim_end_matches('/')),
            None => back,
        };
        let query = Serializer::new(String::new()).append_pair("returnUrl", &back).finish();
        let joint = if address.contains('?') { '&' } else { '?' };
        Self::Page { address: format!("{address}{joint}{query}") }
    }

    fn policy(&self) -> Policy {
        let Self::Script { address, .. } = self else { return Policy::Common };
        let Some(origin) = origin(address) else { return Policy::Common };
        let theirs = ["https://*.portone.io", "https://*.iamport.co", "https://*.iamport.kr"].map(str::to_owned);
        let mut sources = vec![origin];
        sources.extend(theirs);
        Policy::With(Hosts { sources, form_actions: Vec::new(), has_inline_styles: true })
    }
}

/// What the window says when it comes back.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Returned {
    pub state: Option<String>,
    pub identity_verification_id: Option<String>,
    pub code: Option<String>,
    /// Asked for by a link of this site: the verification before is of no use.
    pub again: Option<String>,
}

/// What has come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// Nothing: somebody just looks at the page.
    Nothing,
    /// The id of a verification, for the API to judge.
    Verified(String),
    /// The person stopped, or was not verified: the id of what to say.
    Stopped(&'static str),
}

impl Returned {
    /// What has come back to a draft.
    pub fn came(&self, draft: &Draft) -> Came {
        let Some(state) = &self.state else { return Came::Nothing };
        if !draft.is_state(state) {
            return Came::Stopped("people-identity-stopped");
        }
        let id = self.identity_verification_id.as_deref().unwrap_or_default();
        let is_id = !id.is_empty() && id.len() <= ID_BYTES_MAX && id.bytes().all(|byte| byte.is_ascii_graphic());
        match self.code.as_deref() {
            Some("USER_CANCEL") => Came::Stopped("people-identity-stopped"),
            Some(_) => Came::Stopped("people-identity-failed"),
            None if is_id => Came::Verified(id.to_owned()),
            None => Came::Stopped("people-identity-failed"),
        }
    }
}

/// The page with the window's button.
#[derive(Template)]
#[template(path = "people/identity.html")]
pub(super) struct IdentityPage {
    pub shell: Shell,
    pub state: &'static str,
    pub steps: Option<Steps>,
    pub notices: Vec<Notice>,
    pub errors: Vec<FieldError>,
    pub lead: Vec<String>,
    pub window: Window,
    pub notes: Vec<String>,
    pub links: Vec<Link>,
}

impl IdentityPage {
    /// A page with this title; `stopped`: the id of what to say about the last try.
    pub fn new(visitor: &Visitor, title: &str, window: Window, stopped: Option<&'static str>) -> Self {
        let t: Texts = visitor.t();
        let shell = Shell::new(visitor, t.get(title)).style("people.css");
        let shell = if matches!(window, Window::Script { .. }) { shell.script("people.js") } else { shell };
        let errors: Vec<FieldError> = stopped.map(|id| FieldError::new("identity", t.get(id))).into_iter().collect();
        let state = match (&window, errors.is_empty()) {
            (_, false) => "error",
            (Window::Done { .. }, _) => "done",
            _ => "identity",
        };
        let notes = vec![t.get("people-identity-keep").to_owned()];
        let shell = shell.errors(!errors.is_empty());
        Self {
            shell,
            state,
            steps: None,
            notices: Vec::new(),
            errors,
            lead: Vec::new(),
            window,
            notes,
            links: Vec::new(),
        }
    }

    /// The answer.
    pub fn into_answer(self) -> Response {
        web::page(StatusCode::OK, &self.shell, &self.window.policy(), Caching::Private, &self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn returned(state: &str, id: Option<&str>, code: Option<&str>) -> Returned {
        let text = |value: &str| Some(value.to_owned());
        Returned {
            state: text(state),
            identity_verification_id: id.and_then(text),
            code: code.and_then(text),
            again: None,
        }
    }

    #[test]
    fn only_what_this_draft_has_asked_for_comes_back() {
        let draft = Draft::begin(None);
        let came = |state: &str, id, code| returned(state, id, code).came(&draft);
        assert_eq!(came(&draft.state, Some("id-1"), None), Came::Verified("id-1".into()));
        assert_eq!(came("another", Some("id-1"), None), Came::Stopped("people-identity-stopped"));
        assert_eq!(came(&draft.state, Some("id-1"), Some("USER_CANCEL")), Came::Stopped("people-identity-stopped"));
        assert_eq!(came(&draft.state, Some("id-1"), Some("FAILURE_TYPE_PG")), Came::Stopped("people-identity-failed"));
        for bad in [None, Some(""), Some("a b"), Some("\u{ac00}")] {
            assert_eq!(came(&draft.state, bad, None), Came::Stopped("people-identity-failed"), "{bad:?}");
        }
        assert_eq!(Returned::default().came(&draft), Came::Nothing);
    }

    #[test]
    fn the_window_is_a_page_or_a_script() {
        let draft = Draft::begin(None);
        let of = |url: &str, has_sandbox: bool| {
            let settings = Settings { identity_sdk_url: url.to_owned(), has_sandbox, ..Settings::default() };
            Window::of(&settings, &draft, "/signup/identity")
        };
        assert_eq!(of("", false), Window::None);
        let Window::Page { address } = of("", true) else { panic!("the sandbox's page") };
        assert!(
            address.starts_with("/sandbox/portone/identity-window?returnUrl=%2Fsignup%2Fidentity%3Fstate%3D"),
            "{address}"
        );
        let script = of("https://cdn.portone.io/v2/browser-sdk.js", true);
        assert!(matches!(&script, Window::Script { back, .. } if back.starts_with("/signup/identity?state=")));
        let policy = script.policy().header();
        assert!(
            std::str::from_utf8(policy.as_bytes()).expect("text").contains("script-src 'self' https://cdn.portone.io "),
            "{policy:?}"
        );
        let Window::Page { address } = of("http://127.0.0.1:9/window", true) else { panic!("a page") };
        assert!(
            address.starts_with("http://127.0.0.1:9/window?returnUrl=http%3A%2F%2F127.0.0.1%3A8080%2Fsignup"),
            "{address}"
        );
    }
}
