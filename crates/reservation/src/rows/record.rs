//! Between rows and the domain's types.

use super::entities::{reservation, reservation_seat};
use domain::catalog::Grade;
use domain::reservation::{CancelReason, Claim, Mark, PaymentState, Reservation, ReservationStatus, ReservedSeat};
use domain::ticket::TicketNumber;
use domain::{AccountId, CouponId, EventId, PaymentId, PaymentKey, ReservationId, ScheduleId, SeatId};
use ledger::moment::{now, read, stored};
use ledger::{LedgerError, StoredId};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::Value;
use std::collections::HashMap;

fn word<T>(text: &str, parse: impl Fn(&str) -> Option<T>, what: &str) -> Result<T, LedgerError> {
    parse(text).ok_or_else(|| LedgerError::damaged(what))
}

/// A seat from its row.
pub(super) fn seat_of(row: reservation_seat::Model) -> Result<ReservedSeat, LedgerError> {
    Ok(ReservedSeat {
        seat: SeatId(row.seat_id.0),
        number: row.seat_number,
        grade: word(&row.grade, Grade::parse, "a seat's grade")?,
        price: row.price,
        slot: u8::try_from(row.slot).map_err(|_| LedgerError::damaged("a seat's slot"))?,
        is_live: row.live.is_some(),
    })
}

fn claim_of(row: &reservation::Model) -> Result<Option<Claim>, LedgerError> {
    let Some(payment) = row.payment_id else { return Ok(None) };
    let (Some(key), Some(amount), Some(hold_no), Some(at)) =
        (row.payment_key, row.claimed_amount, row.claimed_hold_no, row.claimed_at)
    else {
        return Err(LedgerError::damaged("half a claim"));
    };
    let coupon = row.claimed_coupon_id.map(|id| CouponId(id.0));
    let (payment, key, at) = (PaymentId(payment.0), PaymentKey(key.0), read(at));
    let is_provisional = row.claim_is_provisional.is_some();
    Ok(Some(Claim { payment, key, amount, hold_no, coupon, is_provisional, at }))
}

/// A reservation from its row and its seats.
pub(super) fn from_row(row: reservation::Model, mut seats: Vec<ReservedSeat>) -> Result<Reservation, LedgerError> {
    seats.sort_by_key(|seat| seat.seat);
    let claim = claim_of(&row)?;
    let ticket_number = row.ticket_number.as_deref().map(TicketNumber::parse).transpose();
    let reason = |text: &str| word(text, CancelReason::parse, "a reason of cancelling");
    Ok(Reservation {
        id: ReservationId(row.id.0),
        user: AccountId(row.user_id.0),
        schedule: ScheduleId(row.schedule_id.0),
        event: EventId(row.event_id.0),
        status: word(&row.status, ReservationStatus::parse, "a reservation's status")?,
        cancel_reason: row.cancel_reason.as_deref().map(reason).transpose()?,
        total_amount: row.total_amount,
        hold_expires_at: read(row.hold_expires_at),
        hold_no: row.hold_no,
        extended_at: row.extended_at.map(read),
        claim,
        secured_at: row.secured_at.map(read),
        payment_state: word(&row.payment_state, PaymentState::parse, "a payment's state")?,
        paid_amount: row.paid_amount,
        ticket_number: ticket_number.map_err(|_| LedgerError::damaged("a ticket's number"))?,
        used: row.used_at.map(|at| Mark { at: read(at), gate: row.used_gate.clone() }),
        confirmed_at: row.confirmed_at.map(read),
        cancelled_at: row.cancelled_at.map(read),
        ask_at: row.ask_at.map(read),
        created_at: read(row.created_at),
        seats,
    })
}

/// Reservations from their rows and the seats of all of them, in the order of the rows.
pub(super) fn joined(
    rows: Vec<reservation::Model>,
    seats: Vec<reservation_seat::Model>,
) -> Result<Vec<Reservation>, LedgerError> {
    let mut of: HashMap<StoredId, Vec<ReservedSeat>> = HashMap::new();
    for seat in seats {
        of.entry(seat.reservation_id).or_default().push(seat_of(seat)?);
    }
    rows.into_iter()
        .map(|row| {
            let seats = of.remove(&row.id).unwrap_or_default();
            from_row(row, seats)
        })
        .collect()
}

fn provisional(of: &Reservation) -> Option<i16> {
    of.claim.filter(|claim| claim.is_provisional).map(|_| 1)
}

/// A new row.
pub(super) fn to_row(of: &Reservation) -> reservation::ActiveModel {
    reservation::ActiveModel {
        id: Set(of.id.get().into()),
        user_id: Set(of.user.get().into()),
        schedule_id: Set(of.schedule.get().into()),
        event_id: Set(of.event.get().into()),
        status: Set(of.status.as_str().to_owned()),
        total_amount: Set(of.total_amount),
        hold_expires_at: Set(stored(of.hold_expires_at)),
        hold_no: Set(of.hold_no),
        cancel_reason: Set(of.cancel_reason.map(|reason| reason.as_str().to_owned())),
        ticket_number: Set(of.ticket_number.map(|number| number.to_string())),
        used_at: Set(of.used.as_ref().map(|mark| stored(mark.at))),
        used_gate: Set(of.used.as_ref().and_then(|mark| mark.gate.clone())),
        payment_id: Set(of.claim.map(|claim| claim.payment.get().into())),
        payment_key: Set(of.claim.map(|claim| claim.key.get().into())),
        claimed_at: Set(of.claim.map(|claim| stored(claim.at))),
        claimed_amount: Set(of.claim.map(|claim| claim.amount)),
        claimed_hold_no: Set(of.claim.map(|claim| claim.hold_no)),
        claimed_coupon_id: Set(of.claim.and_then(|claim| claim.coupon).map(|coupon| coupon.get().into())),
        claim_is_provisional: Set(provisional(of)),
        secured_at: Set(of.secured_at.map(stored)),
        extended_at: Set(of.extended_at.map(stored)),
        payment_state: Set(of.payment_state.as_str().to_owned()),
        paid_amount: Set(of.paid_amount),
        confirmed_at: Set(of.confirmed_at.map(stored)),
        cancelled_at: Set(of.cancelled_at.map(stored)),
        ask_at: Set(of.ask_at.map(stored)),
        sold_shown_at: NotSet,
        created_at: Set(stored(of.created_at)),
        updated_at: Set(now()),
    }
}

/// The columns that steps change, after the id.
pub(super) const CHANGED: [&str; 23] = [
    "status",
    "total_amount",
    "hold_expires_at",
    "hold_no",
    "cancel_reason",
    "ticket_number",
    "used_at",
    "used_gate",
    "payment_id",
    "payment_key",
    "claimed_at",
    "claimed_amount",
    "claimed_hold_no",
    "claimed_coupon_id",
    "claim_is_provisional",
    "secured_at",
    "extended_at",
    "payment_state",
    "paid_amount",
    "confirmed_at",
    "cancelled_at",
    "ask_at",
    "updated_at",
];

/// The id and the values of [`CHANGED`].
pub(super) fn values(of: &Reservation) -> Vec<Value> {
    vec![
        of.id.get().into(),
        of.status.as_str().into(),
        of.total_amount.into(),
        stored(of.hold_expires_at).into(),
        of.hold_no.into(),
        of.cancel_reason.map(|reason| reason.as_str().to_owned()).into(),
        of.ticket_number.map(|number| number.to_string()).into(),
        of.used.as_ref().map(|mark| stored(mark.at)).into(),
        of.used.as_ref().and_then(|mark| mark.gate.clone()).into(),
        of.claim.map(|claim| claim.payment.get()).into(),
        of.claim.map(|claim| claim.key.get()).into(),
        of.claim.map(|claim| stored(claim.at)).into(),
        of.claim.map(|claim| claim.amount).into(),
        of.claim.map(|claim| claim.hold_no).into(),
        of.claim.and_then(|claim| claim.coupon).map(CouponId::get).into(),
        provisional(of).into(),
        of.secured_at.map(stored).into(),
        of.extended_at.map(stored).into(),
        of.payment_state.as_str().into(),
        of.paid_amount.into(),
        of.confirmed_at.map(stored).into(),
        of.cancelled_at.map(stored).into(),
        of.ask_at.map(stored).into(),
        now().into(),
    ]
}

/// A new row of a seat.
pub(super) fn to_seat_row(of: &Reservation, seat: &ReservedSeat) -> reservation_seat::ActiveModel {
    reservation_seat::ActiveModel {
        reservation_id: Set(of.id.get().into()),
        seat_id: Set(seat.seat.get().into()),
        schedule_id: Set(of.schedule.get().into()),
        user_id: Set(of.user.get().into()),
        seat_number: Set(seat.number.clone()),
        grade: Set(seat.grade.as_str().to_owned()),
        price: Set(seat.price),
        slot: Set(i16::from(seat.slot)),
        live: Set(seat.is_live.then_some(1)),
        created_at: Set(now()),
    }
}
