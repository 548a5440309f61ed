//! Routes of a person's reservations.

use super::Api;
use super::callers::IdOf;
use crate::views::page::{Page, Paging};
use crate::views::reservation::{CancelledView, Discounts, ReservationDetail, ReservationListed};
use access::Person;
use axum::extract::State;
use domain::ReservationId;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Query};

/// The caller's reservations, newest first.
#[utoipa::path(get, path = "/reservations", tag = "reservations", security(("accessToken" = [])),
    params(("page" = Option<u64>, Query, description = "from 0"), ("size" = Option<u64>, Query, description = "1 to 100")),
    responses((status = 200, body = Page<ReservationListed>), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(super) async fn list(
    State(Api { service, .. }): State<Api>,
    person: Person,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<ReservationListed>>, ApiError> {
    let (page, size) = paging.checked()?;
    service.list(person.id, page, size).await.map(Json)
}

/// One of the caller's reservations; of a ticket with its number and what its QR code says.
#[utoipa::path(get, path = "/reservations/{id}", tag = "reservations", security(("accessToken" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = ReservationDetail), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(super) async fn show(
    State(Api { service, .. }): State<Api>,
    person: Person,
    IdOf(id): IdOf<ReservationId>,
) -> Result<Json<ReservationDetail>, ApiError> {
    service.detail(person.id, id).await.map(Json)
}

/// Coupons of the caller that take something off the reservation, the largest discount first.
#[utoipa::path(get, path = "/reservations/{id}/discounts", tag = "reservations", security(("accessToken" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = Discounts), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(super) async fn discounts(
    State(Api { service, .. }): State<Api>,
    person: Person,
    IdOf(id): IdOf<ReservationId>,
) -> Result<Json<Discounts>, ApiError> {
    service.discounts(person.id, id).await.map(Json)
}

/// Cancels a reservation; what was paid is given back. Not from the day of the event on.
#[utoipa::path(delete, path = "/reservations/{id}", tag = "reservations", security(("accessToken" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = CancelledView), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody,
            description = "`RESERVATION_ALREADY_CANCELLED`, `RESERVATION_IN_PROGRESS` between payment and ticket"),
        (status = 422, body = ErrorBody, description = "`CANCELLATION_NOT_ALLOWED`"), (status = 503, body = ErrorBody)))]
pub(super) async fn cancel(
    State(Api { service, .. }): State<Api>,
    person: Person,
    IdOf(id): IdOf<ReservationId>,
) -> Result<Json<CancelledView>, ApiError> {
    service.cancel(person.id, id).await.map(Json)
}
