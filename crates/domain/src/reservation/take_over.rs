//! What a database that was put back to an older copy takes over from payment (hole 7).

use super::book::ReservationBook;
use super::change::Next;
use super::hold::reserved;
use super::model::{Claim, Reservation};
use super::request::SeatWish;
use super::status::{PaymentState, ReservationStatus};
use crate::id::{AccountId, CouponId, EventId, PaymentId, PaymentKey, ReservationId, ScheduleId, SeatId};
use crate::ticket::TicketNumber;
use crate::time::Timestamp;

/// A reservation that payment knows as paid, with the seats and prices that the catalog has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidReservation {
    /// Its id.
    pub reservation: ReservationId,
    /// Whose it is.
    pub user: AccountId,
    /// The schedule.
    pub schedule: ScheduleId,
    /// The event.
    pub event: EventId,
    /// The seats.
    pub seats: Vec<SeatWish>,
    /// The payment that stands.
    pub payment: PaymentId,
    /// Its name at the provider.
    pub key: PaymentKey,
    /// Paid, in won.
    pub amount: i64,
    /// The coupon whose discount was taken off.
    pub coupon: Option<CouponId>,
    /// The number of the hold that was paid.
    pub hold_no: i64,
    /// When it was paid.
    pub paid_at: Timestamp,
    /// The number of the new ticket: the old one is lost, and a number is never given twice (hole 19).
    pub ticket_number: TicketNumber,
}

/// Why a paid reservation could not be taken over; a person has to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotTakenOver {
    /// Other reservations that stand have these seats.
    SeatsTaken(Vec<SeatId>),
    /// It has ended here for another reason than its time, or another payment stands on it.
    Differs,
}

impl ReservationBook {
    /// Makes a paid reservation again as payment knows it: the same id, seats of the catalog, a ticket with a new number. One that
    /// is confirmed by the payment stays as it is.
    ///
    /// # Errors
    /// [`NotTakenOver`]: nothing has changed, but that holds whose time is over have been ended.
    pub fn take_over(&mut self, paid: &PaidReservation, now: Timestamp) -> Result<(), NotTakenOver> {
        let known = self.get(paid.reservation).cloned();
        if let Some(known) = &known {
            if known.status == ReservationStatus::Confirmed && known.is_claimed_by(paid.payment) {
                return Ok(());
            }
            let may_stand = known.status == ReservationStatus::Pending || known.is_expired(now);
            let is_others = known.claim.is_some_and(|claim| claim.payment != paid.payment);
            if !may_stand || is_others || known.payment_state.is_final() {
                return Err(NotTakenOver::Differs);
            }
        }
        let ids: Vec<SeatId> = paid.seats.iter().map(|wish| wish.seat).collect();
        self.clear(paid.schedule, &ids, paid.user, paid.reservation, now);
        let is_taken = |seat: &SeatId| self.owner_but(paid.schedule, *seat, paid.reservation).is_some();
        let taken: Vec<SeatId> = ids.iter().copied().filter(is_taken).collect();
        if !taken.is_empty() {
            return Err(NotTakenOver::SeatsTaken(taken));
        }
        let slots = self.other_slots(paid.schedule, paid.user, paid.reservation);
        // What was paid counts, whatever the most is today.
        let free = (1..=u8::MAX).filter(|slot| !slots.contains(slot));
        let seats = reserved(&paid.seats, free).ok_or(NotTakenOver::Differs)?;
        self.apply(Next::of(confirmed(paid, known, seats, now), now));
        Ok(())
    }
}

fn confirmed(
    paid: &PaidReservation,
    known: Option<Reservation>,
    seats: Vec<super::model::ReservedSeat>,
    now: Timestamp,
) -> Reservation {
    let claim = Claim {
        payment: paid.payment,
        key: paid.key,
        amount: paid.amount,
        hold_no: paid.hold_no,
        coupon: paid.coupon,
        is_provisional: false,
        at: paid.paid_at,
    };
    Reservation {
        id: paid.reservation,
        user: paid.user,
        schedule: paid.schedule,
        event: paid.event,
        status: ReservationStatus::Confirmed,
        cancel_reason: None,
        total_amount: seats.iter().map(|seat| seat.price).sum(),
        // It was paid in time, or payment would not have it as paid: the end that is lost was after that.
        hold_expires_at: match &known {
            Some(known) if known.hold_expires_at > paid.paid_at => known.hold_expires_at,
            _ => Timestamp(paid.paid_at.millis() + 1),
        },
        hold_no: paid.hold_no,
        extended_at: known.as_ref().and_then(|known| known.extended_at),
        claim: Some(claim),
        secured_at: Some(paid.paid_at),
        payment_state: PaymentState::Success,
        paid_amount: Some(paid.amount),
        ticket_number: Some(paid.ticket_number),
        used: None,
        confirmed_at: Some(now),
        cancelled_at: None,
        ask_at: None,
        created_at: known.map_or(paid.paid_at, |known| known.created_at),
        seats,
    }
}
