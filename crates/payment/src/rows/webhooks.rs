//! Queries of `webhooks`: notices of PortOne, each kept once.

use crate::rows::entities::webhook::{ActiveModel, Column, Entity, Model};
use domain::Timestamp;
use ledger::moment::{now, stored};
use ledger::{Ledger, LedgerError, Transaction};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, SqlErr};

/// A notice that was rightly signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// `webhook-id`.
    pub id: String,
    /// Its type, such as `Transaction.Paid`.
    pub kind: String,
    /// PortOne's `paymentId` as it came; none for a notice about something else.
    pub payment_key: Option<String>,
    /// When it came.
    pub received_at: Timestamp,
}

/// Keeps a notice, once: whether it is new. `is_done`: its payment is known here, or it is about none.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn keep(change: &Transaction, notice: &Notice, is_done: bool) -> Result<bool, LedgerError> {
    if Entity::find_by_id(notice.id.clone()).one(change.connection()).await?.is_some() {
        return Ok(false);
    }
    let received = stored(notice.received_at);
    let row = ActiveModel {
        webhook_id: Set(notice.id.clone()),
        kind: Set(notice.kind.clone()),
        payment_key: Set(notice.payment_key.clone()),
        received_at: Set(received),
        created_at: Set(Some(now())),
        done_at: Set(is_done.then_some(received)),
    };
    // Of two that come at once the second meets the first one's row, and its change is made anew.
    Entity::insert(row).exec_without_returning(change.connection()).await.map_err(|error| match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => LedgerError::LostRace(error.into()),
        _ => error.into(),
    })?;
    Ok(true)
}

/// Notices of payments that nobody here knows, the oldest first, at most `most` (hole 9).
///
/// # Errors
/// [`LedgerError`].
pub async fn unknown(ledger: &Ledger, most: u64) -> Result<Vec<Notice>, LedgerError> {
    let open = Entity::find().filter(Column::DoneAt.is_null()).order_by_asc(Column::ReceivedAt).limit(most);
    let notice = |row: Model| Notice {
        id: row.webhook_id,
        kind: row.kind,
        payment_key: row.payment_key,
        received_at: ledger::moment::read(row.received_at),
    };
    Ok(open.all(ledger.connection()).await?.into_iter().map(notice).collect())
}

/// Takes away notices that were done before this moment, at most `most`: a notice that comes again so late changes nothing, since
/// PortOne is asked at each. Returns how many.
///
/// # Errors
/// [`LedgerError`].
pub async fn forget_done(ledger: &Ledger, before: Timestamp, most: u64) -> Result<u64, LedgerError> {
    let old = Entity::find().select_only().column(Column::WebhookId).filter(Column::DoneAt.lt(stored(before)));
    let old: Vec<String> = old.order_by_asc(Column::DoneAt).limit(most).into_tuple().all(ledger.connection()).await?;
    if old.is_empty() {
        return Ok(0);
    }
    let gone = Entity::delete_many().filter(Column::WebhookId.is_in(old)).exec(ledger.connection()).await?;
    Ok(gone.rows_affected)
}

/// Their payment is known now.
///
/// # Errors
/// [`LedgerError`]; the same may be called again.
pub async fn done(ledger: &Ledger, payment_key: &str, now: Timestamp) -> Result<(), LedgerError> {
    Entity::update_many()
        .col_expr(Column::DoneAt, Expr::value(stored(now)))
        .filter(Column::PaymentKey.eq(payment_key))
        .filter(Column::DoneAt.is_null())
        .exec(ledger.connection())
        .await?;
    Ok(())
}
