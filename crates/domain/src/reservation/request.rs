//! What is asked of reservations.

use crate::catalog::Grade;
use crate::id::{AccountId, CouponId, EventId, PaymentId, PaymentKey, ReservationId, ScheduleId, SeatId};
use crate::ticket::TicketNumber;
use crate::time::Timestamp;

/// A seat that is wanted, as the catalog has it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatWish {
    /// The seat.
    pub seat: SeatId,
    /// Its number.
    pub number: String,
    /// Its grade.
    pub grade: Grade,
    /// Its price in won.
    pub price: i64,
}

/// Makes a reservation of seats that hot state holds already (RSV-001). The same again is answered the same, as long as it
/// stands: after a lost reply, ask with the same id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldWish {
    /// Its id, drawn by the caller: hot state has it already. Of a call with an `Idempotency-Key` it must follow from the key.
    pub reservation: ReservationId,
    /// The person.
    pub user: AccountId,
    /// The schedule.
    pub schedule: ScheduleId,
    /// Its event.
    pub event: EventId,
    /// The seats, each once.
    pub seats: Vec<SeatWish>,
    /// Most seats of one person in this schedule, `reservation.max_seats`.
    pub seats_max: u8,
    /// How long the hold lives from the decision on, in milliseconds.
    pub ttl_ms: i64,
}

/// Changes the seats of a hold (RSV-002). The new ones are held in hot state already; the old ones are given back there after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwapWish {
    /// The reservation.
    pub reservation: ReservationId,
    /// The person.
    pub user: AccountId,
    /// The seats that it has afterwards, each once.
    pub seats: Vec<SeatWish>,
    /// As in [`HoldWish::seats_max`].
    pub seats_max: u8,
}

/// A person's wish to end a reservation (RSV-006).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancellation {
    /// The reservation.
    pub reservation: ReservationId,
    /// The person.
    pub user: AccountId,
    /// 00:00 of the day of the event in `reservation.day_zone`: from then on nobody cancels.
    pub day_begins_at: Timestamp,
}

/// A payment wants to stand on a reservation (hole 10). The same, or another of the same person, is answered the standing pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimRequest {
    /// The reservation.
    pub reservation: ReservationId,
    /// The person that pays.
    pub user: AccountId,
    /// The payment.
    pub payment: PaymentId,
    /// Its name at the provider.
    pub key: PaymentKey,
    /// What is to be paid, in won.
    pub amount: i64,
    /// Whether a coupon's discount is taken off: then `amount` is below the total, and `secure` compares both (hole 21).
    pub is_discounted: bool,
    /// The discount is not known yet: any amount will do, and the payment may not begin before it claims again. Only with a
    /// coupon.
    pub is_provisional: bool,
    /// The number of the hold whose total the discount was worked out of: one that has changed since is refused.
    pub hold_no: Option<i64>,
    /// That coupon, where it is named.
    pub coupon: Option<CouponId>,
}

/// A payment has found its money and wants the seats kept until it has decided (holes 4, 15, 16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecureRequest {
    /// The reservation.
    pub reservation: ReservationId,
    /// The payment.
    pub payment: PaymentId,
    /// What was paid, in won.
    pub amount: i64,
    /// A coupon's discount, in won: with the amount it is the total.
    pub discount: i64,
    /// The number of the hold that `claim` answered.
    pub hold_no: i64,
    /// When it was paid, by the provider.
    pub paid_at: Timestamp,
}

/// What a message of a payment tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentNews {
    /// `PaymentSuccess`.
    Success {
        /// Paid, in won.
        amount: i64,
        /// The number of the hold that was paid, if the producer knows it.
        hold_no: Option<i64>,
        /// The seats, as the payment has them.
        seats: Vec<SeatId>,
    },
    /// `PaymentFailed`.
    Failed,
    /// `PaymentRefunded`.
    Refunded,
}

/// News of a payment, from a message or as an answer to a question (hole 5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardOf {
    /// The reservation.
    pub reservation: ReservationId,
    /// The payment: the message's `aggregateId` (hole 10).
    pub payment: PaymentId,
    /// What is told.
    pub news: PaymentNews,
    /// The number of the ticket, should this make one: drawn by the caller, used once.
    pub ticket_number: TicketNumber,
}

/// How far a refund is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundState {
    /// Under way.
    Running,
    /// Done.
    Done,
}

/// Where a payment stands by its own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyStatus {
    /// Not decided.
    Pending,
    /// It stands.
    Success,
    /// It has failed.
    Failed,
    /// It was given back.
    Refunded,
}

/// `GET /internal/payments/{id}` (hole 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentReply {
    /// The reservation that was asked about.
    pub reservation: ReservationId,
    /// The payment.
    pub payment: PaymentId,
    /// Where it stands.
    pub status: ReplyStatus,
    /// What is to be paid or was, in won.
    pub amount: i64,
    /// The number of the hold that it has.
    pub hold_no: Option<i64>,
    /// Whether it is being given back; none: nobody has begun.
    pub refund: Option<RefundState>,
    /// As in [`HeardOf::ticket_number`].
    pub ticket_number: TicketNumber,
}

/// Somebody shows a ticket at a door (RSV-016, hole 19).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UseWish {
    /// The reservation that the code names.
    pub reservation: ReservationId,
    /// The number that the code names: both must be the ticket's.
    pub number: TicketNumber,
    /// The gate.
    pub gate: Option<String>,
    /// When, for marks that a door without the network hands in later; none: now.
    pub at: Option<Timestamp>,
}
