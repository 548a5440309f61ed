//! Keeping what the hot state decided (FCFS-006, FCFS-008): many rows at once, each once, none beyond the promises.

use super::super::campaigns::{number, row_of};
use crate::asked::Asked;
use crate::change::Transaction;
use crate::connect::Ledger;
use crate::entities::{campaign, coupon, stock_grant, user_coupon};
use crate::error::LedgerError;
use crate::moment::stored;
use domain::coupon::reconcile::Entry;
use domain::message::CouponIssued;
use domain::{CampaignId, CouponStatus, Timestamp};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::{Expr, OnConflict, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use uuid::Uuid;

/// Most coupons in one statement (ten columns each; the smallest limit on parameters is SQLite's 32,766).
pub const BATCH_MAX: usize = 500;

/// A coupon that the database would not keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The message that told of it.
    pub event_id: Uuid,
    /// The coupon.
    pub coupon_id: Uuid,
    /// Which promise it would break.
    pub reason: String,
}

/// What the rows of a campaign are checked against.
struct Policy {
    campaign_id: i64,
    per_user_limit: i32,
    /// The last number of each grant, smallest first.
    grants: Vec<i32>,
}

/// A coupon ready to be kept: a row of each table.
struct Row {
    event_id: Uuid,
    coupon_id: Uuid,
    campaign_id: i64,
    serial: Option<i32>,
    last_serial: i32,
    status: CouponStatus,
    issued_at: DateTimeUtc,
    user_id: String,
    nth_of_user: i32,
    per_user_limit: i32,
}

/// Keeps issued coupons, told by messages of these ids. A coupon that is kept already, in whatever state, stays as
/// it is. Returns those that the database refused, by name; all the others are kept once `change` is committed.
///
/// # Errors
/// [`LedgerError`] other than a refused coupon: nothing of the batch may be relied upon; drop `change`.
pub async fn keep_issued(change: &Transaction, issued: &[(Uuid, CouponIssued)]) -> Result<Vec<Refused>, LedgerError> {
    let policies = policies_of(change, issued).await?;
    let mut refused = Vec::new();
    let mut rows = Vec::with_capacity(issued.len());
    for (event_id, coupon) in issued {
        let policy = policies.get(&(coupon.tenant.as_str(), coupon.campaign_id.as_str()));
        match to_row(*event_id, coupon, policy) {
            Ok(row) => rows.push(row),
            Err(reason) => refused.push(Refused { event_id: *event_id, coupon_id: coupon.coupon_id, reason }),
        }
    }
    for batch in rows.chunks(BATCH_MAX) {
        keep_rows(change, batch, &mut refused).await?;
    }
    Ok(refused)
}

/// Keeps one coupon of the hot state's book that the ledger lacks (FCFS-010). Whether a row was made; a coupon that
/// is kept already stays as it is.
///
/// # Errors
/// [`LedgerError::Conflict`] when the database refuses it: another coupon has its number or its place.
pub async fn keep_entry(
    ledger: &Ledger,
    campaign: &CampaignId,
    entry: &Entry,
    issued_at: Timestamp,
) -> Result<bool, LedgerError> {
    ledger.change(|change| keep_entry_in(change, campaign, entry, issued_at)).await
}

async fn keep_entry_in(
    change: Transaction,
    campaign: &CampaignId,
    entry: &Entry,
    issued_at: Timestamp,
) -> Result<bool, LedgerError> {
    let unknown = || LedgerError::Conflict(format!("there is no campaign {campaign}"));
    let known = row_of(change.connection(), campaign).await?.ok_or_else(unknown)?;
    let policy = policies_from(&change, vec![known]).await?.pop().ok_or_else(unknown)?.1;
    if present(change.connection(), &[entry.coupon_id]).await?.contains(&entry.coupon_id) {
        return Ok(false);
    }
    let serial = entry.serial.map(number).transpose()?;
    let covering = match serial {
        Some(serial) => policy.grants.iter().find(|last| **last >= serial),
        None => policy.grants.last(),
    };
    let row = Row {
        event_id: Uuid::nil(),
        coupon_id: entry.coupon_id,
        campaign_id: policy.campaign_id,
        serial,
        last_serial: *covering.ok_or_else(|| LedgerError::Conflict("the number is beyond the stock".into()))?,
        status: if entry.revoked { CouponStatus::Revoked } else { CouponStatus::Issued },
        issued_at: stored(issued_at),
        user_id: entry.user_id.clone(),
        nth_of_user: number(entry.nth_of_user)?,
        per_user_limit: policy.per_user_limit,
    };
    try_rows(&change, &[row], Repeated::Passed).await?;
    change.commit().await?;
    Ok(true)
}

/// Tenant and name, as the message says them.
type Named<'a> = (&'a str, &'a str);

async fn policies_of<'a>(
    change: &Transaction,
    issued: &'a [(Uuid, CouponIssued)],
) -> Result<HashMap<Named<'a>, Policy>, LedgerError> {
    let names: BTreeSet<Named<'a>> =
        issued.iter().map(|(_, coupon)| (coupon.tenant.as_str(), coupon.campaign_id.as_str())).collect();
    let names: Vec<Named<'a>> = names.into_iter().collect();
    let mut policies = HashMap::with_capacity(names.len());
    for part in names.chunks(BATCH_MAX) {
        let both = Expr::tuple([Expr::col(campaign::Column::Tenant), Expr::col(campaign::Column::EventId)]);
        let rows =
            campaign::Entity::find().filter(both.in_tuples(part.iter().copied())).all(change.connection()).await?;
        let found: BTreeMap<(String, String), Policy> = policies_from(change, rows).await?.into_iter().collect();
        for ((tenant, event), policy) in found {
            let said = part.iter().find(|(t, e)| *t == tenant && *e == event);
            policies.extend(said.map(|name| (*name, policy)));
        }
    }
    Ok(policies)
}

async fn policies_from(
    change: &Transaction,
    campaigns: Vec<campaign::Model>,
) -> Result<Vec<((String, String), Policy)>, LedgerError> {
    let grants = stock_grant::Entity::find()
        .filter(stock_grant::Column::CampaignId.is_in(campaigns.iter().map(|campaign| campaign.id)))
        .order_by_asc(stock_grant::Column::LastSerial)
        .all(change.connection())
        .await?;
    let mut by_campaign: HashMap<i64, Vec<i32>> = HashMap::new();
    for grant in grants {
        by_campaign.entry(grant.campaign_id).or_default().push(grant.last_serial);
    }
    let with_grants = campaigns.into_iter().map(|campaign| {
        let grants = by_campaign.remove(&campaign.id).unwrap_or_default();
        let policy = Policy { campaign_id: campaign.id, per_user_limit: campaign.per_user_limit, grants };
        ((campaign.tenant, campaign.event_id), policy)
    });
    Ok(with_grants.collect())
}

fn to_row(event_id: Uuid, coupon: &CouponIssued, policy: Option<&Policy>) -> Result<Row, String> {
    let policy = policy.ok_or_else(|| format!("no campaign {} of {} is kept", coupon.campaign_id, coupon.tenant))?;
    let narrow = |value: u32, what: &str| i32::try_from(value).map_err(|_| format!("{what} {value} can not be"));
    let serial = narrow(coupon.serial, "serial")?;
    let at = policy.grants.partition_point(|last| *last < serial);
    let beyond = || format!("serial {serial} is beyond the stock of {}", policy.grants.last().unwrap_or(&0));
    Ok(Row {
        event_id,
        coupon_id: coupon.coupon_id,
        campaign_id: policy.campaign_id,
        serial: Some(serial),
        last_serial: *policy.grants.get(at).ok_or_else(beyond)?,
        status: CouponStatus::Issued,
        issued_at: stored(Timestamp(coupon.issued_at_ms)),
        user_id: coupon.user_id.clone(),
        nth_of_user: narrow(coupon.nth_of_user, "nth coupon")?,
        per_user_limit: policy.per_user_limit,
    })
}

/// What to do about coupons that are kept already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeated {
    /// Refused like any other row that is in the way: costs nothing, and there is hardly ever one.
    Refused,
    /// Passed over.
    Passed,
}

/// Keeps the rows: all at once as if all were new; else those that are there are passed over; and where the database
/// still refuses, the batch is halved until the refused one stands alone.
async fn keep_rows(change: &Transaction, batch: &[Row], refused: &mut Vec<Refused>) -> Result<(), LedgerError> {
    match try_rows(change, batch, Repeated::Refused).await {
        Err(LedgerError::Conflict(_)) => {}
        outcome => return outcome,
    }
    let mut parts = vec![batch];
    while let Some(part) = parts.pop() {
        match (try_rows(change, part, Repeated::Passed).await, part) {
            (Ok(()), _) => {}
            (Err(LedgerError::Conflict(reason)), [row]) => {
                refused.push(Refused { event_id: row.event_id, coupon_id: row.coupon_id, reason });
            }
            (Err(LedgerError::Conflict(_)), _) => {
                let (first, second) = part.split_at(part.len() / 2);
                parts.extend([second, first]);
            }
            (Err(error), _) => return Err(error),
        }
    }
    Ok(())
}

/// All of the rows or none.
async fn try_rows(change: &Transaction, rows: &[Row], repeated: Repeated) -> Result<(), LedgerError> {
    if rows.is_empty() {
        return Ok(());
    }
    let part = change.part().await?;
    match insert_rows(&part, rows, repeated).await {
        Ok(()) => Ok(part.inner.commit().await?),
        Err(error @ LedgerError::Conflict(_)) => {
            part.inner.rollback().await?;
            Err(error)
        }
        // The database is away or has undone the whole change: there is no part left to undo.
        Err(error) => Err(error),
    }
}

/// MySQL can ignore a repeated key only together with every other repeated key, so what was ignored is looked for
/// afterwards: a coupon that is not there by its own id was refused. (`INSERT IGNORE` would also turn a broken CHECK
/// into a warning; the builder's "do nothing on" is `ON DUPLICATE KEY UPDATE id = id` there, which does not.)
async fn insert_rows(part: &Asked<DatabaseTransaction>, rows: &[Row], repeated: Repeated) -> Result<(), LedgerError> {
    insert_coupons(part, rows, repeated).await?;
    insert_users(part, rows, repeated).await?;
    if repeated == Repeated::Refused {
        return Ok(());
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.coupon_id).collect();
    let there = present(part, &ids).await?;
    match ids.iter().find(|id| !there.contains(id)) {
        None => Ok(()),
        Some(id) => Err(LedgerError::Conflict(format!("another coupon stands in the place of {id}"))),
    }
}

async fn insert_coupons(
    part: &Asked<DatabaseTransaction>,
    rows: &[Row],
    repeated: Repeated,
) -> Result<(), LedgerError> {
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
            row.coupon_id.into(),
            row.campaign_id.into(),
            row.serial.into(),
            row.last_serial.into(),
            row.status.as_str().into(),
            row.issued_at.into(),
        ]);
    }
    if repeated == Repeated::Passed {
        insert.on_conflict(OnConflict::column(coupon::Column::Id).do_nothing_on([coupon::Column::Id]).to_owned());
    }
    part.execute(&insert).await?;
    Ok(())
}

async fn insert_users(part: &Asked<DatabaseTransaction>, rows: &[Row], repeated: Repeated) -> Result<(), LedgerError> {
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
            row.coupon_id.into(),
            row.campaign_id.into(),
            row.user_id.as_str().into(),
            row.nth_of_user.into(),
            row.per_user_limit.into(),
        ]);
    }
    if repeated == Repeated::Passed {
        let id = user_coupon::Column::CouponId;
        insert.on_conflict(OnConflict::column(id).do_nothing_on([id]).to_owned());
    }
    part.execute(&insert).await?;
    Ok(())
}

/// Which of these coupons are kept. A holder's row implies the coupon's own.
async fn present<C: ConnectionTrait>(connection: &C, ids: &[Uuid]) -> Result<HashSet<Uuid>, LedgerError> {
    let found: Vec<Uuid> = user_coupon::Entity::find()
        .select_only()
        .column(user_coupon::Column::CouponId)
        .filter(user_coupon::Column::CouponId.is_in(ids.iter().copied()))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(found.into_iter().collect())
}
