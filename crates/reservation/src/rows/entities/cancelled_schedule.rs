//! Table `cancelled_schedules`: schedules of which nothing is sold any more.

use ledger::StoredId;
use sea_orm::entity::prelude::*;

/// A remembered schedule.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cancelled_schedules")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub schedule_id: StoredId,
    /// The chain of the message that told it; none where the catalog was asked.
    pub correlation_id: Option<String>,
    pub causation_id: Option<StoredId>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
