//! The answers that each route may give (`contract-ticketing.md`): any other is noted (invariant 10).

use crate::world::Shared;
use crate::world::instance::Instance;
use crate::world::instance::Role;
use crate::world::network::{Answer, NoAnswer, call};
use books::records::Remark;
use domain::{AccountId, ErrorCode};
use std::future::Future;

/// A route of people.
pub(super) struct Route {
    pub(super) name: &'static str,
    pub(super) role: Role,
    pub(super) codes: &'static [ErrorCode],
}

use ErrorCode::*;

pub(super) const HOLD: Route = Route {
    name: "POST /reservations/hold",
    role: Role::Reservation,
    codes: &[
        EventCancelled,
        SeatNotFound,
        ReservationInProgress,
        MaxSeatsExceeded,
        SeatAlreadySold,
        SeatAlreadyHeld,
        HoldExpired,
        ReservationAlreadyCancelled,
    ],
};
pub(super) const SWAP: Route = Route {
    name: "PUT /reservations/hold/{id}",
    role: Role::Reservation,
    codes: &[
        NotFound,
        Forbidden,
        EventCancelled,
        SeatNotFound,
        ReservationInProgress,
        MaxSeatsExceeded,
        SeatAlreadySold,
        SeatAlreadyHeld,
        HoldExpired,
        ReservationAlreadyCancelled,
        ReservationNotModifiable,
    ],
};
pub(super) const EXTEND: Route = Route {
    name: "POST /reservations/hold/{id}/extend",
    role: Role::Reservation,
    codes: &[
        NotFound,
        Forbidden,
        EventCancelled,
        ReservationInProgress,
        HoldAlreadyExtended,
        HoldExpired,
        ReservationAlreadyCancelled,
        ReservationNotModifiable,
    ],
};
pub(super) const RELEASE: Route = Route {
    name: "DELETE /reservations/hold/{id}",
    role: Role::Reservation,
    codes: &[
        NotFound,
        Forbidden,
        ReservationInProgress,
        HoldExpired,
        ReservationAlreadyCancelled,
        ReservationNotModifiable,
    ],
};
pub(super) const CANCEL: Route = Route {
    name: "DELETE /reservations/{id}",
    role: Role::Reservation,
    codes: &[NotFound, Forbidden, ReservationInProgress, ReservationAlreadyCancelled, CancellationNotAllowed],
};
pub(super) const LOOK: Route =
    Route { name: "GET /reservations/{id}", role: Role::Reservation, codes: &[NotFound, Forbidden] };
pub(super) const VERIFY: Route = Route { name: "POST /tickets/verify", role: Role::Reservation, codes: &[] };
pub(super) const CREATE: Route = Route {
    name: "POST /payments",
    role: Role::Payment,
    codes: &[
        NotFound,
        Forbidden,
        PaymentAlreadyExists,
        HoldExpired,
        ReservationNotPayable,
        PaymentAmountMismatch,
        PortoneCircuitOpen,
        PortoneTimeout,
        PortonePreRegisterFailed,
    ],
};
pub(super) const CONFIRM: Route = Route {
    name: "POST /payments/confirm",
    role: Role::Payment,
    codes: &[
        NotFound,
        Forbidden,
        InvalidInput,
        PaymentAlreadyExists,
        PaymentAmountMismatch,
        HoldExpired,
        ReservationNotPayable,
        PortoneCircuitOpen,
        PortoneTimeout,
        PortoneApiError,
    ],
};
pub(super) const PAYMENT: Route =
    Route { name: "GET /payments/{id}", role: Role::Payment, codes: &[NotFound, Forbidden] };

/// How long a person waits for an answer, in milliseconds.
const PATIENCE_MS: i64 = 60_000;

/// A person's call.
pub(super) async fn ask<T, F, W>(world: &Shared, user: AccountId, route: &Route, work: F) -> Result<Answer<T>, NoAnswer>
where
    T: 'static,
    F: Fn(Shared, Instance) -> W + 'static,
    W: Future<Output = Answer<T>> + 'static,
{
    let answer = call(world, route.role, PATIENCE_MS, work).await;
    if let Ok(Err(code)) = &answer
        && *code != ServiceUnavailable
        && !route.codes.contains(code)
    {
        world.remark(user, Remark::unlisted(route.name, code.status(), Some(*code)));
    }
    answer
}
