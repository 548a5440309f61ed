//! What is known of a reservation.

use super::status::{CancelReason, PaymentState, ReservationStatus};
use crate::catalog::Grade;
use crate::id::{AccountId, CouponId, EventId, PaymentId, PaymentKey, ReservationId, ScheduleId, SeatId};
use crate::ticket::TicketNumber;
use crate::time::Timestamp;

/// A seat of a reservation, as it was when it was held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservedSeat {
    /// The seat.
    pub seat: SeatId,
    /// Its number, such as `A-1`.
    pub number: String,
    /// Its grade.
    pub grade: Grade,
    /// Its price in won.
    pub price: i64,
    /// Which of the person's seats in this schedule it is, from 1: no two live seats have the same (hole 11).
    pub slot: u8,
    /// Whether it is the reservation's now.
    pub is_live: bool,
}

/// A payment that stands on a reservation. There is one at most, for ever (hole 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The payment.
    pub payment: PaymentId,
    /// Its name at the provider: with it a payment that was lost is made again (hole 9).
    pub key: PaymentKey,
    /// What is to be paid, in won: the total less a discount.
    pub amount: i64,
    /// The number of the hold that is paid (hole 16).
    pub hold_no: i64,
    /// The coupon whose discount is taken off: with it, too, a payment that was lost is made again.
    pub coupon: Option<CouponId>,
    /// A coupon is being asked for its discount: no payment has begun, none may begin before the claim is made anew with what
    /// is to be paid, and the hold may change meanwhile.
    pub is_provisional: bool,
    /// When.
    pub at: Timestamp,
}

/// Somebody came in with the ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: Timestamp,
    /// The gate, as its device names it.
    pub gate: Option<String>,
}

/// A reservation with its seats. Amounts are won.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Its id.
    pub id: ReservationId,
    /// Whose it is.
    pub user: AccountId,
    /// The schedule.
    pub schedule: ScheduleId,
    /// The event.
    pub event: EventId,
    /// Where it stands.
    pub status: ReservationStatus,
    /// Why it has ended; none while it lives.
    pub cancel_reason: Option<CancelReason>,
    /// The sum of the prices of its seats.
    pub total_amount: i64,
    /// From this millisecond on nobody may pay, and others may have the seats.
    pub hold_expires_at: Timestamp,
    /// The number of its hold: another one after each hold, swap and re-taking, greater than all that were drawn before.
    pub hold_no: i64,
    /// When the hold was extended; once for ever.
    pub extended_at: Option<Timestamp>,
    /// The payment.
    pub claim: Option<Claim>,
    /// Since when the seats are kept for the payment, without an end.
    pub secured_at: Option<Timestamp>,
    /// The furthest that was heard of the payment.
    pub payment_state: PaymentState,
    /// What was paid, by the payment's word; none before.
    pub paid_amount: Option<i64>,
    /// The ticket's number.
    pub ticket_number: Option<TicketNumber>,
    /// Somebody came in.
    pub used: Option<Mark>,
    /// When it was confirmed.
    pub confirmed_at: Option<Timestamp>,
    /// When it ended.
    pub cancelled_at: Option<Timestamp>,
    /// When payment is asked next, because its message may be lost (hole 5); none where nothing is missing.
    pub ask_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its seats, in the order of their ids.
    pub seats: Vec<ReservedSeat>,
}

/// So long after a step payment is asked for what a message should have told (hole 5), in milliseconds.
const ASK_AFTER_MS: i64 = 60_000;

impl Reservation {
    /// Whether its seats are its own.
    pub fn is_live(&self) -> bool {
        matches!(self.status, ReservationStatus::Pending | ReservationStatus::Confirmed)
    }

    /// Whether the seats are kept for a payment that is not decided: only the payment or the event ends it (hole 5).
    pub fn is_secured(&self) -> bool {
        self.status == ReservationStatus::Pending && self.secured_at.is_some()
    }

    /// What a coupon has taken off the payment that stands, in won; none without one.
    pub fn discount(&self) -> Option<i64> {
        let claim = self.claim?;
        Some(self.total_amount - claim.amount).filter(|discount| *discount > 0)
    }

    /// Whether its time is over at `now`, whether or not anybody has swept it. At the very millisecond it is (hole 15).
    pub fn has_run_out(&self, now: Timestamp) -> bool {
        self.status == ReservationStatus::Pending && self.secured_at.is_none() && self.hold_expires_at <= now
    }

    /// Whether it stood or ended as a hold that nobody paid in time: the sweeper's speed decides nothing (hole 15).
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.has_run_out(now) || self.cancel_reason == Some(CancelReason::HoldExpired)
    }

    /// The ids of its live seats.
    pub fn live_seats(&self) -> Vec<SeatId> {
        self.seats.iter().filter(|seat| seat.is_live).map(|seat| seat.seat).collect()
    }

    /// The ids of all its seats.
    pub fn seat_ids(&self) -> Vec<SeatId> {
        self.seats.iter().map(|seat| seat.seat).collect()
    }

    /// The claim of a payment that may have begun. A provisional one is none: nothing follows from it but its pair of ids.
    pub fn firm_claim(&self) -> Option<Claim> {
        self.claim.filter(|claim| !claim.is_provisional)
    }

    /// The claim of a payment that payment may have a row of: a firm one, or one whose payment was heard of although this copy of
    /// the row says provisional. Of nothing there is no row.
    pub fn begun_claim(&self) -> Option<Claim> {
        let is_heard_of = self.secured_at.is_some() || self.payment_state != PaymentState::None;
        self.claim.filter(|claim| claim.amount > 0 && (!claim.is_provisional || is_heard_of))
    }

    /// Whether this payment stands on it.
    pub fn is_claimed_by(&self, payment: PaymentId) -> bool {
        self.claim.is_some_and(|claim| claim.payment == payment)
    }
}

/// When payment is asked about the reservation (hole 5): a minute after a step that leaves it secured without an outcome, or
/// ended with a payment that is not known to have failed or to be given back. None where nothing is missing: a claim that was
/// provisional to the end is of a coupon that was refused, and no payment has begun.
pub fn next_question(reservation: &Reservation, now: Timestamp) -> Option<Timestamp> {
    let is_ended = reservation.status == ReservationStatus::Cancelled;
    let is_open = reservation.begun_claim().is_some() && !reservation.payment_state.is_final();
    (reservation.is_secured() || is_ended && is_open).then(|| Timestamp(now.millis() + ASK_AFTER_MS))
}
