//! The credentials in the head of a request, for everything that finds out the caller by the head
//! (`contract-amendments.md`, 38).
//!
//! A caller shows a key in `X-Api-Key` or an access token in `Authorization`; of both the key counts, and a bad one of either
//! is refused: whoever sends a credential that is not in force has made a mistake, and must not be served as somebody else.
//! This version knows no access tokens, so every `Authorization` is a bad one.

use domain::ErrorCode;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use onsale_http::ApiError;

/// The key in the head; `None` without one.
///
/// # Errors
/// `UNAUTHORIZED` for an `Authorization`, with a key or without.
pub fn key_in(headers: &HeaderMap) -> Result<Option<&[u8]>, ApiError> {
    if headers.contains_key(AUTHORIZATION) {
        let why = "Authorization holds no access token in force; send a key in X-Api-Key, and no Authorization";
        return Err(ApiError::new(ErrorCode::Unauthorized).detail(why));
    }
    Ok(headers.get("x-api-key").map(http::HeaderValue::as_bytes))
}
