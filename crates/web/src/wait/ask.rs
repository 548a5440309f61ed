//! The page that asks for something before it gives a place (QUEUE-012).

use super::Line;
use crate::page::{Caching, Hosts, Policy, page};
use crate::shell::Shell;
use crate::visit::Visit;
use askama::Template;
use axum::response::Response;
use http::{StatusCode, Uri};

/// What the line asks for: the document of `GET /queue/challenge/{line}`.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// `pow` or `recaptcha`.
    pub kind: String,
    /// To be sent back with the answer, once.
    pub nonce: String,
    /// The work of a proof.
    pub bits: u8,
    /// The key of the site at reCAPTCHA.
    pub site_key: Option<String>,
}

#[derive(Template)]
#[template(path = "wait-ask.html")]
struct AskPage<'a> {
    shell: Shell,
    line: &'a Line,
    question: &'a Question,
    script: Option<&'a str>,
}

/// Scheme and host of an address; none for what is no address.
fn origin(address: &str) -> Option<String> {
    let uri: Uri = address.parse().ok()?;
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?.as_str()))
}

/// What the page may load: this site's own files and a worker of it, and for reCAPTCHA its server.
fn policy(script: Option<&str>) -> Policy {
    let Some(origin) = script.and_then(origin) else { return Policy::Common };
    let sources = vec![origin, "https://www.gstatic.com".to_owned()];
    Policy::With(Hosts { sources, form_actions: Vec::new(), has_inline_styles: true })
}

/// The page that asks. `script`: where reCAPTCHA's script is, if it is configured.
pub fn ask(
    visitor: &impl AsRef<Visit>,
    line: &Line,
    question: &Question,
    script: Option<&str>,
    status: StatusCode,
) -> Response {
    let visit = visitor.as_ref();
    let script = script.filter(|script| question.site_key.is_some() && !script.is_empty());
    let template = AskPage { shell: Shell::new(visit, visit.t().get("wait-ask-title")), line, question, script };
    page(status, &template.shell, &policy(script), Caching::Private, &template)
}
