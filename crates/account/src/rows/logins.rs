//! Queries of `login_history`.

use super::entities::login::{ActiveModel, Column, Entity, Model};
use crate::origin::Origin;
use domain::account::login::{FAILURES_WITHIN_MS, LoginPast};
use domain::account::{LoginFailure, LoginMethod};
use domain::{AccountId, Timestamp};
use ledger::moment::{read, stored};
use ledger::{Ledger, LedgerError, StoredId, Transaction};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

/// Rows removed in one statement: no other change waits long for SQLite's write lock.
const PURGED_AT_ONCE: u64 = 500;

/// An attempt to log in.
#[derive(Clone, Debug)]
pub struct Attempt<'a> {
    /// Whose account it was for; none for an e-mail address that nobody has.
    pub account: Option<AccountId>,
    /// From where.
    pub origin: &'a Origin,
    /// By what.
    pub method: LoginMethod,
    /// Why it failed; none for a success.
    pub failure: Option<LoginFailure>,
    /// Whether it is marked for its person to look at.
    pub is_suspicious: bool,
    /// When.
    pub at: Timestamp,
}

/// Keeps an attempt.
///
/// # Errors
/// [`LedgerError`].
pub async fn insert(connection: &impl ConnectionTrait, attempt: &Attempt<'_>) -> Result<(), LedgerError> {
    let Attempt { account, origin, method, failure, is_suspicious, at } = attempt;
    let row = ActiveModel {
        id: Set(Uuid::now_v7().into()),
        user_id: Set(account.map(|account| account.get().into())),
        ip_address: Set(origin.address()),
        network: Set(origin.network.clone()),
        user_agent: Set(origin.user_agent.clone()),
        browser: Set(origin.browser_hash()),
        login_method: Set(method.as_str().to_owned()),
        success: Set(failure.is_none()),
        failure_reason: Set(failure.map(|failure| failure.as_str().to_owned())),
        suspicious: Set(*is_suspicious),
        created_at: Set(stored(*at)),
    };
    Entity::insert(row).exec_without_returning(connection).await?;
    Ok(())
}

/// What is known about an account before a log-in from somewhere.
///
/// # Errors
/// [`LedgerError`].
pub async fn past(
    connection: &impl ConnectionTrait,
    account: AccountId,
    origin: &Origin,
    now: Timestamp,
) -> Result<LoginPast, LedgerError> {
    let of_account = || Entity::find().filter(Column::UserId.eq(account.get()));
    let latest = || of_account().filter(Column::Success.eq(true)).order_by_desc(Column::CreatedAt);
    let last = latest().one(connection).await?;
    let same = Condition::all()
        .add(Column::Network.eq(origin.network.as_str()))
        .add(Column::Browser.eq(origin.browser_hash()));
    let last_same = latest().filter(same).one(connection).await?;
    let since = Timestamp(now.millis() - FAILURES_WITHIN_MS);
    let recent_failures = of_account()
        .filter(Column::FailureReason.eq(LoginFailure::InvalidPassword.as_str()))
        .filter(Column::CreatedAt.gt(stored(since)))
        .count(connection)
        .await?;
    let at = |row: Option<Model>| row.map(|row| read(row.created_at));
    let recent_failures = usize::try_from(recent_failures).unwrap_or(usize::MAX);
    Ok(LoginPast { last_success: at(last), last_same: at(last_same), recent_failures })
}

/// A page of an account's attempts, newest first, and the number of all.
///
/// # Errors
/// [`LedgerError`].
pub async fn list(ledger: &Ledger, account: AccountId, page: u64, size: u64) -> Result<(Vec<Model>, u64), LedgerError> {
    let of_account = Entity::find().filter(Column::UserId.eq(account.get()));
    let total = of_account.clone().count(ledger.connection()).await?;
    let rows = of_account
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .offset(super::rows_before(page, size))
        .limit(size)
        .all(ledger.connection())
        .await?;
    Ok((rows, total))
}

/// Removes what is kept of an account.
///
/// # Errors
/// [`LedgerError`].
pub async fn remove_all(change: &Transaction, account: AccountId) -> Result<(), LedgerError> {
    Entity::delete_many().filter(Column::UserId.eq(account.get())).exec(change.connection()).await?;
    Ok(())
}

/// Removes attempts up to `until`, and those of nobody's account up to `strangers_until`, in small steps. Returns their
/// number.
///
/// # Errors
/// [`LedgerError`]; the next run removes the rest.
pub async fn purge(ledger: &Ledger, until: Timestamp, strangers_until: Timestamp) -> Result<u64, LedgerError> {
    let of_strangers =
        Condition::all().add(Column::UserId.is_null()).add(Column::CreatedAt.lte(stored(strangers_until)));
    let old = Condition::any().add(Column::CreatedAt.lte(stored(until))).add(of_strangers);
    let mut removed = 0;
    loop {
        let ids: Vec<StoredId> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(old.clone())
            .limit(PURGED_AT_ONCE)
            .into_tuple()
            .all(ledger.connection())
            .await?;
        if ids.is_empty() {
            return Ok(removed);
        }
        let gone = Entity::delete_many().filter(Column::Id.is_in(ids)).exec(ledger.connection()).await?.rows_affected;
        // An id that another program wrote in capitals is read, and not found again.
        if gone == 0 {
            return Ok(removed);
        }
        removed += gone;
    }
}
