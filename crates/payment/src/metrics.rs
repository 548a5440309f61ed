//! What payments count (HELP texts: `onsale/src/wiring/help.rs`).

use ::metrics::{Counter, counter};
use domain::payment::{FailureReason, Payment, PaymentStatus};

/// Payments that have come to a status; `reason`: why one is FAILED.
fn reached(status: PaymentStatus, reason: &'static str) -> Counter {
    counter!("onsale_payment_reached_total", "status" => status.as_str(), "reason" => reason)
}

/// Won that was taken, sold for, or given back.
fn won(what: Won) -> Counter {
    let what = match what {
        Won::Taken => "taken",
        Won::Sold => "sold",
        Won::GivenBack => "given_back",
    };
    counter!("onsale_payment_won_total", "what" => what)
}

/// What has become of money.
#[derive(Clone, Copy, Debug)]
enum Won {
    /// The provider has shown it as captured, whatever follows.
    Taken,
    /// It was paid for seats that are its buyer's.
    Sold,
    /// The provider has shown it as given back.
    GivenBack,
}

/// Every name that [`crate::workers`] counts an alarm by.
const ALARMS: [&str; 12] = [
    "contradiction",
    "given_back_in_part",
    "taken_twice",
    "given_back_there",
    "taken_late",
    "unknown_notice",
    "unknown_payment",
    "refund_takes_long",
    "not_looked_up",
    "unreadable",
    "difference",
    "coupon_not_released",
];

/// Shows every series with 0 from the start: one that begins with its first event has no growth to alert on.
pub fn show() {
    let plain = [PaymentStatus::Pending, PaymentStatus::Success, PaymentStatus::Refunded].map(|status| (status, ""));
    let failed = FailureReason::ALL.iter().map(|reason| (PaymentStatus::Failed, reason.as_str()));
    plain.into_iter().chain(failed).for_each(|(status, reason)| reached(status, reason).increment(0));
    ALARMS.into_iter().for_each(|alarm| counter!("onsale_payment_alarms_total", "alarm" => alarm).increment(0));
    [Won::Taken, Won::Sold, Won::GivenBack].into_iter().for_each(|what| won(what).increment(0));
}

/// What counts of a payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// None: there is no such payment yet.
    status: Option<PaymentStatus>,
    failure: Option<FailureReason>,
    amount: u64,
    captured: u64,
    refunded: u64,
}

impl Standing {
    /// As the payment stands.
    pub fn of(payment: &Payment) -> Self {
        let won = |amount: i64| u64::try_from(amount).unwrap_or_default();
        Self {
            status: Some(payment.status),
            failure: payment.failure,
            amount: won(payment.amount),
            captured: won(payment.captured_amount),
            refunded: won(payment.refunded_amount),
        }
    }

    /// Counts what a stored change has made of it.
    pub fn count_since(self, before: Self) {
        if let Some(status) = self.status.filter(|_| self.status != before.status) {
            reached(status, self.failure.map_or("", FailureReason::as_str)).increment(1);
            if status == PaymentStatus::Success {
                won(Won::Sold).increment(self.amount);
            }
        }
        won(Won::Taken).increment(self.captured.saturating_sub(before.captured));
        won(Won::GivenBack).increment(self.refunded.saturating_sub(before.refunded));
    }
}
