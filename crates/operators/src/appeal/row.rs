//! Table `appeal_answers`.

use ledger::StoredId;
use sea_orm::entity::prelude::*;

/// An answer, or a count of answers that were left out.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "appeal_answers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoredId,
    pub at: DateTimeUtc,
    pub role: String,
    /// Empty for a count of what was left out.
    pub route: String,
    pub status: i32,
    pub code: Option<String>,
    pub target: Option<String>,
    pub trace_id: String,
    pub user_id: Option<String>,
    /// How often; of what was left out, how many.
    pub times: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
