//! Reads of coupons.

use crate::rows::campaigns::campaign_id;
use crate::rows::entities::{campaign, coupon, user_coupon};
use crate::rows::rows_before;
use domain::coupon::reconcile::Entry;
use domain::coupon::redemption::Use;
use domain::{CampaignId, CouponId, CouponStatus, EventName, TenantName, Timestamp, UserId};
use ledger::moment::read;
use ledger::{Ledger, LedgerError, StoredId};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::{Expr, Order, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, ExprTrait, FromQueryResult};

/// Most ids named in one statement.
const NAMED_MAX: usize = 500;

/// A coupon as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptCoupon {
    /// The coupon.
    pub coupon_id: CouponId,
    /// Its campaign.
    pub campaign: CampaignId,
    /// Its holder.
    pub user_id: String,
    /// 1 for the user's first coupon of the campaign, 2 for the second.
    pub nth_of_user: u32,
    /// Its number; none once it went back into stock.
    pub serial: Option<u32>,
    /// The number it had before it went back.
    pub former_serial: Option<u32>,
    /// Its status, and the order that it is set aside for.
    pub usage: Use,
}

/// The number of a campaign's coupons by stored status. Lapsed reservations and expired coupons count with their stored
/// status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Held and not used.
    pub issued: u64,
    /// Set aside for an order.
    pub reserved: u64,
    /// Used.
    pub redeemed: u64,
    /// Revoked.
    pub revoked: u64,
}

impl Counts {
    /// The number of all stored coupons.
    pub fn kept(&self) -> u64 {
        self.issued + self.reserved + self.redeemed + self.revoked
    }
}

/// Returns the tenant's coupon of this id.
///
/// # Errors
/// [`LedgerError`].
pub async fn find(
    ledger: &Ledger,
    tenant: &TenantName,
    coupon_id: CouponId,
) -> Result<Option<KeptCoupon>, LedgerError> {
    Ok(by_ids(ledger, tenant, &[coupon_id]).await?.pop())
}

/// Returns the tenant's coupons among these ids, in no order; missing ones are left out.
///
/// # Errors
/// [`LedgerError`].
pub async fn by_ids(ledger: &Ledger, tenant: &TenantName, ids: &[CouponId]) -> Result<Vec<KeptCoupon>, LedgerError> {
    let mut found = Vec::with_capacity(ids.len());
    for part in ids.chunks(NAMED_MAX) {
        let select = kept()
            .and_where(qualified(user_coupon::Column::CouponId).is_in(part.iter().map(|id| id.get())))
            .and_where(qualified(campaign::Column::Tenant).eq(tenant.as_str()))
            .take();
        found.extend(fetch(ledger, select).await?);
    }
    Ok(found)
}

/// Returns a user's coupons of a campaign, in the order in which they were issued.
///
/// # Errors
/// [`LedgerError`].
pub async fn of_user(
    ledger: &Ledger,
    tenant: &TenantName,
    event: &EventName,
    user: &UserId,
) -> Result<Vec<KeptCoupon>, LedgerError> {
    let select = kept()
        .and_where(qualified(campaign::Column::Tenant).eq(tenant.as_str()))
        .and_where(qualified(campaign::Column::EventId).eq(event.as_str()))
        .and_where(qualified(user_coupon::Column::UserId).eq(user.as_str()))
        .order_by((user_coupon::Entity, user_coupon::Column::NthOfUser), Order::Asc)
        .take();
    fetch(ledger, select).await
}

/// Returns a user's coupons of all campaigns of a tenant, the newest first; at most `limit`.
///
/// # Errors
/// [`LedgerError`].
pub async fn newest_of_user(
    ledger: &Ledger,
    tenant: &TenantName,
    user: &UserId,
    limit: u64,
) -> Result<Vec<KeptCoupon>, LedgerError> {
    let select = kept()
        .and_where(qualified(user_coupon::Column::UserId).eq(user.as_str()))
        .and_where(qualified(campaign::Column::Tenant).eq(tenant.as_str()))
        .order_by((coupon::Entity, coupon::Column::IssuedAt), Order::Desc)
        .order_by((coupon::Entity, coupon::Column::Id), Order::Desc)
        .limit(limit)
        .take();
    fetch(ledger, select).await
}

/// Returns a page of the campaign's coupons for reconciling, in the order of users: at most `limit` after the entry
/// `after`. A page shorter than `limit` is the last.
///
/// # Errors
/// [`LedgerError`].
pub async fn entries(
    ledger: &Ledger,
    campaign: &CampaignId,
    after: Option<&Entry>,
    limit: u64,
) -> Result<Vec<Entry>, LedgerError> {
    let after = after.map(|entry| (entry.user_id.as_str(), entry.nth_of_user));
    Ok(of_campaign_after(ledger, campaign, after, limit).await?.into_iter().map(to_entry).collect())
}

/// Returns the campaign's coupons in the order of users: at most `limit` after the coupon of this user and of this
/// number among the user's. A page shorter than `limit` is the last.
///
/// # Errors
/// [`LedgerError`].
pub async fn of_campaign_after(
    ledger: &Ledger,
    campaign: &CampaignId,
    after: Option<(&str, u32)>,
    limit: u64,
) -> Result<Vec<KeptCoupon>, LedgerError> {
    let mut select = of_campaign(campaign).limit(limit).take();
    if let Some((after_user, after_nth)) = after {
        let user = || qualified(user_coupon::Column::UserId);
        let nth = qualified(user_coupon::Column::NthOfUser).gt(i64::from(after_nth));
        // The first condition lets every database start in the index from there.
        select.and_where(user().gte(after_user)).and_where(user().gt(after_user).or(nth));
    }
    fetch(ledger, select).await
}

/// Returns a page of the campaign's coupons in the order of users.
///
/// # Errors
/// [`LedgerError`].
pub async fn page_of_campaign(
    ledger: &Ledger,
    campaign: &CampaignId,
    page: u64,
    size: u64,
) -> Result<Vec<KeptCoupon>, LedgerError> {
    fetch(ledger, of_campaign(campaign).limit(size).offset(rows_before(page, size)).take()).await
}

fn of_campaign(campaign: &CampaignId) -> SelectStatement {
    kept()
        .and_where(qualified(campaign::Column::Tenant).eq(campaign.tenant.as_str()))
        .and_where(qualified(campaign::Column::EventId).eq(campaign.event.as_str()))
        .order_by((user_coupon::Entity, user_coupon::Column::UserId), Order::Asc)
        .order_by((user_coupon::Entity, user_coupon::Column::NthOfUser), Order::Asc)
        .take()
}

/// Counts the stored coupons of a campaign by status.
///
/// # Errors
/// [`LedgerError`].
pub async fn counts(ledger: &Ledger, campaign: &CampaignId) -> Result<Counts, LedgerError> {
    let select = Query::select()
        .expr_as(qualified(coupon::Column::Status), "status")
        .expr_as(qualified(coupon::Column::Id).count(), "count")
        .from(coupon::Entity)
        .inner_join(campaign::Entity, qualified(campaign::Column::Id).eq(qualified(coupon::Column::CampaignId)))
        .and_where(qualified(campaign::Column::Tenant).eq(campaign.tenant.as_str()))
        .and_where(qualified(campaign::Column::EventId).eq(campaign.event.as_str()))
        .group_by_col((coupon::Entity, coupon::Column::Status))
        .take();
    let mut counts = Counts::default();
    for row in ledger.connection().query_all(&select).await? {
        let status: String = row.try_get("", "status")?;
        let count = u64::try_from(row.try_get::<i64>("", "count")?).unwrap_or_default();
        match status_of(&status)? {
            CouponStatus::Issued | CouponStatus::Expired => counts.issued += count,
            CouponStatus::Reserved => counts.reserved += count,
            CouponStatus::Redeemed => counts.redeemed += count,
            CouponStatus::Revoked => counts.revoked += count,
        }
    }
    Ok(counts)
}

/// When the last of a campaign's coupons that are neither redeemed nor revoked was issued, and when the last reservation of
/// one ends; none where there is none.
///
/// # Errors
/// [`LedgerError`].
pub async fn last_moments(
    ledger: &Ledger,
    campaign: &CampaignId,
) -> Result<(Option<Timestamp>, Option<Timestamp>), LedgerError> {
    let select = Query::select()
        .expr_as(qualified(coupon::Column::IssuedAt).max(), "issued_at")
        .expr_as(qualified(coupon::Column::ReservedUntil).max(), "reserved_until")
        .from(coupon::Entity)
        .inner_join(campaign::Entity, qualified(campaign::Column::Id).eq(qualified(coupon::Column::CampaignId)))
        .and_where(qualified(campaign::Column::Tenant).eq(campaign.tenant.as_str()))
        .and_where(qualified(campaign::Column::EventId).eq(campaign.event.as_str()))
        .and_where(qualified(coupon::Column::Status).is_in(["ISSUED", "RESERVED"]))
        .take();
    let Some(row) = ledger.connection().query_one(&select).await? else { return Ok((None, None)) };
    let moment = |name| row.try_get::<Option<DateTimeUtc>>("", name).map(|moment| moment.map(read));
    Ok((moment("issued_at")?, moment("reserved_until")?))
}

/// A row of the three tables together.
#[derive(FromQueryResult)]
pub(super) struct Joined {
    pub coupon_id: StoredId,
    pub tenant: String,
    pub event_id: String,
    pub user_id: String,
    pub nth_of_user: i32,
    pub serial: Option<i32>,
    pub former_serial: Option<i32>,
    pub status: String,
    pub order_id: Option<String>,
    pub reserved_until: Option<DateTimeUtc>,
    pub discount_amount: Option<i64>,
    pub issued_at: DateTimeUtc,
}

/// A column with its table, since the joined tables share names.
fn qualified<C: ColumnTrait>(column: C) -> Expr {
    Expr::col((C::EntityName::default(), column))
}

fn kept() -> SelectStatement {
    let own = [user_coupon::Column::CouponId, user_coupon::Column::UserId, user_coupon::Column::NthOfUser];
    let of_coupon = [
        coupon::Column::Serial,
        coupon::Column::FormerSerial,
        coupon::Column::Status,
        coupon::Column::OrderId,
        coupon::Column::ReservedUntil,
        coupon::Column::DiscountAmount,
        coupon::Column::IssuedAt,
    ];
    Query::select()
        .columns(own.map(|column| (user_coupon::Entity, column)))
        .columns(of_coupon.map(|column| (coupon::Entity, column)))
        .columns([campaign::Column::Tenant, campaign::Column::EventId].map(|column| (campaign::Entity, column)))
        .from(user_coupon::Entity)
        .inner_join(coupon::Entity, qualified(coupon::Column::Id).eq(qualified(user_coupon::Column::CouponId)))
        .inner_join(campaign::Entity, qualified(campaign::Column::Id).eq(qualified(user_coupon::Column::CampaignId)))
        .take()
}

async fn fetch(ledger: &Ledger, select: SelectStatement) -> Result<Vec<KeptCoupon>, LedgerError> {
    let rows = ledger.connection().query_all(&select).await?;
    rows.iter().map(|row| from_row(Joined::from_query_result(row, "")?)).collect()
}

fn status_of(text: &str) -> Result<CouponStatus, LedgerError> {
    CouponStatus::parse(text).ok_or_else(|| LedgerError::damaged("a coupon's status"))
}

pub(super) fn from_row(row: Joined) -> Result<KeptCoupon, LedgerError> {
    let number = |value: i32| u32::try_from(value).map_err(|_| LedgerError::damaged("a number"));
    Ok(KeptCoupon {
        coupon_id: CouponId(row.coupon_id.0),
        campaign: campaign_id(&row.tenant, &row.event_id)?,
        user_id: row.user_id,
        nth_of_user: number(row.nth_of_user)?,
        serial: row.serial.map(number).transpose()?,
        former_serial: row.former_serial.map(number).transpose()?,
        usage: Use {
            status: status_of(&row.status)?,
            order_id: row.order_id,
            reserved_until: row.reserved_until.map(read),
            discount_amount: row.discount_amount,
            issued_at: read(row.issued_at),
        },
    })
}

fn to_entry(row: KeptCoupon) -> Entry {
    Entry {
        coupon_id: row.coupon_id,
        serial: row.serial,
        user_id: row.user_id,
        nth_of_user: row.nth_of_user,
        revoked: row.usage.status == CouponStatus::Revoked,
    }
}
