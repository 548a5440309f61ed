//! Table `reservation_seats`: seats of reservations as they were when they were held.

use ledger::StoredId;
use sea_orm::entity::prelude::*;

/// A seat of a reservation.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reservation_seats")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub reservation_id: StoredId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seat_id: StoredId,
    pub schedule_id: StoredId,
    pub user_id: StoredId,
    pub seat_number: String,
    pub grade: String,
    pub price: i64,
    pub slot: i16,
    /// 1 or NULL.
    pub live: Option<i16>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
