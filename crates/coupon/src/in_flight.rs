//! Coupons that were decided and published and are not rows yet. A bus of several processes keeps published messages until
//! an issuer has stored them.

use crate::issuer::CouponGroup;
use async_trait::async_trait;
use bus::kafka::KafkaReader;
use domain::message::{CouponIssued, event_type, topic};

/// Reads what the bus has and the ledger does not have yet.
#[async_trait]
pub trait InFlight: Send + Sync + 'static {
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
pub struct NothingInFlight;

#[async_trait]
impl InFlight for NothingInFlight {
    async fn count(&self) -> Result<u64, String> {
        Ok(0)
    }

    async fn coupons(&self) -> Result<Vec<CouponIssued>, String> {
        Ok(Vec::new())
    }
}

/// Kafka: what lies between its topics and the rows.
pub struct InFlightOnKafka(pub KafkaReader);

#[async_trait]
impl InFlight for InFlightOnKafka {
    async fn count(&self) -> Result<u64, String> {
        self.0.lag(CouponGroup::NAME, &[topic::COUPON_EVENTS]).await.map_err(|error| bus::chain(&error))
    }

    async fn coupons(&self) -> Result<Vec<CouponIssued>, String> {
        let mut coupons = Vec::new();
        let read = self.0.unread(CouponGroup::NAME, topic::COUPON_EVENTS, |envelope| {
            if envelope.event_type == event_type::COUPON_ISSUED {
                coupons.extend(serde_json::from_value::<CouponIssued>(envelope.payload).ok());
            }
        });
        read.await.map_err(|error| bus::chain(&error))?;
        Ok(coupons)
    }
}
