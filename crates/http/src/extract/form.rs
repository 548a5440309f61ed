//! Bodies of HTML forms.

use super::json::{RequestBody, read};
use crate::error::ApiError;
use crate::layer::body::demand;
use crate::text::plain::plain;
use axum::extract::{FromRequest, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Uri};
use domain::ErrorCode;

/// The body of an HTML form (`application/x-www-form-urlencoded`), or the default where the request has no body.
///
/// A request gets 413 for more bytes than the type takes, 415 for another `Content-Type`, and 400 `INVALID_INPUT` for what
/// does not read.
#[derive(Clone, Copy, Debug)]
pub struct Form<T>(pub T);

impl<S: Send + Sync, T: RequestBody + Default> FromRequest<S> for Form<T> {
    type Rejection = ApiError;

    async fn from_request(mut request: Request, _state: &S) -> Result<Self, ApiError> {
        demand(&mut request, T::LIMIT_BYTES)?;
        let (parts, body) = request.into_parts();
        let is_form = is_form(parts.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes));
        let bytes = read(body).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        if !is_form {
            return Err(ErrorCode::UnsupportedMediaType.into());
        }
        from_form(&bytes).map(Self)
    }
}

fn is_form(content_type: Option<&[u8]>) -> bool {
    let media_type = content_type.unwrap_or_default().split(|byte| *byte == b';').next().unwrap_or_default();
    media_type.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
}

/// A form is written as a query is.
fn from_form<T: RequestBody>(bytes: &[u8]) -> Result<T, ApiError> {
    let invalid = || ApiError::invalid("the body is not a form");
    let text = std::str::from_utf8(bytes).map_err(|_| invalid())?;
    let uri: Uri = format!("/?{text}").parse().map_err(|_| invalid())?;
    match Query::try_from_uri(&uri) {
        Ok(Query(value)) => Ok(value),
        Err(rejection) => Err(ApiError::invalid(format!("form: {}", plain(&rejection.body_text())))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Answer {
        #[serde(default)]
        challenge: String,
    }

    impl RequestBody for Answer {
        const LIMIT_BYTES: usize = 64;
    }

    async fn read_form(content_type: &str, body: &str) -> Result<Answer, ErrorCode> {
        let request = Request::builder().header(CONTENT_TYPE, content_type).body(body.to_owned().into());
        let read = Form::<Answer>::from_request(request.expect("a request"), &()).await;
        read.map(|Form(answer)| answer).map_err(|error| error.code)
    }

    #[tokio::test]
    async fn a_form_is_read_and_nothing_else() {
        const FORM: &str = "application/x-www-form-urlencoded";
        let answer = |text: &str| Ok(Answer { challenge: text.to_owned() });
        assert_eq!(read_form(FORM, "challenge=a.b%20c&more=1").await, answer("a.b c"));
        assert_eq!(read_form("Application/X-WWW-Form-URLencoded; charset=utf-8", "challenge=a").await, answer("a"));
        assert_eq!(read_form("text/plain", "").await, answer(""), "no body");
        assert_eq!(read_form("application/json", "{}").await, Err(ErrorCode::UnsupportedMediaType));
        assert_eq!(read_form(FORM, "challenge=\u{7}").await, Err(ErrorCode::InvalidInput));
        assert_eq!(read_form(FORM, &"a".repeat(65)).await, Err(ErrorCode::PayloadTooLarge));
    }
}
