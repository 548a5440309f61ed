//! What the coupon service asks of a gate.

use async_trait::async_trait;
use domain::{CampaignId, UserId};
use onsale_http::error::ApiError;
use uuid::Uuid;

/// Who lets people into gated campaigns (GATE-005).
#[async_trait]
pub trait Gatekeeper: Send + Sync + 'static {
    /// The id of somebody's active pass.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`: nobody knows, and that is no refusal.
    async fn active_pass(&self, campaign: &CampaignId, user: &UserId) -> Result<Option<Uuid>, ApiError>;

    /// The pass was used: the user has the coupon, or hears that there is none left.
    async fn used(&self, campaign: &CampaignId, user: &UserId, has_coupon: bool);
}

/// The one coupon that is to be had with a pass. It tells nobody the pass.
pub fn coupon_of_pass(pass: Uuid) -> Uuid {
    Uuid::new_v5(&pass, b"coupon")
}
