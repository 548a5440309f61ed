//! Deleting a campaign that is over (B10): its rows stay in the books, and nothing else of it.

use super::campaigns::not_found;
use super::service::CouponService;
use super::until_stored::until_stored;
use crate::rows::{campaigns, coupons};
use domain::line::LineId;
use domain::{Campaign, CampaignId, CampaignStatus, ErrorCode, Timestamp};
use onsale_http::ApiError;

fn not_yet(why: &str) -> ApiError {
    ApiError::new(ErrorCode::CampaignNotModifiable).detail(why)
}

impl CouponService {
    /// Deletes a campaign that is closed and whose coupons have ended: each is redeemed, revoked or expired. Its name stays
    /// taken. Gates and other servers follow within seconds.
    ///
    /// # Errors
    /// `CAMPAIGN_NOT_FOUND`, also for a deleted one; `CAMPAIGN_NOT_MODIFIABLE` before its end; `DRAW_ANNOUNCED` before
    /// an announced draw is over; `SERVICE_UNAVAILABLE`.
    pub async fn delete_campaign(&self, id: &CampaignId) -> Result<(), ApiError> {
        // The same call again, whose answer was lost: what stands is not done twice.
        if !call::is_done() {
            until_stored(|| self.try_delete(id)).await?;
        }
        // From here on every server does the rest, should this one die.
        self.port.forget(id).await?;
        self.note_change();
        Ok(())
    }

    /// One attempt; `None` when another change came first.
    async fn try_delete(&self, id: &CampaignId) -> Result<Option<()>, ApiError> {
        let campaign = campaigns::get(&self.ledger, id).await?.ok_or_else(not_found)?;
        if let Some(lines) = self.gates.as_ref().filter(|_| campaign.gated)
            && lines.awaits_draw(&LineId::Gate(id.clone())).await?
        {
            return Err(ApiError::new(ErrorCode::DrawAnnounced).detail("the draw of this campaign is not over"));
        }
        let now = clock::now();
        let sale = self.port.status(id, now).await?;
        let remaining = sale.map_or(campaign.stock, |sale| sale.remaining);
        if campaign.status(now, remaining) != CampaignStatus::Closed {
            return Err(not_yet("close the campaign first"));
        }
        // Read first: what is given later is refused, since the campaign is closed.
        let given = self.port.counts(id).await?.unwrap_or_default().given;
        let counts = coupons::counts(&self.ledger, id).await?;
        if counts.kept() < given {
            return Err(ApiError::unavailable().detail("coupons are still on their way to the database"));
        }
        if counts.issued + counts.reserved > 0 && !self.have_expired(&campaign, now).await? {
            return Err(not_yet("its coupons can still be used; wait for their end, or revoke them"));
        }
        Ok(campaigns::archive(&self.ledger, &campaign).await?.then_some(()))
    }

    /// Whether every coupon that is neither redeemed nor revoked has expired, and no reservation stands.
    async fn have_expired(&self, campaign: &Campaign, now: Timestamp) -> Result<bool, ApiError> {
        let (last_issued_at, reserved_until) = coupons::last_moments(&self.ledger, &campaign.id).await?;
        let is_expired = last_issued_at.and_then(|at| campaign.terms.expires_at(at)).is_some_and(|end| end <= now);
        Ok(is_expired && reserved_until.is_none_or(|until| until <= now))
    }
}
