//! The issue route for requests that the server's fast path did not answer.

use crate::issue::route::{IssueCall, IssueRoute, Progress};
use crate::views::coupon::{IssueAnswer, IssueBody};
use ::http::header::CONTENT_TYPE;
use ::http::request::Parts;
use ::http::{HeaderMap, HeaderName, HeaderValue};
use access::credentials::key_in;
use access::{ActsFor, Person};
use axum::Extension;
use axum::extract::{FromRequestParts, Request, State};
use axum::response::{IntoResponse, Response};
use onsale_http::docs::ErrorBody;
use onsale_http::limits::put_headers;
use onsale_http::server::HotRequest;
use onsale_http::{ApiError, ClientIp, Language, TraceId, extract};
use std::net::IpAddr;

/// A caller who may issue. The use case finds out for whom; this keeps a stranger's body from being read.
pub(super) struct Issuer;

impl FromRequestParts<IssueRoute> for Issuer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, route: &IssueRoute) -> Result<Self, ApiError> {
        let from = parts.extensions.get::<ClientIp>().map(|client| client.0);
        let key = key_in(&parts.headers)?;
        // A person with a token needs no key; with both the key counts.
        if key.is_some() || parts.extensions.get::<Person>().is_none() {
            route.check_caller(key, from).await?;
        }
        route.check_query(parts).map(|()| Self)
    }
}

/// Requests a coupon. A decision is always 200; `success` is true for `ISSUED` only.
///
/// A repeated `Idempotency-Key` of the same user gets an earlier `ISSUED` again; refusals are not stored.
#[utoipa::path(post, path = "/api/v1/coupons/issue", request_body = IssueBody, tag = "coupons",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters")),
    security((), ("apiKey" = ["issue"]), ("accessToken" = [])),
    responses((status = 200, body = IssueAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn issue_coupon(
    State(route): State<IssueRoute>,
    _: Issuer,
    Extension(trace_id): Extension<TraceId>,
    request: Request,
) -> Response {
    let client = request.extensions().get::<ClientIp>().copied().unwrap_or(ClientIp(IpAddr::from([0, 0, 0, 0])));
    let (parts, body) = request.into_parts();
    let body = match extract::json::read(body).await {
        Ok(body) => body,
        Err(error) => return error.into_response(),
    };
    let language = Language::from_accept(value(&parts.headers, "accept-language"), Language::En);
    let mut request = HotRequest::of(trace_id, language, client);
    let answer = match route.begin(&mut request, &issue_call(&parts, &body)) {
        Progress::Answer(answer) => answer,
        Progress::Wait(waiting) => route.finish(&mut request, waiting).await,
    };
    let mut bytes = Vec::with_capacity(256);
    let mut response = match route.write_decision(&request, answer, &mut bytes) {
        Ok(()) => ([(CONTENT_TYPE, "application/json")], bytes).into_response(),
        // The layer around all routes writes it, as it writes every error.
        Err(error) => error.into_response(),
    };
    if let Some(note) = &request.rate {
        put_headers(note, response.headers_mut());
    }
    response
}

fn value<'a>(headers: &'a HeaderMap, name: &'static str) -> Option<&'a [u8]> {
    headers.get(HeaderName::from_static(name)).map(HeaderValue::as_bytes)
}

fn issue_call<'a>(parts: &'a Parts, body: &'a [u8]) -> IssueCall<'a> {
    let headers = &parts.headers;
    IssueCall {
        is_of_person: parts.extensions.get::<Person>().is_some(),
        caller: ActsFor::of(&parts.extensions, headers),
        content_type: value(headers, "content-type"),
        api_key: value(headers, "x-api-key"),
        idempotency_key: value(headers, "idempotency-key"),
        body,
    }
}
