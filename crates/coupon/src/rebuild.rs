//! Restores coupons that the hot state has lost: after a journal was deleted or restored from an older copy, or after a
//! Redis came back empty or without some of its confirmed writes.

use super::books::{coupon_of_row, ledger_book};
use super::service::CouponService;
use crate::rows::coupons;
use domain::coupon::Coupon;
use domain::message::CouponIssued;
use domain::{Campaign, CampaignId, CouponId, Timestamp, UserId};
use onsale_http::ApiError;
use std::collections::{HashMap, HashSet};

/// Most rows whose messages are not acknowledged yet: two batches of the relay.
const UNACKNOWLEDGED_MAX: u64 = 1_000;

/// The result of restoring lost coupons.
#[derive(Debug)]
pub struct Restoration {
    /// The number of restored coupons.
    pub restored: usize,
    /// Coupons that do not fit: another coupon has their number or the user's position.
    pub refused: Vec<Coupon>,
}

impl Restoration {
    /// Returns the number of restored coupons.
    ///
    /// # Errors
    /// `INTERNAL_ERROR` when some coupons do not fit.
    pub fn or_error(self, id: &CampaignId) -> Result<usize, ApiError> {
        let Some(first) = self.refused.first() else { return Ok(self.restored) };
        let count = self.refused.len();
        let error = format!("{count} coupons of {id} do not fit in the hot state, the first is {}", first.coupon_id);
        Err(ApiError::internal(error))
    }
}

impl CouponService {
    /// Restores coupons and revocations that the ledger has and the hot state has lost, and returns the number of
    /// restored coupons. It must run before the first decision, or the hot state would give the same numbers again.
    /// Revocations are restored first.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE` when one of the books cannot be read, `INTERNAL_ERROR` when a coupon does not fit: a sale must
    /// not open on such books.
    pub async fn catch_up_with_ledger(&self) -> Result<usize, ApiError> {
        let pending = self.port.stats().await.outbox_pending;
        let mut restored = 0;
        for campaign in crate::rows::campaigns::all(&self.ledger).await? {
            let kept = coupons::counts(&self.ledger, &campaign.id).await?;
            let known = self.port.counts(&campaign.id).await?.unwrap_or_default();
            // Coupons on their way are in the hot state and not in the ledger; they must not hide lost ones.
            let settled = known.given.saturating_sub(pending);
            let in_step = kept.kept() <= known.given && kept.kept() <= settled + UNACKNOWLEDGED_MAX;
            if !in_step || kept.revoked != known.revoked {
                restored += self.restore_lost(&campaign, Vec::new()).await?.or_error(&campaign.id)?;
            }
        }
        Ok(restored)
    }

    /// Rebuilds a campaign that a shared engine has lost, wholly or in part, from the rows and from the messages that are
    /// not rows yet. The campaign is suspended meanwhile. It stays suspended if a coupon does not fit, since a sale must
    /// not continue on such books.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE` when the rows, the messages or the hot state cannot be read.
    pub async fn rebuild(&self, campaign: &Campaign) -> Result<Restoration, ApiError> {
        self.port.suspend(&campaign.id).await?;
        // Messages before rows: a coupon that becomes a row in between is read twice and not missed.
        let in_flight = self.in_flight.coupons().await.map_err(|why| {
            tracing::error!(campaign = %campaign.id, why, "messages on their way cannot be read");
            ApiError::unavailable()
        })?;
        let of_campaign = |issued: &CouponIssued| {
            issued.tenant == campaign.id.tenant.as_str() && issued.campaign_id == campaign.id.event.as_str()
        };
        let in_flight = in_flight.iter().filter(|issued| of_campaign(issued)).map(coupon_of_message);
        let restoration = self.restore_lost(campaign, in_flight.collect::<Result<Vec<_>, _>>()?).await?;
        if restoration.refused.is_empty() {
            self.port.complete(&campaign.id).await?;
            metrics::counter!("onsale_hot_rebuilt_total").increment(1);
        }
        Ok(restoration)
    }

    async fn restore_lost(&self, campaign: &Campaign, in_flight: Vec<Coupon>) -> Result<Restoration, ApiError> {
        let known = self.port.coupons(&campaign.id).await?;
        let known: HashMap<CouponId, &Coupon> = known.iter().map(|coupon| (coupon.coupon_id, coupon)).collect();
        let mut lost = Vec::new();
        for entry in ledger_book(self, &campaign.id).await? {
            match known.get(&entry.coupon_id) {
                None => lost.push(entry.coupon_id),
                Some(coupon) if entry.revoked && !coupon.revoked => {
                    self.revoke_as_in_ledger(&campaign.id, coupon).await?
                }
                Some(_) => {}
            }
        }
        let rows = coupons::by_ids(&self.ledger, &campaign.id.tenant, &lost).await?;
        let mut lost = rows.iter().map(coupon_of_row).collect::<Result<Vec<_>, _>>()?;
        let in_rows: HashSet<CouponId> =
            lost.iter().map(|coupon| coupon.coupon_id).chain(known.keys().copied()).collect();
        lost.extend(in_flight.into_iter().filter(|coupon| !in_rows.contains(&coupon.coupon_id)));
        lost.sort_by_key(|coupon| (coupon.nth_of_user, coupon.serial));
        let count = lost.len();
        let refused = self.port.restore(&campaign.id, lost).await?;
        let restored = count - refused.len();
        if restored > 0 {
            tracing::warn!(campaign = %campaign.id, restored, "coupons that the hot state had lost were restored");
        }
        Ok(Restoration { restored, refused })
    }

    /// Copies a user's coupons that were decided in the tables into the hot state. Returns whether the user has any.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`; the call can safely be repeated.
    pub async fn follow_rows_of(&self, id: &CampaignId, user: &UserId) -> Result<bool, ApiError> {
        let rows = coupons::of_user(&self.ledger, &id.tenant, &id.event, user).await?;
        let kept = rows.iter().map(coupon_of_row).collect::<Result<Vec<_>, _>>()?;
        let refused = self.port.restore(id, kept).await?;
        if !refused.is_empty() {
            tracing::error!(campaign = %id, count = refused.len(), "coupons in the tables do not fit the hot state");
        }
        Ok(!rows.is_empty())
    }

    /// Revokes a coupon in the hot state as the ledger has it.
    async fn revoke_as_in_ledger(&self, id: &CampaignId, coupon: &Coupon) -> Result<(), ApiError> {
        let row = coupons::find(&self.ledger, &id.tenant, coupon.coupon_id).await?;
        let returned = row.is_some_and(|row| row.serial.is_none());
        self.port.revoke(id, &coupon.user, coupon.coupon_id, returned).await?;
        Ok(())
    }
}

/// The coupon of a message.
fn coupon_of_message(issued: &CouponIssued) -> Result<Coupon, ApiError> {
    Ok(Coupon {
        coupon_id: issued.coupon_id,
        serial: issued.serial,
        user: UserId::stored(&issued.user_id).map_err(ApiError::internal)?,
        nth_of_user: issued.nth_of_user,
        issued_at: Timestamp(issued.issued_at_ms),
        revoked: false,
    })
}
