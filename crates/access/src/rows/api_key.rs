//! Table `api_keys`. The secret itself is never stored.

use sea_orm::entity::prelude::*;

/// A key.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `tenant`, `service` or `admin`.
    pub kind: String,
    /// The tenant's or the service's name.
    pub name: Option<String>,
    /// SHA-256 in hexadecimal.
    pub secret_hash: String,
    /// A label for people.
    pub label: String,
    pub created_at: DateTimeUtc,
    pub revoked_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
