//! The JSON of campaigns.

use super::values::{present, present_won, won};
use domain::{Campaign, CampaignStatus, Discount, Terms, Timestamp, ZonedTime};
use hot::SaleStatus;
use onsale_http::RequestBody;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// A new campaign.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCampaign {
    /// 1 to 128 of `[A-Za-z0-9_.:-]`; unique within the tenant.
    #[schema(example = "autumn_sale")]
    pub event_id: String,
    /// The displayed name; 1 to 200 characters.
    #[schema(example = "Autumn sale")]
    pub name: String,
    /// 1 to 100000000.
    #[schema(minimum = 1, maximum = 100000000, example = 1000)]
    pub stock: u32,
    /// 1 to 1000; 1 if absent.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 1000)]
    pub per_user_limit: u32,
    /// Whether people must come through the gate.
    #[serde(default)]
    pub gated: bool,
    /// When it opens by itself. If absent, an operator opens it.
    #[schema(value_type = Option<String>, example = "2026-12-01T20:00:00+09:00")]
    pub opens_at: Option<ZonedTime>,
    /// When it closes by itself.
    #[schema(value_type = Option<String>, example = "2026-12-02T20:00:00+09:00")]
    pub closes_at: Option<ZonedTime>,
    /// The discount of its coupons.
    pub discount: Option<DiscountView>,
    /// Smallest order amount, in won.
    #[serde(default, deserialize_with = "won")]
    #[schema(minimum = 0)]
    pub min_order_amount: i64,
    /// Coupons are redeemable from this time.
    #[schema(value_type = Option<String>)]
    pub valid_from: Option<ZonedTime>,
    /// Coupons are not redeemable from this time on.
    #[schema(value_type = Option<String>)]
    pub valid_until: Option<ZonedTime>,
    /// Coupons expire this many days after issue.
    #[schema(minimum = 1, maximum = 36500)]
    pub valid_days_after_issue: Option<u32>,
}

fn one() -> u32 {
    1
}

/// The discount of a coupon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum DiscountView {
    /// A percentage of the amount, with a cap.
    Percent {
        /// 1 to 100.
        #[serde(deserialize_with = "won")]
        value: i64,
        /// The cap, in won.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_amount: Option<i64>,
    },
    /// A fixed amount.
    Fixed {
        /// In won.
        #[serde(deserialize_with = "won")]
        value: i64,
    },
}

impl From<DiscountView> for Discount {
    fn from(view: DiscountView) -> Self {
        match view {
            DiscountView::Percent { value, max_amount } => Self::Percent { value, max_amount },
            DiscountView::Fixed { value } => Self::Fixed { value },
        }
    }
}

impl From<Discount> for DiscountView {
    fn from(discount: Discount) -> Self {
        match discount {
            Discount::Percent { value, max_amount } => Self::Percent { value, max_amount },
            Discount::Fixed { value } => Self::Fixed { value },
        }
    }
}

/// A field of a patch: absent (unchanged), `null` (remove the bound) or a value (set it).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// The field is absent.
    #[default]
    Leave,
    /// Remove the bound, or set it.
    To(Option<T>),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<T>::deserialize(deserializer).map(Self::To)
    }
}

impl<T: Copy> Change<T> {
    /// The value after the change.
    pub fn apply(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Leave => before,
            Self::To(value) => value,
        }
    }
}

impl Change<ZonedTime> {
    /// The moment after the change.
    fn moment(self, before: Option<Timestamp>) -> Option<Timestamp> {
        self.apply(before.map(ZonedTime)).map(Timestamp::from)
    }
}

/// Changes of a campaign. Absent fields stay unchanged; `null` removes a bound, and is refused where there is none.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignPatch {
    /// The displayed name.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// Can only be raised.
    #[schema(minimum = 1, maximum = 100000000, nullable = false)]
    #[serde(default, deserialize_with = "present")]
    pub stock: Option<u32>,
    /// Can only be raised once the campaign is open.
    #[schema(minimum = 1, maximum = 1000, nullable = false)]
    #[serde(default, deserialize_with = "present")]
    pub per_user_limit: Option<u32>,
    /// Can be changed before the sale only.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub gated: Option<bool>,
    /// Can be changed before the sale only.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub opens_at: Change<ZonedTime>,
    /// When it closes by itself.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub closes_at: Change<ZonedTime>,
    /// Can be changed before the sale only.
    #[serde(default)]
    #[schema(value_type = Option<DiscountView>)]
    pub discount: Change<DiscountView>,
    /// Can only be lowered once the campaign is open.
    #[schema(minimum = 0, nullable = false)]
    #[serde(default, deserialize_with = "present_won")]
    pub min_order_amount: Option<i64>,
    /// Can only be earlier once the campaign is open.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub valid_from: Change<ZonedTime>,
    /// Can only be later once the campaign is open.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub valid_until: Change<ZonedTime>,
    /// Can only be longer once the campaign is open.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 36500)]
    pub valid_days_after_issue: Change<u32>,
}

impl CampaignPatch {
    /// The campaign after the change.
    pub fn apply(&self, before: &Campaign) -> Campaign {
        // Every field, so that the compiler asks for a new one.
        let Self {
            name,
            stock,
            per_user_limit,
            gated,
            opens_at,
            closes_at,
            discount,
            min_order_amount,
            valid_from,
            valid_until,
            valid_days_after_issue,
        } = self;
        let terms = &before.terms;
        Campaign {
            id: before.id.clone(),
            name: name.as_ref().unwrap_or(&before.name).clone(),
            stock: stock.unwrap_or(before.stock),
            per_user_limit: per_user_limit.unwrap_or(before.per_user_limit),
            gated: gated.unwrap_or(before.gated),
            opens_at: opens_at.moment(before.opens_at),
            closes_at: closes_at.moment(before.closes_at),
            switches: before.switches,
            terms: Terms {
                discount: discount.apply(terms.discount.map(DiscountView::from)).map(Discount::from),
                min_order_amount: min_order_amount.unwrap_or(terms.min_order_amount),
                valid_from: valid_from.moment(terms.valid_from),
                valid_until: valid_until.moment(terms.valid_until),
                valid_days_after_issue: valid_days_after_issue.apply(terms.valid_days_after_issue),
            },
            revision: before.revision,
            created_at: before.created_at,
        }
    }
}

/// A campaign as operators see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignView {
    event_id: String,
    name: String,
    stock: u32,
    per_user_limit: u32,
    gated: bool,
    #[schema(value_type = Option<String>)]
    opens_at: Option<ZonedTime>,
    #[schema(value_type = Option<String>)]
    closes_at: Option<ZonedTime>,
    discount: Option<DiscountView>,
    min_order_amount: i64,
    #[schema(value_type = Option<String>)]
    valid_from: Option<ZonedTime>,
    #[schema(value_type = Option<String>)]
    valid_until: Option<ZonedTime>,
    valid_days_after_issue: Option<u32>,
    /// `scheduled`, `active`, `sold_out`, `paused` or `closed`.
    #[schema(value_type = String)]
    status: CampaignStatus,
    remaining_stock: u32,
    total_participants: u32,
    #[schema(value_type = String)]
    created_at: ZonedTime,
}

impl CampaignView {
    /// A campaign with the status of its sale.
    pub fn new(campaign: &Campaign, sale: SaleStatus) -> Self {
        // Every field, so that the compiler asks for a new one. The switches show in the status.
        let Campaign {
            id,
            name,
            stock,
            per_user_limit,
            gated,
            opens_at,
            closes_at,
            switches: _,
            terms,
            revision: _,
            created_at,
        } = campaign.clone();
        let Terms { discount, min_order_amount, valid_from, valid_until, valid_days_after_issue } = terms;
        let SaleStatus { status, remaining, participants } = sale;
        Self {
            event_id: id.event.to_string(),
            name,
            stock,
            per_user_limit,
            gated,
            opens_at: opens_at.map(ZonedTime),
            closes_at: closes_at.map(ZonedTime),
            discount: discount.map(DiscountView::from),
            min_order_amount,
            valid_from: valid_from.map(ZonedTime),
            valid_until: valid_until.map(ZonedTime),
            valid_days_after_issue,
            status,
            remaining_stock: remaining,
            total_participants: participants,
            created_at: ZonedTime(created_at),
        }
    }
}

/// A page of campaigns.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CampaignPage {
    /// Newest first.
    pub list: Vec<CampaignView>,
    /// From 0.
    pub page: u64,
    /// Most entries of a page.
    pub size: u64,
    /// Entries of all pages.
    pub total_elements: u64,
}

/// More stock.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StockBody {
    /// 1 or more.
    #[schema(minimum = 1, maximum = 100000000)]
    pub add: u32,
}

/// The reply of the short form.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShortFormView {
    /// The campaign.
    pub event_id: String,
    /// Its stock.
    pub initial_stock: u32,
    /// Whether the campaign was created.
    pub message: String,
}

/// A campaign has few fields; the room is for clients that send it with long indents.
impl RequestBody for NewCampaign {
    const LIMIT_BYTES: usize = 65_536;
}

impl RequestBody for CampaignPatch {
    const LIMIT_BYTES: usize = 65_536;
}

/// One number.
impl RequestBody for StockBody {
    const LIMIT_BYTES: usize = 64;
}
