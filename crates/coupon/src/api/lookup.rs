//! Routes that read a campaign's status and a user's coupons.

use super::{ForTenant, Reply};
use crate::service::{CouponService, campaign_id};
use crate::views::coupon::{StatusView, UserCoupons};
use access::extract::{NamedCaller, OpenCaller};
use axum::extract::State;
use domain::{ErrorCode, UserId};
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Path};

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
    let id = campaign_id(tenant, &event_id)?;
    let sale = service.port.status(&id, clock::now()).await?.ok_or(ErrorCode::CampaignNotFound)?;
    Ok(Json(StatusView {
        event_id,
        remaining_stock: sale.remaining,
        total_participants: sale.participants,
        status: sale.status,
    }))
}

/// A user's coupons of a campaign.
#[utoipa::path(get, path = "/api/v1/coupons/user/{user_id}/event/{event_id}", tag = "coupons",
    security((), ("apiKey" = ["read"])), params(("user_id" = String, Path), ("event_id" = String, Path)),
    responses((status = 200, body = UserCoupons), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn user_coupons(
    State(service): State<CouponService>,
    OpenCaller(tenant): OpenCaller,
    Path((user_id, event_id)): Path<(String, String)>,
) -> Reply<UserCoupons> {
    let id = campaign_id(tenant, &event_id)?;
    let user = UserId::new(&user_id).map_err(|error| ApiError::invalid(format!("user_id {error}")))?;
    Ok(Json(service.user_coupons(&id, &user).await?))
}
