//! Coupons that were decided and published and are not rows yet. A bus of several processes keeps published messages until
//! an issuer has stored them.

use async_trait::async_trait;
use domain::message::CouponIssued;

/// Reads what the bus has and the ledger does not have yet.
#[async_trait]
pub trait OnTheirWay: Send + Sync + 'static {
    /// The number of messages that were published and not yet processed by an issuer.
    ///
    /// # Errors
    /// The reason why it cannot be read.
    async fn count(&self) -> Result<u64, String>;

    /// The coupons of those messages. Some may be rows by now.
    ///
    /// # Errors
    /// The reason why it cannot be read.
    async fn coupons(&self) -> Result<Vec<CouponIssued>, String>;
}

/// The bus of one process, which has processed a message when publishing it returns.
pub struct NothingOnItsWay;

#[async_trait]
impl OnTheirWay for NothingOnItsWay {
    async fn count(&self) -> Result<u64, String> {
        Ok(0)
    }

    async fn coupons(&self) -> Result<Vec<CouponIssued>, String> {
        Ok(Vec::new())
    }
}
