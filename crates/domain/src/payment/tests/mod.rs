//! The rules of payments: the decision as a table, the steps under generated histories.

mod decisions;
mod histories;
mod steps;

use super::*;
use crate::id::{AccountId, CouponId, PaymentId, PaymentKey, ReservationId, ScheduleId, SeatId};
use crate::time::Timestamp;
use uuid::Uuid;

/// Now, in most tests.
const NOW: Timestamp = Timestamp(1_000_000);
/// When the hold of [`payment`] ends.
const END: Timestamp = Timestamp(1_300_000);
/// The try that has [`payment`] for itself.
const OURS: AskId = AskId(Uuid::from_u128(1));
/// Another one.
const OTHER: AskId = AskId(Uuid::from_u128(2));
/// Real money counts, and no other.
const LIVE: Policy = Policy { accept_test_channel: false };

fn begin(discount: i64) -> Begin {
    Begin {
        id: PaymentId(Uuid::from_u128(10)),
        key: PaymentKey(Uuid::from_u128(11)),
        reservation: ReservationId(Uuid::from_u128(12)),
        user: AccountId(Uuid::from_u128(13)),
        schedule: ScheduleId(Uuid::from_u128(14)),
        seats: vec![SeatId(Uuid::from_u128(15))],
        total_amount: 100_000 + discount,
        discount,
        coupon: (discount > 0).then_some(CouponId(Uuid::from_u128(16))),
        hold_no: 7,
        hold_expires_at: END,
    }
}

/// A registered payment of 100,000 won that [`OURS`] asks about.
fn payment() -> Payment {
    let begun = Payment::begin(begin(0), OURS, NOW);
    let registered = begun.registered(OURS, 10_000, NOW).expect("registered");
    registered.ask_pending(OURS, NOW).expect("taken")
}

/// As PortOne shows a payment of [`payment`] that was paid as it was to be.
fn found() -> Found {
    Found {
        status: ProviderStatus::Paid,
        transaction: Some("t".into()),
        is_our_store: true,
        currency: "KRW".into(),
        channel: Channel::Live,
        money: Money { total: 100_000, paid: 100_000, cancelled: 0 },
        paid_at: Some(Timestamp(NOW.millis() - 500)),
        given_back: Vec::new(),
        card: None,
    }
}

fn looked(change: impl Fn(&mut Found)) -> Lookup {
    let mut found = found();
    change(&mut found);
    Lookup::Found(Box::new(found))
}

fn unpaid(status: ProviderStatus) -> Lookup {
    looked(|found| {
        found.status = status;
        found.money = Money { total: 100_000, paid: 0, cancelled: 0 };
    })
}

fn secured() -> Secured {
    Secured { hold_no: 7, schedule: ScheduleId(Uuid::from_u128(14)), seats: vec![SeatId(Uuid::from_u128(15))] }
}
