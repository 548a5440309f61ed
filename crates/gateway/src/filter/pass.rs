//! The pass of the waiting line: its form, and its cookie for pages. Whether it lives is reservation's to say.

use super::token::{Caller, is_shown};
use access::session_cookies::{SessionCookies, SetCookie};
use axum::body::{Body, to_bytes};
use axum::response::Response;
use domain::ErrorCode;
use http::header::{CONTENT_LENGTH, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use onsale_http::head::cookies;
use serde_json::Value;

/// The header with the pass.
pub(crate) const PASS_HEADER: &str = "x-queue-token";
/// The cookie with it.
pub(crate) const PASS_COOKIE: &str = "queueToken";
/// Seconds that the cookie outlives the pass. Who holds seats in the last moment of a pass pays afterwards, and the payment asks for
/// its form alone: without the cookie the buyer would hear `QUEUE_TOKEN_MISSING` in the middle. A dead pass is
/// `QUEUE_TOKEN_EXPIRED` wherever it must live.
const OUTLIVES_SECONDS: i64 = 3_600;
/// Largest answer of the queue role that is read for a pass, in bytes; its answers have a few hundred.
const ANSWER_BYTES_MAX: usize = 65_536;

/// What an answer of the queue role does to the cookie of a page's pass. A script never sees the pass (WEB-009): events have
/// none for pages, which the queue role knows by [`access::ByPage`], since a running stream can set no cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PassAnswer {
    /// `status` may give one.
    Given,
    /// `leave` takes it away.
    Left,
}

impl PassAnswer {
    /// Of this route to this caller; none where no cookie is concerned.
    pub(super) fn of(pattern: &str, caller: &Caller) -> Option<Self> {
        match pattern {
            _ if !caller.is_by_cookie() => None,
            "/queue/status" => Some(Self::Given),
            "/queue/leave" => Some(Self::Left),
            _ => None,
        }
    }

    /// The answer as a page is to see it.
    pub(super) async fn apply(self, response: Response, cookies: &SessionCookies) -> Response {
        match self {
            Self::Given => into_cookie(response, cookies).await,
            Self::Left if response.status().is_success() => with_cookie(response, cookies, "", 0),
            Self::Left => response,
        }
    }
}

/// Moves the pass of an answer into the cookie: `token` becomes null, and the header goes.
async fn into_cookie(mut response: Response, cookies: &SessionCookies) -> Response {
    let Some(pass) = response.headers_mut().remove(PASS_HEADER) else { return response };
    let (mut head, body) = response.into_parts();
    let bytes = to_bytes(body, ANSWER_BYTES_MAX).await.unwrap_or_default();
    let mut answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if let Some(token) = answer.get_mut("token") {
        *token = Value::Null;
    }
    let seconds = answer["expiresInMs"].as_i64().unwrap_or_default() / 1000 + OUTLIVES_SECONDS;
    head.headers.remove(CONTENT_LENGTH);
    let response = Response::from_parts(head, Body::from(answer.to_string()));
    match std::str::from_utf8(pass.as_bytes()) {
        Ok(pass) if is_pass(pass.as_bytes()) => with_cookie(response, cookies, pass, seconds),
        _ => response,
    }
}

fn with_cookie(mut response: Response, cookies: &SessionCookies, value: &str, seconds: i64) -> Response {
    let cookie = SetCookie { name: PASS_COOKIE, value, path: "/", seconds, is_http_only: true };
    if let Some(cookie) = cookies.set(&cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Puts the pass of the cookie into the header, where the caller is known by cookies.
pub(super) fn from_cookie(headers: &mut HeaderMap) {
    if is_shown(headers) || headers.contains_key(PASS_HEADER) {
        return;
    }
    let first = |headers: &HeaderMap| {
        // A neighbour's cookie in front must not hide ours.
        let best = cookies::values(headers, PASS_COOKIE).find(|value| is_pass(value));
        best.or_else(|| cookies::values(headers, PASS_COOKIE).next())
            .and_then(|value| HeaderValue::from_bytes(value).ok())
    };
    if let Some(pass) = first(headers) {
        headers.insert(PASS_HEADER, pass);
    }
}

/// Checks the form of the pass.
///
/// # Errors
/// `QUEUE_TOKEN_MISSING`, `QUEUE_TOKEN_INVALID`.
pub(super) fn check(headers: &HeaderMap) -> Result<(), ErrorCode> {
    match headers.get(PASS_HEADER).map(|value| value.as_bytes().trim_ascii()) {
        None | Some(b"") => Err(ErrorCode::QueueTokenMissing),
        Some(pass) if is_pass(pass) => Ok(()),
        Some(_) => Err(ErrorCode::QueueTokenInvalid),
    }
}

/// `^qr_<UUID in lower case>$`.
fn is_pass(pass: &[u8]) -> bool {
    let Some(id) = pass.strip_prefix(b"qr_") else { return false };
    id.len() == 36
        && id.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_form_is_a_pass() {
        assert!(is_pass(b"qr_0190a1b2-0000-7000-8000-00000000000f"));
        for bad in [
            &b"qr_0190A1B2-0000-7000-8000-00000000000f"[..],
            b"QR_0190a1b2-0000-7000-8000-00000000000f",
            b"0190a1b2-0000-7000-8000-00000000000f",
            b"qr_0190a1b2000070008000000000000000000f",
            b"qr_0190a1b2-0000-7000-8000-00000000000",
            b"qr_0190a1b2-0000-7000-8000-00000000000ff",
            b"qr_0190a1b2-0000-7000-8000-00000000000g",
            b"qr_{0190a1b2-0000-7000-8000-0000000000}",
            b"qr_",
            b"qr_0190a1b2-0000-7000-8000-00000000000f\n",
        ] {
            assert!(!is_pass(bad), "{}", String::from_utf8_lossy(bad));
        }
    }
}
