//! What is known of a payment.

use super::lookup::Card;
use crate::id::{AccountId, CouponId, PaymentId, PaymentKey, ReservationId, ScheduleId, SeatId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Makes an enum whose words stand in rows and on the wire, so that no word stands twice.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$word_doc])* #[serde(rename = $text)] $word,)+
        }

        impl $name {
            /// Every word.
            pub const ALL: &[Self] = &[$(Self::$word),+];

            /// As written in rows, messages and answers.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$word => $text,)+
                }
            }

            /// Reads a word of [`as_str`](Self::as_str); `None` for any other.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// Where a payment stands (PAY-003). It goes from PENDING to SUCCESS or FAILED, and from SUCCESS to REFUNDED.
    PaymentStatus {
        /// Nobody knows yet whether it will be paid.
        Pending = "PENDING",
        /// Paid, and its seats are its buyer's.
        Success = "SUCCESS",
        /// It never was SUCCESS and never will be. Money that was taken is given back.
        Failed = "FAILED",
        /// It was SUCCESS, and all of it was given back.
        Refunded = "REFUNDED",
    }
}

words! {
    /// Why a payment is FAILED, as `failureReason` says it.
    FailureReason {
        /// Nothing was paid.
        NotPaid = "NOT_PAID",
        /// Another amount was paid, or a part of it was given back already.
        AmountMismatch = "AMOUNT_MISMATCH",
        /// It was paid in another currency.
        CurrencyMismatch = "CURRENCY_MISMATCH",
        /// It was paid to another store of the same merchant.
        StoreMismatch = "STORE_MISMATCH",
        /// The buyer's page named another transaction than PortOne does.
        TxIdMismatch = "TX_ID_MISMATCH",
        /// It was paid over a channel of tests, where that is not accepted.
        TestChannel = "TEST_CHANNEL",
        /// It was paid, and its seats could not be kept or taken again.
        SeatsGone = "SEATS_GONE",
        /// The hold ran out before it was paid, or its buyer was told so.
        HoldExpired = "HOLD_EXPIRED",
        /// The reservation ended otherwise.
        ReservationCancelled = "RESERVATION_CANCELLED",
        /// Another order took the coupon whose discount was taken off.
        CouponGone = "COUPON_GONE",
        /// PortOne was not asked to register it, because it has failed too often.
        CircuitOpen = "PORTONE_CIRCUIT_OPEN",
        /// PortOne did not say in time whether it is registered.
        TimedOut = "PORTONE_TIMEOUT",
        /// PortOne did not register it, or nobody noted that it did.
        NotRegistered = "PORTONE_PRE_REGISTER_FAILED",
    }
}

words! {
    /// What a buyer was told at confirm instead of an outcome (hole 12).
    ToldCode {
        /// 410.
        HoldExpired = "HOLD_EXPIRED",
        /// 422.
        NotPayable = "RESERVATION_NOT_PAYABLE",
    }
}

words! {
    /// Where the coupon of a payment stands, as payment knows it (hole 21).
    CouponState {
        /// Reserved for this payment. Coupon may have confirmed it, or let it lapse, and the answer was lost.
        Reserved = "RESERVED",
        /// Redeemed for this payment.
        Confirmed = "CONFIRMED",
        /// It is owed back: asked for until coupon has answered.
        Releasing = "RELEASING",
        /// Its holder has it again, or it was never this payment's.
        Released = "RELEASED",
    }
}

words! {
    /// What of a payment is given back. There is at most one refund of a kind for a payment (hole 18).
    RefundKind {
        /// Everything that was captured.
        All = "ALL",
        /// What was captured beyond the amount of a SUCCESS.
        Excess = "EXCESS",
    }
}

words! {
    /// Where a refund stands.
    RefundStatus {
        /// It is asked for until a look-up says that nothing is left.
        Requested = "REQUESTED",
        /// A look-up said so.
        Done = "DONE",
    }
}

/// One try to ask PortOne about a payment. Who asks alone has it on the row (hole 14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AskId(pub Uuid);

/// How long a try has the payment for itself, in milliseconds: longer than one call of PortOne may take (hole 14).
pub const ASK_MS: i64 = 15_000;

/// The try that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Whose it is.
    pub by: AskId,
    /// When it lapses. A lapsed one decides nothing any more once another has begun.
    pub until: Timestamp,
}

/// That a buyer was told at confirm that the payment will not be taken (hole 12). It is stored before the answer leaves, and
/// from then on the payment can only be FAILED.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// What.
    pub code: ToldCode,
}

/// What a `ReservationCancelled` said while the payment was PENDING (hole 14: consumers only note).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelNote {
    /// Its reason.
    pub reason: String,
    /// The number of the hold that ended.
    pub hold_no: Option<i64>,
}

/// The coupon whose discount was taken off (PAY-017).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CouponUse {
    /// The coupon.
    pub coupon: CouponId,
    /// Its discount in won, above 0.
    pub discount: i64,
    /// Where it stands.
    pub state: CouponState,
    /// When coupon is asked next to take it back.
    pub due_at: Option<Timestamp>,
    /// How often it was asked without an answer.
    pub tries: u32,
}

/// A payment, with all that is decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The id, which reservation keeps with its claim.
    pub id: PaymentId,
    /// Our name of it at PortOne.
    pub key: PaymentKey,
    /// The reservation that it pays. One payment a reservation, for ever (hole 10).
    pub reservation: ReservationId,
    /// The buyer.
    pub user: AccountId,
    /// The schedule.
    pub schedule: ScheduleId,
    /// The seats, as reservation answered last.
    pub seats: Vec<SeatId>,
    /// The reservation's total in won: what the claim was for.
    pub total_amount: i64,
    /// What is to be paid in won: the total less the discount.
    pub amount: i64,
    /// The coupon.
    pub coupon: Option<CouponUse>,
    /// Where it stands.
    pub status: PaymentStatus,
    /// The number of the hold: of the claim, and from SUCCESS on the one that `secure` answered (hole 16).
    pub hold_no: i64,
    /// When the hold ends, as the claim answered.
    pub hold_expires_at: Timestamp,
    /// When PortOne had registered it. Before, nobody is shown its key (hole 10).
    pub registered_at: Option<Timestamp>,
    /// Who asks now.
    pub asking: Option<Asking>,
    /// What its buyer was told at confirm.
    pub told: Option<Told>,
    /// What was heard of its reservation while it was PENDING.
    pub cancelled: Option<CancelNote>,
    /// The transaction that the buyer's page named at confirm.
    pub transaction_sent: Option<String>,
    /// PortOne's own name of the payment.
    pub transaction: Option<String>,
    /// Our first look-up that saw it paid (hole 15). Kept where PortOne's own moment is missing or ahead of us.
    pub first_paid_at: Option<Timestamp>,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// Taken, in won, as the last answered look-up said.
    pub captured_amount: i64,
    /// Given back, in won, as the last answered look-up said.
    pub refunded_amount: i64,
    /// Why it is FAILED.
    pub failure: Option<FailureReason>,
    /// Since when.
    pub failed_at: Option<Timestamp>,
    /// When all of a SUCCESS was given back.
    pub refunded_at: Option<Timestamp>,
    /// The card.
    pub card: Option<Card>,
    /// What the last answered look-up said, without what is personal: JSON ([`Found::summary`]).
    ///
    /// [`Found::summary`]: super::lookup::Found::summary
    pub response: Option<String>,
    /// When a worker looks at it next; none: never again.
    pub due_at: Option<Timestamp>,
    /// The last look-up that was answered (hole 13).
    pub looked_at: Option<Timestamp>,
    /// How often it was looked up without an answer since then.
    pub tries: u32,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Payment {
    /// Whether nobody knows yet how it ends.
    pub fn is_pending(&self) -> bool {
        self.status == PaymentStatus::Pending
    }

    /// Whether money was ever seen taken: then "there is no such payment" is no answer (hole 2).
    pub fn was_seen_paid(&self) -> bool {
        self.captured_amount > 0 || self.first_paid_at.is_some() || self.paid_at.is_some()
    }

    /// What was taken and not given back, in won.
    pub fn kept_amount(&self) -> i64 {
        self.captured_amount - self.refunded_amount
    }

    /// The discount in won.
    pub fn discount(&self) -> i64 {
        self.total_amount - self.amount
    }

    /// Whether this try has the payment for itself.
    pub fn is_asked_by(&self, by: AskId) -> bool {
        self.asking.is_some_and(|asking| asking.by == by)
    }

    /// Whether another try has it for itself now.
    pub fn is_busy(&self, by: AskId, now: Timestamp) -> bool {
        // A clock that was set back must not keep a try for longer than its time.
        let stands = |asking: Asking| now < asking.until && asking.until.millis() - now.millis() <= ASK_MS * 2;
        self.asking.is_some_and(|asking| asking.by != by && stands(asking))
    }
}
