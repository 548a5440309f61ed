//! Routes for operators: metrics of the hot state, and the comparison of the books.

use super::{Reply, campaign_of, run_to_end};
use crate::reconcile::Repair;
use crate::sales::CampaignSales;
use crate::service::{CouponService, campaign_id};
use crate::views::reconcile::ReconcileView;
use ::http::header::CONTENT_TYPE;
use access::extract::{AdministratorCaller, TenantCaller};
use axum::extract::{FromRequest, Request, State};
use domain::{CampaignId, ErrorCode};
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Path, Query, RequestBody};
use serde::Deserialize;
use utoipa::ToSchema;

/// Most findings of one repair.
const IDS_MAX: usize = 500;

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

/// The sales of a campaign.
#[utoipa::path(get, path = "/api/v1/admin/campaigns/{event_id}/sales", tag = "campaigns", security(("apiKey" = ["read"])),
    params(("event_id" = String, Path), super::ForTenant),
    responses((status = 200, body = CampaignSales), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn sales(
    State(service): State<CouponService>,
    caller: TenantCaller,
    Path(event_id): Path<String>,
) -> Reply<CampaignSales> {
    service.campaign_sales(&campaign_of(caller, &event_id)?).await.map(Json)
}

/// What is compared.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ReconcileQuery {
    event_id: Option<String>,
    part: Option<String>,
}

/// Which findings are repaired; all without a body.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RepairBody {
    /// 1 to 500 ids of the list.
    pub ids: Vec<String>,
}

/// Five hundred names of findings.
impl RequestBody for RepairBody {
    const LIMIT_BYTES: usize = 512 * 1_024;
}

/// The campaign that is compared; none for all, which only administrators may compare.
pub(super) fn only(caller: TenantCaller, event_id: Option<&str>) -> Result<Option<CampaignId>, ApiError> {
    match event_id {
        Some(event_id) => campaign_id(caller.tenant, event_id).map(Some),
        None if caller.is_administrator => Ok(None),
        None => Err(ApiError::new(ErrorCode::Forbidden).detail("an administrator's key is required")),
    }
}

/// Without the gateway there is one part.
fn demand_coupons(part: Option<&str>) -> Result<(), ApiError> {
    match part {
        None | Some("coupons") => Ok(()),
        Some(_) => Err(ApiError::invalid("part must be coupons here; the gateway has seats and payments, too")),
    }
}

/// Compares the coupons of the hot state with the ledger, one by one. Only administrators may compare all campaigns.
#[utoipa::path(get, path = "/api/v1/admin/reconcile", tag = "operation", security(("apiKey" = ["read"])),
    params(("event_id" = Option<String>, Query), ("part" = Option<String>, Query, description = "coupons"),
        ("tenant" = Option<String>, Query, description = "for administrators")),
    responses((status = 200, body = Object), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn reconcile(
    State(service): State<CouponService>,
    caller: TenantCaller,
    Query(query): Query<ReconcileQuery>,
) -> Reply<ReconcileView> {
    demand_coupons(query.part.as_deref())?;
    let only = only(caller, query.event_id.as_deref())?;
    Ok(Json(ReconcileView::of(service.reconcile(only.as_ref(), false).await?)))
}

/// Compares the books and repairs differences: those that a body names, all without one.
#[utoipa::path(post, path = "/api/v1/admin/reconcile", tag = "operation", security(("apiKey" = ["admin"])),
    request_body = Option<RepairBody>,
    params(("event_id" = Option<String>, Query), ("part" = Option<String>, Query, description = "coupons"),
        ("tenant" = Option<String>, Query, description = "for administrators")),
    responses((status = 200, body = Object), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn repair(
    State(service): State<CouponService>,
    caller: TenantCaller,
    Query(query): Query<ReconcileQuery>,
    request: Request,
) -> Reply<ReconcileView> {
    demand_coupons(query.part.as_deref())?;
    let only = only(caller, query.event_id.as_deref())?;
    let has_type = request.headers().contains_key(CONTENT_TYPE);
    let ids = if has_type { Some(Json::<RepairBody>::from_request(request, &()).await?.0.ids) } else { None };
    repaired(&service, only, ids).await
}

/// Repairs, to the end even if the caller is gone.
pub(super) async fn repaired(
    service: &CouponService,
    only: Option<CampaignId>,
    ids: Option<Vec<String>>,
) -> Reply<ReconcileView> {
    if ids.as_ref().is_some_and(|ids| !(1..=IDS_MAX).contains(&ids.len())) {
        return Err(ApiError::invalid("ids must be 1 to 500 ids of the list"));
    }
    let service = service.clone();
    run_to_end(async move {
        let which = ids.as_deref().map_or(Repair::All, Repair::Named);
        let report = service.reconcile_which(only.as_ref(), which).await?;
        Ok(ReconcileView::of(report).with_named(ids.as_deref()))
    })
    .await
}
