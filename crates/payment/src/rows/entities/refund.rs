//! Table `refunds`.

use ledger::StoredId;
use sea_orm::entity::prelude::*;

/// Money that is owed, or was given back. At most one of a kind for a payment (hole 18).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refunds")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoredId,
    pub payment_id: StoredId,
    /// `ALL` or `EXCESS`.
    pub kind: String,
    /// What is to be given back, as last seen.
    pub amount: i64,
    pub reason: String,
    /// `REQUESTED` or `DONE`.
    pub status: String,
    /// The n of the key `<id>-<n>` of the last attempt; 0 before the first.
    pub attempt: i32,
    /// What the attempt of unknown outcome sends; both none where there is none.
    pub attempt_amount: Option<i64>,
    pub attempt_cancellable: Option<i64>,
    pub tries: i32,
    /// When a worker looks at it next; none once it is done.
    pub next_at: Option<DateTimeUtc>,
    pub portone_cancellation_id: Option<String>,
    pub correlation_id: String,
    pub causation_id: Option<StoredId>,
    pub created_at: DateTimeUtc,
    pub done_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
