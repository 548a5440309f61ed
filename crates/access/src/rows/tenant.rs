//! Table `tenants`: the values that operators have set for a tenant, and the row that changes of a tenant lock.

use sea_orm::entity::prelude::*;

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tenants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub max_campaigns: Option<i64>,
    pub max_lines: Option<i64>,
    pub max_keys: Option<i64>,
    pub max_streams: Option<i64>,
    pub max_coupons: Option<i64>,
    pub requests_per_second: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
