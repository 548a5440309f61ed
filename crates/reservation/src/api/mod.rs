//! The routes of reservations and tickets (`contract-ticketing.md`, Reservation), with a module for each group.

mod callers;
mod doors;
mod holds;
mod internal;
mod operators;
mod reservations;
mod seats;

pub use operators::operator_routes;

use crate::service::ReservationService;
use access::{Callers, InternalKeys};
use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post, put};
use utoipa::OpenApi;

/// The service with what tells callers at doors by their keys.
#[derive(Clone)]
pub(crate) struct Api {
    service: ReservationService,
    callers: Callers,
}

impl FromRef<Api> for Callers {
    fn from_ref(api: &Api) -> Self {
        api.callers.clone()
    }
}

/// The routes for people, doors and administrators. `callers`: by their keys, for doors.
pub fn routes(service: ReservationService, callers: Callers) -> Router {
    Router::new()
        .route("/reservations/seats/{scheduleId}", get(seats::show))
        .route("/reservations/seats/{scheduleId}/state", get(seats::state))
        .route("/reservations/seats/{scheduleId}/stream", get(seats::stream))
        .route("/reservations/hold", post(holds::hold))
        .route("/reservations/hold/{id}", put(holds::swap).delete(holds::release))
        .route("/reservations/hold/{id}/extend", post(holds::extend))
        .route("/reservations", get(reservations::list))
        .route("/reservations/{id}", get(reservations::show).delete(reservations::cancel))
        .route("/reservations/{id}/discounts", get(reservations::discounts))
        .route("/tickets/keys", get(doors::keys))
        .route("/tickets/verify", post(doors::verify))
        .route("/tickets/verify/batch", post(doors::take_marks))
        .route("/tickets/verify/{code}", get(doors::page))
        .route("/tickets/doors/{scheduleId}", get(doors::list))
        .with_state(Api { service, callers })
}

/// The service with the keys of those who may call its internal routes.
#[derive(Clone)]
pub(crate) struct Internal {
    service: ReservationService,
    keys: InternalKeys,
}

impl FromRef<Internal> for InternalKeys {
    fn from_ref(internal: &Internal) -> Self {
        internal.keys.clone()
    }
}

/// The routes for other services: payment, the catalog and the queue.
pub fn internal_routes(service: ReservationService, keys: InternalKeys) -> Router {
    Router::new()
        .route("/internal/reservations/sold/{scheduleId}", get(internal::sold))
        .route("/internal/reservations/held/{scheduleId}", get(internal::held))
        .route("/internal/reservations/stock/{scheduleId}", get(internal::stock))
        .route("/internal/reservations/by-payment-key/{paymentKey}", get(internal::of_payment_key))
        .route("/internal/reservations/{id}", get(internal::show))
        .route("/internal/reservations/{id}/claim", post(internal::claim))
        .route("/internal/reservations/{id}/secure", post(internal::secure))
        .with_state(Internal { service, keys })
}

/// This service's part of the API document.
#[derive(OpenApi)]
#[openapi(
    paths(
        seats::show,
        seats::state,
        seats::stream,
        holds::hold,
        holds::swap,
        holds::release,
        holds::extend,
        reservations::list,
        reservations::show,
        reservations::cancel,
        reservations::discounts,
        doors::keys,
        doors::verify,
        doors::take_marks,
        doors::page,
        doors::list,
        internal::sold,
        internal::held,
        internal::stock,
        internal::of_payment_key,
        internal::show,
        internal::claim,
        internal::secure
    ),
    components(schemas(crate::views::seats::SeatChanges, crate::views::seats::StreamEnd))
)]
pub struct ApiDocument;
