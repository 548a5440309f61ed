//! PortOne's list of payments against ours (hole 9): pure.

use super::lookup::Money;
use super::model::{Payment, PaymentStatus};

/// How a payment at PortOne differs from ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Difference {
    /// Money was taken there, and there is no such payment here.
    Unknown,
    /// It has ended here, money is left there, and nobody has begun to give it back.
    Kept,
    /// It is SUCCESS here, and all of it was given back there.
    GivenBack,
    /// It is SUCCESS here, and a part was given back there that nobody here knows of.
    GivenBackInPart,
    /// It is SUCCESS here, more was taken there, and nobody has begun to give the excess back.
    TakenTwice,
}

impl Difference {
    /// Its name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN_HERE",
            Self::Kept => "MONEY_KEPT",
            Self::GivenBack => "GIVEN_BACK_THERE",
            Self::GivenBackInPart => "GIVEN_BACK_IN_PART",
            Self::TakenTwice => "TAKEN_TWICE",
        }
    }

    /// What a repair does. All but the first happen by themselves, once the payment is looked up again.
    pub const fn repair(self) -> &'static str {
        match self {
            Self::Unknown => {
                "adopts the payment if reservation knows its key; else give the money back in PortOne's console"
            }
            Self::Kept => "gives the money back",
            Self::GivenBack => "makes it REFUNDED and cancels its reservation",
            Self::GivenBackInPart => "keeps the amounts; the ticket stays good",
            Self::TakenTwice => "gives the excess back",
        }
    }
}

/// Compares the money of one payment of PortOne's list with ours of the same key. `is_owed`: whether a refund of it is under
/// way. A PENDING one is settled by itself, so it never differs.
pub fn difference(payment: Option<&Payment>, there: Money, is_owed: bool) -> Option<Difference> {
    let left = there.left();
    let Some(payment) = payment else { return (left > 0).then_some(Difference::Unknown) };
    match payment.status {
        PaymentStatus::Pending => None,
        PaymentStatus::Failed | PaymentStatus::Refunded => (left > 0 && !is_owed).then_some(Difference::Kept),
        _ if is_owed => None,
        PaymentStatus::Success if left == 0 => Some(Difference::GivenBack),
        PaymentStatus::Success if left > payment.amount => Some(Difference::TakenTwice),
        PaymentStatus::Success if left < payment.kept_amount() => Some(Difference::GivenBackInPart),
        PaymentStatus::Success => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{AccountId, PaymentId, PaymentKey, ReservationId, ScheduleId};
    use crate::payment::steps::Begin;
    use crate::time::Timestamp;
    use uuid::Uuid;

    const AMOUNT: i64 = 100;

    fn payment(status: PaymentStatus, captured: i64, refunded: i64) -> Payment {
        let id = |number: u128| Uuid::from_u128(number);
        let new = Begin {
            id: PaymentId(id(1)),
            key: PaymentKey(id(2)),
            reservation: ReservationId(id(3)),
            user: AccountId(id(4)),
            schedule: ScheduleId(id(5)),
            seats: Vec::new(),
            total_amount: AMOUNT,
            discount: 0,
            coupon: None,
            hold_no: 7,
            hold_expires_at: Timestamp(1_000),
        };
        let standing = Payment::adopt(new, false, Timestamp(0));
        Payment { status, captured_amount: captured, refunded_amount: refunded, ..standing }
    }

    #[test]
    fn every_difference_is_named() {
        use PaymentStatus::{Failed, Pending, Refunded, Success};
        let there = |paid, cancelled| Money { total: AMOUNT, paid, cancelled };
        for (status, captured, refunded, money, is_owed, named) in [
            (Pending, 0, 0, there(100, 0), false, None),
            (Failed, 0, 0, there(0, 0), false, None),
            (Failed, 0, 0, there(100, 0), false, Some(Difference::Kept)),
            (Failed, 100, 0, there(100, 0), true, None),
            (Failed, 100, 100, there(100, 100), false, None),
            (Refunded, 100, 100, there(100, 100), false, None),
            (Refunded, 100, 100, there(200, 100), false, Some(Difference::Kept)),
            (Success, 100, 0, there(100, 0), false, None),
            (Success, 100, 0, there(100, 100), false, Some(Difference::GivenBack)),
            (Success, 100, 0, there(100, 100), true, None),
            (Success, 100, 0, there(100, 30), false, Some(Difference::GivenBackInPart)),
            (Success, 100, 30, there(100, 30), false, None),
            (Success, 100, 0, there(200, 0), false, Some(Difference::TakenTwice)),
            (Success, 200, 0, there(200, 0), true, None),
            (Success, 200, 100, there(200, 100), false, None),
        ] {
            let ours = payment(status, captured, refunded);
            assert_eq!(difference(Some(&ours), money, is_owed), named, "{status} {money:?}");
        }
        assert_eq!(difference(None, there(100, 0), false), Some(Difference::Unknown));
        assert_eq!(difference(None, there(100, 100), false), None, "nothing is kept there");
        assert_eq!(difference(None, there(0, 0), false), None);
    }
}
