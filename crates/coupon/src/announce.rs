//! Coupons published before their winners are told (`hot.ack = "bus"`).

use async_trait::async_trait;
use bus::{BATCH_MAX, Publisher};
use domain::message::{Envelope, topic};
use hot::redis::Announce;
use std::sync::Arc;

/// Publishes on this bus.
pub struct OnBus(pub Arc<dyn Publisher>);

#[async_trait]
impl Announce for OnBus {
    async fn announce(&self, messages: Vec<Envelope>) -> Result<(), String> {
        let messages: Vec<Arc<Envelope>> = messages.into_iter().map(Arc::new).collect();
        for batch in messages.chunks(BATCH_MAX) {
            self.0.publish(topic::COUPON_EVENTS, batch).await.map_err(|error| bus::chain(&error))?;
        }
        Ok(())
    }
}
