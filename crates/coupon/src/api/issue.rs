//! The hot route for requests that the door did not answer itself.

use crate::issue::{Begun, IssueRoute};
use crate::views::coupon::{IssueAnswer, IssueBody};
use ::http::header::{CONTENT_TYPE, RETRY_AFTER};
use ::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use onsale_http;
use onsale_http::docs::ErrorBody;
use onsale_http::limits::put_headers;
use onsale_http::server::HotHead;
use onsale_http::{ApiError, ClientIp, TraceId};
use std::net::IpAddr;

/// Asks for a coupon. A decision is always 200; `success` is true for `ISSUED` only.
///
/// The same `Idempotency-Key` from the same user hears an earlier yes again; a refusal is not remembered.
#[utoipa::path(post, path = "/api/v1/coupons/issue", request_body = IssueBody, tag = "coupons",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters")),
    security((), ("apiKey" = [])),
    responses((status = 200, body = IssueAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn issue_coupon(
    State(route): State<IssueRoute>,
    Extension(trace_id): Extension<TraceId>,
    request: Request,
) -> Result<Response, ApiError> {
    let peer = request.extensions().get::<ClientIp>().map_or(IpAddr::from([0, 0, 0, 0]), |client| client.0);
    let (parts, body) = request.into_parts();
    let body = onsale_http::extract::json::read(body).await?;
    let head = hot_head(&parts.headers, &trace_id);
    let mut asked = route.asked(peer, &head);
    let answer = match route.begin(&mut asked, &head, &body) {
        Begun::Answer(answer) => answer,
        Begun::Wait(waiting) => route.finish(&mut asked, waiting).await,
    };
    let mut bytes = Vec::with_capacity(256);
    let (status, retry_after_seconds) = route.write_body(&asked, answer, &mut bytes);
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(seconds) = retry_after_seconds {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    if let Some(note) = &asked.rate {
        put_headers(note, headers);
    }
    Ok(response)
}

fn hot_head<'a>(headers: &'a HeaderMap, trace_id: &'a TraceId) -> HotHead<'a> {
    let value = |name: &'static str| headers.get(HeaderName::from_static(name)).map(HeaderValue::as_bytes);
    HotHead {
        method: "POST",
        target: IssueRoute::PATH,
        content_type: value("content-type"),
        accept_language: value("accept-language"),
        trace_id: Some(trace_id.as_bytes()),
        api_key: value("x-api-key"),
        idempotency_key: value("idempotency-key"),
        // The address was found out already, by the layer around every route.
        forwarded_for: None,
        close: false,
    }
}
