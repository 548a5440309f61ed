//! `/internal/admin/...`: what payment shows to operators, through the gateway.

use super::{Internal, run_to_end};
use crate::rows::sales;
use crate::service::PaymentService;
use crate::workers::{Comparison, DifferenceFound, Repair};
use access::{InternalCaller, InternalKeys};
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use domain::{ScheduleId, ZonedTime};
use onsale_http::{ApiError, Json, Query, RequestBody};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most schedules of one question: an event has fewer.
const SCHEDULES_MAX: usize = 100;
/// Most payments of one repair.
const IDS_MAX: usize = 500;

/// The routes, for the gateway.
pub fn operator_routes(service: PaymentService, keys: InternalKeys) -> Router {
    Router::new()
        .route("/internal/admin/sales/money", get(money))
        .route("/internal/admin/reconcile/payments", get(differences).post(repair))
        .with_state(Internal { service, keys })
}

#[derive(Debug, Deserialize)]
struct OfSchedules {
    /// Ids, with commas between them.
    schedules: String,
}

#[derive(Debug, Serialize)]
struct MoneyView {
    captured: i64,
    refunded: i64,
}

#[derive(Debug, Serialize)]
struct MoneySales {
    money: BTreeMap<ScheduleId, MoneyView>,
}

/// What was taken and given back for each schedule.
async fn money(
    State(Internal { service, .. }): State<Internal>,
    _: InternalCaller,
    Query(of): Query<OfSchedules>,
) -> Result<Json<impl Serialize>, ApiError> {
    let mut found = MoneySales { money: BTreeMap::new() };
    for id in of.schedules.split(',').filter_map(|id| id.parse::<ScheduleId>().ok()).take(SCHEDULES_MAX) {
        let sales::Money { captured, refunded } = sales::money(service.ledger(), id).await?;
        found.money.insert(id, MoneyView { captured, refunded });
    }
    Ok(Json(found))
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DifferenceView {
    kind: &'static str,
    id: String,
    details: String,
    repair: &'static str,
    can_be_repaired: bool,
}

impl From<&DifferenceFound> for DifferenceView {
    fn from(found: &DifferenceFound) -> Self {
        // What is neither ours nor a key of ours is nothing that a look-up could find.
        let can_be_repaired = found.payment.is_some() || found.payment_key.parse::<domain::id::PaymentKey>().is_ok();
        Self {
            kind: found.kind.as_str(),
            id: found.payment_key.clone(),
            details: found.details(),
            repair: found.kind.repair(),
            can_be_repaired,
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ComparisonView {
    part: &'static str,
    checked_at: ZonedTime,
    differences: Vec<DifferenceView>,
    is_more: bool,
    unreadable: u64,
}

impl From<&Comparison> for ComparisonView {
    fn from(comparison: &Comparison) -> Self {
        Self {
            part: "payments",
            checked_at: ZonedTime(comparison.checked_at),
            differences: comparison.differences.iter().map(DifferenceView::from).collect(),
            is_more: comparison.left_out > 0,
            unreadable: comparison.unreadable,
        }
    }
}

async fn differences(
    State(Internal { service, .. }): State<Internal>,
    _: InternalCaller,
) -> Result<Json<impl Serialize>, ApiError> {
    Ok(Json(ComparisonView::from(&service.reconcile(Repair::No).await?)))
}

#[derive(Debug, Deserialize)]
struct Ids {
    ids: Vec<String>,
}

/// Five hundred keys.
impl RequestBody for Ids {
    const LIMIT_BYTES: usize = 64 * 1_024;
}

#[derive(Debug, Serialize)]
struct NotRepaired {
    id: String,
    reason: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RepairView {
    /// As it was before: a repair is a look-up, which takes its time.
    #[serde(flatten)]
    comparison: ComparisonView,
    repaired: Vec<String>,
    not_repaired: Vec<NotRepaired>,
}

/// Has these payments put right, to the end even if the caller is gone.
async fn repair(
    State(Internal { service, .. }): State<Internal>,
    _: InternalCaller,
    Json(Ids { ids }): Json<Ids>,
) -> Result<Json<impl Serialize>, ApiError> {
    if !(1..=IDS_MAX).contains(&ids.len()) {
        return Err(ApiError::invalid("ids must be 1 to 500 ids of the list"));
    }
    let named = ids.clone();
    let mut comparison = run_to_end(async move { service.reconcile_named(&named).await }).await?;
    let of = |id: &String| comparison.differences.iter().find(|found| found.payment_key == *id);
    let (mut repaired, mut not_repaired) = (Vec::new(), Vec::new());
    for id in ids {
        match of(&id) {
            Some(found) if found.is_repaired => repaired.push(id),
            Some(_) => not_repaired
                .push(NotRepaired { id, reason: "nobody here knows it: give it back in the provider's console" }),
            None => not_repaired.push(NotRepaired { id, reason: "GONE" }),
        }
    }
    comparison.differences.retain(|found| !found.is_repaired);
    Ok(Json(RepairView { comparison: (&comparison).into(), repaired, not_repaired }))
}
