//! Putting back what the hot state has lost: a journal deleted or put back from an older copy, a Redis that came back
//! empty or with less than it had confirmed.

use super::reconcile::ledger_book;
use super::service::CouponService;
use crate::rows::coupons::{self, KeptCoupon};
use domain::coupon::Coupon;
use domain::message::CouponIssued;
use domain::{Campaign, CampaignId, CouponStatus, Timestamp, UserId};
use onsale_http::ApiError;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Rows that may be kept before their messages are acknowledged: two batches of the relay.
const UNACKNOWLEDGED_MAX: u64 = 1_000;

/// What became of coupons that were lost.
#[derive(Debug)]
pub struct PutBack {
    /// So many are there again.
    pub restored: usize,
    /// These do not fit: their number or their place in the user's count is taken.
    pub refused: Vec<Coupon>,
}

impl PutBack {
    /// How many are there again.
    ///
    /// # Errors
    /// `INTERNAL_ERROR` when some do not fit.
    pub fn or_error(self, id: &CampaignId) -> Result<usize, ApiError> {
        let Some(first) = self.refused.first() else { return Ok(self.restored) };
        let count = self.refused.len();
        let what = format!("{count} coupons of {id} do not fit in the hot state, the first is {}", first.coupon_id);
        Err(ApiError::internal(what))
    }
}

impl CouponService {
    /// Before anything is decided: what the ledger keeps and the hot state has lost (a journal deleted or put back
    /// from an older copy) is put back, revocations first, or the same numbers would be given again. How many coupons.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE` when one of the books can not be read, `INTERNAL_ERROR` when a coupon does not fit: a
    /// sale must not open on such books.
    pub async fn catch_up_with_ledger(&self) -> Result<usize, ApiError> {
        let pending = self.port.stats().await.outbox_pending;
        let mut restored = 0;
        for campaign in crate::rows::campaigns::all(&self.ledger).await? {
            let kept = coupons::counts(&self.ledger, &campaign.id).await?;
            let known = self.port.counts(&campaign.id).await?.unwrap_or_default();
            // What is on its way is known here and not kept yet; it must not hide what is the other way round.
            let settled = known.given.saturating_sub(pending);
            let in_step = kept.kept() <= known.given && kept.kept() <= settled + UNACKNOWLEDGED_MAX;
            if !in_step || kept.revoked != known.revoked {
                restored += self.put_back(&campaign, Vec::new()).await?.or_error(&campaign.id)?;
            }
        }
        Ok(restored)
    }

    /// Puts a campaign together again that a shared engine has lost, or has lost a part of: from the rows, and from the
    /// messages that are not rows yet. Nobody decides on it meanwhile; where a coupon does not fit it stays closed, for
    /// a sale must not go on with such books.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE` when something can not be read.
    pub async fn put_together(&self, campaign: &Campaign) -> Result<PutBack, ApiError> {
        self.port.suspend(&campaign.id).await?;
        // First what travels, then the rows: what becomes a row in between is seen twice rather than never.
        let travelling = self.on_their_way.coupons().await.map_err(|why| {
            tracing::error!(campaign = %campaign.id, why, "messages on their way can not be read");
            ApiError::unavailable()
        })?;
        let of_campaign = |told: &CouponIssued| {
            told.tenant == campaign.id.tenant.as_str() && told.campaign_id == campaign.id.event.as_str()
        };
        let travelling = travelling.iter().filter(|told| of_campaign(told)).map(coupon_of_message);
        let put_back = self.put_back(campaign, travelling.collect::<Result<Vec<_>, _>>()?).await?;
        if put_back.refused.is_empty() {
            self.port.complete(&campaign.id).await?;
            metrics::counter!("onsale_hot_rebuilt_total").increment(1);
        }
        Ok(put_back)
    }

    async fn put_back(&self, campaign: &Campaign, travelling: Vec<Coupon>) -> Result<PutBack, ApiError> {
        let known = self.port.coupons(&campaign.id).await?;
        let known: HashMap<Uuid, &Coupon> = known.iter().map(|coupon| (coupon.coupon_id, coupon)).collect();
        let mut lost = Vec::new();
        for entry in ledger_book(self, &campaign.id).await? {
            match known.get(&entry.coupon_id) {
                None => lost.push(entry.coupon_id),
                Some(coupon) if entry.revoked && !coupon.revoked => self.revoke_as_kept(&campaign.id, coupon).await?,
                Some(_) => {}
            }
        }
        let rows = coupons::by_ids(&self.ledger, &campaign.id.tenant, &lost).await?;
        let mut lost = rows.iter().map(coupon_of_row).collect::<Result<Vec<_>, _>>()?;
        let in_rows: HashSet<Uuid> = lost.iter().map(|coupon| coupon.coupon_id).chain(known.keys().copied()).collect();
        lost.extend(travelling.into_iter().filter(|coupon| !in_rows.contains(&coupon.coupon_id)));
        lost.sort_by_key(|coupon| (coupon.nth_of_user, coupon.serial));
        let count = lost.len();
        let refused = self.port.restore(&campaign.id, lost).await?;
        let restored = count - refused.len();
        if restored > 0 {
            tracing::warn!(campaign = %campaign.id, restored, "coupons that the hot state had lost were put back");
        }
        Ok(PutBack { restored, refused })
    }

    /// Puts a user's coupons into the hot state that were decided in the tables. Whether there are any.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`; the same again is safe.
    pub async fn follow_rows_of(&self, id: &CampaignId, user: &UserId) -> Result<bool, ApiError> {
        let rows = coupons::of_user(&self.ledger, &id.tenant, &id.event, user).await?;
        let kept = rows.iter().map(coupon_of_row).collect::<Result<Vec<_>, _>>()?;
        let refused = self.port.restore(id, kept).await?;
        if !refused.is_empty() {
            tracing::error!(campaign = %id, count = refused.len(), "coupons in the tables do not fit the hot state");
        }
        Ok(!rows.is_empty())
    }

    /// Takes a coupon back in the hot state the way the ledger has it.
    async fn revoke_as_kept(&self, id: &CampaignId, coupon: &Coupon) -> Result<(), ApiError> {
        let row = coupons::find(&self.ledger, &id.tenant, coupon.coupon_id).await?;
        let returned = row.is_some_and(|row| row.serial.is_none());
        self.port.revoke(id, &coupon.user, coupon.coupon_id, returned).await?;
        Ok(())
    }
}

/// A kept coupon as the hot state would know it. One taken back into stock has no number any more (0).
pub(super) fn coupon_of_row(row: &KeptCoupon) -> Result<Coupon, ApiError> {
    Ok(Coupon {
        coupon_id: row.coupon_id,
        serial: row.serial.unwrap_or(0),
        user: UserId::new(&row.user_id).map_err(ApiError::internal)?,
        nth_of_user: row.nth_of_user,
        issued_at: row.usage.issued_at,
        revoked: row.usage.status == CouponStatus::Revoked,
    })
}

/// A coupon as its message tells of it.
fn coupon_of_message(told: &CouponIssued) -> Result<Coupon, ApiError> {
    Ok(Coupon {
        coupon_id: told.coupon_id,
        serial: told.serial,
        user: UserId::new(&told.user_id).map_err(ApiError::internal)?,
        nth_of_user: told.nth_of_user,
        issued_at: Timestamp(told.issued_at_ms),
        revoked: false,
    })
}
