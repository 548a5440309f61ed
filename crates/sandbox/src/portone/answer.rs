//! What every call of the API has in common: the secret, the store, the faults that were ordered, and errors.

use crate::books::BooksFault;
use crate::books::faults::{Call, Fault, Mode};
use crate::service::Sandbox;
use crate::settings::HANG;
use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use onsale_http::layer::render::OwnBody;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;

/// How late a slow answer is.
const SLOW: Duration = Duration::from_secs(3);
/// Longest body of a request in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// A refusal in PortOne's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub kind: &'static str,
    pub message: String,
}

impl Refusal {
    pub fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind, message: message.into() }
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "INVALID_REQUEST", message)
    }
}

impl From<BooksFault> for Refusal {
    fn from(fault: BooksFault) -> Self {
        Self::new(503, "SANDBOX_UNAVAILABLE", fault.to_string())
    }
}

/// An answer before it is sent: status and JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub body: String,
}

impl Reply {
    pub fn ok(body: &Value) -> Self {
        Self { status: 200, body: body.to_string() }
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let body = json!({"type": refusal.kind, "message": refusal.message}).to_string();
        Self { status: refusal.status, body }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, [(CONTENT_TYPE, "application/json")], self.body).into_response();
        response.extensions_mut().insert(OwnBody);
        response
    }
}

/// The answer to a call, and what is to befall it.
pub struct Disturbed {
    pub reply: Reply,
    pub fault: Option<Fault>,
    pub delay_ms: i64,
}

impl Disturbed {
    /// When the answer leaves, seen from `now_ms`.
    pub fn ready_ms(fault: Option<&Fault>, delay_ms: i64, now_ms: i64) -> i64 {
        let is_late = fault.is_some_and(|fault| matches!(fault.mode, Mode::Slow | Mode::Hang));
        now_ms + delay_ms + if is_late { SLOW.as_millis() as i64 } else { 0 }
    }

    /// Waits as was ordered, and answers.
    pub async fn send(self, sandbox: &Sandbox) -> Response {
        let mode = self.fault.map(|fault| fault.mode).filter(|mode| !mode.is_of_cancellation());
        let mut pause = Duration::from_millis(self.delay_ms.unsigned_abs());
        pause += match mode {
            Some(Mode::Slow) => SLOW,
            Some(Mode::Hang) => HANG,
            _ => Duration::ZERO,
        };
        if !pause.is_zero() {
            let Ok(_place) = sandbox.0.waiting.try_acquire() else {
                return Reply::from(Refusal::new(503, "SANDBOX_UNAVAILABLE", "too many calls wait")).into_response();
            };
            tokio::time::sleep(pause).await;
        }
        match mode {
            Some(Mode::Error | Mode::Hang) => {
                Reply::from(Refusal::new(500, "INTERNAL_SERVER_ERROR", "as ordered")).into_response()
            }
            Some(Mode::Garbage) => {
                let body = "{\"status\":\"PAI\u{0}<!doctype html><h1>502 Bad Gateway</h1>".to_owned();
                Reply { status: 200, body }.into_response()
            }
            _ => self.reply.into_response(),
        }
    }
}

/// Whether what a call asks for happens in spite of its fault. By default an error comes before it, all others after it:
/// then a caller without an answer cannot know.
pub fn is_carried_out(fault: Option<&Fault>) -> bool {
    fault.is_none_or(|fault| fault.is_carried_out)
}

/// Refuses a caller without the store's secret.
pub fn demand_secret(sandbox: &Sandbox, headers: &HeaderMap) -> Result<(), Refusal> {
    let expected = format!("PortOne {}", sandbox.settings().portone.api_secret);
    let shown = headers.get(AUTHORIZATION).map(http::HeaderValue::as_bytes);
    if shown == Some(expected.as_bytes()) {
        return Ok(());
    }
    Err(Refusal::new(401, "UNAUTHORIZED", "the API secret is missing or wrong"))
}

/// Refuses another store. Without one the secret's store is meant.
pub fn demand_store(sandbox: &Sandbox, store_id: Option<&str>) -> Result<(), Refusal> {
    let ours = &sandbox.settings().portone.store_id;
    if store_id.is_none_or(|store_id| store_id == ours) {
        return Ok(());
    }
    Err(Refusal::new(403, "FORBIDDEN", "the store is not that of the API secret"))
}

/// Refuses an id that no payment has.
pub fn demand_id(id: &str) -> Result<(), Refusal> {
    let is_id = !id.is_empty() && id.len() <= super::ID_BYTES_MAX && !id.contains(char::is_control);
    if is_id { Ok(()) } else { Err(Refusal::invalid("no such id")) }
}

/// The bytes of a request's body.
pub async fn read(body: Body) -> Result<bytes::Bytes, Refusal> {
    let too_long = |_| Refusal::invalid(format!("the body is incomplete or longer than {BODY_BYTES_MAX} bytes"));
    to_bytes(body, BODY_BYTES_MAX).await.map_err(too_long)
}

/// A body as JSON.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(bytes).map_err(|error| Refusal::invalid(format!("the body is not as expected: {error}")))
}

/// The call is answered, or refused before it counts.
pub async fn finish(sandbox: &Sandbox, answered: Result<Disturbed, Refusal>) -> Response {
    match answered {
        Ok(disturbed) => disturbed.send(sandbox).await,
        Err(refusal) => Reply::from(refusal).into_response(),
    }
}

/// Counts a call about a payment, and finds what is to befall it.
pub fn begin(connection: &rusqlite::Connection, call: Call, about: &str) -> Result<(Option<Fault>, i64), BooksFault> {
    let delay_ms = crate::books::payments::count(connection, about, call)?;
    Ok((crate::books::faults::meet(connection, call, about)?, delay_ms))
}
