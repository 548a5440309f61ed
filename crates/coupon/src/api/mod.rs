//! The routes of the coupon service (`contract.md`, Coupons), with a module for each group.

mod audit;
mod campaigns;
mod holders;
mod internal;
mod issue;
mod looks;
mod lookup;
mod operation;
mod operators;
mod redemption;
#[cfg(test)]
mod tests;

pub use self::operators::operator_routes;
pub use internal::{InternalDocument, internal_routes};
pub use looks::{LookDocument, look_routes};

use super::issue::IssueRoute;
use super::service::{CouponService, campaign_id};
use access::callers::Callers;
use access::extract::TenantCaller;
use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};
use domain::CampaignId;
use onsale_http::{ApiError, Json};
use utoipa::{IntoParams, OpenApi};

/// The issue route for requests that the server's fast path did not answer.
pub fn issue_routes(route: IssueRoute) -> Router {
    Router::new().route(IssueRoute::PATH, post(issue::issue_coupon)).with_state(route)
}

/// All other routes.
pub fn routes(service: CouponService) -> Router {
    let admin = Router::new()
        .route("/campaigns", post(campaigns::create).get(campaigns::list))
        .route("/campaigns/{event_id}", get(campaigns::show).patch(campaigns::change).delete(campaigns::delete))
        .route("/campaigns/{event_id}/coupons", get(holders::coupons))
        .route("/campaigns/{event_id}/open", post(campaigns::open))
        .route("/campaigns/{event_id}/pause", post(campaigns::pause))
        .route("/campaigns/{event_id}/resume", post(campaigns::resume))
        .route("/campaigns/{event_id}/close", post(campaigns::close))
        .route("/campaigns/{event_id}/stock", post(campaigns::add_stock))
        .route("/campaigns/{event_id}/sales", get(operation::sales))
        .route("/events/{event_id}/stock", post(campaigns::short_form))
        .route("/cache/stats", get(operation::cache_stats));
    let coupons = Router::new()
        .route("/campaigns", get(lookup::public_campaigns))
        .route("/mine", get(lookup::own_coupons))
        .route("/status/{event_id}", get(lookup::status))
        .route("/user/{user_id}/event/{event_id}", get(lookup::user_coupons))
        .route("/{coupon_id}/redeem", post(redemption::redeem))
        .route("/{coupon_id}/redeem/confirm", post(redemption::redeem_confirm))
        .route("/{coupon_id}/redeem/cancel", post(redemption::redeem_cancel))
        .route("/{coupon_id}/redeem/undo", post(redemption::redeem_undo))
        .route("/{coupon_id}/revoke", post(redemption::revoke));
    Router::new().nest("/api/v1/coupons", coupons).nest("/api/v1/admin", admin).with_state(service)
}

/// The routes about all roles as a process without the gateway has them: of this role alone. Where the gateway is, it joins.
pub fn apart_routes(service: CouponService) -> Router {
    Router::new()
        .route("/api/v1/admin/audit", get(audit::audit))
        .route("/api/v1/admin/reconcile", get(operation::reconcile).post(operation::repair))
        .with_state(service)
}

/// This service's part of the API document.
#[derive(OpenApi)]
#[openapi(paths(
    issue::issue_coupon,
    lookup::public_campaigns,
    lookup::own_coupons,
    lookup::status,
    lookup::user_coupons,
    redemption::redeem,
    redemption::redeem_confirm,
    redemption::redeem_cancel,
    redemption::redeem_undo,
    redemption::revoke,
    campaigns::create,
    campaigns::list,
    campaigns::show,
    holders::coupons,
    campaigns::change,
    campaigns::delete,
    campaigns::open,
    campaigns::pause,
    campaigns::resume,
    campaigns::close,
    campaigns::add_stock,
    campaigns::short_form,
    operation::sales,
    operation::cache_stats
))]
pub struct ApiDocument;

/// The part of [`apart_routes`].
#[derive(OpenApi)]
#[openapi(paths(audit::audit, operation::reconcile, operation::repair))]
pub struct ApartDocument;

type Reply<T> = Result<Json<T>, ApiError>;

/// Runs a change of both the ledger and the hot state to its end, even if the caller disconnects in between: half of a
/// change would leave the two different.
async fn run_to_end<T: Send + 'static>(change: impl Future<Output = Result<T, ApiError>> + Send + 'static) -> Reply<T> {
    tokio::spawn(call::carried(change)).await.map_err(ApiError::internal)?.map(Json)
}

/// The tenant that an administrator names, in the API document. [`TenantCaller`] reads it.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct ForTenant {
    /// for administrators
    #[allow(dead_code, reason = "a parameter of the document: the caller's extractor reads it")]
    tenant: Option<String>,
}

impl FromRef<CouponService> for Callers {
    fn from_ref(service: &CouponService) -> Self {
        service.callers.clone()
    }
}

/// The campaign of the caller's tenant that the call names.
fn campaign_of(caller: TenantCaller, event_id: &str) -> Result<CampaignId, ApiError> {
    campaign_id(caller.tenant, event_id)
}
