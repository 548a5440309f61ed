//! API keys (GATE-009): table `api_keys`. Only the hash of a secret is stored. And the tenants' quotas: table `tenants`.
//!
//! The tables belong to the schema of the service that checks the keys. That service lists [`migrations`], [`TABLE`] and
//! [`tenants::TABLE`] in its [`ledger::Schema`].

mod api_key;
mod m20261121_000003_api_keys;
mod m20261129_000004_key_rights;
mod m20261129_000005_tenants;
mod stored;
mod tenant;
pub mod tenants;

use call::{Entry, Facts};
use domain::quota::{Quota, QuotaExceeded, Quotas};
use domain::{KeyId, Scopes, TenantName, Timestamp};
use ipnet::IpNet;
use ledger::moment::stored;
use ledger::{Ledger, LedgerError, Right, Table, Transaction, calls};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter,
    QueryOrder,
};
use sea_orm_migration::MigrationTrait;
use serde_json::{Value, json};
use stored::{from_row, to_row};
use uuid::Uuid;

/// Most networks of one key.
pub const NETWORKS_MAX: usize = 32;
/// The last use of a key is written again after so many milliseconds.
pub const USED_EVERY_MS: i64 = 60_000;

/// The table of keys. A server's user needs no more than to read it, and to write the time of the last use; keys are made
/// and revoked by `onsale admin keys` as a user of its own (`deploy/sql`).
pub const TABLE: Table = Table { name: "api_keys", rights: &[Right::Select, Right::UpdateOf("last_used_at")] };

/// The migrations that make both tables.
pub fn migrations() -> [Box<dyn MigrationTrait>; 3] {
    [
        Box::new(m20261121_000003_api_keys::Migration),
        Box::new(m20261129_000004_key_rights::Migration),
        Box::new(m20261129_000005_tenants::Migration),
    ]
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
    /// A device at a door, which checks tickets and does nothing else.
    Door,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Tenant, Self::Service, Self::Admin, Self::Door];

    /// The name in the table and for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Service => "service",
            Self::Admin => "admin",
            Self::Door => "door",
        }
    }

    fn parse(text: &str) -> Result<Self, LedgerError> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| LedgerError::damaged("a key's kind"))
    }
}

/// A key as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// The name of the key for people, for example to revoke it.
    pub id: KeyId,
    /// The kind of its owner.
    pub kind: KeyKind,
    /// The tenant's or the service's name; none for administrators and doors.
    pub name: Option<String>,
    /// SHA-256 of the secret in 64 hexadecimal digits.
    pub secret_hash: String,
    /// A label for people, for example the secret's first characters; at most 64 characters.
    pub label: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// What it may be used for.
    pub scopes: Scopes,
    /// From where it may be used, at most [`NETWORKS_MAX`]; empty for anywhere.
    pub networks: Vec<IpNet>,
    /// The schedule of a door's key; none for all.
    pub schedule_id: Option<Uuid>,
    /// The first moment at which it is in force no more; none for never.
    pub expires_at: Option<Timestamp>,
    /// When it was used last, to about a minute.
    pub last_used_at: Option<Timestamp>,
}

/// Stores a new key of a tenant, if the tenant may have one more; `of_all` are the quotas of tenants without values of their
/// own. Expired keys count until they are revoked.
///
/// # Errors
/// As [`insert`].
pub async fn insert_of_tenant(
    ledger: &Ledger,
    tenant: &TenantName,
    of_all: Quotas,
    key: &ApiKey,
) -> Result<Result<(), QuotaExceeded>, LedgerError> {
    let insert = async |change: Transaction| {
        let quotas = of_all.with(tenants::lock(&change, tenant).await?);
        let has = api_key::Entity::find()
            .filter(api_key::Column::Kind.eq(KeyKind::Tenant.as_str()))
            .filter(api_key::Column::Name.eq(tenant.as_str()))
            .filter(api_key::Column::RevokedAt.is_null())
            .count(change.connection())
            .await?;
        if let Err(exceeded) = quotas.check(Quota::Keys, has, 1) {
            return Ok(Err(exceeded));
        }
        insert_in(&change, key).await?;
        change.commit().await?;
        Ok(Ok(()))
    };
    ledger.change(insert).await
}

/// Stores a new key.
///
/// # Errors
/// [`LedgerError::Conflict`] when the id or the hash exists already, or the key of a tenant or a service has no name.
pub async fn insert(ledger: &Ledger, key: &ApiKey) -> Result<(), LedgerError> {
    let insert = async |change: Transaction| {
        insert_in(&change, key).await?;
        change.commit().await
    };
    ledger.change(insert).await
}

async fn insert_in(change: &Transaction, key: &ApiKey) -> Result<(), LedgerError> {
    let entry =
        Entry::of(Facts { action: "key.create", target: target(key.id), before: None, after: Some(shown(key)) });
    api_key::Entity::insert(to_row(key)).exec_without_returning(change.connection()).await?;
    calls::settle(change, entry.as_ref()).await
}

fn target(id: KeyId) -> String {
    format!("key:{id}")
}

/// A key as the audit log shows it: neither the key nor its hash.
fn shown(key: &ApiKey) -> Value {
    let networks: Vec<String> = key.networks.iter().map(IpNet::to_string).collect();
    let (kind, revoked) = (key.kind.as_str(), key.revoked_at.is_some());
    json!({"kind": kind, "name": key.name, "revoked": revoked, "scopes": key.scopes.names(), "networks": networks,
        "expires_at": key.expires_at.map(|end| end.to_string())})
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

/// Lists the keys that are not revoked. Expired ones are among them.
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
pub async fn revoke(ledger: &Ledger, id: KeyId, at: Timestamp) -> Result<bool, LedgerError> {
    let revoke = async |change: Transaction| {
        let revoked = api_key::Entity::update_many()
            .set(api_key::ActiveModel { revoked_at: Set(Some(stored(at))), ..Default::default() })
            .filter(api_key::Column::Id.eq(id.get()))
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

/// Records when keys were used last. A time that was recorded less than [`USED_EVERY_MS`] before stays, also one of another
/// server.
///
/// # Errors
/// [`LedgerError`].
pub async fn record_used(ledger: &Ledger, used: &[(KeyId, Timestamp)]) -> Result<(), LedgerError> {
    let record = async |change: Transaction| {
        for (id, at) in used {
            let last = Expr::col(api_key::Column::LastUsedAt);
            let earlier = stored(Timestamp(at.millis() - USED_EVERY_MS));
            let is_due = Condition::any().add(last.clone().is_null()).add(last.lte(earlier));
            // This column alone: the user of a server may change no other.
            let update = Query::update()
                .table(api_key::Entity)
                .value(api_key::Column::LastUsedAt, stored(*at))
                .and_where(Expr::col(api_key::Column::Id).eq(id.get()))
                .cond_where(is_due)
                .take();
            change.connection().execute(&update).await?;
        }
        change.commit().await
    };
    ledger.change(record).await
}
