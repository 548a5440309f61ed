//! Table `user_coupons`: the holder of each coupon, and its count among the holder's coupons.

use ledger::StoredId;
use sea_orm::entity::prelude::*;

/// The holder of a coupon. The row stays when the coupon is revoked: its holder gets no other one for it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user_coupons")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub coupon_id: StoredId,
    pub campaign_id: i64,
    pub user_id: String,
    /// 1 for the user's first coupon of the campaign.
    pub nth_of_user: i32,
    /// The campaign's limit when the row was stored, so that a constraint can check the row by itself.
    pub per_user_limit: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
