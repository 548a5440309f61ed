//! Bodies in JSON, with refusals that name the field and say what is wrong.

use crate::error::ApiError;
use crate::text::shorten::shortened;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use domain::ErrorCode;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The bound where no layer has set a tighter one.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A JSON body, in or out.
///
/// Coming in: 415 without `Content-Type: application/json`; 400 `INVALID_INPUT` for what is not JSON, for wrong types
/// and missing fields, and for unknown fields where `T` has `#[serde(deny_unknown_fields)]` (every request type should).
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        check_content_type(&parts.headers)?;
        let bytes = read(body).await?;
        from_json(&bytes).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// Reads a whole body. Where it is over a layer's bound the layer answers 413 in place of this refusal.
///
/// # Errors
/// `INVALID_INPUT` when the body breaks off.
pub async fn read(body: Body) -> Result<Bytes, ApiError> {
    to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| ApiError::invalid("the body broke off"))
}

/// Whether the body is said to be JSON; a parameter such as `charset` may follow.
///
/// # Errors
/// `UNSUPPORTED_MEDIA_TYPE`.
pub fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let value = headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let media_type = value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    if media_type.eq_ignore_ascii_case(b"application/json") {
        Ok(())
    } else {
        Err(ErrorCode::UnsupportedMediaType.into())
    }
}

/// Reads a value from JSON.
///
/// # Errors
/// `INVALID_INPUT` with the field and what is wrong with it.
pub fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    if bytes.trim_ascii().is_empty() {
        return Err(ApiError::invalid("the body must be JSON, and there is none"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| refusal(&error))?;
    reader.end().map_err(|error| not_json(&error))?;
    Ok(value)
}

fn refusal(error: &serde_path_to_error::Error<serde_json::Error>) -> ApiError {
    let inner = error.inner();
    if !inner.is_data() {
        return not_json(inner);
    }
    let field = error.path().to_string();
    let complaint = shortened(&inner.to_string());
    match field.as_str() {
        "." | "?" => ApiError::invalid(complaint),
        field => ApiError::invalid(format!("{}: {complaint}", shortened(field))),
    }
}

fn not_json(error: &serde_json::Error) -> ApiError {
    ApiError::invalid(format!("the body is not JSON: {}", shortened(&error.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::UserId;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Order {
        #[allow(dead_code, reason = "read by the test's messages only")]
        user_id: UserId,
        #[allow(dead_code, reason = "read by the test's messages only")]
        lines: Vec<Line>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        #[allow(dead_code, reason = "read by the test's messages only")]
        amount: u32,
    }

    fn complaint(body: &[u8]) -> String {
        let error = from_json::<Order>(body).expect_err("refused");
        assert_eq!(error.code, ErrorCode::InvalidInput);
        error.detail.expect("with a reason")
    }

    #[test]
    fn the_field_and_the_reason_are_named() {
        let cases: [(&[u8], &str); 9] = [
            (b"", "there is none"),
            (b"  \n", "there is none"),
            (b"{", "not JSON: EOF"),
            (b"user_id=1", "not JSON: expected value"),
            (b"[]", "invalid length 0"),
            (br#"{"user_id":"u"}"#, "missing field `lines`"),
            (
                br#"{"user_id":"u","lines":[{"amount":1},{"amount":"x"}]}"#,
                "lines[1].amount: invalid type: string \"x\", expected u32",
            ),
            (br#"{"user_id":"a b","lines":[]}"#, "user_id: may contain only letters"),
            (br#"{"user_id":"u","lines":[],"colour":1}"#, "colour: unknown field `colour`, expected"),
        ];
        for (body, expected) in cases {
            let said = complaint(body);
            assert!(said.contains(expected), "{said:?} has no {expected:?}");
        }
    }

    #[test]
    fn what_follows_the_value_is_refused() {
        assert!(complaint(br#"{"user_id":"u","lines":[]} {}"#).contains("not JSON: trailing characters"));
        assert!(complaint(b"\xff\xfe").contains("not JSON"));
        let deep = "[".repeat(100_000);
        assert!(complaint(deep.as_bytes()).len() < 300);
    }

    #[test]
    fn overlong_input_is_not_said_back() {
        let long = "x".repeat(50_000);
        for body in [
            format!(r#"{{"{long}":1}}"#),
            format!(r#"{{"user_id":"u","lines":[{{"amount":"{long}"}}]}}"#),
            format!(r#"{{"user_id":"u","lines":"{long}"}}"#),
        ] {
            let said = complaint(body.as_bytes());
            assert!(said.len() < 500, "{} characters", said.len());
            assert!(said.contains("expected"), "{said}");
        }
    }

    #[test]
    fn only_json_is_taken_as_json() {
        let check = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, http::HeaderValue::from_static(value));
            check_content_type(&headers)
        };
        for good in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=utf-8",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["", "text/plain", "application/jsonp", "application/x-www-form-urlencoded", "text/json"] {
            assert_eq!(check(bad), Err(ErrorCode::UnsupportedMediaType.into()), "{bad}");
        }
        assert!(check_content_type(&HeaderMap::new()).is_err());
    }
}
