//! Table `audit_log`. Rows are never changed or removed.

use crate::stored_id::StoredId;
use sea_orm::entity::prelude::*;

/// An entry.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_log")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoredId,
    pub at: DateTimeUtc,
    /// `user`, `key` or `command`.
    pub actor_kind: String,
    pub actor_id: String,
    pub action: String,
    pub target: String,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub before: Option<Json>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub after: Option<Json>,
    pub trace_id: String,
    pub network: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
