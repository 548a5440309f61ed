//! The statements that insert coupons and their holders.

use crate::rows::entities::{coupon, user_coupon};
use domain::{CouponId, CouponStatus};
use ledger::{LedgerError, Savepoint, StoredId};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::HashSet;
use uuid::Uuid;

/// A coupon ready to be stored: the values of a row of each table.
pub(super) struct Row {
    pub event_id: Uuid,
    pub coupon_id: CouponId,
    pub campaign_id: i64,
    pub serial: Option<i32>,
    pub last_serial: i32,
    pub status: CouponStatus,
    pub issued_at: DateTimeUtc,
    pub user_id: String,
    pub nth_of_user: i32,
    pub per_user_limit: i32,
}

/// What to do about coupons that are stored already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeated {
    /// The statement fails. This costs nothing, and it hardly ever happens.
    Refused,
    /// They are skipped.
    Skipped,
}

/// MySQL can skip a repeated key only together with every other repeated key, so the coupons are read back: one that is
/// not found by its id was refused. (`INSERT IGNORE` would also turn a broken CHECK into a warning; the builder's "do
/// nothing on" is `ON DUPLICATE KEY UPDATE id = id` there, which does not.)
pub(super) async fn insert_rows(part: &Savepoint, rows: &[Row], repeated: Repeated) -> Result<(), LedgerError> {
    insert_coupons(part, rows, repeated).await?;
    insert_users(part, rows, repeated).await?;
    if repeated == Repeated::Refused {
        return Ok(());
    }
    let ids: Vec<CouponId> = rows.iter().map(|row| row.coupon_id).collect();
    let there = present(part.connection(), &ids).await?;
    match ids.iter().find(|id| !there.contains(id)) {
        None => Ok(()),
        Some(id) => Err(LedgerError::conflict(format!("another coupon has the number or the user's position of {id}"))),
    }
}

async fn insert_coupons(part: &Savepoint, rows: &[Row], repeated: Repeated) -> Result<(), LedgerError> {
    let mut insert = Query::insert();
    insert.into_table(coupon::Entity).columns([
        coupon::Column::Id,
        coupon::Column::CampaignId,
        coupon::Column::Serial,
        coupon::Column::LastSerial,
        coupon::Column::Status,
        coupon::Column::IssuedAt,
    ]);
    for row in rows {
        insert.values_panic([
            row.coupon_id.get().into(),
            row.campaign_id.into(),
            row.serial.into(),
            row.last_serial.into(),
            row.status.as_str().into(),
            row.issued_at.into(),
        ]);
    }
    if repeated == Repeated::Skipped {
        insert.on_conflict(OnConflict::column(coupon::Column::Id).do_nothing_on([coupon::Column::Id]).to_owned());
    }
    part.connection().execute(&insert).await?;
    Ok(())
}

async fn insert_users(part: &Savepoint, rows: &[Row], repeated: Repeated) -> Result<(), LedgerError> {
    let mut insert = Query::insert();
    insert.into_table(user_coupon::Entity).columns([
        user_coupon::Column::CouponId,
        user_coupon::Column::CampaignId,
        user_coupon::Column::UserId,
        user_coupon::Column::NthOfUser,
        user_coupon::Column::PerUserLimit,
    ]);
    for row in rows {
        insert.values_panic([
            row.coupon_id.get().into(),
            row.campaign_id.into(),
            row.user_id.as_str().into(),
            row.nth_of_user.into(),
            row.per_user_limit.into(),
        ]);
    }
    if repeated == Repeated::Skipped {
        let id = user_coupon::Column::CouponId;
        insert.on_conflict(OnConflict::column(id).do_nothing_on([id]).to_owned());
    }
    part.connection().execute(&insert).await?;
    Ok(())
}

/// Returns those of the coupons that are stored. A holder's row implies the coupon's own row.
pub(super) async fn present<C: ConnectionTrait>(
    connection: &C,
    ids: &[CouponId],
) -> Result<HashSet<CouponId>, LedgerError> {
    let found: Vec<StoredId> = user_coupon::Entity::find()
        .select_only()
        .column(user_coupon::Column::CouponId)
        .filter(user_coupon::Column::CouponId.is_in(ids.iter().map(|id| id.get())))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(found.into_iter().map(|StoredId(id)| CouponId(id)).collect())
}
