//! The pass of the waiting line: its form alone. Whether it lives is reservation's to say.

use super::token::is_shown;
use domain::ErrorCode;
use http::{HeaderMap, HeaderValue};
use onsale_http::head::cookies;

/// The header with the pass.
pub(crate) const PASS_HEADER: &str = "x-queue-token";
/// The cookie with it.
pub(crate) const PASS_COOKIE: &str = "queueToken";

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
