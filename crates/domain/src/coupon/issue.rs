//! The first-come decision (FCFS-001): one pure function, and its outcomes.

use crate::coupon::campaign::{Campaign, Phase};
use crate::error_code::ErrorCode;
use crate::id::CouponId;
use crate::time::Timestamp;
use uuid::Uuid;

/// Longest `Idempotency-Key` in characters.
pub const IDEMPOTENCY_KEY_LENGTH_MAX: usize = 255;

/// A caller's `Idempotency-Key`, hashed to sixteen bytes. It is valid for one user only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(pub Uuid);

impl IdempotencyKey {
    /// Reads the value of the header: 1..255 visible ASCII characters, else `None`.
    pub fn new(text: &[u8]) -> Option<Self> {
        let well_formed =
            (1..=IDEMPOTENCY_KEY_LENGTH_MAX).contains(&text.len()) && text.iter().all(u8::is_ascii_graphic);
        well_formed.then(|| Self(Uuid::new_v5(&Uuid::NAMESPACE_OID, text)))
    }
}

/// The earlier use of the user's idempotency key that led to a coupon. Refusals are not remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// Never, or no key was sent.
    Fresh,
    /// For this very request: the earlier answer is returned again.
    SameRequest,
    /// For a request with another body.
    OtherRequest,
    /// Never, or no key was sent; but the attempt that the request is part of has led to a coupon already.
    SpentAttempt,
}

/// Everything that the decision depends on.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The phase of the sale.
    pub phase: Phase,
    /// Coupons left.
    pub remaining: u32,
    /// Coupons one user may get.
    pub per_user_limit: u32,
    /// Coupons issued to this user.
    pub issued_to_user: u32,
    /// Whether the campaign requires a pass.
    pub gated: bool,
    /// Whether this user has a live pass.
    pub admitted: bool,
    /// The earlier use of the idempotency key.
    pub key_use: KeyUse,
}

impl Facts {
    /// The facts of a campaign at a moment for a user.
    pub fn of(
        campaign: &Campaign,
        now: Timestamp,
        remaining: u32,
        issued_to_user: u32,
        admitted: bool,
        key_use: KeyUse,
    ) -> Self {
        Self {
            phase: campaign.phase(now),
            remaining,
            per_user_limit: campaign.per_user_limit,
            issued_to_user,
            gated: campaign.gated,
            admitted,
            key_use,
        }
    }
}

/// The decision on one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Issue the next coupon.
    Issue,
    /// Return the earlier yes again.
    RepeatYes,
    /// The key was used with another body.
    KeyReused,
    /// The user's limit is reached, or the attempt's.
    AlreadyIssued,
    /// The sale has not begun.
    NotOpen,
    /// The sale is over.
    Closed,
    /// The sale is paused.
    Paused,
    /// No pass from the gate.
    NotAdmitted,
    /// No coupon is left.
    SoldOut,
}

/// Decides one request: the first reason that holds, in the order of the contract.
pub fn decide(facts: &Facts) -> Decision {
    match facts.key_use {
        KeyUse::SameRequest => return Decision::RepeatYes,
        KeyUse::OtherRequest => return Decision::KeyReused,
        KeyUse::SpentAttempt => return Decision::AlreadyIssued,
        KeyUse::Fresh => {}
    }
    if facts.issued_to_user >= facts.per_user_limit {
        return Decision::AlreadyIssued;
    }
    match facts.phase {
        Phase::Scheduled => Decision::NotOpen,
        Phase::Closed => Decision::Closed,
        Phase::Paused => Decision::Paused,
        Phase::Open if facts.gated && !facts.admitted => Decision::NotAdmitted,
        Phase::Open if facts.remaining == 0 => Decision::SoldOut,
        Phase::Open => Decision::Issue,
    }
}

/// An issued coupon, as an outcome returns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssuedCoupon {
    /// The coupon.
    pub coupon_id: CouponId,
    /// 1..=stock.
    pub serial: u32,
}

/// The answer to one request. Refusals are answers, not errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueOutcome {
    /// Yes: durable before it is returned, and returned again for the same idempotency key.
    Issued {
        /// The coupon issued.
        coupon: IssuedCoupon,
        /// Coupons left.
        remaining: u32,
    },
    /// The limit of the user, or of the attempt, is reached; with the first coupon held.
    AlreadyIssued {
        /// The user's first coupon.
        coupon: IssuedCoupon,
        /// Coupons left.
        remaining: u32,
    },
    /// The sale has not begun.
    NotOpen {
        /// Coupons left.
        remaining: u32,
    },
    /// The sale is over.
    Closed {
        /// Coupons left.
        remaining: u32,
    },
    /// The sale is paused.
    Paused {
        /// Coupons left.
        remaining: u32,
    },
    /// No pass from the gate.
    NotAdmitted {
        /// Coupons left.
        remaining: u32,
    },
    /// No coupon is left.
    SoldOut,
    /// The idempotency key was used with another body.
    KeyReused,
    /// There is no such campaign.
    NoCampaign,
}

/// One line an outcome: its variant and its code. [`IssueCode`], [`IssueOutcome::CODES`], `code` and `index` derive from
/// it.
macro_rules! outcomes {
    ($($variant:ident = $code:literal,)*) => {
        /// The code of an [`IssueOutcome`], without the outcome's values. Its number is [`IssueOutcome::index`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum IssueCode {
            $(
                #[doc = concat!("`", $code, "`: the code of [`IssueOutcome::", stringify!($variant), "`].")]
                $variant
            ),*
        }

        impl IssueCode {
            /// Every code, in the order of the table.
            pub const ALL: [Self; [$($code),*].len()] = [$(Self::$variant),*];
        }

        impl IssueOutcome {
            /// The code of every outcome, at its [`IssueOutcome::index`]: texts and metrics that keep one entry for each
            /// outcome are made from this list.
            pub const CODES: [&str; [$($code),*].len()] = [$($code),*];

            /// The code without the values.
            pub fn issue_code(&self) -> IssueCode {
                match self {
                    $(Self::$variant { .. } => IssueCode::$variant,)*
                }
            }
        }
    };
}

outcomes! {
    Issued = "ISSUED",
    AlreadyIssued = "ALREADY_ISSUED",
    NotOpen = "NOT_OPEN",
    Closed = "CLOSED",
    Paused = "PAUSED",
    NotAdmitted = "NOT_ADMITTED",
    SoldOut = "SOLD_OUT",
    KeyReused = "IDEMPOTENCY_KEY_REUSED",
    NoCampaign = "CAMPAIGN_NOT_FOUND",
}

impl IssueCode {
    /// The code on the wire, and the label in metrics.
    pub fn as_str(self) -> &'static str {
        IssueOutcome::CODES[self as usize]
    }

    /// The error that answers the caller instead of an outcome: a reused key and an unknown campaign are mistakes of the
    /// caller. `None` for the other outcomes.
    pub fn error(self) -> Option<ErrorCode> {
        match self {
            Self::KeyReused => Some(ErrorCode::IdempotencyKeyReused),
            Self::NoCampaign => Some(ErrorCode::CampaignNotFound),
            Self::Issued
            | Self::AlreadyIssued
            | Self::NotOpen
            | Self::Closed
            | Self::Paused
            | Self::NotAdmitted
            | Self::SoldOut => None,
        }
    }
}

impl IssueOutcome {
    /// The index of this outcome in [`IssueOutcome::CODES`].
    pub fn index(&self) -> usize {
        self.issue_code() as usize
    }

    /// The code on the wire, and the label in metrics.
    pub fn code(&self) -> &'static str {
        self.issue_code().as_str()
    }

    /// The error that answers the caller instead of this outcome: see [`IssueCode::error`].
    pub fn error(&self) -> Option<ErrorCode> {
        self.issue_code().error()
    }

    /// The answer of a refusal. `first` is the user's first coupon, needed only for `AlreadyIssued`.
    ///
    /// `None` when the decision is a yes, or when `first` is missing for `AlreadyIssued`.
    pub fn refusal(decision: Decision, remaining: u32, first: Option<IssuedCoupon>) -> Option<Self> {
        Some(match decision {
            Decision::Issue | Decision::RepeatYes => return None,
            Decision::KeyReused => Self::KeyReused,
            Decision::AlreadyIssued => Self::AlreadyIssued { coupon: first?, remaining },
            Decision::NotOpen => Self::NotOpen { remaining },
            Decision::Closed => Self::Closed { remaining },
            Decision::Paused => Self::Paused { remaining },
            Decision::NotAdmitted => Self::NotAdmitted { remaining },
            Decision::SoldOut => Self::SoldOut,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_facts() -> impl Strategy<Value = Facts> {
        let phase = prop_oneof![Just(Phase::Scheduled), Just(Phase::Open), Just(Phase::Paused), Just(Phase::Closed)];
        let key_use = prop_oneof![
            4 => Just(KeyUse::Fresh),
            1 => Just(KeyUse::SameRequest),
            1 => Just(KeyUse::OtherRequest),
            1 => Just(KeyUse::SpentAttempt),
        ];
        (phase, 0u32..3, 1u32..3, 0u32..3, any::<bool>(), any::<bool>(), key_use).prop_map(
            |(phase, remaining, per_user_limit, issued_to_user, gated, admitted, key_use)| Facts {
                phase,
                remaining,
                per_user_limit,
                issued_to_user,
                gated,
                admitted,
                key_use,
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn a_coupon_is_given_only_when_everything_allows_it(facts in any_facts()) {
            let allowed = facts.phase == Phase::Open
                && facts.remaining > 0
                && facts.issued_to_user < facts.per_user_limit
                && (!facts.gated || facts.admitted)
                && facts.key_use == KeyUse::Fresh;
            prop_assert_eq!(decide(&facts) == Decision::Issue, allowed);
        }

        #[test]
        fn the_first_reason_in_the_contracts_order_is_given(facts in any_facts()) {
            let reasons = [
                (facts.key_use == KeyUse::SameRequest, Decision::RepeatYes),
                (facts.key_use == KeyUse::OtherRequest, Decision::KeyReused),
                (facts.key_use == KeyUse::SpentAttempt, Decision::AlreadyIssued),
                (facts.issued_to_user >= facts.per_user_limit, Decision::AlreadyIssued),
                (facts.phase == Phase::Scheduled, Decision::NotOpen),
                (facts.phase == Phase::Closed, Decision::Closed),
                (facts.phase == Phase::Paused, Decision::Paused),
                (facts.gated && !facts.admitted, Decision::NotAdmitted),
                (facts.remaining == 0, Decision::SoldOut),
            ];
            let first = reasons.into_iter().find(|(holds, _)| *holds).map_or(Decision::Issue, |(_, decision)| decision);
            prop_assert_eq!(decide(&facts), first);
        }
    }

    #[test]
    fn codes_are_unique_and_stand_at_the_index_of_their_outcome() {
        let coupon = IssuedCoupon { coupon_id: CouponId(Uuid::nil()), serial: 1 };
        let cases = [
            (IssueOutcome::Issued { coupon, remaining: 1 }, "ISSUED"),
            (IssueOutcome::SoldOut, "SOLD_OUT"),
            (IssueOutcome::KeyReused, "IDEMPOTENCY_KEY_REUSED"),
            (IssueOutcome::NoCampaign, "CAMPAIGN_NOT_FOUND"),
        ];
        for (outcome, code) in cases {
            assert_eq!((outcome.code(), IssueOutcome::CODES[outcome.index()]), (code, code));
            assert!(outcome.error().is_none_or(|error| error.as_str() == code));
        }
        let codes: std::collections::HashSet<_> = IssueOutcome::CODES.into_iter().collect();
        assert_eq!(codes.len(), IssueOutcome::CODES.len());
    }

    #[test]
    fn keys_are_visible_ascii_of_bounded_length() {
        assert!(IdempotencyKey::new(b"order-1").is_some());
        assert_eq!(IdempotencyKey::new(b"order-1"), IdempotencyKey::new(b"order-1"));
        assert_ne!(IdempotencyKey::new(b"order-1"), IdempotencyKey::new(b"order-2"));
        for bad in [&b""[..], b"a b", b"\x07", "키".as_bytes(), &[b'a'; 256]] {
            assert!(IdempotencyKey::new(bad).is_none());
        }
    }
}
