//! What a reservation hears of its payment, from messages and from answers to its own questions. No order is relied on, and
//! nothing counts twice.

use super::cancel::{end, ended, freed};
use super::change::{Next, Scene, Told, told};
use super::model::Reservation;
use super::request::{HeardOf, PaymentNews, PaymentReply, RefundState, ReplyStatus};
use super::status::{CancelReason, PaymentState, ReservationStatus};
use crate::id::SeatId;
use crate::ticket::TicketNumber;

/// A reservation hears of a payment (holes 3, 5, 6, 10). None: it is recorded and changes nothing.
///
/// - Only the payment that `claim` kept touches the reservation; another one that succeeded is answered `LATE_PAYMENT`.
/// - `payment_state` only rises, and only the message that raises it has an effect: a success that comes after the refund makes
///   no ticket, and one that comes twice is told `LATE_PAYMENT` once.
/// - A success in a cancelled schedule is `LATE_PAYMENT` (hole 6).
pub fn hear(of: &Reservation, heard: &HeardOf, scene: Scene) -> Option<Next> {
    if !of.is_claimed_by(heard.payment) {
        return other_payment(of, &heard.news, scene);
    }
    let state = match &heard.news {
        PaymentNews::Success { .. } => PaymentState::Success,
        PaymentNews::Failed => PaymentState::Failed,
        PaymentNews::Refunded => PaymentState::Refunded,
    };
    if state <= of.payment_state {
        return None;
    }
    let raised = Reservation { payment_state: state, ..of.clone() };
    let ends =
        |reason| if raised.is_live() { end(&raised, reason, scene.now) } else { Next::of(raised.clone(), scene.now) };
    Some(match &heard.news {
        PaymentNews::Success { amount, hold_no, seats } => {
            let raised = Reservation { paid_amount: Some(*amount), ..raised };
            succeeded(raised, *hold_no, seats, heard.ticket_number, scene)
        }
        PaymentNews::Failed => ends(CancelReason::PaymentFailed),
        PaymentNews::Refunded => ends(CancelReason::PaymentRefunded),
    })
}

/// A payment that does not stand on the reservation has taken money (hole 10): it is told to give it back. Seats that somebody
/// has are not freed by that.
fn other_payment(of: &Reservation, news: &PaymentNews, scene: Scene) -> Option<Next> {
    let PaymentNews::Success { hold_no, seats, .. } = news else { return None };
    let seats = if of.is_live() { Vec::new() } else { seats.clone() };
    let late = late(of, *hold_no, seats, scene);
    Some(Next { reservation: of.clone(), told: vec![late] })
}

/// Money for a reservation that has ended. It has the number of the payment's own hold: payment and catalog compare with that
/// (hole 7).
fn late(of: &Reservation, hold_no: Option<i64>, seats: Vec<SeatId>, scene: Scene) -> Told {
    Told { hold_no, ..told(of, CancelReason::LatePayment, seats, scene.now) }
}

fn succeeded(mut of: Reservation, hold_no: Option<i64>, seats: &[SeatId], number: TicketNumber, scene: Scene) -> Next {
    match of.status {
        ReservationStatus::Pending if scene.is_cancelled => {
            let late = late(&of, hold_no.or(Some(of.hold_no)), freed(&of), scene);
            ended(&of, CancelReason::EventCancelled, scene.now).telling([late])
        }
        ReservationStatus::Pending => {
            of.status = ReservationStatus::Confirmed;
            of.secured_at = of.secured_at.or(Some(scene.now));
            of.confirmed_at = Some(scene.now);
            of.ticket_number = Some(number);
            // The number stays: `secure` has answered it, and payment has no other. Of a database that was put back
            // nothing is heard before it is repaired (hole 7).
            Next::of(of, scene.now)
        }
        ReservationStatus::Confirmed => Next::of(of, scene.now),
        ReservationStatus::Cancelled => {
            let late = late(&of, hold_no, seats.to_vec(), scene);
            Next::of(of, scene.now).telling([late])
        }
    }
}

/// The answer of payment to a question (hole 5): as if the message had come. A payment that stands although its reservation has
/// ended, and that nobody gives back, is told of the end again. None: nothing changes but the time of the next question, which
/// is [`super::next_question`]'s.
pub fn hear_answer(of: &Reservation, reply: &PaymentReply, scene: Scene) -> Option<Next> {
    let news = match reply.status {
        ReplyStatus::Pending => return None,
        ReplyStatus::Failed => PaymentNews::Failed,
        ReplyStatus::Refunded => PaymentNews::Refunded,
        ReplyStatus::Success => {
            PaymentNews::Success { amount: reply.amount, hold_no: reply.hold_no, seats: of.seat_ids() }
        }
    };
    let heard = HeardOf { reservation: of.id, payment: reply.payment, news, ticket_number: reply.ticket_number };
    if let Some(next) = hear(of, &heard, scene) {
        return Some(next);
    }
    let is_unanswered = of.status == ReservationStatus::Cancelled
        && reply.status == ReplyStatus::Success
        && !matches!(reply.refund, Some(RefundState::Running | RefundState::Done));
    is_unanswered.then(|| again(of, reply.hold_no, scene))
}

/// The end of a reservation once more, with a new id: payment has not heard it. It has the greater of both numbers, so that
/// payment does not take it for older than its own.
fn again(of: &Reservation, hold_no: Option<i64>, scene: Scene) -> Next {
    let seats = if of.used.is_none() { of.seat_ids() } else { Vec::new() };
    let reason = of.cancel_reason.unwrap_or(CancelReason::LatePayment);
    let once_more = Told { hold_no: hold_no.max(Some(of.hold_no)), ..told(of, reason, seats, scene.now) };
    Next::of(of.clone(), scene.now).telling([once_more])
}
