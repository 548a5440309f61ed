//! Table `refresh_tokens`.

use ledger::StoredId;
use sea_orm::entity::prelude::*;

/// A refresh token by its hash, with the access token that was issued beside it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_tokens")]
pub struct Model {
    /// Also the token's `jti`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoredId,
    pub user_id: StoredId,
    pub token_family: StoredId,
    /// SHA-256 of the token.
    pub refresh_token: String,
    pub access_token_jti: String,
    pub issued_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub access_expires_at: DateTimeUtc,
    pub revoked: bool,
    pub revoked_at: Option<DateTimeUtc>,
    /// The token that was exchanged for it.
    pub replaces: Option<StoredId>,
    /// Keyed hash of the user agent that it was issued to.
    pub agent_hash: Option<String>,
    /// Its access token must still be blacklisted.
    pub blacklist_due: bool,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
