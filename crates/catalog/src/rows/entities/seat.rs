//! Table `seats`: seats of schedules; blocked ones have no row.

use ledger::StoredId;
use sea_orm::entity::prelude::*;

/// A seat.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "seats")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoredId,
    pub event_schedule_id: StoredId,
    pub seat_number: String,
    pub grade: String,
    pub price: i64,
    pub status: String,
    pub hold_no: Option<i64>,
    pub sold_to: Option<StoredId>,
    pub created_at: DateTimeUtc,
    pub updated_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
