//! Refused steps as answers.

use domain::reservation::{Refusal, UnsecuredWhy};
use domain::{ErrorCode, SeatId};
use onsale_http::ApiError;

/// The answer to a refused step.
pub(super) fn refused(refusal: Refusal) -> ApiError {
    let code = match refusal {
        Refusal::NotFound => ErrorCode::NotFound,
        Refusal::NotOwner => ErrorCode::Forbidden,
        Refusal::Behind => {
            tracing::error!("the tables of reservations are behind what other roles have stored: nothing is decided");
            ErrorCode::ServiceUnavailable
        }
        Refusal::EventCancelled => ErrorCode::EventCancelled,
        Refusal::HoldExpired => ErrorCode::HoldExpired,
        Refusal::AlreadyCancelled => ErrorCode::ReservationAlreadyCancelled,
        Refusal::NotModifiable => ErrorCode::ReservationNotModifiable,
        Refusal::InProgress => ErrorCode::ReservationInProgress,
        Refusal::AlreadyExtended { hold_expires_at } => {
            return ApiError::new(ErrorCode::HoldAlreadyExtended).with("holdExpiresAt", hold_expires_at.to_string());
        }
        Refusal::TooManySeats { held } => return too_many(Some(held)),
        Refusal::SeatsTaken { sold, held } => return taken(!sold.is_empty(), &[sold, held].concat()),
        Refusal::CancellationNotAllowed => ErrorCode::CancellationNotAllowed,
        Refusal::PaymentExists { payment } => {
            return ApiError::new(ErrorCode::PaymentAlreadyExists).with("paymentId", payment.to_string());
        }
        Refusal::NotPayable => ErrorCode::ReservationNotPayable,
        Refusal::AmountMismatch => ErrorCode::PaymentAmountMismatch,
        Refusal::Unsecured(why) => return unsecured(why),
        // Of an id that somebody has made up, or of a call that was changed on the way.
        Refusal::OtherHold => ErrorCode::ReservationInProgress,
        Refusal::NoTicket | Refusal::Used { .. } => return ApiError::internal("a door's refusal at another place"),
    };
    code.into()
}

/// A person would have more seats than the most. `held`: seats that the person has beside those that were asked for.
pub(super) fn too_many(held: Option<u8>) -> ApiError {
    let refusal = ApiError::new(ErrorCode::MaxSeatsExceeded);
    match held {
        Some(held) => refusal.with_json("held", &held),
        None => refusal,
    }
}

/// Seats are not free: sold where any of them is, and which.
pub(super) fn taken(is_any_sold: bool, seats: &[SeatId]) -> ApiError {
    let code = if is_any_sold { ErrorCode::SeatAlreadySold } else { ErrorCode::SeatAlreadyHeld };
    ApiError::new(code).with_json("taken", &seats)
}

/// The answer to a refused `secure` is 409, whatever the reason (part 2, 4).
fn unsecured(why: UnsecuredWhy) -> ApiError {
    let (code, reason) = match why {
        UnsecuredWhy::NotClaimed => (ErrorCode::PaymentAlreadyExists, "NOT_CLAIMED"),
        UnsecuredWhy::Final => (ErrorCode::ReservationAlreadyCancelled, "FINAL"),
        UnsecuredWhy::Changed => (ErrorCode::ReservationInProgress, "CHANGED"),
        UnsecuredWhy::TooLate => (ErrorCode::ReservationAlreadyCancelled, "TOO_LATE"),
        UnsecuredWhy::Ended => (ErrorCode::ReservationAlreadyCancelled, "ENDED"),
        UnsecuredWhy::EventCancelled => (ErrorCode::EventCancelled, "EVENT_CANCELLED"),
        UnsecuredWhy::SeatsTaken => (ErrorCode::SeatAlreadyHeld, "SEATS_TAKEN"),
        UnsecuredWhy::BoughtAgain => (ErrorCode::PaymentAlreadyExists, "BOUGHT_AGAIN"),
    };
    ApiError::new(code).with("reason", reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secure_is_refused_with_409_for_every_reason() {
        use UnsecuredWhy::*;
        for why in [NotClaimed, Final, Changed, TooLate, Ended, EventCancelled, SeatsTaken, BoughtAgain] {
            assert_eq!(refused(Refusal::Unsecured(why)).code.status(), 409, "{why:?}");
        }
    }

    #[test]
    fn sold_is_answered_when_any_is_sold() {
        let seat = |number: u128| SeatId(uuid::Uuid::from_u128(number));
        let code = |sold, held| refused(Refusal::SeatsTaken { sold, held }).code;
        assert_eq!(code(vec![seat(1)], vec![seat(2)]), ErrorCode::SeatAlreadySold);
        assert_eq!(code(vec![], vec![seat(2)]), ErrorCode::SeatAlreadyHeld);
    }
}
