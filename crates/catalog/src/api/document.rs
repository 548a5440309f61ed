//! Answers that were made before: their bytes go out as they are.

use crate::cache::Document;
use crate::documents::Plan;
use ::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use ::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::Timestamp;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// A change that was answered is seen by every reader: nobody between keeps anything.
const NOT_KEPT: HeaderValue = HeaderValue::from_static("no-cache");
/// Before the sale prices and hall may change.
const A_MINUTE: HeaderValue = HeaderValue::from_static("public, max-age=60");
/// From the sale on nothing changes.
const A_YEAR: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// What is being prepared is for administrators alone.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-store");

/// An answer that nobody keeps.
pub(super) fn fresh(document: Document) -> Response {
    ([(CONTENT_TYPE, JSON), (CACHE_CONTROL, NOT_KEPT)], document.bytes).into_response()
}

/// The answer to a request for a plan, 304 where the caller has it.
pub(super) fn plan(plan: Plan, headers: &HeaderMap, now: Timestamp) -> Response {
    let life = match &plan {
        plan if plan.is_prepared => PRIVATE,
        plan if now < plan.sale_starts_at => A_MINUTE,
        _ => A_YEAR,
    };
    let mut response = if is_known(headers, &plan.etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(CONTENT_TYPE, JSON)], plan.json).into_response()
    };
    let known = response.headers_mut();
    known.insert(CACHE_CONTROL, life);
    if let Some(etag) = HeaderValue::from_str(&format!("\"{}\"", plan.etag)).ok().filter(|_| !plan.etag.is_empty()) {
        known.insert(ETAG, etag);
    }
    response
}

/// Whether a condition names this tag, or any. A tag that was made weak on the way is the same (RFC 9110, 13.1.2).
pub(super) fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let is_tag = |given: &[u8]| {
        let given = given.trim_ascii();
        let given = given.strip_prefix(b"W/").unwrap_or(given);
        given == b"*" || given.strip_prefix(b"\"").and_then(|tag| tag.strip_suffix(b"\"")) == Some(etag.as_bytes())
    };
    let all = headers.get_all(IF_NONE_MATCH).iter().map(HeaderValue::as_bytes);
    !etag.is_empty() && all.flat_map(|value| value.split(|byte| *byte == b',')).any(is_tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn asked(condition: &str, now: i64, is_prepared: bool) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, condition.parse().expect("a header"));
        let etag = if is_prepared { String::new() } else { "abc".to_owned() };
        let json = Bytes::from_static(b"{}");
        plan(Plan { json, etag, sale_starts_at: Timestamp(1_000), is_prepared }, &headers, Timestamp(now))
    }

    #[test]
    fn a_plan_is_kept_a_minute_before_the_sale_and_a_year_from_then_on() {
        let life = |response: &Response| response.headers()[CACHE_CONTROL].clone();
        assert_eq!(life(&asked("\"x\"", 999, false)), A_MINUTE);
        assert_eq!(life(&asked("\"x\"", 1_000, false)), A_YEAR);
        assert_eq!(life(&asked("\"x\"", 1_000, true)), PRIVATE);
        for (condition, status) in
            [("\"abc\"", 304), ("W/\"abc\"", 304), ("\"x\", \"abc\"", 304), ("*", 304), ("abc", 200), ("\"x\"", 200)]
        {
            assert_eq!(asked(condition, 999, false).status(), status, "{condition}");
            assert!(asked(condition, 999, false).headers().contains_key(ETAG), "{condition}");
            assert_eq!(asked(condition, 999, true).status(), 200, "{condition}");
        }
    }
}
