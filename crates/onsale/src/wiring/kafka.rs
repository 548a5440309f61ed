//! Messages on Kafka.

use anyhow::Context;
use async_trait::async_trait;
use bus::kafka::{KafkaPublisher, KafkaReader};
use coupon::issuer::CouponGroup;
use coupon::on_their_way::OnTheirWay;
use domain::message::{CouponIssued, event_type, topic};

pub(super) const CAN_NOT_USE: &str = "the brokers of bus.url can not be used";

pub(super) fn publisher(brokers: &str) -> anyhow::Result<KafkaPublisher> {
    KafkaPublisher::connect(brokers).context(CAN_NOT_USE)
}

/// What lies between the topics and the rows.
pub(super) struct InKafka(KafkaReader);

impl InKafka {
    pub fn new(brokers: &str) -> anyhow::Result<Self> {
        Ok(Self(KafkaReader::connect(brokers).context(CAN_NOT_USE)?))
    }
}

#[async_trait]
impl OnTheirWay for InKafka {
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
