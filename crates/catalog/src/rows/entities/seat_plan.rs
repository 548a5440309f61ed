//! Table `seat_plans`: templates as they were when seats were made from them; the id follows from the content.

use ledger::StoredId;
use sea_orm::entity::prelude::*;

/// A template that seats were made from.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "seat_plans")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoredId,
    /// JSON.
    pub seat_template: String,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
