//! Queries of `refunds`: what is owed, and what was given back.

use crate::rows::entities::refund::{ActiveModel, Column, Entity, Model};
use domain::Timestamp;
use domain::id::{PaymentId, RefundId};
use domain::payment::refund::{Attempt, Refund};
use domain::payment::{RefundKind, RefundStatus};
use ledger::moment::{read, stored};
use ledger::{Ledger, LedgerError, Transaction};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

/// A refund as it is stored, with the chain of messages that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRefund {
    /// The refund.
    pub refund: Refund,
    /// The trace id of the request that began the chain.
    pub correlation_id: String,
    /// The message that it follows from.
    pub causation_id: Option<Uuid>,
}

impl TryFrom<Model> for StoredRefund {
    type Error = LedgerError;

    fn try_from(row: Model) -> Result<Self, LedgerError> {
        let attempts = row.attempt.unsigned_abs();
        let open = row.attempt_amount.zip(row.attempt_cancellable);
        let refund = Refund {
            id: RefundId(row.id.0),
            payment: PaymentId(row.payment_id.0),
            kind: RefundKind::parse(&row.kind).ok_or_else(|| LedgerError::damaged("kind"))?,
            reason: row.reason,
            status: RefundStatus::parse(&row.status).ok_or_else(|| LedgerError::damaged("status"))?,
            attempts,
            open: open.map(|(amount, cancellable)| Attempt { number: attempts, amount, cancellable }),
            tries: row.tries.unsigned_abs(),
            due_at: row.next_at.map(read),
            cancellation: row.portone_cancellation_id,
        };
        Ok(Self { refund, correlation_id: row.correlation_id, causation_id: row.causation_id.map(Uuid::from) })
    }
}

fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// What is owed from now on. A refund of the kind that is done is owed again; one that is owed already is due at once
/// (hole 18).
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn owe(
    change: &Transaction,
    new: &StoredRefund,
    amount: i64,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let Refund { id, payment, kind, .. } = new.refund;
    let found = Entity::find()
        .filter(Column::PaymentId.eq(payment.get()))
        .filter(Column::Kind.eq(kind.as_str()))
        .lock_exclusive()
        .one(change.connection())
        .await?;
    // The payment's row is locked, so nobody else makes one meanwhile.
    if let Some(row) = found {
        let standing = StoredRefund::try_from(row)?.refund;
        return store(change, &standing.owed_again(now), Some(amount), now).await;
    }
    let row = ActiveModel {
        id: Set(id.get().into()),
        payment_id: Set(payment.get().into()),
        kind: Set(kind.as_str().to_owned()),
        amount: Set(amount),
        reason: Set(new.refund.reason.clone()),
        status: Set(new.refund.status.as_str().to_owned()),
        attempt: Set(count(new.refund.attempts)),
        attempt_amount: Set(None),
        attempt_cancellable: Set(None),
        tries: Set(count(new.refund.tries)),
        next_at: Set(new.refund.due_at.map(stored)),
        portone_cancellation_id: Set(None),
        correlation_id: Set(new.correlation_id.clone()),
        causation_id: Set(new.causation_id.map(Into::into)),
        created_at: Set(stored(now)),
        done_at: Set(None),
    };
    Entity::insert(row).exec_without_returning(change.connection()).await?;
    Ok(())
}

/// Stores a refund as it is now. `amount`: what is to be given back, as last seen; none where nobody knows anew.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn store(
    change: &Transaction,
    refund: &Refund,
    amount: Option<i64>,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let done_at = (refund.status == RefundStatus::Done).then_some(stored(now));
    let mut update = Entity::update_many();
    if let Some(amount) = amount {
        update = update.col_expr(Column::Amount, Expr::value(amount));
    }
    update
        .col_expr(Column::Status, Expr::value(refund.status.as_str()))
        .col_expr(Column::Attempt, Expr::value(count(refund.attempts)))
        .col_expr(Column::AttemptAmount, Expr::value(refund.open.map(|open| open.amount)))
        .col_expr(Column::AttemptCancellable, Expr::value(refund.open.map(|open| open.cancellable)))
        .col_expr(Column::Tries, Expr::value(count(refund.tries)))
        .col_expr(Column::NextAt, Expr::value(refund.due_at.map(stored)))
        .col_expr(Column::PortoneCancellationId, Expr::value(refund.cancellation.clone()))
        .col_expr(Column::DoneAt, Expr::value(done_at))
        .filter(Column::Id.eq(refund.id.get()))
        .exec(change.connection())
        .await?;
    Ok(())
}

/// What is owed of a payment is looked at now: PortOne says that something has happened.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn hasten(change: &Transaction, payment: PaymentId, now: Timestamp) -> Result<(), LedgerError> {
    Entity::update_many()
        .col_expr(Column::NextAt, Expr::value(stored(now)))
        .filter(Column::PaymentId.eq(payment.get()))
        .filter(Column::Status.eq(RefundStatus::Requested.as_str()))
        .filter(Column::NextAt.gt(stored(now)))
        .exec(change.connection())
        .await?;
    Ok(())
}

/// Refunds that a worker looks at now, the longest due first, at most `most`.
///
/// # Errors
/// [`LedgerError`].
pub async fn due(ledger: &Ledger, now: Timestamp, most: u64) -> Result<Vec<StoredRefund>, LedgerError> {
    let due = Entity::find().filter(Column::NextAt.lte(stored(now))).order_by_asc(Column::NextAt).limit(most);
    due.all(ledger.connection()).await?.into_iter().map(StoredRefund::try_from).collect()
}

/// The refunds of a payment, ALL before EXCESS.
///
/// # Errors
/// [`LedgerError`].
pub async fn of_payment(ledger: &Ledger, payment: PaymentId) -> Result<Vec<StoredRefund>, LedgerError> {
    let rows = Entity::find().filter(Column::PaymentId.eq(payment.get())).order_by_asc(Column::Kind);
    rows.all(ledger.connection()).await?.into_iter().map(StoredRefund::try_from).collect()
}

/// As [`of_payment`], locked within a change that holds the payment's lock.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn locked_of_payment(
    change: &Transaction,
    payment: PaymentId,
) -> Result<Vec<StoredRefund>, LedgerError> {
    let rows = Entity::find()
        .filter(Column::PaymentId.eq(payment.get()))
        .order_by_asc(Column::Kind)
        .lock_exclusive()
        .all(change.connection())
        .await?;
    rows.into_iter().map(StoredRefund::try_from).collect()
}
