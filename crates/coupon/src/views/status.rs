//! The JSON of a campaign as everybody sees it.

use super::campaign::DiscountView;
use domain::{Campaign, CampaignStatus, Timestamp, ZonedTime};
use hot::SaleStatus;
use serde::Serialize;
use utoipa::ToSchema;

/// A campaign's public status.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusView {
    /// The campaign.
    event_id: String,
    /// The displayed name.
    name: String,
    /// Coupons left.
    remaining_stock: u32,
    /// Users with at least one coupon.
    total_participants: u32,
    /// `scheduled`, `active`, `sold_out`, `paused` or `closed`.
    #[schema(value_type = String)]
    status: CampaignStatus,
    /// When it opens by itself.
    #[schema(value_type = Option<String>)]
    opens_at: Option<ZonedTime>,
    /// When it closes by itself.
    #[schema(value_type = Option<String>)]
    closes_at: Option<ZonedTime>,
    /// Whether people must come through the gate.
    gated: bool,
    /// Most coupons of one user.
    per_user_limit: u32,
    /// The discount of its coupons.
    discount: Option<DiscountView>,
    /// Smallest order amount, in won.
    min_order_amount: i64,
    /// The server's time in milliseconds since 1970, for countdowns.
    now: i64,
}

impl StatusView {
    /// The status of a campaign at `now`.
    pub fn new(campaign: &Campaign, sale: SaleStatus, now: Timestamp) -> Self {
        Self {
            event_id: campaign.id.event.to_string(),
            name: campaign.name.clone(),
            remaining_stock: sale.remaining,
            total_participants: sale.participants,
            status: sale.status,
            opens_at: campaign.opens_at.map(ZonedTime),
            closes_at: campaign.closes_at.map(ZonedTime),
            gated: campaign.gated,
            per_user_limit: campaign.per_user_limit,
            discount: campaign.terms.discount.map(DiscountView::from),
            min_order_amount: campaign.terms.min_order_amount,
            now: now.millis(),
        }
    }
}

/// The campaigns that people can get coupons of, now or soon.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublicList {
    /// The one that opens, or has opened, first comes first.
    pub list: Vec<StatusView>,
}
