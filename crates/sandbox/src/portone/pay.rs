//! What a buyer does in PortOne's window: pays, fails, gives up. The doors and the window's page come here.

use crate::books::BooksFault;
use crate::books::payments::{self, Payment, Status};
use rusqlite::Connection;
use uuid::Uuid;

/// How a try to pay ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Outcome {
    /// The money was taken.
    #[default]
    Paid,
    /// The card was refused.
    Failed,
    /// The buyer gave up. Nothing was taken.
    Cancelled,
    /// The company is still looking at it.
    PayPending,
}

/// A try to pay.
#[derive(Clone, Debug)]
pub(crate) struct Try {
    pub outcome: Outcome,
    /// In won; none: what was registered.
    pub amount: Option<i64>,
    /// None: what was registered.
    pub currency: Option<String>,
    /// None: a new one.
    pub transaction_id: Option<String>,
    /// How long each later answer of the API about it takes; none: as before.
    pub delay_ms: Option<i64>,
}

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    /// It ended as it was to.
    Done(Payment),
    /// Money was taken before. Nothing changes.
    PaidBefore(Payment),
    /// Nothing was registered, and the try names no amount.
    NoAmount,
}

/// Makes a try. Whoever has paid cannot pay again.
pub(crate) fn pay(connection: &Connection, key: &str, asked: &Try, now_ms: i64) -> Result<Tried, BooksFault> {
    let found = payments::find(connection, key, now_ms)?;
    if let Some(delay_ms) = asked.delay_ms {
        payments::delay(connection, key, delay_ms)?;
    }
    let mut payment = match (found, asked.amount) {
        (Some(payment), _) if payment.captured > 0 => return Ok(Tried::PaidBefore(payment)),
        (Some(payment), _) => payment,
        (None, Some(amount)) => Payment::new(key, amount, "KRW", now_ms),
        (None, None) => return Ok(Tried::NoAmount),
    };
    payment.total = asked.amount.unwrap_or(payment.total);
    if let Some(currency) = &asked.currency {
        payment.currency.clone_from(currency);
    }
    payment.transaction_id = Some(asked.transaction_id.clone().unwrap_or_else(|| Uuid::new_v4().to_string()));
    payment.changed_ms = now_ms;
    payment.failure = None;
    match asked.outcome {
        Outcome::Paid => {
            payment.status = Status::Paid;
            payment.captured = payment.total;
            payment.paid_ms = Some(now_ms);
        }
        Outcome::Failed => {
            payment.status = Status::Failed;
            payment.failure = Some("the card was refused".to_owned());
        }
        Outcome::Cancelled => payment.status = Status::Cancelled,
        Outcome::PayPending => payment.status = Status::PayPending,
    }
    payments::put(connection, &payment)?;
    Ok(Tried::Done(payment))
}
