//! Queries of `notices`: mails that are owed, written in the transaction of what they tell of.

use super::entities::notice::{ActiveModel, Column, Entity, Model};
use domain::{AccountId, Timestamp};
use ledger::moment::stored;
use ledger::{Ledger, LedgerError, Transaction};
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
        id: Set(Uuid::now_v7()),
        user_id: Set(account.get()),
        kind: Set(kind.to_owned()),
        trace_id: Set(trace_id.to_owned()),
        tries: Set(0),
        next_at: Set(stored(now)),
        created_at: Set(stored(now)),
    };
    Entity::insert(row).exec_without_returning(change.connection()).await?;
    Ok(())
}

/// Notices whose time has come, at most `most`, oldest first.
///
/// # Errors
/// [`LedgerError`].
pub async fn due(ledger: &Ledger, now: Timestamp, most: u64) -> Result<Vec<Model>, LedgerError> {
    let due = Entity::find().filter(Column::NextAt.lte(stored(now))).order_by_asc(Column::NextAt).limit(most);
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
