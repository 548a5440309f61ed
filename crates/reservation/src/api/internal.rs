//! Routes for other services.

use super::Internal;
use super::callers::IdOf;
use crate::views::internal::{ClaimBody, HeldView, InternalReservation, SecureBody, SoldView, StockView};
use ::http::HeaderValue;
use access::InternalCaller;
use access::peer::HOLD_NO_HEADER;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::{PaymentKey, ReservationId, ScheduleId};
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Query};
use serde::Deserialize;
use utoipa::IntoParams;

/// A reservation.
#[utoipa::path(get, path = "/internal/reservations/{id}", tag = "internal", security(("serviceKey" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = InternalReservation), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
pub(super) async fn show(
    State(Internal { service, .. }): State<Internal>,
    _: InternalCaller,
    IdOf(id): IdOf<ReservationId>,
) -> Result<Response, ApiError> {
    let number = service.hold_no().await?;
    Ok(numbered(number, Json(service.internal(id).await?)))
}

/// The reservation that a payment stands on, by the payment's name at the provider: money of which payment has lost the row.
#[utoipa::path(get, path = "/internal/reservations/by-payment-key/{paymentKey}", tag = "internal",
    security(("serviceKey" = [])), params(("paymentKey" = String, Path)),
    responses((status = 200, body = InternalReservation), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
pub(super) async fn of_payment_key(
    State(Internal { service, .. }): State<Internal>,
    _: InternalCaller,
    IdOf(key): IdOf<PaymentKey>,
) -> Result<Response, ApiError> {
    let number = service.hold_no().await?;
    Ok(numbered(number, Json(service.internal_of_payment_key(key).await?)))
}

fn numbered(number: i64, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    response.headers_mut().insert(HOLD_NO_HEADER, HeaderValue::from(number));
    response
}

/// Lets a payment stand on a reservation; the answer has the pair that stands. May be repeated.
#[utoipa::path(post, path = "/internal/reservations/{id}/claim", tag = "internal", security(("serviceKey" = [])),
    params(("id" = String, Path)), request_body = ClaimBody,
    responses((status = 200, body = InternalReservation),
        (status = 400, body = ErrorBody, description = "also `PAYMENT_AMOUNT_MISMATCH`"), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody,
            description = "`PAYMENT_ALREADY_EXISTS` with `paymentId`; `RESERVATION_IN_PROGRESS`: another `holdNo`"),
        (status = 410, body = ErrorBody, description = "`HOLD_EXPIRED`"),
        (status = 422, body = ErrorBody, description = "`RESERVATION_NOT_PAYABLE`"), (status = 503, body = ErrorBody)))]
pub(super) async fn claim(
    State(Internal { service, .. }): State<Internal>,
    _: InternalCaller,
    IdOf(id): IdOf<ReservationId>,
    Json(body): Json<ClaimBody>,
) -> Result<Json<InternalReservation>, ApiError> {
    service.claim(body.request(id)).await.map(Json)
}

/// Keeps the seats until the payment has decided. A 409 is final.
#[utoipa::path(post, path = "/internal/reservations/{id}/secure", tag = "internal", security(("serviceKey" = [])),
    params(("id" = String, Path)), request_body = SecureBody,
    responses((status = 200, body = InternalReservation), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody, description = "with `reason`"),
        (status = 503, body = ErrorBody)))]
pub(super) async fn secure(
    State(Internal { service, .. }): State<Internal>,
    _: InternalCaller,
    IdOf(id): IdOf<ReservationId>,
    Json(body): Json<SecureBody>,
) -> Result<Json<InternalReservation>, ApiError> {
    service.secure(body.request(id)).await.map(Json)
}

/// The sold seats of a schedule.
#[utoipa::path(get, path = "/internal/reservations/sold/{scheduleId}", tag = "internal", security(("serviceKey" = [])),
    params(("scheduleId" = String, Path)),
    responses((status = 200, body = SoldView), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
pub(super) async fn sold(
    State(Internal { service, .. }): State<Internal>,
    _: InternalCaller,
    IdOf(id): IdOf<ScheduleId>,
) -> Result<Response, ApiError> {
    let sold = service.sold(id).await?;
    Ok(numbered(sold.counter, Json(sold)))
}

/// Whether the seats are named.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Naming {
    /// whether the answer names the seats: of a sold-out hall those are many
    #[serde(default)]
    #[param(required = false, default = false)]
    seats: bool,
}

/// How many seats of a schedule are reservations' that stand, and which.
#[utoipa::path(get, path = "/internal/reservations/held/{scheduleId}", tag = "internal", security(("serviceKey" = [])),
    params(("scheduleId" = String, Path), Naming),
    responses((status = 200, body = HeldView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(super) async fn held(
    State(Internal { service, .. }): State<Internal>,
    _: InternalCaller,
    IdOf(id): IdOf<ScheduleId>,
    Query(naming): Query<Naming>,
) -> Result<Json<HeldView>, ApiError> {
    let held = if naming.seats { service.held_seats(id).await } else { service.held(id).await };
    held.map(Json)
}

/// Since when people count.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(super) struct Within {
    /// people whose reservation was made at most so many milliseconds ago count as holders
    #[serde(default = "ten_minutes")]
    #[param(required = false, default = 600000)]
    within_ms: u64,
}

fn ten_minutes() -> u64 {
    600_000
}

/// The stock behind a schedule's line: seats that can be held now, and people who have a reservation.
#[utoipa::path(get, path = "/internal/reservations/stock/{scheduleId}", tag = "internal", security(("serviceKey" = [])),
    params(("scheduleId" = String, Path), Within),
    responses((status = 200, body = StockView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(super) async fn stock(
    State(Internal { service, .. }): State<Internal>,
    _: InternalCaller,
    IdOf(id): IdOf<ScheduleId>,
    Query(within): Query<Within>,
) -> Result<Response, ApiError> {
    Ok(Json(service.stock(id, within.within_ms).await?).into_response())
}
