//! Routes for other services. Each answer says the greatest number of a hold that is stored here (hole 7).

use super::{IdOf, Internal, run_to_end};
use crate::service::PaymentService;
use crate::views::internal::{AdoptBody, InternalPayment, InternalPayments};
use ::http::{HeaderName, HeaderValue};
use access::InternalCaller;
use access::peer::HOLD_NO_HEADER;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Query};
use serde::{Deserialize, Serialize};

/// The header with the greatest number of a hold.
const HOLD_NO: HeaderName = HeaderName::from_static(HOLD_NO_HEADER);
/// Most payments of one answer.
const LIMIT_MAX: u64 = 500;

/// The number is read first: what the answer shows may be newer than it, never older. It stands on refusals, too.
async fn numbered<T: Serialize>(
    service: &PaymentService,
    answer: impl Future<Output = Result<T, ApiError>>,
) -> Result<Response, ApiError> {
    let number = HeaderValue::from(service.greatest_hold_no().await?);
    let mut response = match answer.await {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => error.into_response(),
    };
    response.headers_mut().insert(HOLD_NO, number);
    Ok(response)
}

/// How a payment stands.
#[utoipa::path(get, path = "/internal/payments/{id}", tag = "internal", security(("serviceKey" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = InternalPayment), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
pub(super) async fn show(
    State(Internal { service, .. }): State<Internal>,
    _: InternalCaller,
    IdOf(id): IdOf,
) -> Result<Response, ApiError> {
    numbered(&service, service.internal_payment(id)).await
}

/// Which payments.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wanted {
    #[serde(default)]
    above_hold_no: i64,
    #[serde(default = "hundred")]
    limit: u64,
}

fn hundred() -> u64 {
    100
}

/// Payments that are SUCCESS, by the number of their holds.
#[utoipa::path(get, path = "/internal/payments", tag = "internal", security(("serviceKey" = [])),
    params(("aboveHoldNo" = Option<i64>, Query, description = "those of later holds alone"),
        ("limit" = Option<u64>, Query, description = "1 to 500")),
    responses((status = 200, body = InternalPayments), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
pub(super) async fn list(
    State(Internal { service, .. }): State<Internal>,
    _: InternalCaller,
    Query(wanted): Query<Wanted>,
) -> Result<Response, ApiError> {
    if !(1..=LIMIT_MAX).contains(&wanted.limit) {
        return Err(ApiError::invalid("limit must be 1 to 500"));
    }
    numbered(&service, service.paid_above(wanted.above_hold_no, wanted.limit)).await
}

/// Makes a payment again that reservation knows and this database has lost.
#[utoipa::path(post, path = "/internal/payments/adopt", tag = "internal", security(("serviceKey" = [])),
    request_body = AdoptBody,
    responses((status = 200, body = InternalPayment), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 413, body = ErrorBody), (status = 415, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
pub(super) async fn adopt(
    State(Internal { service, .. }): State<Internal>,
    _: InternalCaller,
    Json(body): Json<AdoptBody>,
) -> Result<Response, ApiError> {
    let adopted = {
        let service = service.clone();
        run_to_end(async move { service.adopt_told(&body).await })
    };
    numbered(&service, adopted).await
}
