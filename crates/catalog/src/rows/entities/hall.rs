//! Table `halls`: halls of venues with their templates of seats.

use ledger::StoredId;
use sea_orm::entity::prelude::*;

/// A hall.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "halls")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoredId,
    pub venue_id: StoredId,
    pub name: String,
    pub capacity: i32,
    /// JSON.
    pub seat_template: String,
    /// 1, or none once it was deleted.
    pub live: Option<i16>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
