//! `/internal/admin/...`: what reservation shows to operators, through the gateway.

use super::Internal;
use crate::rows::sales;
use crate::service::ReservationService;
use access::{InternalCaller, InternalKeys};
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use domain::ScheduleId;
use onsale_http::{ApiError, Json, Query};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most schedules of one question: an event has fewer.
const SCHEDULES_MAX: usize = 100;

/// The routes, for the gateway.
pub fn operator_routes(service: ReservationService, keys: InternalKeys) -> Router {
    Router::new().route("/internal/admin/sales/held", get(held)).with_state(Internal { service, keys })
}

#[derive(Debug, Deserialize)]
struct OfSchedules {
    /// Ids, with commas between them.
    schedules: String,
}

/// What is held: schedule, grade, seats.
#[derive(Debug, Serialize)]
struct HeldSales {
    held: BTreeMap<ScheduleId, BTreeMap<String, i64>>,
}

/// Seats that people hold and have not paid, by grade.
async fn held(
    State(Internal { service, .. }): State<Internal>,
    _: InternalCaller,
    Query(of): Query<OfSchedules>,
) -> Result<Json<impl Serialize>, ApiError> {
    let ids: Vec<ScheduleId> = of.schedules.split(',').filter_map(|id| id.parse().ok()).take(SCHEDULES_MAX).collect();
    let mut found = HeldSales { held: ids.iter().map(|id| (*id, BTreeMap::new())).collect() };
    for one in sales::held(service.ledger(), &ids).await? {
        found.held.entry(one.schedule).or_default().insert(one.grade, one.count);
    }
    Ok(Json(found))
}
