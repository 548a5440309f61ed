//! The routes of the coupon service and their JSON (`contract.md`, Coupons).

use super::campaigns::{from_request, open_with_stock};
use super::issue::{Begun, IssueRoute};
use super::service::{CouponService, campaign_id};
use super::views::*;
use crate::http::docs::ErrorBody;
use crate::http::door::{HotHead, HotRoute};
use crate::http::limits::put_headers;
use crate::http::{ApiError, ClientIp, Json, Path, Query, TraceId};
use crate::{clock, http};
use ::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use ::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use domain::campaign_change::Action;
use domain::name::check_name;
use domain::{ErrorCode, UserId};
use serde::Deserialize;
use std::net::IpAddr;
use utoipa::openapi::{Content, Ref, ResponseBuilder};
use utoipa::{Modify, OpenApi};
use uuid::Uuid;

/// The hot route as any other: for requests that the door did not answer itself. It takes from the buckets itself.
pub fn issue_routes(issue: IssueRoute) -> Router {
    Router::new().route(IssueRoute::PATH, post(issue_coupon)).with_state(issue)
}

/// The other routes.
pub fn routes(service: CouponService) -> Router {
    let admin = Router::new()
        .route("/campaigns", post(create).get(list))
        .route("/campaigns/{event_id}", get(show).patch(change))
        .route("/campaigns/{event_id}/open", post(open))
        .route("/campaigns/{event_id}/pause", post(pause))
        .route("/campaigns/{event_id}/resume", post(resume))
        .route("/campaigns/{event_id}/close", post(close))
        .route("/campaigns/{event_id}/stock", post(add_stock))
        .route("/events/{event_id}/stock", post(short_form))
        .route("/cache/stats", get(cache_stats))
        .route("/reconcile", get(reconcile).post(repair));
    let coupons = Router::new()
        .route("/status/{event_id}", get(status))
        .route("/user/{user_id}/event/{event_id}", get(user_coupons))
        .route("/{coupon_id}/redeem", post(redeem))
        .route("/{coupon_id}/redeem/confirm", post(redeem_confirm))
        .route("/{coupon_id}/redeem/cancel", post(redeem_cancel))
        .route("/{coupon_id}/revoke", post(revoke));
    Router::new().nest("/api/v1/coupons", coupons).nest("/api/v1/admin", admin).with_state(service)
}

/// This service's part of the API document.
#[derive(OpenApi)]
#[openapi(paths(
    issue_coupon,
    status,
    user_coupons,
    redeem,
    redeem_confirm,
    redeem_cancel,
    revoke,
    create,
    list,
    show,
    change,
    open,
    pause,
    resume,
    close,
    add_stock,
    short_form,
    cache_stats,
    reconcile,
    repair
), modifiers(&AnyTime))]
pub struct ApiDocument;

/// What every call may be answered at any time.
struct AnyTime;

impl Modify for AnyTime {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let refused = |why: &str| {
            let body = Content::new(Some(Ref::from_schema_name("ErrorBody")));
            ResponseBuilder::new().description(why).content("application/json", body).build()
        };
        let paths = document.paths.paths.values_mut();
        let operations = paths.flat_map(|path| [&mut path.get, &mut path.post, &mut path.patch]).flatten();
        for operation in operations {
            let answers = &mut operation.responses.responses;
            answers.entry("429".into()).or_insert_with(|| refused("Too often; see Retry-After").into());
            answers.entry("503".into()).or_insert_with(|| refused("Not now; see Retry-After").into());
        }
    }
}

type Answer<T> = Result<Json<T>, ApiError>;

/// Runs a change that the ledger and the hot state both take part in to its end, even if the caller goes away in
/// between: half of it would leave the two apart.
async fn to_its_end<T: Send + 'static>(
    change: impl Future<Output = Result<T, ApiError>> + Send + 'static,
) -> Answer<T> {
    tokio::spawn(change).await.map_err(ApiError::internal)?.map(Json)
}

/// Which tenant an administrator means.
#[derive(Debug, Default, Deserialize)]
struct ForTenant {
    tenant: Option<String>,
}

/// Asks for a coupon. A decision is always 200; `success` is true for `ISSUED` only.
///
/// The same `Idempotency-Key` from the same user hears an earlier yes again; a refusal is not remembered.
#[utoipa::path(post, path = "/api/v1/coupons/issue", request_body = IssueBody, tag = "coupons",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters")),
    security((), ("apiKey" = [])),
    responses((status = 200, body = IssueAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 415, body = ErrorBody), (status = 422, body = ErrorBody), (status = 429, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
async fn issue_coupon(
    State(route): State<IssueRoute>,
    Extension(trace_id): Extension<TraceId>,
    request: Request,
) -> Result<Response, ApiError> {
    let peer = request.extensions().get::<ClientIp>().map_or(IpAddr::from([0, 0, 0, 0]), |client| client.0);
    let (parts, body) = request.into_parts();
    let body = http::json::read(body).await?;
    let head = hot_head(&parts.headers, &trace_id);
    let mut asked = route.asked(peer, &head);
    let answer = match route.begin(&mut asked, &head, &body) {
        Begun::Answer(answer) => answer,
        Begun::Wait(waiting) => route.finish(&mut asked, waiting).await,
    };
    let mut bytes = Vec::with_capacity(256);
    let (status, retry_after_seconds) = route.write_body(&asked, answer, &mut bytes);
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(seconds) = retry_after_seconds {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    if let Some(note) = &asked.rate {
        put_headers(note, headers);
    }
    Ok(response)
}

fn hot_head<'a>(headers: &'a HeaderMap, trace_id: &'a TraceId) -> HotHead<'a> {
    let value = |name: &'static str| headers.get(HeaderName::from_static(name)).map(HeaderValue::as_bytes);
    HotHead {
        content_type: value("content-type"),
        accept_language: value("accept-language"),
        trace_id: Some(trace_id.as_bytes()),
        api_key: value("x-api-key"),
        idempotency_key: value("idempotency-key"),
        // The address was found out already, by the layer around every route.
        forwarded_for: None,
        close: false,
    }
}

/// A campaign's figures.
#[utoipa::path(get, path = "/api/v1/coupons/status/{event_id}", tag = "coupons", security((), ("apiKey" = [])),
    params(("event_id" = String, Path)),
    responses((status = 200, body = StatusView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn status(
    State(service): State<CouponService>,
    Path(event_id): Path<String>,
    headers: HeaderMap,
) -> Answer<StatusView> {
    let id = campaign_id(service.tenant_of_caller(&headers).await?, &event_id)?;
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
    security((), ("apiKey" = [])), params(("user_id" = String, Path), ("event_id" = String, Path)),
    responses((status = 200, body = UserCoupons), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn user_coupons(
    State(service): State<CouponService>,
    Path((user_id, event_id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer<UserCoupons> {
    let id = campaign_id(service.tenant_of_caller(&headers).await?, &event_id)?;
    let user = UserId::new(&user_id).map_err(|error| ApiError::invalid(format!("user_id {error}")))?;
    Ok(Json(service.user_coupons(&id, &user).await?))
}

fn check_order(order_id: &str) -> Result<(), ApiError> {
    check_name(order_id).map_err(|error| ApiError::invalid(format!("order_id {error}")))
}

/// Sets a coupon aside for an order. Again with the same order: the same answer.
#[utoipa::path(post, path = "/api/v1/coupons/{coupon_id}/redeem", request_body = RedeemBody, tag = "redemption",
    security(("apiKey" = [])),
    params(("coupon_id" = Uuid, Path), ("tenant" = Option<String>, Query, description = "for administrators")),
    responses((status = 200, body = RedeemView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 415, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn redeem(
    State(service): State<CouponService>,
    Path(coupon_id): Path<Uuid>,
    Query(for_tenant): Query<ForTenant>,
    headers: HeaderMap,
    Json(body): Json<RedeemBody>,
) -> Answer<RedeemView> {
    let tenant = service.tenant_of_key(&headers, for_tenant.tenant.as_deref()).await?;
    check_order(&body.order_id)?;
    if !(0..=domain::campaign::MONEY_MAX).contains(&body.amount) {
        return Err(ApiError::invalid("amount must be 0 to 1000000000000 won"));
    }
    Ok(Json(service.reserve(&tenant, coupon_id, &body.order_id, body.amount).await?))
}

/// Uses a coupon up for the order that reserved it.
#[utoipa::path(post, path = "/api/v1/coupons/{coupon_id}/redeem/confirm", request_body = OrderBody, tag = "redemption",
    security(("apiKey" = [])),
    params(("coupon_id" = Uuid, Path), ("tenant" = Option<String>, Query, description = "for administrators")),
    responses((status = 200, body = RedeemView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 415, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn redeem_confirm(
    State(service): State<CouponService>,
    Path(coupon_id): Path<Uuid>,
    Query(for_tenant): Query<ForTenant>,
    headers: HeaderMap,
    Json(body): Json<OrderBody>,
) -> Answer<RedeemView> {
    let tenant = service.tenant_of_key(&headers, for_tenant.tenant.as_deref()).await?;
    check_order(&body.order_id)?;
    Ok(Json(service.confirm(&tenant, coupon_id, &body.order_id).await?))
}

/// Lets an order's reservation go.
#[utoipa::path(post, path = "/api/v1/coupons/{coupon_id}/redeem/cancel", request_body = OrderBody, tag = "redemption",
    security(("apiKey" = [])),
    params(("coupon_id" = Uuid, Path), ("tenant" = Option<String>, Query, description = "for administrators")),
    responses((status = 200, body = RedeemView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 415, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn redeem_cancel(
    State(service): State<CouponService>,
    Path(coupon_id): Path<Uuid>,
    Query(for_tenant): Query<ForTenant>,
    headers: HeaderMap,
    Json(body): Json<OrderBody>,
) -> Answer<RedeemView> {
    let tenant = service.tenant_of_key(&headers, for_tenant.tenant.as_deref()).await?;
    check_order(&body.order_id)?;
    Ok(Json(service.cancel(&tenant, coupon_id, &body.order_id).await?))
}

/// Takes a coupon back. A redeemed one can not be.
#[utoipa::path(post, path = "/api/v1/coupons/{coupon_id}/revoke", request_body = RevokeBody, tag = "redemption",
    security(("apiKey" = [])),
    params(("coupon_id" = Uuid, Path), ("tenant" = Option<String>, Query, description = "for administrators")),
    responses((status = 200, body = RevokeView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 415, body = ErrorBody)))]
async fn revoke(
    State(service): State<CouponService>,
    Path(coupon_id): Path<Uuid>,
    Query(for_tenant): Query<ForTenant>,
    headers: HeaderMap,
    Json(body): Json<RevokeBody>,
) -> Answer<RevokeView> {
    let tenant = service.tenant_of_key(&headers, for_tenant.tenant.as_deref()).await?;
    to_its_end(async move { service.revoke(&tenant, coupon_id, body.return_to_stock).await }).await
}

/// Makes a campaign. Without `opens_at` it waits to be opened.
#[utoipa::path(post, path = "/api/v1/admin/campaigns", request_body = NewCampaign, tag = "campaigns",
    security(("apiKey" = [])), params(("tenant" = Option<String>, Query, description = "for administrators")),
    responses((status = 201, body = CampaignView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 409, body = ErrorBody), (status = 415, body = ErrorBody)))]
async fn create(
    State(service): State<CouponService>,
    Query(for_tenant): Query<ForTenant>,
    headers: HeaderMap,
    Json(asked): Json<NewCampaign>,
) -> Result<Response, ApiError> {
    let tenant = service.tenant_of_key(&headers, for_tenant.tenant.as_deref()).await?;
    let id = campaign_id(tenant, &asked.event_id)?;
    let campaign = from_request(id, &asked);
    let Json(made) = to_its_end(async move { service.create_campaign(campaign).await }).await?;
    let location = format!("/api/v1/admin/campaigns/{}", asked.event_id);
    let mut response = (StatusCode::CREATED, axum::Json(made)).into_response();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

#[derive(Debug, Deserialize)]
struct PageOf {
    #[serde(default)]
    page: u64,
    #[serde(default = "twenty")]
    size: u64,
    tenant: Option<String>,
}

fn twenty() -> u64 {
    20
}

/// The tenant's campaigns, newest first.
#[utoipa::path(get, path = "/api/v1/admin/campaigns", tag = "campaigns", security(("apiKey" = [])),
    params(("page" = Option<u64>, Query, description = "from 0"), ("size" = Option<u64>, Query, description = "1 to 100"),
        ("tenant" = Option<String>, Query, description = "for administrators")),
    responses((status = 200, body = CampaignPage), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody)))]
async fn list(
    State(service): State<CouponService>,
    Query(asked): Query<PageOf>,
    headers: HeaderMap,
) -> Answer<CampaignPage> {
    let tenant = service.tenant_of_key(&headers, asked.tenant.as_deref()).await?;
    if !(1..=ledger::campaigns::PAGE_SIZE_MAX).contains(&asked.size) {
        return Err(ApiError::invalid("size must be 1 to 100"));
    }
    Ok(Json(service.campaigns(&tenant, asked.page, asked.size).await?))
}

/// One campaign.
#[utoipa::path(get, path = "/api/v1/admin/campaigns/{event_id}", tag = "campaigns", security(("apiKey" = [])),
    params(("event_id" = String, Path), ("tenant" = Option<String>, Query, description = "for administrators")),
    responses((status = 200, body = CampaignView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn show(
    State(service): State<CouponService>,
    Path(event_id): Path<String>,
    Query(for_tenant): Query<ForTenant>,
    headers: HeaderMap,
) -> Answer<CampaignView> {
    let tenant = service.tenant_of_key(&headers, for_tenant.tenant.as_deref()).await?;
    Ok(Json(service.campaign(&campaign_id(tenant, &event_id)?).await?))
}

/// Changes a campaign; once open only what can not hurt holders.
#[utoipa::path(patch, path = "/api/v1/admin/campaigns/{event_id}", request_body = CampaignPatch, tag = "campaigns",
    security(("apiKey" = [])),
    params(("event_id" = String, Path), ("tenant" = Option<String>, Query, description = "for administrators")),
    responses((status = 200, body = CampaignView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 415, body = ErrorBody)))]
async fn change(
    State(service): State<CouponService>,
    Path(event_id): Path<String>,
    Query(for_tenant): Query<ForTenant>,
    headers: HeaderMap,
    Json(asked): Json<CampaignPatch>,
) -> Answer<CampaignView> {
    let tenant = service.tenant_of_key(&headers, for_tenant.tenant.as_deref()).await?;
    let id = campaign_id(tenant, &event_id)?;
    to_its_end(async move { service.patch_campaign(&id, &asked).await }).await
}

macro_rules! action {
    ($(#[$doc:meta])* $name:ident, $action:expr, $path:literal) => {
        $(#[$doc])*
        #[utoipa::path(post, path = $path, tag = "campaigns", security(("apiKey" = [])),
            params(("event_id" = String, Path), ("tenant" = Option<String>, Query, description = "for administrators")),
            responses((status = 200, body = CampaignView), (status = 400, body = ErrorBody),
                (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
                (status = 409, body = ErrorBody)))]
        async fn $name(
            State(service): State<CouponService>,
            Path(event_id): Path<String>,
            Query(for_tenant): Query<ForTenant>,
            headers: HeaderMap,
        ) -> Answer<CampaignView> {
            let tenant = service.tenant_of_key(&headers, for_tenant.tenant.as_deref()).await?;
            let id = campaign_id(tenant, &event_id)?;
            to_its_end(async move { service.act(&id, $action).await }).await
        }
    };
}

action!(
    /// Opens a campaign now.
    open, Action::Open, "/api/v1/admin/campaigns/{event_id}/open"
);
action!(
    /// Stops a campaign for a while.
    pause, Action::Pause, "/api/v1/admin/campaigns/{event_id}/pause"
);
action!(
    /// Goes on with a paused campaign.
    resume, Action::Resume, "/api/v1/admin/campaigns/{event_id}/resume"
);
action!(
    /// Ends a campaign for good.
    close, Action::Close, "/api/v1/admin/campaigns/{event_id}/close"
);

/// Adds to a campaign's stock.
#[utoipa::path(post, path = "/api/v1/admin/campaigns/{event_id}/stock", request_body = StockBody, tag = "campaigns",
    security(("apiKey" = [])),
    params(("event_id" = String, Path), ("tenant" = Option<String>, Query, description = "for administrators")),
    responses((status = 200, body = CampaignView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 415, body = ErrorBody)))]
async fn add_stock(
    State(service): State<CouponService>,
    Path(event_id): Path<String>,
    Query(for_tenant): Query<ForTenant>,
    headers: HeaderMap,
    Json(asked): Json<StockBody>,
) -> Answer<CampaignView> {
    let tenant = service.tenant_of_key(&headers, for_tenant.tenant.as_deref()).await?;
    let id = campaign_id(tenant, &event_id)?;
    to_its_end(async move { service.add_stock(&id, asked.add).await }).await
}

#[derive(Debug, Deserialize)]
struct InitialStock {
    initial_stock: u32,
}

/// The short form: an open campaign with that stock, or word that it exists.
#[utoipa::path(post, path = "/api/v1/admin/events/{event_id}/stock", tag = "campaigns", security((), ("apiKey" = [])),
    params(("event_id" = String, Path), ("initial_stock" = u32, Query, description = "1 to 100000000")),
    responses((status = 200, body = ShortFormView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody)))]
async fn short_form(
    State(service): State<CouponService>,
    Path(event_id): Path<String>,
    Query(asked): Query<InitialStock>,
    headers: HeaderMap,
) -> Answer<ShortFormView> {
    let id = campaign_id(service.tenant_of_caller(&headers).await?, &event_id)?;
    let campaign = open_with_stock(id.clone(), &event_id, asked.initial_stock);
    let making = service.clone();
    let made = to_its_end(async move { making.create_campaign(campaign).await }).await;
    let (initial_stock, message) = match made {
        Ok(_) => (asked.initial_stock, "the campaign is open"),
        Err(error) if error.code == ErrorCode::CampaignExists => {
            let existing = ledger::campaigns::get(&service.ledger, &id).await?.ok_or(ErrorCode::CampaignNotFound)?;
            (existing.stock, "the campaign exists already; nothing was changed")
        }
        Err(error) => return Err(error),
    };
    Ok(Json(ShortFormView { event_id, initial_stock, message: message.to_owned() }))
}

/// Figures of the hot state.
#[utoipa::path(get, path = "/api/v1/admin/cache/stats", tag = "operation", security(("apiKey" = [])),
    responses((status = 200, body = Object), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
async fn cache_stats(State(service): State<CouponService>, headers: HeaderMap) -> Answer<serde_json::Value> {
    service.administrator(&headers).await?;
    let mut stats = serde_json::to_value(service.port.stats().await).map_err(ApiError::internal)?;
    stats["timestamp"] = clock::now().to_string().into();
    Ok(Json(stats))
}

#[derive(Debug, Default, Deserialize)]
struct Which {
    event_id: Option<String>,
    tenant: Option<String>,
}

async fn report(
    service: &CouponService,
    which: Which,
    headers: &HeaderMap,
    repair: bool,
) -> Answer<super::reconcile::Report> {
    let tenant = service.tenant_of_key(headers, which.tenant.as_deref()).await?;
    let only = match which.event_id {
        Some(event_id) => Some(campaign_id(tenant, &event_id)?),
        None => {
            service.administrator(headers).await?;
            None
        }
    };
    Ok(Json(service.reconcile(only.as_ref(), repair).await?))
}

/// Compares what was decided with what is kept, coupon by coupon. All campaigns: administrators only.
#[utoipa::path(get, path = "/api/v1/admin/reconcile", tag = "operation", security(("apiKey" = [])),
    params(("event_id" = Option<String>, Query), ("tenant" = Option<String>, Query, description = "for administrators")),
    responses((status = 200, body = Object), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn reconcile(
    State(service): State<CouponService>,
    Query(which): Query<Which>,
    headers: HeaderMap,
) -> Answer<super::reconcile::Report> {
    report(&service, which, &headers, false).await
}

/// Compares and mends what can be mended.
#[utoipa::path(post, path = "/api/v1/admin/reconcile", tag = "operation", security(("apiKey" = [])),
    params(("event_id" = Option<String>, Query), ("tenant" = Option<String>, Query, description = "for administrators")),
    responses((status = 200, body = Object), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn repair(
    State(service): State<CouponService>,
    Query(which): Query<Which>,
    headers: HeaderMap,
) -> Answer<super::reconcile::Report> {
    report(&service, which, &headers, true).await
}
