//! Routes of buyers.

use super::{IdOf, Reply, run_to_end};
use crate::service::PaymentService;
use crate::views::page::{Page, Paging};
use crate::views::payment::{ConfirmBody, ConfirmView, NewPayment, PaymentItem, PaymentView, StartedView};
use ::http::header::CACHE_CONTROL;
use ::http::{HeaderName, HeaderValue};
use access::Person;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Query, told};

/// What a buyer sees is nobody else's.
const NO_STORE: [(HeaderName, HeaderValue); 1] = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];

/// Begins to pay a reservation.
#[utoipa::path(post, path = "/payments", tag = "payments", security(("accessToken" = [])), request_body = NewPayment,
    params(("X-Queue-Token" = String, Header, description = "the pass, whose form alone is checked"),
        ("Idempotency-Key" = Option<String>, Header, description = "a repeated call is answered as the first")),
    responses((status = 200, body = StartedView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 410, body = ErrorBody), (status = 413, body = ErrorBody), (status = 415, body = ErrorBody),
        (status = 422, body = ErrorBody), (status = 502, body = ErrorBody), (status = 503, body = ErrorBody),
        (status = 504, body = ErrorBody)))]
pub(super) async fn pay(
    State(service): State<PaymentService>,
    person: Person,
    Json(wanted): Json<NewPayment>,
) -> Result<Response, ApiError> {
    told::about(wanted.reservation());
    let view = run_to_end(async move { service.pay(person.id, &wanted).await }).await?;
    Ok((NO_STORE, Json(view)).into_response())
}

/// Decides a payment that its page calls paid.
#[utoipa::path(post, path = "/payments/confirm", tag = "payments", security(("accessToken" = [])),
    request_body = ConfirmBody,
    params(("X-Queue-Token" = String, Header, description = "the pass, whose form alone is checked"),
        ("Idempotency-Key" = Option<String>, Header, description = "a repeated call is answered as the first")),
    responses((status = 200, body = ConfirmView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 410, body = ErrorBody), (status = 413, body = ErrorBody), (status = 415, body = ErrorBody),
        (status = 422, body = ErrorBody), (status = 502, body = ErrorBody), (status = 503, body = ErrorBody),
        (status = 504, body = ErrorBody)))]
pub(super) async fn confirm(
    State(service): State<PaymentService>,
    person: Person,
    Json(body): Json<ConfirmBody>,
) -> Result<Response, ApiError> {
    told::about(body.payment());
    let view: ConfirmView = run_to_end(async move { service.confirm(person.id, &body).await }).await?;
    Ok((NO_STORE, Json(view)).into_response())
}

/// The caller's payments, newest first.
#[utoipa::path(get, path = "/payments", tag = "payments", security(("accessToken" = [])),
    params(("page" = Option<u64>, Query, description = "from 0"), ("size" = Option<u64>, Query, description = "1 to 100")),
    responses((status = 200, body = Page<PaymentItem>), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(super) async fn list(
    State(service): State<PaymentService>,
    person: Person,
    Query(paging): Query<Paging>,
) -> Result<Response, ApiError> {
    let (page, size) = paging.checked()?;
    Ok((NO_STORE, Json(service.payments(person.id, page, size).await?)).into_response())
}

/// One of the caller's payments.
#[utoipa::path(get, path = "/payments/{id}", tag = "payments", security(("accessToken" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = PaymentView), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(super) async fn show(
    State(service): State<PaymentService>,
    person: Person,
    IdOf(id): IdOf,
) -> Result<Response, ApiError> {
    let view: Reply<PaymentView> = service.payment(person.id, id).await.map(Json);
    Ok((NO_STORE, view?).into_response())
}
