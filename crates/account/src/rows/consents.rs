//! Queries of `consents`. Rows are only added: what a person said and when stays to be shown, and the latest counts.

use super::entities::consent::{ActiveModel, Column, Entity};
use domain::account::Consent;
use domain::{AccountId, Timestamp};
use ledger::moment::{read, stored};
use ledger::{Ledger, LedgerError, Transaction};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Most rows of one account that are read: more than a person can say in years.
const ROWS_READ_MAX: u64 = 10_000;

/// What a person said, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptConsent {
    /// What was said.
    pub consent: Consent,
    /// When.
    pub at: Timestamp,
}

/// Adds what an account says now.
///
/// # Errors
/// [`LedgerError`].
pub async fn add(
    change: &Transaction,
    account: AccountId,
    consents: &[Consent],
    now: Timestamp,
) -> Result<(), LedgerError> {
    if consents.is_empty() {
        return Ok(());
    }
    let rows = consents.iter().cloned().map(|Consent { code, version, agreed }| ActiveModel {
        id: Set(Uuid::now_v7().into()),
        user_id: Set(account.get().into()),
        code: Set(code),
        version: Set(version),
        agreed: Set(agreed),
        at: Set(stored(now)),
    });
    Entity::insert_many(rows).exec_without_returning(change.connection()).await?;
    Ok(())
}

/// The latest word of an account to each version, in the order of codes and versions.
///
/// # Errors
/// [`LedgerError`].
pub async fn latest(ledger: &Ledger, account: AccountId) -> Result<Vec<KeptConsent>, LedgerError> {
    latest_by(ledger.connection(), account).await
}

/// As [`latest`], within a change.
///
/// # Errors
/// [`LedgerError`].
pub async fn latest_in(change: &Transaction, account: AccountId) -> Result<Vec<KeptConsent>, LedgerError> {
    latest_by(change.connection(), account).await
}

async fn latest_by(connection: &impl ConnectionTrait, account: AccountId) -> Result<Vec<KeptConsent>, LedgerError> {
    let rows = Entity::find()
        .filter(Column::UserId.eq(account.get()))
        .order_by_desc(Column::At)
        .order_by_desc(Column::Id)
        .limit(ROWS_READ_MAX)
        .all(connection)
        .await?;
    let mut latest = BTreeMap::new();
    for row in rows {
        let kept = (row.agreed, read(row.at));
        latest.entry((row.code, row.version)).or_insert(kept);
    }
    let kept = latest
        .into_iter()
        .map(|((code, version), (agreed, at))| KeptConsent { consent: Consent { code, version, agreed }, at });
    Ok(kept.collect())
}

/// How many rows an account has added since a moment.
///
/// # Errors
/// [`LedgerError`].
pub async fn added_since(change: &Transaction, account: AccountId, since: Timestamp) -> Result<u64, LedgerError> {
    let added = Entity::find().filter(Column::UserId.eq(account.get())).filter(Column::At.gte(stored(since)));
    Ok(added.count(change.connection()).await?)
}
