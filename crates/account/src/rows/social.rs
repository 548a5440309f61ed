//! Queries of `social_accounts`: log-ins at other providers that are linked to accounts.

use super::entities::social_account::{ActiveModel, Column, Entity, Model};
use domain::{AccountId, Timestamp};
use ledger::moment::{read, stored};
use ledger::{Ledger, LedgerError, Transaction};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

/// A link, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The account.
    pub account: AccountId,
    /// `KAKAO`, `NAVER` or `GOOGLE`.
    pub provider: &'static str,
    /// Keyed hash of the person's id at the provider.
    pub subject: String,
    /// Keyed hash of the e-mail address that the provider tells, for support; nothing is decided by it.
    pub email_hash: Option<String>,
}

/// The account that a person of a provider is linked to.
///
/// # Errors
/// [`LedgerError`].
pub async fn account_of(ledger: &Ledger, provider: &str, subject: &str) -> Result<Option<AccountId>, LedgerError> {
    let row = Entity::find().filter(Column::Provider.eq(provider)).filter(Column::Subject.eq(subject));
    Ok(row.one(ledger.connection()).await?.map(|row: Model| AccountId(row.user_id.0)))
}

/// Whether an account is linked at a provider.
///
/// # Errors
/// [`LedgerError`].
pub async fn is_linked(ledger: &Ledger, account: AccountId, provider: &str) -> Result<bool, LedgerError> {
    let row = Entity::find().filter(Column::UserId.eq(account.get())).filter(Column::Provider.eq(provider));
    Ok(row.one(ledger.connection()).await?.is_some())
}

/// Where an account is linked, and since when, the oldest link first.
///
/// # Errors
/// [`LedgerError`].
pub async fn of_account(ledger: &Ledger, account: AccountId) -> Result<Vec<(String, Timestamp)>, LedgerError> {
    let rows = Entity::find().filter(Column::UserId.eq(account.get())).order_by_asc(Column::LinkedAt);
    let rows: Vec<Model> = rows.order_by_asc(Column::Id).all(ledger.connection()).await?;
    Ok(rows.into_iter().map(|row| (row.provider, read(row.linked_at))).collect())
}

/// Links a person of a provider to an account.
///
/// # Errors
/// [`LedgerError::Conflict`] when either is linked already.
pub async fn insert(change: &Transaction, link: &Link, now: Timestamp) -> Result<(), LedgerError> {
    let Link { account, provider, subject, email_hash } = link.clone();
    let row = ActiveModel {
        id: Set(Uuid::now_v7().into()),
        user_id: Set(account.get().into()),
        provider: Set(provider.to_owned()),
        subject: Set(subject),
        email_hash: Set(email_hash),
        linked_at: Set(stored(now)),
    };
    Entity::insert(row).exec_without_returning(change.connection()).await?;
    Ok(())
}

/// Takes an account's link at a provider away. Returns whether there was one.
///
/// # Errors
/// [`LedgerError`].
pub async fn remove(change: &Transaction, account: AccountId, provider: &str) -> Result<bool, LedgerError> {
    let links = Entity::delete_many().filter(Column::UserId.eq(account.get())).filter(Column::Provider.eq(provider));
    Ok(links.exec(change.connection()).await?.rows_affected > 0)
}

/// Takes all links of an account away: nobody logs in by them any more.
///
/// # Errors
/// [`LedgerError`].
pub async fn remove_all(change: &Transaction, account: AccountId) -> Result<(), LedgerError> {
    Entity::delete_many().filter(Column::UserId.eq(account.get())).exec(change.connection()).await?;
    Ok(())
}
