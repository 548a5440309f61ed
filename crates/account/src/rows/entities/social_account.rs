//! Table `social_accounts`.

use ledger::StoredId;
use sea_orm::entity::prelude::*;

/// A log-in at another provider that is linked to an account.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "social_accounts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoredId,
    pub user_id: StoredId,
    pub provider: String,
    /// Keyed hash of the person's id at the provider.
    pub subject: String,
    pub email_hash: Option<String>,
    pub linked_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
