//! What a tenant's campaigns take of its quotas.

use super::entities::campaign::{Column, Entity, Model};
use access::rows::tenants;
use domain::Campaign;
use domain::quota::{Quota, QuotaExceeded, Quotas};
use ledger::{LedgerError, Transaction};
use sea_orm::sea_query::{Alias, Expr};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, QueryFilter, QuerySelect};

/// What all campaigns of a tenant take that were not deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Taken {
    campaigns: u64,
    lines: u64,
    coupons: u64,
}

async fn taken(change: &Transaction, tenant: &str) -> Result<Taken, LedgerError> {
    let connection = change.connection();
    // The databases give a sum in types of their own.
    let number = if connection.get_database_backend() == DbBackend::MySql { "signed" } else { "bigint" };
    let groups: Vec<(bool, i64, i64)> = Entity::find()
        .select_only()
        .column(Column::Gated)
        .column_as(Expr::col(Column::Id).count(), "campaigns")
        .column_as(Expr::col(Column::Stock).sum().cast_as(Alias::new(number)), "coupons")
        .filter(Column::Tenant.eq(tenant))
        .filter(Column::ArchivedAt.is_null())
        .group_by(Column::Gated)
        .into_tuple()
        .all(connection)
        .await?;
    let add = |all: Taken, (gated, campaigns, coupons): &(bool, i64, i64)| Taken {
        campaigns: all.campaigns + campaigns.unsigned_abs(),
        lines: all.lines + if *gated { campaigns.unsigned_abs() } else { 0 },
        coupons: all.coupons + coupons.unsigned_abs(),
    };
    Ok(groups.iter().fold(Taken::default(), add))
}

/// Checks that the tenant may have this campaign, or this change of it; `before` is its row. The tenant is locked until the
/// change ends, so that of two calls at the limit one is refused.
///
/// # Errors
/// [`LedgerError`].
pub(super) async fn check(
    change: &Transaction,
    campaign: &Campaign,
    before: Option<&Model>,
    of_all: Quotas,
) -> Result<Result<(), QuotaExceeded>, LedgerError> {
    let stock_before = before.map_or(0, |row| row.stock.unsigned_abs());
    let is_new_line = campaign.gated && !before.is_some_and(|row| row.gated);
    let more_coupons = u64::from(campaign.stock.saturating_sub(stock_before));
    if before.is_some() && !is_new_line && more_coupons == 0 {
        return Ok(Ok(()));
    }
    let tenant = &campaign.id.tenant;
    let quotas = of_all.with(tenants::lock(change, tenant).await?);
    let taken = taken(change, tenant.as_str()).await?;
    let checked = quotas
        .check(Quota::Campaigns, taken.campaigns, u64::from(before.is_none()))
        .and_then(|()| quotas.check(Quota::Lines, taken.lines, u64::from(is_new_line)))
        .and_then(|()| quotas.check(Quota::Coupons, taken.coupons, more_coupons));
    Ok(checked)
}
