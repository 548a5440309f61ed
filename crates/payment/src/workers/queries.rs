//! Queries of the workers alone.

use crate::rows::entities::{mark, payment, refund, webhook};
use crate::rows::payments::Stored;
use crate::rows::webhooks::Notice;
use domain::Timestamp;
use domain::id::{PaymentId, PaymentKey};
use domain::payment::pause::{PAUSE_MS_MAX, TRIES_UNTIL_ALARM};
use domain::payment::{PaymentStatus, RefundStatus};
use ledger::moment::{read, stored};
use ledger::{Ledger, LedgerError, StoredId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::{HashMap, HashSet};

async fn due_of(ledger: &Ledger, which: SimpleExpr, now: Timestamp, most: u64) -> Result<Vec<Stored>, LedgerError> {
    use payment::Column;
    let due = payment::Entity::find().filter(which).filter(Column::DueAt.lte(stored(now)));
    let rows = due.order_by_asc(Column::DueAt).limit(most).all(ledger.connection()).await?;
    rows.into_iter().map(Stored::try_from).collect()
}

/// Payments that are PENDING and due, the longest due first.
pub(super) async fn due_pending(ledger: &Ledger, now: Timestamp, most: u64) -> Result<Vec<Stored>, LedgerError> {
    due_of(ledger, payment::Column::Status.eq(PaymentStatus::Pending.as_str()), now, most).await
}

/// Payments that are decided and due, the longest due first.
pub(super) async fn due_decided(ledger: &Ledger, now: Timestamp, most: u64) -> Result<Vec<Stored>, LedgerError> {
    due_of(ledger, payment::Column::Status.ne(PaymentStatus::Pending.as_str()), now, most).await
}

/// What is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Late {
    /// Refunds that are not done.
    pub refunds_owed: u64,
    /// Those that were tried ten times.
    pub refunds_late: u64,
    /// PENDING payments that have been due for ten minutes.
    pub pending_late: u64,
    /// Coupons that are owed back.
    pub coupons_owed: u64,
}

/// Counts what is late.
pub(super) async fn late(ledger: &Ledger, now: Timestamp) -> Result<Late, LedgerError> {
    use {payment::Column as Payment, refund::Column as Refund};
    let connection = ledger.connection();
    // Only what is not done has a time at which it is due.
    let owed = refund::Entity::find().filter(Refund::NextAt.is_not_null());
    let tried = i32::try_from(TRIES_UNTIL_ALARM).unwrap_or(i32::MAX);
    let before = stored(Timestamp(now.millis() - PAUSE_MS_MAX));
    let pending = payment::Entity::find().filter(Payment::Status.eq(PaymentStatus::Pending.as_str()));
    Ok(Late {
        refunds_owed: owed.clone().count(connection).await?,
        refunds_late: owed.filter(Refund::Tries.gte(tried)).count(connection).await?,
        pending_late: pending.filter(Payment::DueAt.lte(before)).count(connection).await?,
        coupons_owed: payment::Entity::find().filter(Payment::CouponDueAt.is_not_null()).count(connection).await?,
    })
}

/// The payments of these keys.
pub(super) async fn by_keys(ledger: &Ledger, keys: &[PaymentKey]) -> Result<HashMap<PaymentKey, Stored>, LedgerError> {
    let keys = keys.iter().map(|key| key.get());
    let rows = payment::Entity::find().filter(payment::Column::PaymentKey.is_in(keys)).all(ledger.connection()).await?;
    rows.into_iter().map(|row| Stored::try_from(row).map(|one| (one.payment.key, one))).collect()
}

/// Those of these payments of which something is owed.
pub(super) async fn owed_among(ledger: &Ledger, ids: &[PaymentId]) -> Result<HashSet<PaymentId>, LedgerError> {
    let owed: Vec<StoredId> = refund::Entity::find()
        .select_only()
        .column(refund::Column::PaymentId)
        .filter(refund::Column::PaymentId.is_in(ids.iter().map(|id| id.get())))
        .filter(refund::Column::Status.eq(RefundStatus::Requested.as_str()))
        .into_tuple()
        .all(ledger.connection())
        .await?;
    Ok(owed.into_iter().map(|StoredId(id)| PaymentId(id)).collect())
}

/// Notices of payments that nobody here knows, in the order in which they came, at most `most` after `after`.
pub(super) async fn unknown_after(
    ledger: &Ledger,
    after: Option<&Notice>,
    most: u64,
) -> Result<Vec<Notice>, LedgerError> {
    use webhook::Column;
    let mut open = webhook::Entity::find().filter(Column::DoneAt.is_null());
    if let Some(after) = after {
        let at = stored(after.received_at);
        let same = Condition::all().add(Column::ReceivedAt.eq(at)).add(Column::WebhookId.gt(after.id.as_str()));
        open = open.filter(Condition::any().add(Column::ReceivedAt.gt(at)).add(same));
    }
    let rows = open.order_by_asc(Column::ReceivedAt).order_by_asc(Column::WebhookId).limit(most);
    let notice = |row: webhook::Model| Notice {
        id: row.webhook_id,
        kind: row.kind,
        payment_key: row.payment_key,
        received_at: read(row.received_at),
    };
    Ok(rows.all(ledger.connection()).await?.into_iter().map(notice).collect())
}

/// Moves a moment on to `now`, if it is not after `before`: of several processes that do so at once, one does. Whether this
/// one did.
pub(super) async fn take_mark(
    ledger: &Ledger,
    name: &str,
    before: Timestamp,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    let new = mark::ActiveModel { name: Set(name.to_owned()), at: Set(stored(Timestamp(0))) };
    let known = OnConflict::column(mark::Column::Name).do_nothing_on([mark::Column::Name]).to_owned();
    mark::Entity::insert(new).on_conflict(known).exec_without_returning(ledger.connection()).await?;
    let taken = mark::Entity::update_many()
        .col_expr(mark::Column::At, Expr::value(stored(now)))
        .filter(mark::Column::Name.eq(name))
        .filter(mark::Column::At.lte(stored(before)))
        .exec(ledger.connection())
        .await?;
    Ok(taken.rows_affected == 1)
}
