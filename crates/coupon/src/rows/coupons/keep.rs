//! Stores the decisions of the hot state (FCFS-006, FCFS-008): many rows at once, each once, none that breaks a promise.

use super::BATCH_MAX;
use super::insert::{Repeated, Row, insert_rows, present};
use crate::rows::campaigns::{number, row_of};
use crate::rows::entities::{campaign, stock_grant};
use domain::coupon::reconcile::Entry;
use domain::message::CouponIssued;
use domain::{CampaignId, CouponId, CouponStatus, Timestamp};
use ledger::moment::stored;
use ledger::{Ledger, LedgerError, Transaction};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// A coupon that the database refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The id of its message.
    pub event_id: Uuid,
    /// The coupon.
    pub coupon_id: CouponId,
    /// The promise that it would break.
    pub reason: String,
}

/// The limits of a campaign.
struct Policy {
    campaign_id: i64,
    per_user_limit: i32,
    /// The last number of each grant, smallest first.
    grants: Vec<i32>,
}

/// Stores issued coupons, each with the id of its message. A coupon that is stored already, in any status, stays as it is.
/// Returns the coupons that the database refused; all others are stored once `change` is committed.
///
/// # Errors
/// [`LedgerError`] other than a refused coupon: no part of the batch is valid; drop `change`.
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

/// Stores one coupon of the hot state that the ledger lacks (FCFS-010). Returns whether a row was made; a coupon that is
/// stored already stays as it is.
///
/// # Errors
/// [`LedgerError::Conflict`] when the database refuses it: another coupon has its number or is the user's coupon of the
/// same count.
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
    let unknown = || LedgerError::conflict(format!("there is no campaign {campaign}"));
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
        last_serial: *covering.ok_or_else(|| LedgerError::conflict("the number is beyond the stock"))?,
        status: if entry.revoked { CouponStatus::Revoked } else { CouponStatus::Issued },
        issued_at: stored(issued_at),
        user_id: entry.user_id.clone(),
        nth_of_user: number(entry.nth_of_user)?,
        per_user_limit: policy.per_user_limit,
    };
    try_rows(&change, &[row], Repeated::Skipped).await?;
    change.commit().await?;
    Ok(true)
}

/// Tenant and campaign name, as in the message.
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
            let named = part.iter().find(|(t, e)| *t == tenant && *e == event);
            policies.extend(named.map(|name| (*name, policy)));
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
    let narrow = |value: u32, what: &str| i32::try_from(value).map_err(|_| format!("{what} {value} is out of range"));
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

/// Stores the rows: first all at once as if all were new; then with existing ones skipped; and where the database still
/// refuses, the batch is halved until the refused row is alone.
async fn keep_rows(change: &Transaction, batch: &[Row], refused: &mut Vec<Refused>) -> Result<(), LedgerError> {
    match try_rows(change, batch, Repeated::Refused).await {
        Err(LedgerError::Conflict(_)) => {}
        outcome => return outcome,
    }
    let mut parts = vec![batch];
    while let Some(part) = parts.pop() {
        match (try_rows(change, part, Repeated::Skipped).await, part) {
            (Ok(()), _) => {}
            (Err(LedgerError::Conflict(reason)), [row]) => {
                refused.push(Refused { event_id: row.event_id, coupon_id: row.coupon_id, reason: reason.to_string() });
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

/// Stores all of the rows or none.
async fn try_rows(change: &Transaction, rows: &[Row], repeated: Repeated) -> Result<(), LedgerError> {
    if rows.is_empty() {
        return Ok(());
    }
    let part = change.savepoint().await?;
    match insert_rows(&part, rows, repeated).await {
        Ok(()) => Ok(part.commit().await?),
        Err(error @ LedgerError::Conflict(_)) => {
            part.rollback().await?;
            Err(error)
        }
        // The database is unavailable or has undone the whole change: there is no savepoint left to undo.
        Err(error) => Err(error),
    }
}
