//! Table `login_history`.

use ledger::StoredId;
use sea_orm::entity::prelude::*;

/// An attempt to log in. Rows are only added, and removed when they are old.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "login_history")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoredId,
    /// None: nobody has this e-mail address.
    pub user_id: Option<StoredId>,
    pub ip_address: String,
    pub network: String,
    pub user_agent: String,
    /// Hash of the user agent without its numbers: a browser stays the same when it is updated.
    pub browser: String,
    pub login_method: String,
    pub success: bool,
    pub failure_reason: Option<String>,
    pub suspicious: bool,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
