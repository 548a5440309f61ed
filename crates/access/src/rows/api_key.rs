//! Table `api_keys`. The secret itself is never stored.

use ledger::StoredId;
use sea_orm::entity::prelude::*;

/// A key.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoredId,
    /// `tenant`, `service`, `admin` or `door`.
    pub kind: String,
    /// The tenant's or the service's name.
    pub name: Option<String>,
    /// SHA-256 in hexadecimal.
    pub secret_hash: String,
    /// A label for people.
    pub label: String,
    pub created_at: DateTimeUtc,
    pub revoked_at: Option<DateTimeUtc>,
    /// Names with commas between them; none for all.
    pub scopes: Option<String>,
    /// Networks with commas between them; none for all.
    pub networks: Option<String>,
    /// The schedule of a door's key; none for all.
    pub schedule_id: Option<StoredId>,
    pub expires_at: Option<DateTimeUtc>,
    /// At most once a minute.
    pub last_used_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
