//! Keys of tenants, services and administrators (GATE-009). Only the hash of the secret is kept.

use crate::change::Transaction;
use crate::connect::Ledger;
use crate::entities::api_key;
use crate::error::LedgerError;
use crate::moment::{read, stored};
use domain::Timestamp;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

/// Whose key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// A tenant's: its own campaigns.
    Tenant,
    /// Another service's: internal calls.
    Service,
    /// An administrator's: everything.
    Admin,
}

impl KeyKind {
    /// As kept and as shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Service => "service",
            Self::Admin => "admin",
        }
    }

    fn parse(text: &str) -> Result<Self, LedgerError> {
        [Self::Tenant, Self::Service, Self::Admin]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| LedgerError::damaged("a key's kind"))
    }
}

/// A key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// What people name it by, for example to revoke it.
    pub id: Uuid,
    /// Whose it is.
    pub kind: KeyKind,
    /// The tenant's or the service's name; none for an administrator.
    pub name: Option<String>,
    /// SHA-256 of the secret in 64 hexadecimal digits.
    pub secret_hash: String,
    /// What tells keys apart for people, for example the secret's first characters; at most 64.
    pub label: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

/// Keeps a new key.
///
/// # Errors
/// [`LedgerError::Conflict`] when the id or the hash is there already, or a tenant's or service's key has no name.
pub async fn insert(ledger: &Ledger, key: &ApiKey) -> Result<(), LedgerError> {
    let row = api_key::ActiveModel {
        id: Set(key.id),
        kind: Set(key.kind.as_str().to_owned()),
        name: Set(key.name.clone()),
        secret_hash: Set(key.secret_hash.clone()),
        label: Set(key.label.clone()),
        created_at: Set(stored(key.created_at)),
        revoked_at: Set(key.revoked_at.map(stored)),
    };
    api_key::Entity::insert(row).exec_without_returning(ledger.connection()).await?;
    Ok(())
}

/// Every key ever made, oldest first.
///
/// # Errors
/// [`LedgerError`].
pub async fn list(ledger: &Ledger) -> Result<Vec<ApiKey>, LedgerError> {
    let rows = api_key::Entity::find()
        .order_by_asc(api_key::Column::CreatedAt)
        .order_by_asc(api_key::Column::Id)
        .all(ledger.connection())
        .await?;
    rows.into_iter().map(from_row).collect()
}

/// The keys that open doors now.
///
/// # Errors
/// [`LedgerError`].
pub async fn active(ledger: &Ledger) -> Result<Vec<ApiKey>, LedgerError> {
    let rows = api_key::Entity::find().filter(api_key::Column::RevokedAt.is_null()).all(ledger.connection()).await?;
    rows.into_iter().map(from_row).collect()
}

/// Takes a key back. Whether there was such a key that was not taken back before.
///
/// # Errors
/// [`LedgerError`].
pub async fn revoke(ledger: &Ledger, id: Uuid, at: Timestamp) -> Result<bool, LedgerError> {
    let revoke = async |change: Transaction| {
        let revoked = api_key::Entity::update_many()
            .set(api_key::ActiveModel { revoked_at: Set(Some(stored(at))), ..Default::default() })
            .filter(api_key::Column::Id.eq(id))
            .filter(api_key::Column::RevokedAt.is_null())
            .exec(change.connection())
            .await?;
        change.commit().await?;
        Ok(revoked.rows_affected > 0)
    };
    ledger.change(revoke).await
}

fn from_row(row: api_key::Model) -> Result<ApiKey, LedgerError> {
    Ok(ApiKey {
        id: row.id,
        kind: KeyKind::parse(&row.kind)?,
        name: row.name,
        secret_hash: row.secret_hash,
        label: row.label,
        created_at: read(row.created_at),
        revoked_at: row.revoked_at.map(read),
    })
}
