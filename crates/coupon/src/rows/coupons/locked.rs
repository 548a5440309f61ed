//! Coupons that a change has locked: read together, stored together.

use super::read::{Joined, KeptCoupon, from_row};
use crate::rows::campaigns;
use crate::rows::entities::{campaign, coupon, user_coupon};
use domain::coupon::redemption::Use;
use domain::{Campaign, CouponId};
use ledger::moment::stored;
use ledger::{LedgerError, Transaction};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement, Value,
};
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

/// A coupon that no other change can touch until this one ends.
#[derive(Debug)]
pub(crate) struct LockedCoupon {
    /// The coupon, with the steps of this change so far.
    pub kept: KeptCoupon,
    /// Its campaign.
    pub campaign: Arc<Campaign>,
}

impl LockedCoupon {
    /// Stores another use; `return_to_stock`: the serial goes back into stock, to be given again with another coupon.
    pub fn change_use(&mut self, usage: Use, return_to_stock: bool) {
        self.kept.usage = usage;
        if return_to_stock {
            self.kept.former_serial = self.kept.serial.take();
        }
    }
}

/// Locks the coupons that there are among these ids, in the order of ids, so that two changes never wait for each other.
pub(crate) async fn lock(
    change: &Transaction,
    ids: &[CouponId],
) -> Result<HashMap<CouponId, LockedCoupon>, LedgerError> {
    let connection = change.connection();
    let uuids = || ids.iter().map(|id| id.get());
    let rows = coupon::Entity::find()
        .filter(coupon::Column::Id.is_in(uuids()))
        .order_by_asc(coupon::Column::Id)
        .lock_exclusive()
        .all(connection)
        .await?;
    let holders =
        user_coupon::Entity::find().filter(user_coupon::Column::CouponId.is_in(uuids())).all(connection).await?;
    let mut holders: HashMap<_, _> = holders.into_iter().map(|holder| (holder.coupon_id, holder)).collect();
    let campaigns = campaigns_of(change, &rows).await?;
    let mut locked = HashMap::with_capacity(rows.len());
    for row in rows {
        // A coupon is stored together with its holder and after its campaign.
        let (Some(holder), Some(campaign)) = (holders.remove(&row.id), campaigns.get(&row.campaign_id)) else {
            return Err(LedgerError::damaged("a coupon without its holder or its campaign"));
        };
        let (id, campaign) = (CouponId(row.id.0), campaign.clone());
        let kept = from_row(joined(row, holder, &campaign))?;
        locked.insert(id, LockedCoupon { kept, campaign });
    }
    Ok(locked)
}

fn joined(row: coupon::Model, holder: user_coupon::Model, campaign: &Campaign) -> Joined {
    Joined {
        coupon_id: row.id,
        tenant: campaign.id.tenant.to_string(),
        event_id: campaign.id.event.to_string(),
        user_id: holder.user_id,
        nth_of_user: holder.nth_of_user,
        serial: row.serial,
        former_serial: row.former_serial,
        status: row.status,
        order_id: row.order_id,
        reserved_until: row.reserved_until,
        discount_amount: row.discount_amount,
        issued_at: row.issued_at,
    }
}

async fn campaigns_of(
    change: &Transaction,
    rows: &[coupon::Model],
) -> Result<HashMap<i64, Arc<Campaign>>, LedgerError> {
    let mut ids: Vec<i64> = rows.iter().map(|row| row.campaign_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = campaign::Entity::find().filter(campaign::Column::Id.is_in(ids)).all(change.connection()).await?;
    let campaign = |row: campaign::Model| Ok((row.id, Arc::new(campaigns::from_row(row)?)));
    found.into_iter().map(campaign).collect()
}

/// The columns that a step changes.
const CHANGED: [&str; 6] = ["serial", "former_serial", "status", "order_id", "reserved_until", "discount_amount"];

/// Stores the coupons as they are now, in one statement.
pub(crate) async fn store(change: &Transaction, coupons: &[&KeptCoupon]) -> Result<(), LedgerError> {
    if coupons.is_empty() {
        return Ok(());
    }
    let mut values = Vec::with_capacity(coupons.len() * (CHANGED.len() + 1));
    for coupon in coupons {
        values.extend(values_of(coupon)?);
    }
    let connection = change.connection();
    let backend = connection.get_database_backend();
    let update = Statement::from_sql_and_values(backend, update(backend, coupons.len()), values);
    let changed = connection.execute_raw(update).await?.rows_affected();
    // MySQL may count only rows that differ, and a coupon may have been reserved and released again.
    if backend != DbBackend::MySql && changed != coupons.len() as u64 {
        return Err(LedgerError::conflict("a locked coupon has changed"));
    }
    Ok(())
}

fn values_of(coupon: &KeptCoupon) -> Result<[Value; 7], LedgerError> {
    let serial = |serial: Option<u32>| serial.map(campaigns::number).transpose();
    let usage = &coupon.usage;
    Ok([
        coupon.coupon_id.get().into(),
        serial(coupon.serial)?.into(),
        serial(coupon.former_serial)?.into(),
        usage.status.as_str().into(),
        usage.order_id.clone().into(),
        usage.reserved_until.map(stored).into(),
        usage.discount_amount.into(),
    ])
}

/// One update of so many rows, from a table of values.
fn update(backend: DbBackend, count: usize) -> String {
    let (assign, is_postgres) =
        (|own: &str| CHANGED.map(|name| format!("{own}{name} = v.{name}")).join(", "), backend == DbBackend::Postgres);
    let mut table = String::new();
    let mut number = 0;
    for row in 0..count {
        table.push_str(if row == 0 { "SELECT " } else { " UNION ALL SELECT " });
        for (index, name) in ["id"].iter().chain(&CHANGED).enumerate() {
            number += 1;
            let comma = if index == 0 { "" } else { ", " };
            let _ = if is_postgres { write!(table, "{comma}${number}") } else { write!(table, "{comma}?") };
            if row == 0 {
                let _ = write!(table, " AS {name}");
            }
        }
    }
    match backend {
        DbBackend::MySql => {
            format!("UPDATE coupons JOIN ({table}) v ON coupons.id = v.id SET {}", assign("coupons."))
        }
        _ => format!("UPDATE coupons SET {} FROM ({table}) AS v WHERE coupons.id = v.id", assign("")),
    }
}
