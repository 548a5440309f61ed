//! PortOne's notices.

use super::{Reply, run_to_end};
use crate::service::PaymentService;
use ::http::HeaderMap;
use ::http::header::CONTENT_LENGTH;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use domain::ErrorCode;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json};
use serde::Serialize;
use utoipa::ToSchema;

/// Longest notice in bytes. Real ones have some hundred.
const NOTICE_BYTES_MAX: usize = 64 * 1024;

/// PortOne's notice. Only the payment that it names is used: it is looked up.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the form of PortOne's own document; the bytes are signed, and read by hand")]
pub(super) struct NoticeBody {
    /// Such as `Transaction.Paid`.
    r#type: String,
    timestamp: String,
    data: NoticeData,
}

#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "as above")]
pub(super) struct NoticeData {
    /// Our `paymentKey`.
    payment_id: String,
    store_id: Option<String>,
    transaction_id: Option<String>,
}

/// `{}`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Heard {}

/// A notice of PortOne. It is kept, and its payment is looked up.
#[utoipa::path(post, path = "/payments/webhook", tag = "payments",
    params(("webhook-id" = String, Header), ("webhook-timestamp" = String, Header, description = "seconds since 1970"),
        ("webhook-signature" = String, Header, description = "v1,Base64 of HMAC-SHA-256; several are separated by blanks")),
    request_body(content = NoticeBody, content_type = "application/json"),
    responses((status = 200, body = Heard), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(super) async fn hear(State(service): State<PaymentService>, request: Request) -> Reply<Heard> {
    let (parts, body) = request.into_parts();
    demand_size(&parts.headers)?;
    service.check_notice_headers(&parts.headers)?;
    let bytes = read(body).await?;
    run_to_end(async move { service.notice(&parts.headers, &bytes).await }).await?;
    Ok(Json(Heard {}))
}

/// What is announced as too long is not read.
fn demand_size(headers: &HeaderMap) -> Result<(), ApiError> {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| std::str::from_utf8(length.as_bytes()).ok());
    match length.and_then(|length| length.parse::<u64>().ok()) {
        Some(length) if length > NOTICE_BYTES_MAX as u64 => Err(too_long()),
        _ => Ok(()),
    }
}

fn too_long() -> ApiError {
    ApiError::new(ErrorCode::PayloadTooLarge).detail(format!("the body must have at most {NOTICE_BYTES_MAX} bytes"))
}

async fn read(body: Body) -> Result<bytes::Bytes, ApiError> {
    to_bytes(body, NOTICE_BYTES_MAX).await.map_err(|_| too_long())
}
