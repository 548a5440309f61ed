//! Queries of `payments`. Nothing changes a row but [`crate::steps`], which locks it, asks `domain::payment::steps` and
//! stores what follows.

mod convert;
mod read;
mod store;

pub use read::{by_id, by_key, by_reservation, coupon_due, keys_known, list, max_hold_no, paid_above};
pub(crate) use read::{id_of, ids_of};
pub(crate) use store::{insert, lock, store};

use domain::payment::Payment;
use uuid::Uuid;

/// A payment as it is stored, with the chain of messages that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The payment.
    pub payment: Payment,
    /// The trace id of the request that began the chain (contract, Messages).
    pub correlation_id: String,
    /// The message that its present state follows from.
    pub causation_id: Option<Uuid>,
}
