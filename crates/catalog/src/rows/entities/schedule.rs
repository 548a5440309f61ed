//! Table `event_schedules`: performances of events.

use ledger::StoredId;
use sea_orm::entity::prelude::*;

/// A schedule.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_schedules")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoredId,
    pub event_id: StoredId,
    pub play_sequence: i32,
    pub event_start_at: DateTimeUtc,
    pub event_end_at: DateTimeUtc,
    pub sale_start_at: DateTimeUtc,
    pub sale_end_at: DateTimeUtc,
    /// UPCOMING or CANCELLED.
    pub status: String,
    pub seat_plan_id: StoredId,
    pub seat_prefix: String,
    /// Seats for sale.
    pub seats: i32,
    pub sold: i32,
    pub hold_no: Option<i64>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
