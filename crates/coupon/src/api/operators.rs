//! `/internal/admin/...`: what the coupon role shows to operators, through the gateway.

use super::Reply;
use super::operation::{RepairBody, repaired};
use crate::sales::BusiestCampaigns;
use crate::service::{CouponService, campaign_id};
use crate::views::reconcile::ReconcileView;
use access::{InternalCaller, InternalKeys};
use axum::Router;
use axum::extract::{FromRef, State};
use axum::routing::get;
use domain::{CampaignId, TenantName};
use onsale_http::{ApiError, Json, Query, RequestBody};
use serde::Deserialize;

#[derive(Clone)]
struct Operators {
    service: CouponService,
    keys: InternalKeys,
}

impl FromRef<Operators> for InternalKeys {
    fn from_ref(operators: &Operators) -> Self {
        operators.keys.clone()
    }
}

/// The routes, for the gateway, which has judged the caller.
pub fn operator_routes(service: CouponService, keys: InternalKeys) -> Router {
    Router::new()
        .route("/internal/admin/campaigns/busiest", get(busiest))
        .route("/internal/admin/reconcile/coupons", get(differences).post(repair))
        .with_state(Operators { service, keys })
}

async fn busiest(State(operators): State<Operators>, _: InternalCaller) -> Reply<BusiestCampaigns> {
    operators.service.busiest_campaigns().await.map(Json)
}

/// One campaign, or all.
#[derive(Debug, Deserialize)]
struct Which {
    tenant: Option<String>,
    event_id: Option<String>,
}

impl Which {
    fn campaign(&self) -> Result<Option<CampaignId>, ApiError> {
        let Some(event) = &self.event_id else { return Ok(None) };
        let tenant = self.tenant.as_deref().map(TenantName::new).transpose();
        let tenant = tenant.map_err(|error| ApiError::invalid(format!("tenant {error}")))?;
        campaign_id(tenant.unwrap_or_else(TenantName::default_tenant), event).map(Some)
    }
}

async fn differences(
    State(operators): State<Operators>,
    _: InternalCaller,
    Query(which): Query<Which>,
) -> Reply<ReconcileView> {
    let only = which.campaign()?;
    Ok(Json(ReconcileView::of(operators.service.reconcile(only.as_ref(), false).await?)))
}

/// What the gateway passes on: ids, or nothing for all.
#[derive(Debug, Deserialize)]
struct Wish(Option<RepairBody>);

impl RequestBody for Wish {
    const LIMIT_BYTES: usize = RepairBody::LIMIT_BYTES;
}

async fn repair(
    State(operators): State<Operators>,
    _: InternalCaller,
    Query(which): Query<Which>,
    Json(Wish(wish)): Json<Wish>,
) -> Reply<ReconcileView> {
    repaired(&operators.service, which.campaign()?, wish.map(|wish| wish.ids)).await
}
