//! The meaning of responses.

use crate::load::Answer;
use domain::id::{PaymentId, PaymentKey, ReservationId};
use domain::{SeatId, Timestamp};
use serde::Deserialize;

/// The codes that each route may answer, beside 401, 429, 500, 503 and 504 of the gateway (`contract-ticketing.md`).
pub(super) const ENTER: &[&str] = &[
    "TICKET_SALE_NOT_STARTED",
    "TICKET_SALE_ENDED",
    "EVENT_CANCELLED",
    "ALREADY_APPROVED",
    "ALREADY_IN_QUEUE",
    "QUEUE_FULL",
];
pub(super) const STATUS: &[&str] = &["NOT_IN_QUEUE"];
pub(super) const HOLD: &[&str] = &[
    "EVENT_CANCELLED",
    "TICKET_SALE_ENDED",
    "RESERVATION_IN_PROGRESS",
    "MAX_SEATS_EXCEEDED",
    "SEAT_ALREADY_SOLD",
    "SEAT_ALREADY_HELD",
    "SEAT_NOT_AVAILABLE",
    "IDEMPOTENCY_KEY_IN_USE",
    "QUEUE_TOKEN_EXPIRED",
];
pub(super) const PAY: &[&str] = &[
    "PAYMENT_ALREADY_EXISTS",
    "HOLD_EXPIRED",
    "RESERVATION_NOT_PAYABLE",
    "PORTONE_CIRCUIT_OPEN",
    "PORTONE_TIMEOUT",
    "PORTONE_PRE_REGISTER_FAILED",
    "QUEUE_TOKEN_EXPIRED",
];
pub(super) const CONFIRM: &[&str] = &[
    "PAYMENT_ALREADY_EXISTS",
    "HOLD_EXPIRED",
    "RESERVATION_NOT_PAYABLE",
    "PORTONE_CIRCUIT_OPEN",
    "PORTONE_TIMEOUT",
    "PORTONE_API_ERROR",
];
pub(super) const CANCEL: &[&str] = &["RESERVATION_ALREADY_CANCELLED", "RESERVATION_IN_PROGRESS"];
pub(super) const LOOK: &[&str] = &["NOT_FOUND"];

/// A response: a yes with its body, or a refusal with its code.
pub(super) enum Reply<'a> {
    /// 2xx.
    Yes(&'a [u8]),
    /// The request is to be made again: too many, away, or an error of the server.
    Later,
    /// A refusal, with the body that says more.
    No(String, &'a [u8]),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refused {
    code: String,
}

/// Reads a response.
pub(super) fn read<'a>(answer: &Answer<'a>) -> Reply<'a> {
    if (200..300).contains(&answer.status) {
        return Reply::Yes(answer.body);
    }
    let code = serde_json::from_slice::<Refused>(answer.body).unwrap_or_default().code;
    let is_portones = code.starts_with("PORTONE_");
    match answer.status {
        429 => Reply::Later,
        500.. if !is_portones => Reply::Later,
        _ => Reply::No(code, answer.body),
    }
}

/// `status` of the line.
#[derive(Deserialize)]
pub(super) struct Standing {
    pub(super) status: String,
    pub(super) token: Option<String>,
}

/// A hold.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Held {
    pub(super) reservation_id: ReservationId,
    pub(super) total_amount: i64,
    pub(super) hold_expires_at: Timestamp,
    #[serde(default)]
    pub(super) seats: Vec<HeldSeat>,
}

/// A seat of a hold.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HeldSeat {
    pub(super) seat_id: SeatId,
}

/// What a refusal of seats offers instead.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Offer {
    pub(super) instead: Vec<SeatId>,
}

/// A new payment.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Made {
    pub(super) payment_id: PaymentId,
    pub(super) payment_key: PaymentKey,
}

/// The payment that stands already.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Standing409 {
    pub(super) payment_id: PaymentId,
}

/// A payment's own page, or the answer of confirm.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shown {
    pub(super) status: String,
    #[serde(default)]
    pub(super) payment_key: Option<PaymentKey>,
}
