//! Queries of `notices`: mails that are owed, written in the transaction of what they tell of.

use super::entities::notice::{ActiveModel, Column, Entity, Model};
use domain::{AccountId, Timestamp};
use ledger::moment::stored;
use ledger::{Ledger, LedgerError, Transaction};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

/// The notice that the password was changed.
pub const PASSWORD_CHANGED: &str = "PASSWORD_CHANGED";

/// Notes that a mail is owed.
///
/// # Errors
/// [`LedgerError`].
pub async fn owe(
    change: &Transaction,
    account: AccountId,
    kind: &'static str,
    trace_id: &str,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let row = ActiveModel {
        id: Set(Uuid::now_v7().into()),
        user_id: Set(account.get().into()),
        kind: Set(kind.to_owned()),
        trace_id: Set(trace_id.to_owned()),
        tries: Set(0),
        next_at: Set(stored(now)),
        created_at: Set(stored(now)),
        message: Set(None),
        given_up_at: Set(None),
    };
    Entity::insert(row).exec_without_returning(change.connection()).await?;
    Ok(())
}

/// A mail that a message asks for.
#[derive(Clone, Debug)]
pub struct OwedMail<'a> {
    /// The message's id, which names the notice.
    pub id: Uuid,
    /// Whose it is.
    pub account: AccountId,
    /// The kind of mail.
    pub kind: &'static str,
    /// Of the request with which it began.
    pub trace_id: &'a str,
    /// The message itself, with the place where it came from.
    pub message: String,
}

/// Longest trace id that is kept.
const TRACE_LENGTH: usize = 64;

/// Notes that mails are owed for messages.
///
/// # Errors
/// [`LedgerError`].
pub async fn owe_all(change: &Transaction, owed: &[OwedMail<'_>], now: Timestamp) -> Result<(), LedgerError> {
    if owed.is_empty() {
        return Ok(());
    }
    let rows = owed.iter().map(|owed| ActiveModel {
        id: Set(owed.id.into()),
        user_id: Set(owed.account.get().into()),
        kind: Set(owed.kind.to_owned()),
        trace_id: Set(owed.trace_id.chars().take(TRACE_LENGTH).collect()),
        tries: Set(0),
        next_at: Set(stored(now)),
        created_at: Set(stored(now)),
        message: Set(Some(owed.message.clone())),
        given_up_at: Set(None),
    });
    Entity::insert_many(rows).exec_without_returning(change.connection()).await?;
    Ok(())
}

/// Tries mails again that were given up, from the beginning: an operator replays their messages.
///
/// # Errors
/// [`LedgerError`].
pub async fn revive(change: &Transaction, ids: &[Uuid], now: Timestamp) -> Result<(), LedgerError> {
    if ids.is_empty() {
        return Ok(());
    }
    Entity::update_many()
        .col_expr(Column::Tries, Expr::value(0))
        .col_expr(Column::NextAt, Expr::value(stored(now)))
        .col_expr(Column::CreatedAt, Expr::value(stored(now)))
        .col_expr(Column::GivenUpAt, Expr::value(Option::<DateTimeUtc>::None))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::GivenUpAt.is_not_null())
        .exec(change.connection())
        .await?;
    Ok(())
}

/// Keeps a notice that was given up, for an operator who replays its message.
///
/// # Errors
/// [`LedgerError`]; it is given up once more then.
pub async fn give_up(ledger: &Ledger, notice: &Model, now: Timestamp) -> Result<(), LedgerError> {
    Entity::update_many()
        .col_expr(Column::GivenUpAt, Expr::value(Some(stored(now))))
        .filter(Column::Id.eq(notice.id))
        .exec(ledger.connection())
        .await?;
    Ok(())
}

/// Forgets notices that were given up before `end`.
///
/// # Errors
/// [`LedgerError`].
pub async fn purge(ledger: &Ledger, end: Timestamp) -> Result<(), LedgerError> {
    Entity::delete_many().filter(Column::GivenUpAt.lt(stored(end))).exec(ledger.connection()).await?;
    Ok(())
}

/// Notices whose time has come, at most `most`, oldest first.
///
/// # Errors
/// [`LedgerError`].
pub async fn due(ledger: &Ledger, now: Timestamp, most: u64) -> Result<Vec<Model>, LedgerError> {
    let due = Entity::find()
        .filter(Column::GivenUpAt.is_null())
        .filter(Column::NextAt.lte(stored(now)))
        .order_by_asc(Column::NextAt)
        .limit(most);
    Ok(due.all(ledger.connection()).await?)
}

/// Takes a notice for this process until `next_at`. Returns whether it was free: another process may be sending it.
///
/// # Errors
/// [`LedgerError`].
pub async fn take(ledger: &Ledger, notice: &Model, next_at: Timestamp) -> Result<bool, LedgerError> {
    let taken = Entity::update_many()
        .col_expr(Column::Tries, Expr::col(Column::Tries).add(1))
        .col_expr(Column::NextAt, Expr::value(stored(next_at)))
        .filter(Column::Id.eq(notice.id))
        .filter(Column::Tries.eq(notice.tries))
        .exec(ledger.connection())
        .await?;
    Ok(taken.rows_affected == 1)
}

/// Forgets a notice that was sent, or given up.
///
/// # Errors
/// [`LedgerError`]; it is sent once more then.
pub async fn done(ledger: &Ledger, notice: &Model) -> Result<(), LedgerError> {
    Entity::delete_by_id(notice.id).exec(ledger.connection()).await?;
    Ok(())
}

/// Forgets what is owed to an account.
///
/// # Errors
/// [`LedgerError`].
pub async fn remove_all(change: &Transaction, account: AccountId) -> Result<(), LedgerError> {
    Entity::delete_many().filter(Column::UserId.eq(account.get())).exec(change.connection()).await?;
    Ok(())
}
