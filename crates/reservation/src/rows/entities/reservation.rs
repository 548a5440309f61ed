//! Table `reservations`.

use ledger::StoredId;
use sea_orm::entity::prelude::*;

/// A reservation.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reservations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoredId,
    pub user_id: StoredId,
    pub schedule_id: StoredId,
    pub event_id: StoredId,
    pub status: String,
    pub total_amount: i64,
    pub hold_expires_at: DateTimeUtc,
    pub hold_no: i64,
    pub cancel_reason: Option<String>,
    pub ticket_number: Option<String>,
    pub used_at: Option<DateTimeUtc>,
    pub used_gate: Option<String>,
    pub payment_id: Option<StoredId>,
    pub payment_key: Option<StoredId>,
    pub claimed_at: Option<DateTimeUtc>,
    pub claimed_amount: Option<i64>,
    pub claimed_hold_no: Option<i64>,
    pub claimed_coupon_id: Option<StoredId>,
    /// 1 while a coupon is asked for its discount, else none.
    pub claim_is_provisional: Option<i16>,
    pub secured_at: Option<DateTimeUtc>,
    pub extended_at: Option<DateTimeUtc>,
    pub payment_state: String,
    pub paid_amount: Option<i64>,
    pub confirmed_at: Option<DateTimeUtc>,
    pub cancelled_at: Option<DateTimeUtc>,
    pub ask_at: Option<DateTimeUtc>,
    /// The catalog has shown all its seats as sold.
    pub sold_shown_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
