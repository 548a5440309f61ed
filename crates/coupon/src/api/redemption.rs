//! Routes that reserve, redeem, release and revoke coupons.

use super::{ForTenant, Reply, run_to_end};
use crate::service::CouponService;
use crate::views::coupon::{OrderBody, RedeemBody, RedeemView, RevokeBody, RevokeView};
use access::extract::TenantCaller;
use axum::extract::State;
use domain::CouponId;
use domain::name::check_name;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Path};

fn check_order(order_id: &str) -> Result<(), ApiError> {
    check_name(order_id).map_err(|error| ApiError::invalid(format!("order_id {error}")))
}

/// Reserves a coupon for an order. A repeated call for the same order gets the same reply.
#[utoipa::path(post, path = "/api/v1/coupons/{coupon_id}/redeem", request_body = RedeemBody, tag = "redemption",
    security(("apiKey" = ["redeem"])),
    params(("coupon_id" = Uuid, Path), ForTenant),
    responses((status = 200, body = RedeemView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody)))]
pub(super) async fn redeem(
    State(service): State<CouponService>,
    caller: TenantCaller,
    Path(coupon_id): Path<CouponId>,
    Json(body): Json<RedeemBody>,
) -> Reply<RedeemView> {
    check_order(&body.order_id)?;
    if !(0..=domain::coupon::campaign::MONEY_MAX).contains(&body.amount) {
        return Err(ApiError::invalid("amount must be 0 to 1000000000000 won"));
    }
    Ok(Json(service.reserve(&caller.tenant, coupon_id, &body.order_id, body.amount).await?))
}

macro_rules! step {
    ($(#[$doc:meta])* $name:ident, $step:ident, $path:literal) => {
        $(#[$doc])*
        #[utoipa::path(post, path = $path, request_body = OrderBody, tag = "redemption", security(("apiKey" = ["redeem"])),
            params(("coupon_id" = Uuid, Path), ForTenant),
            responses((status = 200, body = RedeemView), (status = 400, body = ErrorBody),
                (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
                (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody)))]
        pub(super) async fn $name(
            State(service): State<CouponService>,
            caller: TenantCaller,
            Path(coupon_id): Path<CouponId>,
            Json(body): Json<OrderBody>,
        ) -> Reply<RedeemView> {
            check_order(&body.order_id)?;
            Ok(Json(service.$step(&caller.tenant, coupon_id, &body.order_id).await?))
        }
    };
}

step!(
    /// Redeems a coupon for the order that reserved it.
    redeem_confirm, confirm, "/api/v1/coupons/{coupon_id}/redeem/confirm"
);
step!(
    /// Releases an order's reservation.
    redeem_cancel, cancel, "/api/v1/coupons/{coupon_id}/redeem/cancel"
);

step!(
    /// Gives a redeemed coupon back to its holder, because the order that redeemed it was cancelled.
    redeem_undo, undo, "/api/v1/coupons/{coupon_id}/redeem/undo"
);

/// Revokes a coupon. A redeemed coupon cannot be revoked.
#[utoipa::path(post, path = "/api/v1/coupons/{coupon_id}/revoke", request_body = RevokeBody, tag = "redemption",
    security(("apiKey" = ["admin"])),
    params(("coupon_id" = Uuid, Path), ForTenant),
    responses((status = 200, body = RevokeView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn revoke(
    State(service): State<CouponService>,
    caller: TenantCaller,
    Path(coupon_id): Path<CouponId>,
    Json(body): Json<RevokeBody>,
) -> Reply<RevokeView> {
    run_to_end(async move { service.revoke(&caller.tenant, coupon_id, body.return_to_stock).await }).await
}
