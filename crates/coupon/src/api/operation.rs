//! Routes for operators: metrics of the hot state, and the comparison of the books.

use super::Reply;
use crate::reconcile::Report;
use crate::service::{CouponService, campaign_id};
use access::extract::{AdministratorCaller, TenantCaller};
use axum::extract::State;
use domain::ErrorCode;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Query};
use serde::Deserialize;

/// Metrics of the hot state.
#[utoipa::path(get, path = "/api/v1/admin/cache/stats", tag = "operation", security(("apiKey" = ["read"])),
    responses((status = 200, body = Object), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub(super) async fn cache_stats(
    State(service): State<CouponService>,
    _: AdministratorCaller,
) -> Reply<serde_json::Value> {
    let mut stats = serde_json::to_value(service.port.stats().await).map_err(ApiError::internal)?;
    stats["timestamp"] = clock::now().to_string().into();
    Ok(Json(stats))
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ReconcileQuery {
    event_id: Option<String>,
}

async fn report(service: &CouponService, caller: TenantCaller, query: ReconcileQuery, repair: bool) -> Reply<Report> {
    let only = match query.event_id {
        Some(event_id) => Some(campaign_id(caller.tenant, &event_id)?),
        None if caller.is_administrator => None,
        None => return Err(ApiError::new(ErrorCode::Forbidden).detail("an administrator's key is required")),
    };
    Ok(Json(service.reconcile(only.as_ref(), repair).await?))
}

/// Compares the coupons of the hot state with the ledger, one by one. Only administrators may compare all campaigns.
#[utoipa::path(get, path = "/api/v1/admin/reconcile", tag = "operation", security(("apiKey" = ["read"])),
    params(("event_id" = Option<String>, Query), ("tenant" = Option<String>, Query, description = "for administrators")),
    responses((status = 200, body = Object), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn reconcile(
    State(service): State<CouponService>,
    caller: TenantCaller,
    Query(query): Query<ReconcileQuery>,
) -> Reply<Report> {
    report(&service, caller, query, false).await
}

/// Compares the books and repairs differences.
#[utoipa::path(post, path = "/api/v1/admin/reconcile", tag = "operation", security(("apiKey" = ["admin"])),
    params(("event_id" = Option<String>, Query), ("tenant" = Option<String>, Query, description = "for administrators")),
    responses((status = 200, body = Object), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn repair(
    State(service): State<CouponService>,
    caller: TenantCaller,
    Query(query): Query<ReconcileQuery>,
) -> Reply<Report> {
    report(&service, caller, query, true).await
}
