//! JSON bodies. An error names the field and the mistake.

use super::objects::ObjectsOnly;
use crate::error::ApiError;
use crate::layer::body::demand;
use crate::text::plain::plain;
use crate::text::shorten::shortened;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use domain::ErrorCode;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Most bytes of the body of a ticketing route, as much as the gateway takes (contract: "Gateway"): fields that a route does
/// not know are passed over, so their number is the caller's. Accounts, coupons and calls between services have limits of
/// their own.
pub const ROUTE_BODY_BYTES: usize = 1_048_576;
/// No limit of a layer is higher.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The JSON body of a request. A type without a limit is no body: the compiler asks for it.
pub trait RequestBody: DeserializeOwned {
    /// Most bytes of the body: [`ROUTE_BODY_BYTES`] on ticketing routes; elsewhere room for the longest valid values, their
    /// escapes and some spaces. A larger body gets 413, which names this.
    const LIMIT_BYTES: usize;
}

/// A JSON body of a request or a response.
///
/// A request gets 413 for more bytes than the type takes, 415 without `Content-Type: application/json`, and 400
/// `INVALID_INPUT` for a body that is not JSON, for an array where a struct is wanted, for wrong types and missing fields,
/// and for unknown fields if `T` has `#[serde(deny_unknown_fields)]` (every request type should).
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: RequestBody> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(mut request: Request, _state: &S) -> Result<Self, ApiError> {
        demand(&mut request, T::LIMIT_BYTES)?;
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

/// Reads a whole body. If it exceeds a layer's limit, the layer replaces this error by 413.
///
/// # Errors
/// `INVALID_INPUT` when the body is incomplete.
pub async fn read(body: Body) -> Result<Bytes, ApiError> {
    to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| ApiError::invalid("the body is incomplete"))
}

/// Checks that the content type is JSON. A parameter such as `charset` may follow.
///
/// # Errors
/// `UNSUPPORTED_MEDIA_TYPE`.
pub fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    match is_json(headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes)) {
        true => Ok(()),
        false => Err(ErrorCode::UnsupportedMediaType.into()),
    }
}

/// Whether a `Content-Type` is JSON in UTF-8, the only coding that JSON has (RFC 8259, 8.1).
pub fn is_json(content_type: Option<&[u8]>) -> bool {
    let mut parts = content_type.unwrap_or_default().split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let is_media_type = parts.next().unwrap_or_default().eq_ignore_ascii_case(b"application/json");
    is_media_type && parts.all(is_utf8_or_other)
}

/// Whether a parameter names no coding, or UTF-8.
fn is_utf8_or_other(parameter: &[u8]) -> bool {
    let Some(at) = parameter.iter().position(|byte| *byte == b'=') else { return true };
    let (name, value) = (parameter[..at].trim_ascii(), parameter[at + 1..].trim_ascii());
    let value = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
    !name.eq_ignore_ascii_case(b"charset") || value.eq_ignore_ascii_case(b"utf-8")
}

/// The text without a byte order mark, which some programs write in front of UTF-8 (RFC 8259 allows to ignore it).
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Reads a value from JSON.
///
/// # Errors
/// `INVALID_INPUT` with the field and the mistake.
pub fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let bytes = without_mark(bytes);
    if bytes.trim_ascii().is_empty() {
        return Err(ApiError::invalid("the body must be JSON, but it is empty"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(ObjectsOnly(&mut reader)).map_err(|error| refusal(&error))?;
    reader.end().map_err(|error| not_json(&error))?;
    Ok(value)
}

fn refusal(error: &serde_path_to_error::Error<serde_json::Error>) -> ApiError {
    let inner = error.inner();
    if !inner.is_data() {
        return not_json(inner);
    }
    let field = error.path().to_string();
    let message = plain(&inner.to_string());
    match field.as_str() {
        "." | "?" => ApiError::invalid(message),
        field => ApiError::invalid(format!("{}: {message}", shortened(field))),
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

    fn detail_of(body: &[u8]) -> String {
        let error = from_json::<Order>(body).expect_err("refused");
        assert_eq!(error.code, ErrorCode::InvalidInput);
        error.detail.expect("with a reason")
    }

    #[test]
    fn an_error_names_the_field_and_the_reason() {
        let cases: [(&[u8], &str); 10] = [
            (b"", "it is empty"),
            (b"  \n", "it is empty"),
            (b"{", "not JSON: EOF"),
            (b"user_id=1", "not JSON: expected value"),
            (b"[]", "invalid type: sequence, expected an object"),
            (br#"{"user_id":"u"}"#, "missing field `lines`"),
            (
                br#"{"user_id":"u","lines":[{"amount":1},{"amount":"x"}]}"#,
                "lines[1].amount: invalid type: string \"x\", expected a whole number from 0 to 4294967295",
            ),
            (br#"{"user_id":"u","lines":[[1]]}"#, "lines[0]: invalid type: sequence, expected an object"),
            (br#"{"user_id":"a b","lines":[]}"#, "user_id: may contain only letters"),
            (br#"{"user_id":"u","lines":[],"colour":1}"#, "colour: unknown field `colour`, expected"),
        ];
        for (body, expected) in cases {
            let detail = detail_of(body);
            assert!(detail.contains(expected), "{detail:?} has no {expected:?}");
        }
    }

    #[test]
    fn trailing_data_and_malformed_json_are_refused() {
        assert!(detail_of(br#"{"user_id":"u","lines":[]} {}"#).contains("not JSON: trailing characters"));
        assert!(detail_of(b"\xff\xfe").contains("not JSON"));
        let deep = "[".repeat(100_000);
        assert!(detail_of(deep.as_bytes()).len() < 300);
    }

    #[test]
    fn a_byte_order_mark_is_passed_over_once() {
        let amount = |text: &[u8]| from_json::<Line>(text).map(|line| line.amount);
        assert_eq!(amount(b"\xef\xbb\xbf{\"amount\":7}"), Ok(7));
        assert!(amount(b"\xef\xbb\xbf\xef\xbb\xbf{\"amount\":7}").is_err());
        assert!(amount(b" \xef\xbb\xbf{\"amount\":7}").is_err());
        assert!(detail_of(b"\xef\xbb\xbf").contains("it is empty"));
    }

    #[test]
    fn overlong_input_is_not_quoted_in_full() {
        let long = "x".repeat(50_000);
        for body in [
            format!(r#"{{"{long}":1}}"#),
            format!(r#"{{"user_id":"u","lines":[{{"amount":"{long}"}}]}}"#),
            format!(r#"{{"user_id":"u","lines":"{long}"}}"#),
        ] {
            let detail = detail_of(body.as_bytes());
            assert!(detail.len() < 500, "{} characters", detail.len());
            assert!(detail.contains("expected"), "{detail}");
        }
    }

    #[test]
    fn only_the_json_content_type_is_accepted() {
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
            "application/json; charset=\"UTF-8\"; version=1",
            "application/json; profile=x",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["", "text/plain", "application/jsonp", "application/x-www-form-urlencoded", "text/json"]
            .into_iter()
            .chain([
                "application/json; charset=euc-kr",
                "application/json;CharSet = utf-16",
                "application/json; charset=",
            ])
            .chain(["application/json, application/json", "application/json x", "application/json; charset=\"latin1\""])
        {
            assert_eq!(check(bad), Err(ErrorCode::UnsupportedMediaType.into()), "{bad}");
        }
        assert!(check_content_type(&HeaderMap::new()).is_err());
    }
}
