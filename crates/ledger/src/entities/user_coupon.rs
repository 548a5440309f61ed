//! Table `user_coupons`: whose coupon it is, and the how manieth.

use sea_orm::entity::prelude::*;

/// A user's hold on a coupon. It stays when the coupon is taken back: nobody gets another one for it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user_coupons")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub coupon_id: Uuid,
    pub campaign_id: i64,
    pub user_id: String,
    /// 1 for the user's first coupon of the campaign.
    pub nth_of_user: i32,
    /// The campaign's limit when the row was kept, so that the row can be checked by itself.
    pub per_user_limit: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
