//! The quotas of tenants (table `tenants`). What counts towards a quota is counted while the tenant's row is locked, so that
//! two calls at the limit, on any servers, are decided one after the other.

use super::tenant::{ActiveModel, Column, Entity, Model};
use call::{Entry, Facts};
use domain::TenantName;
use domain::quota::{OwnQuotas, Quota};
use ledger::{Ledger, LedgerError, Right, Table, Transaction, calls};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;

/// The table of tenants.
pub const TABLE: Table = Table { name: "tenants", rights: &[Right::Select, Right::Insert, Right::Update] };

/// Locks the tenant until the change ends, and returns its own values.
///
/// # Errors
/// [`LedgerError`].
pub async fn lock(change: &Transaction, tenant: &TenantName) -> Result<OwnQuotas, LedgerError> {
    let find = || Entity::find().filter(Column::Name.eq(tenant.as_str())).lock_exclusive();
    if let Some(row) = find().one(change.connection()).await? {
        return from_row(row).map(|(_, own)| own);
    }
    let row = ActiveModel { name: Set(tenant.to_string()), ..ActiveModel::default() };
    // Another change may make the row at the same moment: then this one waits for that one's end.
    let again = OnConflict::column(Column::Name).update_column(Column::Name).to_owned();
    Entity::insert(row).on_conflict(again).exec_without_returning(change.connection()).await?;
    let row = find().one(change.connection()).await?;
    row.map_or(Ok(OwnQuotas::default()), |row| from_row(row).map(|(_, own)| own))
}

/// Every tenant with values of its own, by name.
///
/// # Errors
/// [`LedgerError`].
pub async fn list(ledger: &Ledger) -> Result<Vec<(TenantName, OwnQuotas)>, LedgerError> {
    let rows = Entity::find().order_by_asc(Column::Name).all(ledger.connection()).await?;
    let all = rows.into_iter().map(from_row).collect::<Result<Vec<_>, _>>()?;
    Ok(all.into_iter().filter(|(_, own)| *own != OwnQuotas::default()).collect())
}

/// Sets the values of a tenant. Returns those in force then.
///
/// # Errors
/// [`LedgerError`].
pub async fn set(
    ledger: &Ledger,
    tenant: &TenantName,
    change_of: impl Fn(OwnQuotas) -> OwnQuotas,
) -> Result<OwnQuotas, LedgerError> {
    let set = async |change: Transaction| {
        let before = lock(&change, tenant).await?;
        let own = change_of(before);
        let row = to_row(own);
        Entity::update_many().set(row).filter(Column::Name.eq(tenant.as_str())).exec(change.connection()).await?;
        let (before, after) = (Some(shown(before)), Some(shown(own)));
        let entry = Entry::of(Facts { action: "tenant.set", target: format!("tenant:{tenant}"), before, after });
        calls::settle(&change, entry.as_ref()).await?;
        change.commit().await?;
        Ok(own)
    };
    ledger.change(set).await
}

/// A tenant's own values as the audit log shows them.
fn shown(own: OwnQuotas) -> Value {
    let set = Quota::ALL.into_iter().filter_map(|quota| Some((quota.setting().to_owned(), own.of(quota)?.into())));
    Value::Object(set.collect())
}

fn to_row(own: OwnQuotas) -> ActiveModel {
    // Every field, so that the compiler asks for a new one.
    let OwnQuotas { campaigns, lines, keys, streams, coupons, requests_per_second } = own;
    let number = |value: Option<u64>| Set(value.map(|value| i64::try_from(value).unwrap_or(i64::MAX)));
    ActiveModel {
        max_campaigns: number(campaigns),
        max_lines: number(lines),
        max_keys: number(keys),
        max_streams: number(streams),
        max_coupons: number(coupons),
        requests_per_second: number(requests_per_second),
        ..ActiveModel::default()
    }
}

fn from_row(row: Model) -> Result<(TenantName, OwnQuotas), LedgerError> {
    let tenant = TenantName::stored(&row.name).map_err(|_| LedgerError::damaged("a tenant's name"))?;
    let number = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
    let own = OwnQuotas {
        campaigns: number(row.max_campaigns),
        lines: number(row.max_lines),
        keys: number(row.max_keys),
        streams: number(row.max_streams),
        coupons: number(row.max_coupons),
        requests_per_second: number(row.requests_per_second),
    };
    Ok((tenant, own))
}
