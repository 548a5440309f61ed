//! The log-in page of a provider: who is it? `?as=id` answers without the page.

use super::Provider;
use crate::books::people::{self, Code, Person};
use crate::doors::unavailable;
use crate::service::Sandbox;
use crate::windows::{self, ReturnTo};
use axum::extract::State;
use axum::response::Response;
use domain::ErrorCode;
use onsale_http::{ApiError, Form, Language, Path, Query, RequestBody};
use rusqlite::Connection;
use serde::Deserialize;
use uuid::Uuid;

/// A challenge of S256 is 32 bytes in unpadded Base64.
const CHALLENGE_BYTES: usize = 43;
/// Longest state in characters.
const STATE_MAX: usize = 1_024;

/// A request for a log-in, and the person's answer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct LogIn {
    pub response_type: String,
    pub client_id: String,
    pub redirect_uri: String,
    pub scope: String,
    pub state: String,
    pub code_challenge: String,
    pub code_challenge_method: String,
    /// The id of the person who logs in.
    #[serde(rename = "as")]
    pub who: Option<String>,
    /// Set by the button that says no.
    pub refuse: Option<String>,
    /// A person who is new here.
    pub new_id: Option<String>,
    pub new_email: Option<String>,
}

impl RequestBody for LogIn {
    const LIMIT_BYTES: usize = 16_384;
}

impl LogIn {
    /// Where the browser goes back. Until client and address are right nobody is sent anywhere (RFC 6749, 4.1.2.1).
    fn back(&self, sandbox: &Sandbox) -> Result<ReturnTo, ApiError> {
        if self.client_id != sandbox.settings().oauth.client_id {
            return Err(ApiError::invalid("client_id is not known here"));
        }
        let back = ReturnTo::read(&self.redirect_uri, &sandbox.settings().return_origins);
        back.map_err(|_| ApiError::invalid("redirect_uri is not registered here"))
    }

    /// The error of RFC 6749 for a request that cannot be.
    fn fault(&self) -> Option<&'static str> {
        let is_challenge = self.code_challenge.len() == CHALLENGE_BYTES
            && self.code_challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if self.response_type != "code" {
            Some("unsupported_response_type")
        } else if !is_challenge || self.code_challenge_method != "S256" || self.state.chars().count() > STATE_MAX {
            Some("invalid_request")
        } else {
            None
        }
    }

    fn refused(&self, back: &ReturnTo, error: &str) -> Response {
        back.see_other(&[("error", error), ("state", &self.state)])
    }
}

pub(super) async fn ask(
    State(sandbox): State<Sandbox>,
    Path(provider): Path<String>,
    Query(asked): Query<LogIn>,
    language: windows::PageLanguage,
) -> Result<Response, ApiError> {
    let provider = Provider::named(&provider)?;
    let back = asked.back(&sandbox)?;
    if let Some(error) = asked.fault() {
        return Ok(asked.refused(&back, error));
    }
    match &asked.who {
        Some(who) => log_in(&sandbox, provider, &asked, who.clone(), &back).await,
        None => page(&sandbox, provider, &asked, &back, language.0).await,
    }
}

async fn page(
    sandbox: &Sandbox,
    provider: Provider,
    asked: &LogIn,
    back: &ReturnTo,
    language: Language,
) -> Result<Response, ApiError> {
    let offered = sandbox.0.books.change(move |connection| people::offered(connection, provider.as_str())).await;
    Ok(windows::log_in(provider, asked, &offered.map_err(unavailable)?, back, language))
}

pub(super) async fn answer(
    State(sandbox): State<Sandbox>,
    Path(provider): Path<String>,
    Form(asked): Form<LogIn>,
) -> Result<Response, ApiError> {
    let provider = Provider::named(&provider)?;
    let back = asked.back(&sandbox)?;
    if let Some(error) = asked.fault() {
        return Ok(asked.refused(&back, error));
    }
    if asked.refuse.is_some() {
        return Ok(asked.refused(&back, "access_denied"));
    }
    if let Some(who) = &asked.who {
        return log_in(&sandbox, provider, &asked, who.clone(), &back).await;
    }
    let id = asked.new_id.clone().unwrap_or_default();
    let email = asked.new_email.clone().unwrap_or_default();
    crate::doors::demand_text("id", &id, 1..=200)?;
    crate::doors::demand_text("email", &email, 0..=254)?;
    let person = Person { name: id.clone(), id: id.clone(), email };
    let change = move |connection: &Connection| people::put(connection, provider.as_str(), &person);
    sandbox.0.books.change(change).await.map_err(unavailable)?;
    log_in(&sandbox, provider, &asked, id, &back).await
}

/// Sends the browser back with a code.
async fn log_in(
    sandbox: &Sandbox,
    provider: Provider,
    asked: &LogIn,
    who: String,
    back: &ReturnTo,
) -> Result<Response, ApiError> {
    let code = Code {
        code: Uuid::new_v4().simple().to_string(),
        provider: provider.as_str().to_owned(),
        person: who,
        redirect_uri: asked.redirect_uri.clone(),
        state: asked.state.clone(),
        challenge: asked.code_challenge.clone(),
        made_ms: clock::now().millis(),
    };
    let text = code.code.clone();
    let change = move |connection: &Connection| {
        let is_known = people::find(connection, &code.provider, &code.person)?.is_some();
        if is_known {
            people::put_code(connection, &code)?;
        }
        Ok(is_known)
    };
    if !sandbox.0.books.change(change).await.map_err(unavailable)? {
        return Err(
            ApiError::new(ErrorCode::NotFound).detail("there is no such person; POST /sandbox/oauth/{provider}/people")
        );
    }
    Ok(back.see_other(&[("code", &text), ("state", &asked.state)]))
}
