//! Routes of holds.

use super::Api;
use super::callers::{GivenPass, IdOf};
use crate::views::hold::{ExtendedView, HoldView, NewHold, NewSeats, SwapView};
use ::http::header::LOCATION;
use ::http::{HeaderValue, StatusCode};
use access::Person;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::{ErrorCode, ReservationId};
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, told};

/// Holds seats, all or none: named ones, or the best that there are. `waitMs` waits for seats that others hold.
#[utoipa::path(post, path = "/reservations/hold", tag = "reservations", security(("accessToken" = [])), request_body = NewHold,
    params(("X-Queue-Token" = String, Header, description = "the pass of the schedule's line")),
    responses((status = 201, body = HoldView), (status = 400, body = ErrorBody,
            description = "also `MAX_SEATS_EXCEEDED`, `TICKET_SALE_NOT_STARTED`, `TICKET_SALE_ENDED`"),
        (status = 401, body = ErrorBody, description = "also `QUEUE_TOKEN_MISSING`, `QUEUE_TOKEN_INVALID`, `QUEUE_TOKEN_EXPIRED`"),
        (status = 404, body = ErrorBody, description = "`NOT_FOUND`, `SEAT_NOT_FOUND`"),
        (status = 409, body = ErrorBody,
            description = "`EVENT_CANCELLED`, `RESERVATION_IN_PROGRESS`, `SEAT_NOT_AVAILABLE`; `SEAT_ALREADY_SOLD` and `SEAT_ALREADY_HELD` with `taken` and `instead`"),
        (status = 503, body = ErrorBody)))]
pub(super) async fn hold(
    State(Api { service, .. }): State<Api>,
    person: Person,
    GivenPass(pass): GivenPass,
    Json(new): Json<NewHold>,
) -> Result<Response, ApiError> {
    let asked = new.checked(service.settings().max_seats)?;
    told::about(asked.schedule);
    let made = service.hold(person.id, pass, asked).await?;
    let location = HeaderValue::from_str(&format!("/reservations/{}", made.reservation_id())).ok();
    let mut response = (StatusCode::CREATED, axum::Json(made)).into_response();
    if let Some(location) = location {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// Gives a hold other seats in one step: the new ones are held before the old ones are let go. The end of the hold stays.
#[utoipa::path(put, path = "/reservations/hold/{id}", tag = "reservations", security(("accessToken" = [])),
    request_body = NewSeats,
    params(("id" = String, Path), ("X-Queue-Token" = String, Header, description = "a pass of the person")),
    responses((status = 200, body = SwapView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody, description = "`NOT_FOUND`, `SEAT_NOT_FOUND`"),
        (status = 409, body = ErrorBody, description = "as of a hold; `RESERVATION_ALREADY_CANCELLED`, `RESERVATION_IN_PROGRESS` under a payment"),
        (status = 410, body = ErrorBody, description = "`HOLD_EXPIRED`"),
        (status = 422, body = ErrorBody, description = "`RESERVATION_NOT_MODIFIABLE`"), (status = 503, body = ErrorBody)))]
pub(super) async fn swap(
    State(Api { service, .. }): State<Api>,
    person: Person,
    GivenPass(pass): GivenPass,
    IdOf(id): IdOf<ReservationId>,
    Json(new): Json<NewSeats>,
) -> Result<Json<SwapView>, ApiError> {
    let seats = new.checked(service.settings().max_seats)?;
    service.swap(person.id, pass, id, seats).await.map(Json)
}

/// Lets a hold go.
#[utoipa::path(delete, path = "/reservations/hold/{id}", tag = "reservations", security(("accessToken" = [])),
    params(("id" = String, Path)),
    responses((status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "`RESERVATION_ALREADY_CANCELLED`, `RESERVATION_IN_PROGRESS`"),
        (status = 410, body = ErrorBody, description = "`HOLD_EXPIRED`"),
        (status = 422, body = ErrorBody, description = "`RESERVATION_NOT_MODIFIABLE`"), (status = 503, body = ErrorBody)))]
pub(super) async fn release(
    State(Api { service, .. }): State<Api>,
    person: Person,
    IdOf(id): IdOf<ReservationId>,
) -> Result<StatusCode, ApiError> {
    service.release(person.id, id).await.map(|()| StatusCode::NO_CONTENT)
}

/// Lets a hold live longer, once. It has no body.
#[utoipa::path(post, path = "/reservations/hold/{id}/extend", tag = "reservations", security(("accessToken" = [])),
    params(("id" = String, Path), ("X-Queue-Token" = String, Header, description = "a pass of the person")),
    responses((status = 200, body = ExtendedView), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody, description = "also where holds cannot be extended"),
        (status = 409, body = ErrorBody,
            description = "`RESERVATION_ALREADY_CANCELLED`, `RESERVATION_IN_PROGRESS` under a payment, `HOLD_ALREADY_EXTENDED` with `holdExpiresAt`"),
        (status = 410, body = ErrorBody, description = "`HOLD_EXPIRED`"),
        (status = 422, body = ErrorBody, description = "`RESERVATION_NOT_MODIFIABLE`"), (status = 503, body = ErrorBody)))]
pub(super) async fn extend(
    State(Api { service, .. }): State<Api>,
    person: Person,
    pass: Result<GivenPass, ApiError>,
    IdOf(id): IdOf<ReservationId>,
) -> Result<Json<ExtendedView>, ApiError> {
    if service.settings().hold_extend_seconds == 0 {
        return Err(ErrorCode::NotFound.into());
    }
    let GivenPass(pass) = pass?;
    service.extend(person.id, pass, id).await.map(Json)
}
