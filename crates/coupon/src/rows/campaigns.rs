//! Campaigns and their policy (table `events`), with their grants of stock. The rows of deleted campaigns stay, since coupons
//! refer to them; only what names them as stored returns them.

use super::campaign_quota::check;
use super::entities::{campaign, stock_grant};
use crate::audit;
use domain::coupon::campaign::Switches;
use domain::quota::{QuotaExceeded, Quotas};
use domain::{Campaign, CampaignId, Discount, EventName, TenantName, Terms};
use ledger::moment::{now, read, stored};
use ledger::{Ledger, LedgerError, Transaction, calls};
use sea_orm::sea_query::{Alias, Expr, Query};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};

/// Most campaigns on one page.
pub const PAGE_SIZE_MAX: u64 = 100;

/// Stores a new campaign with its first grant of stock, whatever its tenant has.
///
/// # Errors
/// [`LedgerError::Conflict`] when the tenant has, or had, a campaign of this name.
pub async fn create(ledger: &Ledger, campaign: &Campaign) -> Result<(), LedgerError> {
    ledger.change(|change| create_in(change, campaign)).await
}

/// Stores a new campaign with its first grant of stock, if the tenant may have it; `of_all` are the quotas of tenants without
/// values of their own. Counted exactly, however many servers create campaigns.
///
/// # Errors
/// As [`create`]: a name that is taken is told before a quota.
pub async fn create_within(
    ledger: &Ledger,
    campaign: &Campaign,
    of_all: Quotas,
) -> Result<Result<(), QuotaExceeded>, LedgerError> {
    let create = async |change: Transaction| {
        if row_of(change.connection(), &campaign.id).await?.is_some() {
            return Err(LedgerError::conflict(format!("there is a campaign {}", campaign.id)));
        }
        match check(&change, campaign, None, of_all).await? {
            Ok(()) => create_in(change, campaign).await.map(Ok),
            exceeded => Ok(exceeded),
        }
    };
    ledger.change(create).await
}

async fn create_in(change: Transaction, campaign: &Campaign) -> Result<(), LedgerError> {
    let row = campaign::ActiveModel { id: NotSet, ..to_row(campaign)? };
    let kept = campaign::Entity::insert(row).exec(change.connection()).await?;
    grant(&change, kept.last_insert_id, campaign).await?;
    calls::settle(&change, audit::made(campaign).as_ref()).await?;
    change.commit().await
}

/// Deletes a campaign: no call finds it any more, and its name stays taken. Its rows stay. Returns whether this call did it:
/// not if it was changed since it was read.
///
/// # Errors
/// [`LedgerError`].
pub async fn archive(ledger: &Ledger, campaign: &Campaign) -> Result<bool, LedgerError> {
    let archive = async |change: Transaction| {
        let archived = campaign::Entity::update_many()
            .col_expr(campaign::Column::ArchivedAt, Expr::value(now()))
            .col_expr(campaign::Column::Revision, Expr::col(campaign::Column::Revision).add(1))
            .filter(campaign::Column::Tenant.eq(campaign.id.tenant.as_str()))
            .filter(campaign::Column::EventId.eq(campaign.id.event.as_str()))
            .filter(campaign::Column::Revision.eq(wide(campaign.revision)?))
            .filter(campaign::Column::ArchivedAt.is_null())
            .exec(change.connection())
            .await?;
        if archived.rows_affected == 0 {
            return Ok(false);
        }
        calls::settle(&change, audit::deleted(campaign).as_ref()).await?;
        change.commit().await?;
        Ok(true)
    };
    ledger.change(archive).await
}

/// Whether a campaign of this name was deleted.
///
/// # Errors
/// [`LedgerError`].
pub async fn is_archived(ledger: &Ledger, id: &CampaignId) -> Result<bool, LedgerError> {
    Ok(row_of(ledger.connection(), id).await?.is_some_and(|row| row.archived_at.is_some()))
}

/// Two numbers of which one grows with every change of any campaign: while they stay, nothing has changed.
///
/// # Errors
/// [`LedgerError`].
pub async fn changes(ledger: &Ledger) -> Result<(i64, i64), LedgerError> {
    let connection = ledger.connection();
    let number = if connection.get_database_backend() == DbBackend::MySql { "signed" } else { "bigint" };
    let sum = Expr::col(campaign::Column::Revision).sum().cast_as(Alias::new(number));
    let numbers: Option<(i64, Option<i64>)> = campaign::Entity::find()
        .select_only()
        .column_as(Expr::col(campaign::Column::Id).count(), "campaigns")
        .column_as(sum, "revisions")
        .into_tuple()
        .one(connection)
        .await?;
    Ok(numbers.map(|(count, revisions)| (count, revisions.unwrap_or(0))).unwrap_or_default())
}

/// Returns the campaign, if it exists.
///
/// # Errors
/// [`LedgerError`].
pub async fn get(ledger: &Ledger, id: &CampaignId) -> Result<Option<Campaign>, LedgerError> {
    let row = row_of(ledger.connection(), id).await?;
    row.filter(|row| row.archived_at.is_none()).map(from_row).transpose()
}

/// As [`get`], also a deleted one.
///
/// # Errors
/// [`LedgerError`].
pub async fn get_stored(ledger: &Ledger, id: &CampaignId) -> Result<Option<Campaign>, LedgerError> {
    row_of(ledger.connection(), id).await?.map(from_row).transpose()
}

/// Returns a page of a tenant's campaigns, newest first, and the number of all. Pages count from 0 and contain at most
/// [`PAGE_SIZE_MAX`] campaigns.
///
/// # Errors
/// [`LedgerError`].
pub async fn list(
    ledger: &Ledger,
    tenant: &TenantName,
    page: u64,
    size: u64,
) -> Result<(Vec<Campaign>, u64), LedgerError> {
    let of_tenant = campaign::Entity::find()
        .filter(campaign::Column::Tenant.eq(tenant.as_str()))
        .filter(campaign::Column::ArchivedAt.is_null());
    let total = of_tenant.clone().count(ledger.connection()).await?;
    let size = size.clamp(1, PAGE_SIZE_MAX);
    // The databases count in signed 64 bits.
    let rows = of_tenant
        .order_by_desc(campaign::Column::Id)
        .offset(super::rows_before(page, size))
        .limit(size)
        .all(ledger.connection())
        .await?;
    Ok((rows.into_iter().map(from_row).collect::<Result<_, _>>()?, total))
}

/// Returns the campaigns of a tenant that nobody has closed, in no order; a tenant has at most as many as its quota.
///
/// # Errors
/// [`LedgerError`].
pub async fn not_closed(ledger: &Ledger, tenant: &TenantName) -> Result<Vec<Campaign>, LedgerError> {
    let live = campaign::Entity::find()
        .filter(campaign::Column::Tenant.eq(tenant.as_str()))
        .filter(campaign::Column::ArchivedAt.is_null())
        .filter(campaign::Column::Closed.eq(false));
    live.all(ledger.connection()).await?.into_iter().map(from_row).collect()
}

/// Returns all campaigns of all tenants, oldest first: for bringing the hot state up to date at the start.
///
/// # Errors
/// [`LedgerError`].
pub async fn all(ledger: &Ledger) -> Result<Vec<Campaign>, LedgerError> {
    let live = campaign::Entity::find().filter(campaign::Column::ArchivedAt.is_null());
    let rows = live.order_by_asc(campaign::Column::Id).all(ledger.connection()).await?;
    rows.into_iter().map(from_row).collect()
}

/// Stores a changed campaign if its revision is still the stored one, and returns it with the next revision. Added stock
/// becomes a further grant; coupon rows are not touched.
///
/// A lowered `per_user_limit` makes the database refuse coupons beyond it that were decided before and arrive late:
/// callers lower it only before the sale opens.
///
/// # Errors
/// [`LedgerError::Conflict`] when another change came first, when the campaign does not exist, or when the stock would
/// shrink.
pub async fn update(ledger: &Ledger, campaign: &Campaign) -> Result<Campaign, LedgerError> {
    let updated = ledger.change(|change| update_in(change, campaign, None)).await?;
    updated.map_err(|exceeded| LedgerError::conflict(exceeded.to_string()))
}

/// As [`update`], if the tenant may have what the change adds; as [`create_within`].
///
/// # Errors
/// As [`update`].
pub async fn update_within(
    ledger: &Ledger,
    campaign: &Campaign,
    of_all: Quotas,
) -> Result<Result<Campaign, QuotaExceeded>, LedgerError> {
    ledger.change(|change| update_in(change, campaign, Some(of_all))).await
}

async fn update_in(
    change: Transaction,
    campaign: &Campaign,
    of_all: Option<Quotas>,
) -> Result<Result<Campaign, QuotaExceeded>, LedgerError> {
    let next = Campaign { revision: campaign.revision.saturating_add(1), ..campaign.clone() };
    let changed_meanwhile = || LedgerError::conflict(format!("campaign {} was changed meanwhile", campaign.id));
    let row = row_of(change.connection(), &campaign.id).await?;
    let row = row.filter(|row| row.archived_at.is_none()).ok_or_else(changed_meanwhile)?;
    let stock = number(campaign.stock)?;
    if stock < row.stock {
        return Err(LedgerError::conflict(format!("the stock of {} cannot shrink", campaign.id)));
    }
    if let Some(of_all) = of_all
        && let Err(exceeded) = check(&change, campaign, Some(&row), of_all).await?
    {
        return Ok(Err(exceeded));
    }
    let changed = campaign::Entity::update_many()
        .set(campaign::ActiveModel { id: NotSet, created_at: NotSet, ..to_row(&next)? })
        .filter(campaign::Column::Id.eq(row.id))
        .filter(campaign::Column::Revision.eq(wide(campaign.revision)?))
        .exec(change.connection())
        .await?;
    if changed.rows_affected == 0 {
        return Err(changed_meanwhile());
    }
    if stock > row.stock {
        grant(&change, row.id, campaign).await?;
    }
    calls::settle(&change, audit::changed(&from_row(row)?, &next).as_ref()).await?;
    change.commit().await?;
    Ok(Ok(next))
}

async fn grant(change: &Transaction, campaign_id: i64, campaign: &Campaign) -> Result<(), LedgerError> {
    let insert = Query::insert()
        .into_table(stock_grant::Entity)
        .columns([stock_grant::Column::CampaignId, stock_grant::Column::LastSerial, stock_grant::Column::GrantedAt])
        .values_panic([campaign_id.into(), number(campaign.stock)?.into(), now().into()])
        .take();
    change.connection().execute(&insert).await?;
    Ok(())
}

/// The stored campaign; `None` for another tenant's too.
pub(super) async fn row_of<C: ConnectionTrait>(
    connection: &C,
    id: &CampaignId,
) -> Result<Option<campaign::Model>, LedgerError> {
    Ok(find(id).one(connection).await?)
}

fn find(id: &CampaignId) -> Select<campaign::Entity> {
    campaign::Entity::find()
        .filter(campaign::Column::Tenant.eq(id.tenant.as_str()))
        .filter(campaign::Column::EventId.eq(id.event.as_str()))
}

/// As [`row_of`], locked until the change ends: another change that wants the lock waits. SQLite has one writer anyway.
pub(super) async fn locked_row_of<C: ConnectionTrait>(
    connection: &C,
    id: &CampaignId,
) -> Result<Option<campaign::Model>, LedgerError> {
    Ok(find(id).lock_exclusive().one(connection).await?)
}

/// The tables count in signed 32 bits; the domain's limits are far lower.
pub(super) fn number(count: u32) -> Result<i32, LedgerError> {
    i32::try_from(count).map_err(|_| LedgerError::conflict(format!("{count} is more than a table can hold")))
}

fn wide(count: u64) -> Result<i64, LedgerError> {
    i64::try_from(count).map_err(|_| LedgerError::conflict(format!("{count} is more than a table can hold")))
}

fn to_row(campaign: &Campaign) -> Result<campaign::ActiveModel, LedgerError> {
    // Every field, so that the compiler asks for a new one.
    let Campaign {
        id,
        name,
        stock,
        per_user_limit,
        gated,
        opens_at,
        closes_at,
        switches: Switches { opened, paused, closed },
        terms: Terms { discount, min_order_amount, valid_from, valid_until, valid_days_after_issue },
        revision,
        created_at,
    } = campaign.clone();
    let (discount_type, value, max_amount) = match discount {
        Some(Discount::Percent { value, max_amount }) => (Some("percent".to_owned()), Some(value), max_amount),
        Some(Discount::Fixed { value }) => (Some("fixed".to_owned()), Some(value), None),
        None => (None, None, None),
    };
    Ok(campaign::ActiveModel {
        id: NotSet,
        tenant: Set(id.tenant.to_string()),
        event_id: Set(id.event.to_string()),
        name: Set(name),
        stock: Set(number(stock)?),
        per_user_limit: Set(number(per_user_limit)?),
        gated: Set(gated),
        opens_at: Set(opens_at.map(stored)),
        closes_at: Set(closes_at.map(stored)),
        opened: Set(opened),
        paused: Set(paused),
        closed: Set(closed),
        discount_type: Set(discount_type),
        discount_value: Set(value),
        discount_max_amount: Set(max_amount),
        min_order_amount: Set(min_order_amount),
        valid_from: Set(valid_from.map(stored)),
        valid_until: Set(valid_until.map(stored)),
        valid_days_after_issue: Set(valid_days_after_issue.map(number).transpose()?),
        revision: Set(wide(revision)?),
        created_at: Set(stored(created_at)),
        archived_at: NotSet,
    })
}

pub(super) fn from_row(row: campaign::Model) -> Result<Campaign, LedgerError> {
    let unsigned = |value: i32, what| u32::try_from(value).map_err(|_| LedgerError::damaged(what));
    let discount = match (row.discount_type.as_deref(), row.discount_value) {
        (None, _) => None,
        (Some("percent"), Some(value)) => Some(Discount::Percent { value, max_amount: row.discount_max_amount }),
        (Some("fixed"), Some(value)) => Some(Discount::Fixed { value }),
        _ => return Err(LedgerError::damaged("a discount")),
    };
    let terms = Terms {
        discount,
        min_order_amount: row.min_order_amount,
        valid_from: row.valid_from.map(read),
        valid_until: row.valid_until.map(read),
        valid_days_after_issue: row
            .valid_days_after_issue
            .map(|days| unsigned(days, "days of validity"))
            .transpose()?,
    };
    Ok(Campaign {
        id: campaign_id(&row.tenant, &row.event_id)?,
        name: row.name,
        stock: unsigned(row.stock, "a stock")?,
        per_user_limit: unsigned(row.per_user_limit, "a limit")?,
        gated: row.gated,
        opens_at: row.opens_at.map(read),
        closes_at: row.closes_at.map(read),
        switches: Switches { opened: row.opened, paused: row.paused, closed: row.closed },
        terms,
        revision: u64::try_from(row.revision).map_err(|_| LedgerError::damaged("a revision"))?,
        created_at: read(row.created_at),
    })
}

pub(super) fn campaign_id(tenant: &str, event: &str) -> Result<CampaignId, LedgerError> {
    let tenant = TenantName::stored(tenant).map_err(|_| LedgerError::damaged("a tenant's name"))?;
    let event = EventName::stored(event).map_err(|_| LedgerError::damaged("a campaign's name"))?;
    Ok(CampaignId::new(tenant, event))
}
