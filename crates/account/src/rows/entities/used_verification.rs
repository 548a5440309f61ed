//! Table `used_verifications`.

use ledger::StoredId;
use sea_orm::entity::prelude::*;

/// An identity verification that was used: it counts once.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "used_verifications")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub verification_id: String,
    pub user_id: Option<StoredId>,
    /// `SIGN_UP`, `REACTIVATE` or `RESET`.
    pub purpose: String,
    pub used_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
