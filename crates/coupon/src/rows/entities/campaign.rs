//! Table `events`: campaigns and their policy.

use sea_orm::entity::prelude::*;

/// A campaign.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    /// Known inside the ledger only; short, since every coupon carries it.
    #[sea_orm(primary_key)]
    pub id: i64,
    pub tenant: String,
    /// The campaign's name within its tenant.
    pub event_id: String,
    pub name: String,
    pub stock: i32,
    pub per_user_limit: i32,
    pub gated: bool,
    pub opens_at: Option<DateTimeUtc>,
    pub closes_at: Option<DateTimeUtc>,
    pub opened: bool,
    pub paused: bool,
    pub closed: bool,
    /// `percent` or `fixed`.
    pub discount_type: Option<String>,
    pub discount_value: Option<i64>,
    pub discount_max_amount: Option<i64>,
    pub min_order_amount: i64,
    pub valid_from: Option<DateTimeUtc>,
    pub valid_until: Option<DateTimeUtc>,
    pub valid_days_after_issue: Option<i32>,
    pub revision: i64,
    pub created_at: DateTimeUtc,
    /// When it was deleted.
    pub archived_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
