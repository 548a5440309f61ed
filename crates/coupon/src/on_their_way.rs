//! Coupons that are decided and told, and not rows yet: a bus of many processes keeps messages after they were handed
//! over to it.

use crate::issuer::CouponGroup;
use async_trait::async_trait;
use bus::kafka::KafkaReader;
use domain::message::{CouponIssued, event_type, topic};

/// What the bus has and the ledger does not have yet.
#[async_trait]
pub trait OnTheirWay: Send + Sync + 'static {
    /// Messages handed over to the bus and not dealt with by the issuer.
    ///
    /// # Errors
    /// Why nobody knows.
    async fn count(&self) -> Result<u64, String>;

    /// The coupons that those messages tell of, and perhaps some that are rows by now.
    ///
    /// # Errors
    /// Why nobody knows.
    async fn coupons(&self) -> Result<Vec<CouponIssued>, String>;
}

/// The bus of one process: what was handed over has been dealt with.
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

/// Kafka: what lies between its topics and the rows.
pub struct OnKafka(pub KafkaReader);

#[async_trait]
impl OnTheirWay for OnKafka {
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
