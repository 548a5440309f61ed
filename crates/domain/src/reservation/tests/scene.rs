//! A small world for tests: one book, people, seats and payments by number.

use crate::catalog::Grade;
use crate::id::{AccountId, CouponId, EventId, PaymentId, PaymentKey, ReservationId, ScheduleId, SeatId};
pub use crate::reservation::{
    CancelReason, Cancellation, ClaimRequest, HeardOf, HoldWish, NotTakenOver, PaidReservation, PaymentNews,
    PaymentReply, PaymentState, RefundState, Refusal, ReplyStatus, Reservation, ReservationBook, ReservationStatus,
    SeatWish, SecureRequest, Step, StepAnswer, SwapWish, UnsecuredWhy, UseWish,
};
use crate::ticket::TicketNumber;
use crate::time::Timestamp;
use uuid::Uuid;

pub const TTL_MS: i64 = 300_000;
pub const MAX: u8 = 4;
pub const PRICE: i64 = 10_000;
/// When the stories begin.
pub const START: Timestamp = Timestamp(1_700_000_000_000);

pub fn reservation(number: u128) -> ReservationId {
    ReservationId(Uuid::from_u128(number))
}

pub fn user(number: u128) -> AccountId {
    AccountId(Uuid::from_u128(100 + number))
}

pub fn schedule(number: u128) -> ScheduleId {
    ScheduleId(Uuid::from_u128(200 + number))
}

pub fn seat(number: u128) -> SeatId {
    SeatId(Uuid::from_u128(300 + number))
}

pub fn payment(number: u128) -> PaymentId {
    PaymentId(Uuid::from_u128(400 + number))
}

pub fn seats(numbers: &[u128]) -> Vec<SeatWish> {
    let wish = |number: &u128| SeatWish {
        seat: seat(*number),
        number: format!("A-{number}"),
        grade: Grade::Vip,
        price: PRICE,
    };
    numbers.iter().map(wish).collect()
}

pub fn ticket(number: u64) -> TicketNumber {
    TicketNumber::new(START, number)
}

/// A hold of seats of the first schedule.
pub fn hold(of: u128, by: u128, numbers: &[u128]) -> Step {
    hold_in(1, of, by, numbers)
}

pub fn hold_in(place: u128, of: u128, by: u128, numbers: &[u128]) -> Step {
    Step::Hold(HoldWish {
        reservation: reservation(of),
        user: user(by),
        schedule: schedule(place),
        event: EventId(Uuid::from_u128(500)),
        seats: seats(numbers),
        seats_max: MAX,
        ttl_ms: TTL_MS,
    })
}

pub fn swap(of: u128, by: u128, numbers: &[u128]) -> Step {
    Step::Swap(SwapWish { reservation: reservation(of), user: user(by), seats: seats(numbers), seats_max: MAX })
}

pub fn claim(of: u128, by: u128, paying: u128, amount: i64) -> Step {
    Step::Claim(ClaimRequest {
        reservation: reservation(of),
        user: user(by),
        payment: payment(paying),
        key: PaymentKey(Uuid::from_u128(600 + paying)),
        amount,
        is_discounted: false,
        is_provisional: false,
        hold_no: None,
        coupon: None,
    })
}

/// A claim while a coupon is asked for its discount.
pub fn provisional(of: u128, by: u128, paying: u128, amount: i64) -> Step {
    with_coupon(of, by, paying, amount, |request| request.is_provisional = true)
}

/// The claim after it: the discount was worked out of the hold with this number.
pub fn priced(of: u128, by: u128, paying: u128, amount: i64, hold_no: i64) -> Step {
    with_coupon(of, by, paying, amount, |request| request.hold_no = Some(hold_no))
}

fn with_coupon(of: u128, by: u128, paying: u128, amount: i64, change: impl FnOnce(&mut ClaimRequest)) -> Step {
    let Step::Claim(mut request) = claim(of, by, paying, amount) else { panic!("a claim") };
    request.is_discounted = true;
    request.coupon = Some(CouponId(Uuid::from_u128(700)));
    change(&mut request);
    Step::Claim(request)
}

pub fn secure(of: u128, paying: u128, amount: i64, hold_no: i64, paid_at: Timestamp) -> Step {
    let (reservation, payment) = (reservation(of), payment(paying));
    Step::Secure(SecureRequest { reservation, payment, amount, discount: 0, hold_no, paid_at })
}

pub fn hear(of: u128, paying: u128, news: PaymentNews) -> Step {
    let (reservation, payment) = (reservation(of), payment(paying));
    Step::Hear(HeardOf { reservation, payment, news, ticket_number: ticket(u64::try_from(of).unwrap_or_default()) })
}

pub fn success(amount: i64, hold_no: i64, numbers: &[u128]) -> PaymentNews {
    PaymentNews::Success { amount, hold_no: Some(hold_no), seats: numbers.iter().map(|number| seat(*number)).collect() }
}

pub fn cancel(of: u128, by: u128) -> Step {
    let day_begins_at = Timestamp(START.millis() + 10 * TTL_MS);
    Step::Cancel(Cancellation { reservation: reservation(of), user: user(by), day_begins_at })
}

pub fn release(of: u128, by: u128) -> Step {
    Step::ReleaseHold { reservation: reservation(of), user: user(by) }
}

pub fn extend(of: u128, by: u128) -> Step {
    Step::Extend { reservation: reservation(of), user: user(by), by_ms: 120_000 }
}

pub fn show(of: u128, number: u64) -> Step {
    Step::Use(UseWish { reservation: reservation(of), number: ticket(number), gate: Some("north".into()), at: None })
}

pub fn after(ms: i64) -> Timestamp {
    Timestamp(START.millis() + ms)
}

/// What is left of a reservation, for tables: status, reason, state of the payment.
pub fn standing(book: &ReservationBook, of: u128) -> (&'static str, &'static str, &'static str) {
    let one = book.get(reservation(of)).expect("there");
    (one.status.as_str(), one.cancel_reason.map_or("", CancelReason::as_str), one.payment_state.as_str())
}

/// The reasons of the messages that are owed.
pub fn told(book: &mut ReservationBook) -> Vec<&'static str> {
    book.take_told().into_iter().map(|one| one.reason.as_str()).collect()
}
