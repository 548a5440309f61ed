//! Table `webhooks`.

use sea_orm::entity::prelude::*;

/// A rightly signed notice of PortOne.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhooks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub webhook_id: String,
    /// Such as `Transaction.Paid`.
    pub kind: String,
    /// PortOne's `paymentId` as it came. None for a notice about something else.
    pub payment_key: Option<String>,
    pub received_at: DateTimeUtc,
    /// When the row was made; none of a row of an older program.
    pub created_at: Option<DateTimeUtc>,
    /// Its payment is known, or it is about none. None: nobody here knows the payment (hole 9).
    pub done_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
