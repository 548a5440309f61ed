//! Queries of `refresh_tokens`. Every change of an account's tokens holds the lock of the account's row: see
//! [`super::users::lock`]. Without it a family could end while its next token is being stored.

use super::entities::refresh_token::{ActiveModel, Column, Entity, Model};
use domain::{AccountId, Timestamp};
use ledger::moment::stored;
use ledger::{Ledger, LedgerError, StoredId, Transaction};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

/// Rows removed in one statement: no other change waits long for SQLite's write lock.
const PURGED_AT_ONCE: u64 = 500;

/// The token with this SHA-256.
///
/// # Errors
/// [`LedgerError`].
pub async fn by_hash(connection: &impl ConnectionTrait, hash: &str) -> Result<Option<Model>, LedgerError> {
    Ok(Entity::find().filter(Column::RefreshToken.eq(hash)).one(connection).await?)
}

/// The token that a token was exchanged for.
///
/// # Errors
/// [`LedgerError`].
pub async fn successor(connection: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, LedgerError> {
    Ok(Entity::find().filter(Column::Replaces.eq(id)).one(connection).await?)
}

/// The token that was issued beside an access token.
///
/// # Errors
/// [`LedgerError`].
pub async fn beside(connection: &impl ConnectionTrait, access_jti: &str) -> Result<Option<Model>, LedgerError> {
    Ok(Entity::find().filter(Column::AccessTokenJti.eq(access_jti)).one(connection).await?)
}

/// Stores a token.
///
/// # Errors
/// [`LedgerError::Conflict`] when the token that it replaces has a successor.
pub async fn insert(change: &Transaction, row: ActiveModel) -> Result<(), LedgerError> {
    Entity::insert(row).exec_without_returning(change.connection()).await?;
    Ok(())
}

/// Marks a token as exchanged. Returns whether this change did it: of several at once one does.
///
/// # Errors
/// [`LedgerError`].
pub async fn exchange(change: &Transaction, id: Uuid, now: Timestamp) -> Result<bool, LedgerError> {
    let exchanged = Entity::update_many()
        .col_expr(Column::Revoked, Expr::value(true))
        .col_expr(Column::RevokedAt, Expr::value(stored(now)))
        .filter(Column::Id.eq(id))
        .filter(Column::Revoked.eq(false))
        .exec(change.connection())
        .await?;
    Ok(exchanged.rows_affected == 1)
}

/// Ends a family. Returns whether it was alive.
///
/// # Errors
/// [`LedgerError`].
pub async fn end_family(change: &Transaction, family: Uuid, now: Timestamp) -> Result<bool, LedgerError> {
    end(change, Condition::all().add(Column::TokenFamily.eq(family)), now).await
}

/// Ends all families of an account, but for this one. Returns whether one was alive.
///
/// # Errors
/// [`LedgerError`].
pub async fn end_all(
    change: &Transaction,
    account: AccountId,
    but: Option<Uuid>,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    let mut of_account = Condition::all().add(Column::UserId.eq(account.get()));
    if let Some(family) = but {
        of_account = of_account.add(Column::TokenFamily.ne(family));
    }
    end(change, of_account, now).await
}

async fn end(change: &Transaction, which: Condition, now: Timestamp) -> Result<bool, LedgerError> {
    let alive = Entity::update_many()
        .col_expr(Column::Revoked, Expr::value(true))
        .col_expr(Column::RevokedAt, Expr::value(stored(now)))
        .filter(which.clone())
        .filter(Column::Revoked.eq(false));
    if alive.exec(change.connection()).await?.rows_affected == 0 {
        return Ok(false);
    }
    // Also of tokens that were exchanged within the last hour: their access tokens still live.
    Entity::update_many()
        .col_expr(Column::BlacklistDue, Expr::value(true))
        .filter(which)
        .filter(Column::AccessExpiresAt.gt(stored(now)))
        .exec(change.connection())
        .await?;
    Ok(true)
}

/// Tokens whose access tokens must be blacklisted and still live, at most `most`; of one account, or of all.
///
/// # Errors
/// [`LedgerError`].
pub async fn blacklist_due(
    ledger: &Ledger,
    account: Option<AccountId>,
    now: Timestamp,
    most: u64,
) -> Result<Vec<Model>, LedgerError> {
    let mut due = Entity::find()
        .filter(Column::BlacklistDue.eq(true))
        .filter(Column::AccessExpiresAt.gt(stored(now)))
        .order_by_asc(Column::AccessExpiresAt)
        .limit(most);
    if let Some(account) = account {
        due = due.filter(Column::UserId.eq(account.get()));
    }
    Ok(due.all(ledger.connection()).await?)
}

/// Notes that access tokens are blacklisted.
///
/// # Errors
/// [`LedgerError`]; they are blacklisted once more then.
pub async fn blacklisted(ledger: &Ledger, ids: &[Uuid]) -> Result<(), LedgerError> {
    Entity::update_many()
        .col_expr(Column::BlacklistDue, Expr::value(false))
        .filter(Column::Id.is_in(ids.to_vec()))
        .exec(ledger.connection())
        .await?;
    Ok(())
}

/// Removes tokens that ran out up to `until`, in small steps. Returns their number.
///
/// # Errors
/// [`LedgerError`]; the next run removes the rest.
pub async fn purge(ledger: &Ledger, until: Timestamp) -> Result<u64, LedgerError> {
    let mut removed = 0;
    loop {
        let old: Vec<StoredId> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::ExpiresAt.lte(stored(until)))
            .limit(PURGED_AT_ONCE)
            .into_tuple()
            .all(ledger.connection())
            .await?;
        if old.is_empty() {
            return Ok(removed);
        }
        let gone = Entity::delete_many().filter(Column::Id.is_in(old)).exec(ledger.connection()).await?.rows_affected;
        // An id that another program wrote in capitals is read, and not found again.
        if gone == 0 {
            return Ok(removed);
        }
        removed += gone;
    }
}
