//! reCAPTCHA: `siteverify`, and a script for pages that stands in for Google's.

use crate::service::Sandbox;
use crate::settings::HANG;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde_json::json;

/// Longest form in bytes.
const FORM_BYTES_MAX: usize = 32 * 1024;
/// The score of a person and of a robot.
const SCORES: (f64, f64) = (0.9, 0.1);

pub(crate) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/sandbox/recaptcha/api/siteverify", post(verify))
        .route("/sandbox/recaptcha/api.js", get(script))
}

/// Tokens: `pass` (again and again), `low` (a score below any limit), `slow` (no answer); all others fail.
async fn verify(State(sandbox): State<Sandbox>, headers: HeaderMap, body: Body) -> Response {
    let media_type = headers.get(CONTENT_TYPE).map_or(&b""[..], http::HeaderValue::as_bytes);
    let is_form = media_type.to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded");
    let Ok(bytes) = to_bytes(body, FORM_BYTES_MAX).await else { return StatusCode::BAD_REQUEST.into_response() };
    let mut fields = url::form_urlencoded::parse(if is_form { &bytes } else { b"" });
    let field = |name: &str| {
        fields.clone().find(|(given, _)| given == name).map(|(_, value)| value.into_owned()).filter(|it| !it.is_empty())
    };
    let (secret, token) = (field("secret"), field("response"));
    let refuse = |code: &str| Json(json!({"success": false, "error-codes": [code]})).into_response();
    if fields.next().is_none() {
        return refuse("bad-request");
    }
    let Some(secret) = secret else { return refuse("missing-input-secret") };
    if secret != sandbox.settings().recaptcha_secret.0 {
        return refuse("invalid-input-secret");
    }
    let at = domain::Timestamp(clock::now().millis());
    let pass = |score: f64| {
        let verdict =
            json!({"success": true, "challenge_ts": format!("{at}Z"), "hostname": "localhost", "score": score});
        Json(verdict).into_response()
    };
    match token.as_deref() {
        None => refuse("missing-input-response"),
        Some("pass") => pass(SCORES.0),
        Some("low") => pass(SCORES.1),
        Some("slow") => match sandbox.0.waiting.try_acquire() {
            Ok(_place) => {
                tokio::time::sleep(HANG).await;
                StatusCode::SERVICE_UNAVAILABLE.into_response()
            }
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
        Some(_) => refuse("invalid-input-response"),
    }
}

async fn script() -> Response {
    let headers = [(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "public, max-age=300")];
    (headers, include_str!("../templates/recaptcha.js")).into_response()
}
