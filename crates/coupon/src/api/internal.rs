//! Routes for the roles `payment` and `reservation`: a coupon's discount in a payment of tickets (PAY-017). The tenant is
//! `default`, the order is the payment's id. Each may be called again.

use super::Reply;
use crate::service::CouponService;
use crate::views::purchase::{PaymentBody, PurchaseBody, PurchaseView, UsableCoupons};
use access::{InternalCaller, InternalKeys};
use axum::Router;
use axum::extract::{FromRef, State};
use axum::routing::{get, post};
use domain::coupon::campaign::MONEY_MAX;
use domain::{CouponId, ErrorCode, TenantName, UserId};
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Path, Query};
use serde::Deserialize;
use utoipa::{IntoParams, OpenApi};

/// The service with the keys of those who may call these routes.
#[derive(Clone)]
struct Internal {
    service: CouponService,
    keys: InternalKeys,
}

impl FromRef<Internal> for InternalKeys {
    fn from_ref(internal: &Internal) -> Self {
        internal.keys.clone()
    }
}

/// The routes. `keys`: those of the roles payment and reservation.
pub fn internal_routes(service: CouponService, keys: InternalKeys) -> Router {
    Router::new()
        .route("/internal/coupons/of/{userId}", get(usable))
        .route("/internal/coupons/{couponId}/redeem", post(redeem))
        .route("/internal/coupons/{couponId}/redeem/confirm", post(confirm))
        .route("/internal/coupons/{couponId}/redeem/cancel", post(cancel))
        .route("/internal/coupons/{couponId}/redeem/undo", post(undo))
        .with_state(Internal { service, keys })
}

/// These routes' part of the API document.
#[derive(OpenApi)]
#[openapi(paths(usable, redeem, confirm, cancel, undo))]
pub struct InternalDocument;

/// The order.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Order {
    /// its amount before a discount, in won
    amount: i64,
}

/// What is no UUID names no coupon.
fn coupon(text: &str) -> Result<CouponId, ApiError> {
    text.parse().map_err(|_| ErrorCode::CouponNotFound.into())
}

fn user(text: &str) -> Result<UserId, ApiError> {
    UserId::new(text).map_err(|error| ApiError::invalid(format!("userId {error}")))
}

fn check_amount(amount: i64) -> Result<i64, ApiError> {
    let is_amount = (1..=MONEY_MAX).contains(&amount);
    if is_amount { Ok(amount) } else { Err(ApiError::invalid("amount must be 1 to 1000000000000 won")) }
}

/// The coupons that a person can use now for an order, the largest discount first.
#[utoipa::path(get, path = "/internal/coupons/of/{userId}", tag = "internal", security(("serviceKey" = [])),
    params(("userId" = String, Path), Order),
    responses((status = 200, body = UsableCoupons), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
async fn usable(
    State(Internal { service, .. }): State<Internal>,
    _: InternalCaller,
    Path(user_id): Path<String>,
    Query(order): Query<Order>,
) -> Reply<UsableCoupons> {
    Ok(Json(service.usable_coupons(&user(&user_id)?, check_amount(order.amount)?).await?))
}

/// Reserves the buyer's coupon for a payment.
#[utoipa::path(post, path = "/internal/coupons/{couponId}/redeem", request_body = PurchaseBody, tag = "internal",
    security(("serviceKey" = [])), params(("couponId" = String, Path)),
    responses((status = 200, body = PurchaseView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
async fn redeem(
    State(Internal { service, .. }): State<Internal>,
    _: InternalCaller,
    Path(coupon_id): Path<String>,
    Json(body): Json<PurchaseBody>,
) -> Reply<PurchaseView> {
    let (coupon_id, buyer, amount) = (coupon(&coupon_id)?, user(&body.user_id)?, check_amount(body.amount)?);
    let reserved = service.reserve_for_payment(coupon_id, &buyer, body.order_id, amount).await?;
    Ok(Json(PurchaseView::new(body.order_id, reserved)))
}

macro_rules! step {
    ($(#[$doc:meta])* $name:ident, $path:literal) => {
        $(#[$doc])*
        #[utoipa::path(post, path = $path, request_body = PaymentBody, tag = "internal", security(("serviceKey" = [])),
            params(("couponId" = String, Path)),
            responses((status = 200, body = PurchaseView), (status = 400, body = ErrorBody),
                (status = 401, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
                (status = 422, body = ErrorBody), (status = 503, body = ErrorBody)))]
        async fn $name(
            State(Internal { service, .. }): State<Internal>,
            _: InternalCaller,
            Path(coupon_id): Path<String>,
            Json(body): Json<PaymentBody>,
        ) -> Reply<PurchaseView> {
            let (coupon_id, order) = (coupon(&coupon_id)?, body.order_id.to_string());
            let done = service.$name(&TenantName::default_tenant(), coupon_id, &order).await?;
            Ok(Json(PurchaseView::new(body.order_id, done)))
        }
    };
}

step!(
    /// Redeems the coupon for the payment that reserved it; a lapsed reservation, too, unless another order took it.
    confirm, "/internal/coupons/{couponId}/redeem/confirm"
);
step!(
    /// Releases a payment's reservation of a coupon that was not confirmed.
    cancel, "/internal/coupons/{couponId}/redeem/cancel"
);
step!(
    /// Gives a coupon back, whatever the payment holds of it: the payment has failed or was refunded.
    undo, "/internal/coupons/{couponId}/redeem/undo"
);
