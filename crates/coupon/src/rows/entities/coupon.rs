//! Table `coupons`: every coupon that was given, and its status.

use ledger::StoredId;
use sea_orm::entity::prelude::*;

/// A coupon.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "coupons")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoredId,
    pub campaign_id: i64,
    /// None after the number went back into stock.
    pub serial: Option<i32>,
    /// The number it had before it went back.
    pub former_serial: Option<i32>,
    /// The grant that covers the number.
    pub last_serial: i32,
    pub status: String,
    pub order_id: Option<String>,
    pub reserved_until: Option<DateTimeUtc>,
    pub discount_amount: Option<i64>,
    pub issued_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
