//! Metrics of the hot state, for operators (FCFS-013).

use super::service::CouponService;
use metrics::gauge;
use std::time::Duration;

/// How often the metrics are read.
const EVERY: Duration = Duration::from_secs(1);

impl CouponService {
    /// Publishes the metrics of the hot state until the process ends.
    pub async fn report_metrics(self) {
        loop {
            let stats = self.port.stats().await;
            gauge!("onsale_hot_available").set(f64::from(u8::from(stats.available)));
            gauge!("onsale_hot_campaigns").set(stats.campaigns as f64);
            gauge!("onsale_hot_coupons").set(stats.coupons as f64);
            gauge!("onsale_hot_winner_bytes").set(stats.winner_bytes as f64);
            gauge!("onsale_hot_outbox_pending").set(stats.outbox_pending as f64);
            tokio::time::sleep(EVERY).await;
        }
    }
}
