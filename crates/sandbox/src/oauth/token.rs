//! A code becomes a token, if the verifier belongs to the challenge that came with the log-in.

use super::Provider;
use crate::books::people;
use crate::service::Sandbox;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::header::{AUTHORIZATION, CACHE_CONTROL};
use http::{HeaderMap, StatusCode};
use onsale_http::ApiError;
use rusqlite::Connection;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Longest form in bytes.
const FORM_BYTES_MAX: usize = 32 * 1024;
/// Lengths of a verifier (RFC 7636).
const VERIFIER_BYTES: std::ops::RangeInclusive<usize> = 43..=128;

struct Fields(Vec<(String, String)>);

impl Fields {
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(given, _)| given == name).map_or("", |(_, value)| value.as_str())
    }
}

pub(super) async fn token(
    State(sandbox): State<Sandbox>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let provider = Provider::named(&provider)?;
    let bytes = to_bytes(body, FORM_BYTES_MAX).await.map_err(|_| ApiError::invalid("the form is too long"))?;
    let fields = Fields(url::form_urlencoded::parse(&bytes).into_owned().collect());
    Ok(match exchange(&sandbox, provider, &headers, &fields).await {
        Ok(token) => {
            (StatusCode::OK, [(CACHE_CONTROL, "no-store")], axum::Json(granted(provider, &token))).into_response()
        }
        Err(error) => refused(provider, error),
    })
}

async fn exchange(
    sandbox: &Sandbox,
    provider: Provider,
    headers: &HeaderMap,
    fields: &Fields,
) -> Result<String, &'static str> {
    if !is_client(sandbox, headers, fields) {
        return Err("invalid_client");
    }
    if fields.get("grant_type") != "authorization_code" {
        return Err("unsupported_grant_type");
    }
    let now_ms = clock::now().millis();
    let (code, token) = (fields.get("code").to_owned(), Uuid::new_v4().simple().to_string());
    let redirect_uri = fields.get("redirect_uri").to_owned();
    // Naver alone asks for the state again.
    let state = (provider == Provider::Naver).then(|| fields.get("state").to_owned());
    let challenge = challenge_of(fields.get("code_verifier"));
    let text = token.clone();
    let change = move |connection: &Connection| {
        let Some(code) = people::take_code(connection, &code, now_ms)? else { return Ok(false) };
        let is_right = code.provider == provider.as_str()
            && code.redirect_uri == redirect_uri
            && state.is_none_or(|state| state == code.state)
            && challenge.is_some_and(|challenge| challenge == code.challenge);
        if is_right {
            people::put_token(connection, &token, &code.provider, &code.person, now_ms)?;
        }
        Ok(is_right)
    };
    match sandbox.0.books.change(change).await {
        Ok(true) => Ok(text),
        Ok(false) => Err("invalid_grant"),
        Err(_) => Err("temporarily_unavailable"),
    }
}

/// Client and secret, in the form or as `Basic`.
fn is_client(sandbox: &Sandbox, headers: &HeaderMap, fields: &Fields) -> bool {
    let ours = &sandbox.settings().oauth;
    let basic = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Basic "));
    if let Some(basic) = basic {
        let wanted = format!("{}:{}", ours.client_id, ours.client_secret);
        return STANDARD.decode(basic).is_ok_and(|shown| shown == wanted.as_bytes());
    }
    fields.get("client_id") == ours.client_id && fields.get("client_secret") == ours.client_secret
}

/// The S256 challenge of a verifier; none for what is no verifier.
fn challenge_of(verifier: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    let is_verifier = VERIFIER_BYTES.contains(&verifier.len()) && verifier.bytes().all(is_plain);
    is_verifier.then(|| URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)))
}

/// The answer in the provider's own form: they differ in the kinds of their numbers.
fn granted(provider: Provider, token: &str) -> Value {
    match provider {
        Provider::Kakao => json!({
            "token_type": "bearer", "access_token": token, "expires_in": 21_599, "refresh_token": format!("r{token}"),
            "refresh_token_expires_in": 5_183_999, "scope": "account_email",
        }),
        Provider::Naver => json!({
            "access_token": token, "refresh_token": format!("r{token}"), "token_type": "bearer", "expires_in": "3600",
        }),
        Provider::Google => json!({
            "access_token": token, "expires_in": 3_599, "scope": "openid email", "token_type": "Bearer",
        }),
    }
}

/// Naver says no with status 200; Kakao adds a code.
fn refused(provider: Provider, error: &str) -> Response {
    let status = match (provider, error) {
        (_, "temporarily_unavailable") => StatusCode::SERVICE_UNAVAILABLE,
        (Provider::Naver, _) => StatusCode::OK,
        (_, "invalid_client") => StatusCode::UNAUTHORIZED,
        _ => StatusCode::BAD_REQUEST,
    };
    let mut body = json!({"error": error, "error_description": "refused by the sandbox"});
    if provider == Provider::Kakao {
        body["error_code"] = json!("KOE320");
    }
    (status, [(CACHE_CONTROL, "no-store")], axum::Json(body)).into_response()
}
