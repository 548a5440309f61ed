//! Table `notices`.

use ledger::StoredId;
use sea_orm::entity::prelude::*;

/// A mail that is owed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notices")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoredId,
    pub user_id: StoredId,
    pub kind: String,
    pub trace_id: String,
    pub tries: i32,
    pub next_at: DateTimeUtc,
    pub created_at: DateTimeUtc,
    pub message: Option<String>,
    pub given_up_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
