//! A template as an answer.

use crate::shell::Shell;
use askama::Template;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use http::{HeaderValue, StatusCode};
use onsale_http::ApiError;
use onsale_http::layer::render::OwnBody;

/// The policy of own pages (`contract-ticketing.md`, additions for the pages). No nonce: it would make pages that nobody may keep.
const COMMON: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// What a page may load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// What this site serves, and nothing else.
    #[default]
    Common,
    /// Other companies' hosts, too: of the payment provider and of the robot check, where they are configured.
    With(Hosts),
}

/// Hosts of other companies on a page that needs them, as CSP sources: `https://cdn.portone.io`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts {
    /// Scripts, frames and connections.
    pub sources: Vec<String>,
    /// Where forms may lead beside this site.
    pub form_actions: Vec<String>,
    /// Whether their script writes styles into the page (reCAPTCHA does).
    pub has_inline_styles: bool,
}

impl Policy {
    /// The header's value.
    pub fn header(&self) -> HeaderValue {
        let Self::With(hosts) = self else { return HeaderValue::from_static(COMMON) };
        let safe = |list: &[String]| {
            let is_safe = |source: &&String| !source.contains([';', ',', ' ', '\'', '"']) && source.is_ascii();
            list.iter().filter(is_safe).map(|source| format!(" {source}")).collect::<String>()
        };
        let (sources, forms) = (safe(&hosts.sources), safe(&hosts.form_actions));
        let styles = if hosts.has_inline_styles { " 'unsafe-inline'" } else { "" };
        let policy = format!(
            "default-src 'none'; script-src 'self'{sources}; style-src 'self'{styles}; img-src 'self' data:{sources}; \
             connect-src 'self'{sources}; frame-src 'self'{sources}; manifest-src 'self'; form-action 'self'{forms}; \
             base-uri 'none'; frame-ancestors 'none'"
        );
        HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(COMMON))
    }
}

/// Who may keep a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caching {
    /// Nobody: it is for one person. The browser may still go back to it.
    Private,
    /// Everybody for five seconds, and half a minute more while a new one is fetched: it is the same for all.
    Shared,
}

impl Caching {
    /// The header's value.
    pub const fn header(self) -> HeaderValue {
        match self {
            // `no-store` would forbid the browser's back-forward cache, and with it a page that is there at once.
            Self::Private => HeaderValue::from_static("private, no-cache"),
            Self::Shared => HeaderValue::from_static("public, max-age=5, stale-while-revalidate=30"),
        }
    }
}

/// The template as an answer, in the shell's language.
pub fn page(
    status: StatusCode,
    shell: &Shell,
    policy: &Policy,
    caching: Caching,
    template: &impl Template,
) -> Response {
    let html = match template.render() {
        Ok(html) => html,
        Err(error) => return ApiError::internal(error).into_response(),
    };
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(shell.lang));
    headers.insert(CONTENT_SECURITY_POLICY, policy.header());
    headers.insert(CACHE_CONTROL, caching.header());
    headers.insert(VARY, HeaderValue::from_static("Accept-Language, Cookie"));
    // The standard layers leave an error's page as it is.
    response.extensions_mut().insert(OwnBody);
    response
}
