//! How a payment stands: from what the server knows alone. What the address says is only held against it.

use super::load::{Known, Payment, Reservation};

/// What the payment window added to the address that it came back to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Back {
    /// The payment's key, which nobody knows who has not opened the window.
    pub payment_key: String,
    /// The transaction, where the window says that it was paid.
    pub transaction: String,
    /// Why it was not.
    pub code: String,
    /// Whether the window is to be opened at once.
    pub is_opening: bool,
}

/// The state of the page, as `data-state` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PayState {
    /// Nothing has begun.
    Ready,
    /// Nothing has begun, and nothing is to be paid.
    Free,
    /// The window was opened; nothing is paid as far as anybody knows.
    Window(Note),
    /// The window says that it was paid: the server is asked to decide, while the hold runs.
    Confirming {
        /// As the window names it.
        transaction: String,
    },
    /// Paid; the ticket is being made.
    Ticketing,
    /// Nobody knows yet. It resolves itself.
    Unknown,
    /// The seats were let go because the payment failed.
    Failed(Why),
    /// The time ran out.
    Expired,
    /// Over, for another reason.
    Ended(Over),
    /// It is a ticket.
    Ticket,
}

/// What is known of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Note {
    Unfinished,
    Closed,
    Refused,
}

/// Why a payment failed, in what it means to its buyer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Nothing was taken.
    NotPaid,
    /// The card company could not be reached, so nothing began.
    Away,
    /// Others have the seats; what was taken is given back.
    SeatsGone,
    /// Another order has the coupon; what was taken is given back.
    CouponGone,
    /// Something else; what was taken, if anything, is given back.
    Refunded,
}

/// Why a reservation is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    User,
    Event,
    Refunded,
}

impl Back {
    /// From the address' query. PortOne's window and the sandbox's name the transaction differently.
    pub fn of(query: &str) -> Self {
        let mut back = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "paymentId" => back.payment_key = value.into_owned(),
                "transactionId" | "txId" => back.transaction = value.into_owned(),
                "code" => back.code = value.into_owned(),
                "open" => back.is_opening = true,
                _ => {}
            }
        }
        back
    }
}

impl PayState {
    pub fn of(reservation: &Reservation, known: &Known, back: &Back) -> Self {
        match reservation.status.as_str() {
            "CONFIRMED" => Self::Ticket,
            "CANCELLED" => cancelled(reservation, known),
            _ => pending(reservation, known, back),
        }
    }

    /// As in `data-state`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Free => "free",
            Self::Window(_) => "window",
            Self::Confirming { .. } => "confirming",
            Self::Ticketing => "paid",
            Self::Unknown => "unknown",
            Self::Failed(_) => "failed",
            Self::Expired => "expired",
            Self::Ended(_) => "ended",
            Self::Ticket => "ticket",
        }
    }

    /// Whether it becomes another one by itself, so that the page asks again.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Confirming { .. } | Self::Ticketing | Self::Unknown)
    }
}

fn pending(reservation: &Reservation, known: &Known, back: &Back) -> PayState {
    let payment = match known {
        Known::Payment(payment) => payment,
        Known::Away => return PayState::Unknown,
        Known::None => {
            return match reservation.hold_expires_in_ms {
                Some(left) if left <= 0 => PayState::Expired,
                // Kept for a payment that cannot be seen yet.
                None => PayState::Unknown,
                Some(_) if reservation.total_amount == 0 => PayState::Free,
                Some(_) => PayState::Ready,
            };
        }
    };
    match payment.status.as_str() {
        "SUCCESS" => PayState::Ticketing,
        "REFUNDED" => PayState::Ended(Over::Refunded),
        "FAILED" => PayState::Failed(why(payment)),
        _ => in_window(reservation, payment, back),
    }
}

/// The payment has begun and is not decided.
fn in_window(reservation: &Reservation, payment: &Payment, back: &Back) -> PayState {
    // After the hold's end nobody confirms: who is told so gets the money back, while a payment in time may still get its seats.
    let is_running = reservation.hold_expires_in_ms.is_some_and(|left| left > 0);
    if !is_running || payment.told.is_some() {
        return PayState::Unknown;
    }
    let Some(key) = &payment.payment_key else {
        // An earlier press stopped on its way: the next one goes on with it.
        return if payment.amount == 0 { PayState::Free } else { PayState::Ready };
    };
    // The window's key proves that the address is the window's, and not made up by somebody who wants the payment to fail.
    if *key != back.payment_key {
        return PayState::Window(Note::Unfinished);
    }
    match (back.code.as_str(), back.transaction.as_str()) {
        ("", "") => PayState::Window(Note::Unfinished),
        ("", transaction) => PayState::Confirming { transaction: transaction.to_owned() },
        (code, _) if is_closed(code) => PayState::Window(Note::Closed),
        _ => PayState::Window(Note::Refused),
    }
}

fn is_closed(code: &str) -> bool {
    code.to_ascii_uppercase().contains("CANCEL")
}

fn cancelled(reservation: &Reservation, known: &Known) -> PayState {
    let is_open = known.payment().is_some_and(|payment| payment.status == "PENDING") || matches!(known, Known::Away);
    match reservation.cancel_reason.as_deref() {
        Some("EVENT_CANCELLED") => PayState::Ended(Over::Event),
        Some("PAYMENT_REFUNDED" | "LATE_PAYMENT") => PayState::Ended(Over::Refunded),
        // Money that came in time may still bring the seats back, and money that did not goes back.
        _ if is_open => PayState::Unknown,
        Some("USER_REQUEST") => PayState::Ended(Over::User),
        Some("HOLD_EXPIRED") => match known.payment().and_then(|payment| payment.failure_reason.as_deref()) {
            None | Some("NOT_PAID" | "HOLD_EXPIRED") => PayState::Expired,
            Some(_) => PayState::Failed(known.payment().map_or(Why::NotPaid, why)),
        },
        _ => PayState::Failed(known.payment().map_or(Why::NotPaid, why)),
    }
}

fn why(payment: &Payment) -> Why {
    match payment.failure_reason.as_deref().unwrap_or_default() {
        "NOT_PAID" => Why::NotPaid,
        "PORTONE_CIRCUIT_OPEN" | "PORTONE_TIMEOUT" | "PORTONE_PRE_REGISTER_FAILED" => Why::Away,
        "SEATS_GONE" => Why::SeatsGone,
        "COUPON_GONE" => Why::CouponGone,
        _ => Why::Refunded,
    }
}
