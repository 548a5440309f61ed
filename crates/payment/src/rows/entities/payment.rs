//! Table `payments`.

use ledger::StoredId;
use sea_orm::entity::prelude::*;

/// A payment. The words of its columns are in `domain::payment::model`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoredId,
    pub reservation_id: StoredId,
    pub user_id: StoredId,
    pub schedule_id: StoredId,
    /// JSON: an array of ids.
    pub seat_ids: String,
    pub payment_key: StoredId,
    /// To be paid: the total less the discount.
    pub amount: i64,
    pub discount: i64,
    pub coupon_id: Option<StoredId>,
    pub coupon_state: Option<String>,
    pub coupon_due_at: Option<DateTimeUtc>,
    pub coupon_tries: i32,
    pub payment_method: String,
    pub status: String,
    pub hold_no: i64,
    pub hold_expires_at: DateTimeUtc,
    pub registered_at: Option<DateTimeUtc>,
    pub transaction_id_sent: Option<String>,
    pub portone_transaction_id: Option<String>,
    /// What the last answered look-up said, without what is personal: JSON.
    pub portone_response: Option<String>,
    pub card_name: Option<String>,
    pub card_number: Option<String>,
    pub failure_reason: Option<String>,
    pub failed_at: Option<DateTimeUtc>,
    pub first_paid_at: Option<DateTimeUtc>,
    pub paid_at: Option<DateTimeUtc>,
    pub captured_amount: i64,
    pub refunded_amount: i64,
    pub refunded_at: Option<DateTimeUtc>,
    pub told_at: Option<DateTimeUtc>,
    pub told_code: Option<String>,
    pub cancelled_reason: Option<String>,
    pub cancelled_hold_no: Option<i64>,
    pub asked_by: Option<StoredId>,
    pub asked_until: Option<DateTimeUtc>,
    pub due_at: Option<DateTimeUtc>,
    pub looked_at: Option<DateTimeUtc>,
    pub tries: i32,
    /// The trace id of the request that began the chain.
    pub correlation_id: String,
    /// The message that it follows from.
    pub causation_id: Option<StoredId>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
