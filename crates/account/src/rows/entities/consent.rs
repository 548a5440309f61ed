//! Table `consents`.

use ledger::StoredId;
use sea_orm::entity::prelude::*;

/// What a person said to a version of terms. The latest row counts.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoredId,
    pub user_id: StoredId,
    pub code: String,
    pub version: String,
    pub agreed: bool,
    pub at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
