//! What PortOne says of a payment (hole 2: an answer is only what it says of amounts; all else is "away").

use crate::catalog::PreciseTime;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Statuses that PortOne names. They say whether a payment can still change; money is what the amounts say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderStatus {
    /// Nothing was tried, or a try ended and another may come.
    Ready,
    /// A company is still looking at it.
    PayPending,
    /// An account was named to which the buyer may send money.
    VirtualAccountIssued,
    /// Paid.
    Paid,
    /// A try failed.
    Failed,
    /// A part was given back.
    PartialCancelled,
    /// All was given back, or the buyer gave up.
    Cancelled,
    /// A word that PortOne added later.
    Unknown,
}

impl ProviderStatus {
    /// Reads PortOne's word.
    pub fn parse(text: &str) -> Self {
        match text {
            "READY" => Self::Ready,
            "PAY_PENDING" => Self::PayPending,
            "VIRTUAL_ACCOUNT_ISSUED" => Self::VirtualAccountIssued,
            "PAID" => Self::Paid,
            "FAILED" => Self::Failed,
            "PARTIAL_CANCELLED" => Self::PartialCancelled,
            "CANCELLED" => Self::Cancelled,
            _ => Self::Unknown,
        }
    }

    /// PortOne's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "READY",
            Self::PayPending => "PAY_PENDING",
            Self::VirtualAccountIssued => "VIRTUAL_ACCOUNT_ISSUED",
            Self::Paid => "PAID",
            Self::Failed => "FAILED",
            Self::PartialCancelled => "PARTIAL_CANCELLED",
            Self::Cancelled => "CANCELLED",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// Whether a company may still take the money without the buyer.
    pub fn is_under_way(self) -> bool {
        matches!(self, Self::PayPending | Self::VirtualAccountIssued)
    }

    /// Whether a look-back may end with it (hole 13).
    pub fn is_final(self) -> bool {
        matches!(self, Self::Paid | Self::Failed | Self::PartialCancelled | Self::Cancelled)
    }
}

/// Over which kind of channel it was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Real money.
    Live,
    /// A channel of tests.
    Test,
    /// Not said.
    Unknown,
}

/// Amounts in won, or in the payment's own currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// What was to be paid.
    pub total: i64,
    /// What was taken.
    pub paid: i64,
    /// What was given back of it.
    pub cancelled: i64,
}

impl Money {
    /// What was taken and not given back.
    pub fn left(self) -> i64 {
        (self.paid - self.cancelled).max(0)
    }
}

/// Where a cancellation at PortOne stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenBackStatus {
    /// Asked for; it may still fail.
    Requested,
    /// Done.
    Succeeded,
    /// Refused by the company.
    Failed,
    /// A word that PortOne added later.
    Unknown,
}

impl GivenBackStatus {
    /// Reads PortOne's word.
    pub fn parse(text: &str) -> Self {
        match text {
            "REQUESTED" => Self::Requested,
            "SUCCEEDED" => Self::Succeeded,
            "FAILED" => Self::Failed,
            _ => Self::Unknown,
        }
    }
}

/// A cancellation at PortOne.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenBack {
    /// PortOne's id.
    pub id: String,
    /// Where it stands.
    pub status: GivenBackStatus,
    /// The amount.
    pub amount: i64,
}

/// A card as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Its publisher, issuer or name.
    pub name: Option<String>,
    /// Its number, masked: `1234-****-****-5678`.
    pub number: Option<String>,
}

/// A payment that PortOne knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its status.
    pub status: ProviderStatus,
    /// PortOne's own name of it.
    pub transaction: Option<String>,
    /// Whether it was made at our store.
    pub is_our_store: bool,
    /// Such as `KRW`.
    pub currency: String,
    /// The kind of channel.
    pub channel: Channel,
    /// The amounts.
    pub money: Money,
    /// When it was paid, by PortOne's clock.
    pub paid_at: Option<Timestamp>,
    /// What was given back.
    pub given_back: Vec<GivenBack>,
    /// The card.
    pub card: Option<Card>,
}

impl Found {
    /// What it says, without what is personal: JSON, for operators.
    pub fn summary(&self) -> String {
        let Money { total, paid, cancelled } = self.money;
        serde_json::json!({
            "status": self.status.as_str(), "transactionId": self.transaction, "isOurStore": self.is_our_store,
            "currency": self.currency, "total": total, "paid": paid, "cancelled": cancelled,
            "paidAt": self.paid_at.map(PreciseTime), "cancellations": self.given_back.len(),
        })
        .to_string()
    }
}

/// A look-up that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// A payment.
    Found(Box<Found>),
    /// PortOne's own word that there is none; a bare 404 is no such word.
    NotFound,
}

impl Lookup {
    /// The amounts; nothing where there is no payment.
    pub fn money(&self) -> Money {
        match self {
            Self::Found(found) => found.money,
            Self::NotFound => Money::default(),
        }
    }
}

/// There is no answer that says anything about money: it says nothing about the payment either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Away {
    /// It was not asked: too many calls have failed.
    #[error("PortOne is not asked now: too many calls have failed")]
    CircuitOpen,
    /// The time was over. What was asked for may have happened.
    #[error("PortOne did not answer in time")]
    TimedOut,
    /// No connection, an error of its own, or nonsense. What was asked for may have happened.
    #[error("PortOne gave no usable answer")]
    Broken,
    /// It refuses our secret or our store: an operator must look.
    #[error("PortOne refuses our calls")]
    Refused,
}
