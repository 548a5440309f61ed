//! Routes that read a campaign's status and a user's coupons.

use super::{ForTenant, Reply};
use crate::service::{CouponService, campaign_id};
use crate::views::coupon::{OwnCoupons, UserCoupons};
use crate::views::status::{PublicList, StatusView};
use ::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use access::extract::{NamedCaller, OpenCaller};
use access::{ActsFor, Person};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::{ErrorCode, TenantName, UserId};
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Path, Query};
use serde::Deserialize;

/// A campaign's status.
#[utoipa::path(get, path = "/api/v1/coupons/status/{event_id}", tag = "coupons", security((), ("apiKey" = ["read"])),
    params(("event_id" = String, Path), ForTenant),
    responses((status = 200, body = StatusView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn status(
    State(service): State<CouponService>,
    NamedCaller(tenant): NamedCaller,
    Path(event_id): Path<String>,
) -> Reply<StatusView> {
    let (id, now) = (campaign_id(tenant, &event_id)?, clock::now());
    let (campaign, sale) = service.port.sale(&id, now).await?.ok_or(ErrorCode::CampaignNotFound)?;
    Ok(Json(StatusView::new(&campaign, sale, now)))
}

/// The campaigns of a tenant that give coupons now, or will within 30 days; at most 200, the one that opens first in front.
/// Anybody may ask, unless `coupon.public_list` is false.
#[utoipa::path(get, path = "/api/v1/coupons/campaigns", tag = "coupons",
    params(("tenant" = Option<String>, Query, description = "`default` if absent")),
    responses((status = 200, body = PublicList), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn public_campaigns(
    State(service): State<CouponService>,
    Query(of): Query<OfTenant>,
) -> Result<Response, ApiError> {
    let tenant = of.tenant.map_or_else(|| Ok(TenantName::default_tenant()), |tenant| TenantName::new(&tenant));
    let tenant = tenant.map_err(|error| ApiError::invalid(format!("tenant {error}")))?;
    let list = service.public_list(&tenant).await?;
    Ok(([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=1")], list).into_response())
}

/// A route that takes none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoParameters {}

/// Whose campaigns are listed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfTenant {
    tenant: Option<String>,
}

/// A user's coupons of a campaign.
#[utoipa::path(get, path = "/api/v1/coupons/user/{user_id}/event/{event_id}", tag = "coupons",
    security((), ("apiKey" = ["read"]), ("accessToken" = [])), params(("user_id" = String, Path), ("event_id" = String, Path)),
    responses((status = 200, body = UserCoupons), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn user_coupons(
    State(service): State<CouponService>,
    OpenCaller(tenant): OpenCaller,
    caller: ActsFor,
    Path((user_id, event_id)): Path<(String, String)>,
) -> Reply<UserCoupons> {
    let id = campaign_id(tenant, &event_id)?;
    let user = UserId::new(&caller.user(Some(&user_id), "user_id")?)
        .map_err(|error| ApiError::invalid(format!("user_id {error}")))?;
    Ok(Json(service.user_coupons(&id, &user).await?))
}

/// One's own coupons of all campaigns of the tenant `default`, the newest first; at most 200.
#[utoipa::path(get, path = "/api/v1/coupons/mine", tag = "coupons", security(("accessToken" = [])),
    responses((status = 200, body = OwnCoupons), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub(super) async fn own_coupons(
    State(service): State<CouponService>,
    person: Person,
    Query(NoParameters {}): Query<NoParameters>,
) -> Reply<OwnCoupons> {
    let user = UserId::new(&person.id.to_string()).map_err(ApiError::internal)?;
    Ok(Json(service.own_coupons(&user).await?))
}
