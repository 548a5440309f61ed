//! What is sold of a campaign, for operators.

use crate::campaigns::not_found;
use crate::rows::{campaigns, coupons};
use crate::service::CouponService;
use domain::{Campaign, CampaignId, TenantName, ZonedTime};
use onsale_http::ApiError;
use serde::Serialize;
use utoipa::ToSchema;

/// Campaigns in the list of the busiest.
const BUSIEST: usize = 6;

/// The sales of a campaign.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CampaignSales {
    /// The campaign.
    pub event_id: String,
    /// Its shown name.
    pub name: String,
    /// Its status.
    pub status: String,
    /// Its stock.
    pub total: u32,
    /// Coupons that people have: redeemed, held and expired ones among them, revoked ones not.
    pub issued: u64,
    /// Coupons that can still be given.
    pub free: u32,
    /// Coupons that an order holds.
    pub held: u64,
    /// Coupons that were redeemed.
    pub redeemed: u64,
    /// Coupons that were taken back.
    pub revoked: u64,
    /// When it was counted.
    #[schema(value_type = String)]
    pub at: ZonedTime,
}

/// The campaigns that give most now.
#[derive(Debug, Serialize)]
pub(crate) struct BusiestCampaigns {
    list: Vec<BusyCampaign>,
    more: usize,
}

#[derive(Debug, Serialize)]
struct BusyCampaign {
    id: String,
    status: &'static str,
    issued: u32,
    total: u32,
}

impl CouponService {
    /// The sales of a campaign, as far as they are in the tables; what is free is the hot state's.
    ///
    /// # Errors
    /// `CAMPAIGN_NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn campaign_sales(&self, id: &CampaignId) -> Result<CampaignSales, ApiError> {
        let now = clock::now();
        let (campaign, sale) = self.port.sale(id, now).await?.ok_or_else(not_found)?;
        let counts = coupons::counts(&self.ledger, id).await?;
        Ok(CampaignSales {
            event_id: id.event.to_string(),
            name: campaign.name.clone(),
            status: sale.status.as_str().to_owned(),
            total: campaign.stock,
            issued: counts.issued + counts.reserved + counts.redeemed,
            free: sale.remaining,
            held: counts.reserved,
            redeemed: counts.redeemed,
            revoked: counts.revoked,
            at: ZonedTime(now),
        })
    }

    /// The campaigns of the tenant `default` that are not over, those with the most coupons given first.
    pub(crate) async fn busiest_campaigns(&self) -> Result<BusiestCampaigns, ApiError> {
        let now = clock::now();
        let mut found: Vec<Campaign> = campaigns::not_closed(&self.ledger, &TenantName::default_tenant()).await?;
        let all = found.len();
        // The newest are those of this evening: the hot state is asked for a few alone.
        found.sort_by_key(|campaign| std::cmp::Reverse(campaign.created_at));
        let mut list = Vec::new();
        for campaign in found.into_iter().take(BUSIEST * 4) {
            // One whose shard is away must not hide the others.
            let Ok(Some((campaign, sale))) = self.port.sale(&campaign.id, now).await else { continue };
            list.push(BusyCampaign {
                id: campaign.id.event.to_string(),
                status: sale.status.as_str(),
                issued: campaign.stock.saturating_sub(sale.remaining),
                total: campaign.stock,
            });
        }
        list.sort_by_key(|one| std::cmp::Reverse((one.status == "active", one.issued)));
        list.truncate(BUSIEST);
        Ok(BusiestCampaigns { more: all.saturating_sub(list.len()), list })
    }
}
