//! The provider's book.

use domain::id::PaymentKey;

/// A payment as the provider knows it. One that the provider does not know has no row: nothing was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProviderRow {
    /// Our name of it.
    pub key: PaymentKey,
    /// Taken from the card, in won.
    pub captured: i64,
    /// Given back, in won.
    pub refunded: i64,
    /// Of this, what an operator gave back in the provider's own console: nobody of ours has asked for it.
    pub refunded_by_hand: i64,
}

impl ProviderRow {
    /// What is kept of it.
    pub const fn left(&self) -> i64 {
        self.captured - self.refunded
    }
}
