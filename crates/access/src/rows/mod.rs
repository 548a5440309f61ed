//! API keys of tenants, services and administrators (GATE-009): table `api_keys`. Only the hash of a secret is stored.
//!
//! The table belongs to the schema of the service that checks the keys. That service lists [`migration`] and [`TABLE`]
//! in its [`ledger::Schema`].

mod api_key;
mod m20261121_000003_api_keys;

use call::{Entry, Facts};
use domain::Timestamp;
use ledger::moment::{read, stored};
use ledger::{Ledger, LedgerError, Right, Table, Transaction, calls};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use sea_orm_migration::MigrationTrait;
use serde_json::{Value, json};
use uuid::Uuid;

/// The table of keys.
pub const TABLE: Table = Table { name: "api_keys", rights: &[Right::Select, Right::Insert, Right::Update] };

/// The migration that makes the table of keys.
pub fn migration() -> Box<dyn MigrationTrait> {
    Box::new(m20261121_000003_api_keys::Migration)
}

/// The kind of caller that a key belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// A tenant, for its own campaigns.
    Tenant,
    /// Another service, for internal calls.
    Service,
    /// An administrator, for everything.
    Admin,
}

impl KeyKind {
    /// The name in the table and for people.
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

/// A key as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// The name of the key for people, for example to revoke it.
    pub id: Uuid,
    /// The kind of its owner.
    pub kind: KeyKind,
    /// The tenant's or the service's name; none for an administrator.
    pub name: Option<String>,
    /// SHA-256 of the secret in 64 hexadecimal digits.
    pub secret_hash: String,
    /// A label for people, for example the secret's first characters; at most 64 characters.
    pub label: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// Stores a new key.
///
/// # Errors
/// [`LedgerError::Conflict`] when the id or the hash exists already, or the key of a tenant or a service has no name.
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
    let entry =
        Entry::of(Facts { action: "key.create", target: target(key.id), before: None, after: Some(shown(key)) });
    let insert = async |change: Transaction| {
        api_key::Entity::insert(row.clone()).exec_without_returning(change.connection()).await?;
        calls::settle(&change, entry.as_ref()).await?;
        change.commit().await
    };
    ledger.change(insert).await
}

fn target(id: Uuid) -> String {
    format!("key:{id}")
}

/// A key as the audit log shows it: neither the key nor its hash.
fn shown(key: &ApiKey) -> Value {
    json!({"kind": key.kind.as_str(), "name": key.name, "revoked": key.revoked_at.is_some()})
}

/// Lists all keys, revoked ones too, oldest first.
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

/// Lists the keys that are not revoked.
///
/// # Errors
/// [`LedgerError`].
pub async fn active(ledger: &Ledger) -> Result<Vec<ApiKey>, LedgerError> {
    let rows = api_key::Entity::find().filter(api_key::Column::RevokedAt.is_null()).all(ledger.connection()).await?;
    rows.into_iter().map(from_row).collect()
}

/// Revokes a key. Returns false when no such key exists or it was revoked before.
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
        if revoked.rows_affected > 0 {
            let (before, after) = (Some(json!({"revoked": false})), Some(json!({"revoked": true})));
            let entry = Entry::of(Facts { action: "key.revoke", target: target(id), before, after });
            calls::settle(&change, entry.as_ref()).await?;
        }
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
