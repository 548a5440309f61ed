//! Coupons that were decided and published and are not rows yet. A bus of several processes keeps published messages until
//! an issuer has stored them.

use crate::issuer::CouponGroup;
use async_trait::async_trait;
use bus::kafka::KafkaReader;
use domain::message::{CouponIssued, Place, event_type, topic};
use ledger::{Ledger, places};

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

/// Kafka: what lies between its topics and the rows. The place that stands with the rows counts too: where the database was put
/// back to an older copy, the broker's own count says that all was read.
pub struct InFlightOnKafka {
    reader: KafkaReader,
    ledger: Ledger,
}

impl InFlightOnKafka {
    /// The messages that the issuers of this database have not stored yet.
    pub fn new(reader: KafkaReader, ledger: Ledger) -> Self {
        Self { reader, ledger }
    }

    async fn places(&self) -> Result<Vec<Place>, String> {
        places::of_group(&self.ledger, CouponGroup::NAME).await.map_err(|error| bus::chain(&error))
    }
}

#[async_trait]
impl InFlight for InFlightOnKafka {
    async fn count(&self) -> Result<u64, String> {
        let (kept, topics) = (self.places().await?, [topic::COUPON_EVENTS]);
        self.reader.lag(CouponGroup::NAME, &topics, &kept).await.map_err(|error| bus::chain(&error))
    }

    async fn coupons(&self) -> Result<Vec<CouponIssued>, String> {
        let (mut coupons, kept) = (Vec::new(), self.places().await?);
        let read = self.reader.unread(CouponGroup::NAME, topic::COUPON_EVENTS, &kept, |envelope| {
            if envelope.event_type == event_type::COUPON_ISSUED {
                coupons.extend(serde_json::from_value::<CouponIssued>(envelope.payload).ok());
            }
        });
        read.await.map_err(|error| bus::chain(&error))?;
        Ok(coupons)
    }
}
