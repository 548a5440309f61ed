//! The holders of a campaign's coupons: a page for programs, and all of them as CSV for the morning after.

use crate::rows::campaigns;
use crate::rows::coupons::{self, KeptCoupon};
use crate::service::CouponService;
use crate::views::holder::{CouponPage, HeldCoupon};
use axum::body::Bytes;
use domain::{Campaign, CampaignId, ErrorCode};
use futures::{Stream, StreamExt, stream};
use ledger::LedgerError;
use onsale_http::ApiError;

/// Rows read at a time for CSV.
const PART: u64 = 1_000;

/// How far a list was read.
enum Position {
    Start,
    /// Up to this coupon of this user.
    After(String, u32),
    End,
}

impl CouponService {
    /// A page of a campaign's coupons, in the order of users.
    ///
    /// # Errors
    /// `CAMPAIGN_NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn coupons_of_campaign(&self, id: &CampaignId, page: u64, size: u64) -> Result<CouponPage, ApiError> {
        let campaign = self.stored_campaign(id).await?;
        let rows = coupons::page_of_campaign(&self.ledger, id, page, size).await?;
        let total_elements = coupons::counts(&self.ledger, id).await?.kept();
        let list = rows.iter().map(|row| held(row, &campaign)).collect();
        Ok(CouponPage { list, page, size, total_elements })
    }

    /// All coupons of a campaign as CSV with a line of names, read in parts while they are sent.
    ///
    /// # Errors
    /// `CAMPAIGN_NOT_FOUND`, `SERVICE_UNAVAILABLE` before the first part. A failure later ends the stream with an error,
    /// so that half a list is not taken for a whole one.
    pub async fn coupons_as_csv(
        &self,
        id: &CampaignId,
    ) -> Result<impl Stream<Item = Result<Bytes, LedgerError>> + Send + use<>, ApiError> {
        let campaign = self.stored_campaign(id).await?;
        let ledger = self.ledger.clone();
        let names = stream::once(async { Ok(Bytes::from_static(HeldCoupon::CSV_NAMES.as_bytes())) });
        let parts = stream::try_unfold(Position::Start, move |position| {
            let (ledger, campaign) = (ledger.clone(), campaign.clone());
            async move {
                let after = match &position {
                    Position::Start => None,
                    Position::After(user, nth) => Some((user.as_str(), *nth)),
                    Position::End => return Ok(None),
                };
                let rows = coupons::of_campaign_after(&ledger, &campaign.id, after, PART).await?;
                let text: String = rows.iter().map(|row| held(row, &campaign).csv_line()).collect();
                let is_whole = rows.len() as u64 == PART;
                let last = rows.into_iter().next_back().filter(|_| is_whole);
                let next = last.map_or(Position::End, |row| Position::After(row.user_id, row.nth_of_user));
                Ok(Some((Bytes::from(text), next)))
            }
        });
        Ok(names.chain(parts))
    }

    async fn stored_campaign(&self, id: &CampaignId) -> Result<Campaign, ApiError> {
        let campaign = campaigns::get(&self.ledger, id).await?;
        campaign.ok_or_else(|| ErrorCode::CampaignNotFound.into())
    }
}

fn held(row: &KeptCoupon, campaign: &Campaign) -> HeldCoupon {
    HeldCoupon {
        coupon_id: row.coupon_id,
        user_id: row.user_id.clone(),
        serial: row.serial.or(row.former_serial),
        status: row.usage.status_at(&campaign.terms, clock::now()),
        issued_at: row.usage.issued_at.into(),
    }
}
