//! `/internal/admin/...`: what the catalog shows to operators, through the gateway.

use crate::compare::{CompareError, Compared, SeatDesk};
use crate::sales::{BusiestSales, EventSales};
use crate::service::CatalogService;
use crate::views::values::uuid;
use access::{InternalCaller, InternalKeys};
use axum::Router;
use axum::extract::{FromRef, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::{ErrorCode, EventId};
use onsale_http::{ApiError, Json, Query, RequestBody};
use serde::Deserialize;

/// Most seats of one repair.
const IDS_MAX: usize = 500;

#[derive(Clone)]
struct Operators {
    service: CatalogService,
    desk: SeatDesk,
    keys: InternalKeys,
}

impl FromRef<Operators> for InternalKeys {
    fn from_ref(operators: &Operators) -> Self {
        operators.keys.clone()
    }
}

/// The routes, for the gateway.
pub fn operator_routes(service: CatalogService, desk: SeatDesk, keys: InternalKeys) -> Router {
    Router::new()
        .route("/internal/admin/sales/seats", get(sales))
        .route("/internal/admin/sales/busiest", get(busiest))
        .route("/internal/admin/reconcile/seats", get(differences).post(repair))
        .with_state(Operators { service, desk, keys })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfEvent {
    event_id: String,
}

async fn sales(
    State(operators): State<Operators>,
    _: InternalCaller,
    Query(of): Query<OfEvent>,
) -> Result<Json<EventSales>, ApiError> {
    let id = uuid(&of.event_id).ok_or_else(|| ApiError::new(ErrorCode::NotFound))?;
    operators.service.event_sales(EventId(id)).await.map(Json)
}

async fn busiest(State(operators): State<Operators>, _: InternalCaller) -> Result<Json<BusiestSales>, ApiError> {
    operators.service.busiest_sales().await.map(Json)
}

fn away(error: CompareError) -> ApiError {
    match error {
        CompareError::Ledger(error) => error.into(),
        CompareError::Away(away) => {
            tracing::warn!(%away, "seats cannot be compared");
            ApiError::unavailable()
        }
    }
}

async fn differences(State(operators): State<Operators>, _: InternalCaller) -> Result<Json<Compared>, ApiError> {
    operators.desk.show().await.map(Json).map_err(away)
}

#[derive(Debug, Deserialize)]
struct Ids {
    ids: Vec<String>,
}

/// Five hundred UUIDs.
impl RequestBody for Ids {
    const LIMIT_BYTES: usize = 64 * 1_024;
}

/// To its end, even if the caller is gone.
async fn repair(
    State(operators): State<Operators>,
    _: InternalCaller,
    Json(Ids { ids }): Json<Ids>,
) -> Result<Response, ApiError> {
    if !(1..=IDS_MAX).contains(&ids.len()) {
        return Err(ApiError::invalid("ids must be 1 to 500 ids of the list"));
    }
    let work = async move { operators.desk.repair(&ids).await.map_err(away) };
    super::run_to_end(work).await.map(|done| Json(done).into_response())
}
