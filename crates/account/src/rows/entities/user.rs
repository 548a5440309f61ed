//! Table `users`.

use ledger::StoredId;
use sea_orm::entity::prelude::*;

/// An account. Everything that says who it is, is encrypted.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoredId,
    pub email: Option<String>,
    pub email_hash: Option<String>,
    pub password_hash: Option<String>,
    pub name: Option<String>,
    pub phone: Option<String>,
    pub phone_hash: Option<String>,
    pub ci: Option<String>,
    pub ci_hash: Option<String>,
    pub di: Option<String>,
    pub role: String,
    pub status: String,
    pub locale: String,
    pub last_login_at: Option<DateTimeUtc>,
    pub deleted_at: Option<DateTimeUtc>,
    pub erased_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
