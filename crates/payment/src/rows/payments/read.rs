//! Reads payments without a lock.

use super::Stored;
use crate::rows::entities::payment::{Column, Entity};
use domain::payment::PaymentStatus;
use domain::{AccountId, PaymentId, PaymentKey, ReservationId, Timestamp};
use ledger::moment::stored;
use ledger::{Ledger, LedgerError, StoredId};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::{HashMap, HashSet};

async fn one(ledger: &Ledger, which: Condition) -> Result<Option<Stored>, LedgerError> {
    Entity::find().filter(which).one(ledger.connection()).await?.map(Stored::try_from).transpose()
}

fn is(condition: sea_orm::sea_query::SimpleExpr) -> Condition {
    Condition::all().add(condition)
}

/// The payment with this id.
///
/// # Errors
/// [`LedgerError`].
pub async fn by_id(ledger: &Ledger, id: PaymentId) -> Result<Option<Stored>, LedgerError> {
    one(ledger, is(Column::Id.eq(id.get()))).await
}

/// The payment with this name at PortOne.
///
/// # Errors
/// [`LedgerError`].
pub async fn by_key(ledger: &Ledger, key: PaymentKey) -> Result<Option<Stored>, LedgerError> {
    one(ledger, is(Column::PaymentKey.eq(key.get()))).await
}

/// The payment of this reservation: there is one at most, for ever.
///
/// # Errors
/// [`LedgerError`].
pub async fn by_reservation(ledger: &Ledger, id: ReservationId) -> Result<Option<Stored>, LedgerError> {
    one(ledger, is(Column::ReservationId.eq(id.get()))).await
}

/// A page of a person's payments, newest first, and the number of all. Pages count from 0.
///
/// # Errors
/// [`LedgerError`].
pub async fn list(ledger: &Ledger, user: AccountId, page: u64, size: u64) -> Result<(Vec<Stored>, u64), LedgerError> {
    let own = Entity::find().filter(Column::UserId.eq(user.get()));
    let total = own.clone().count(ledger.connection()).await?;
    let rows = own
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .offset(page.saturating_mul(size))
        .limit(size)
        .all(ledger.connection())
        .await?;
    let payments: Result<Vec<_>, _> = rows.into_iter().map(Stored::try_from).collect();
    Ok((payments?, total))
}

/// Payments whose coupon is owed back, the longest due first, at most `most` (hole 21).
///
/// # Errors
/// [`LedgerError`].
pub async fn coupon_due(ledger: &Ledger, now: Timestamp, most: u64) -> Result<Vec<Stored>, LedgerError> {
    let due = Entity::find().filter(Column::CouponDueAt.lte(stored(now))).order_by_asc(Column::CouponDueAt).limit(most);
    due.all(ledger.connection()).await?.into_iter().map(Stored::try_from).collect()
}

/// Those of these names at PortOne that payments here have; for the comparison with PortOne's list.
///
/// # Errors
/// [`LedgerError`].
pub async fn keys_known(ledger: &Ledger, keys: &[PaymentKey]) -> Result<HashSet<PaymentKey>, LedgerError> {
    let known: Vec<StoredId> = Entity::find()
        .select_only()
        .column(Column::PaymentKey)
        .filter(Column::PaymentKey.is_in(keys.iter().map(|key| key.get())))
        .into_tuple()
        .all(ledger.connection())
        .await?;
    Ok(known.into_iter().map(|StoredId(id)| PaymentKey(id)).collect())
}

/// The greatest number of a hold that is stored here; 0 before the first (hole 7).
///
/// # Errors
/// [`LedgerError`].
pub async fn max_hold_no(ledger: &Ledger) -> Result<i64, LedgerError> {
    let mut greatest = 0;
    for column in [Column::HoldNo, Column::CancelledHoldNo] {
        let found: Option<Option<i64>> = Entity::find()
            .select_only()
            .column(column)
            .filter(column.is_not_null())
            .order_by_desc(column)
            .limit(1)
            .into_tuple()
            .one(ledger.connection())
            .await?;
        greatest = greatest.max(found.flatten().unwrap_or(0));
    }
    Ok(greatest)
}

/// Payments that are SUCCESS with a number of a hold above this one, by that number, at most `most` (hole 7).
///
/// # Errors
/// [`LedgerError`].
pub async fn paid_above(ledger: &Ledger, hold_no: i64, most: u64) -> Result<Vec<Stored>, LedgerError> {
    let paid = Entity::find()
        .filter(Column::HoldNo.gt(hold_no))
        .filter(Column::Status.eq(PaymentStatus::Success.as_str()))
        .order_by_asc(Column::HoldNo)
        .limit(most);
    paid.all(ledger.connection()).await?.into_iter().map(Stored::try_from).collect()
}

/// The ids of the payments of these reservations.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn ids_of(
    connection: &impl ConnectionTrait,
    reservations: impl IntoIterator<Item = ReservationId>,
) -> Result<HashMap<ReservationId, PaymentId>, LedgerError> {
    let found: Vec<(StoredId, StoredId)> = Entity::find()
        .select_only()
        .columns([Column::ReservationId, Column::Id])
        .filter(Column::ReservationId.is_in(reservations.into_iter().map(ReservationId::get)))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(found.into_iter().map(|(reservation, id)| (ReservationId(reservation.0), PaymentId(id.0))).collect())
}

/// The id of the payment with this name at PortOne.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn id_of(
    connection: &impl ConnectionTrait,
    key: PaymentKey,
) -> Result<Option<PaymentId>, LedgerError> {
    let found: Option<StoredId> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::PaymentKey.eq(key.get()))
        .into_tuple()
        .one(connection)
        .await?;
    Ok(found.map(|StoredId(id)| PaymentId(id)))
}
