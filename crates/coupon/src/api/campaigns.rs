//! Routes that create, read, change, open and close campaigns.

use super::{ForTenant, Reply, campaign_of, run_to_end};
use crate::campaigns::{from_request, open_with_stock};
use crate::service::{CouponService, campaign_id};
use crate::views::campaign::{CampaignPage, CampaignPatch, CampaignView, NewCampaign, ShortFormView, StockBody};
use ::http::header::LOCATION;
use ::http::{HeaderValue, StatusCode};
use access::extract::{OpenCaller, TenantCaller};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ErrorCode;
use domain::coupon::campaign_change::Action;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Path, Query};
use serde::Deserialize;

/// Creates a campaign. Without `opens_at` it stays closed until it is opened.
#[utoipa::path(post, path = "/api/v1/admin/campaigns", request_body = NewCampaign, tag = "campaigns",
    security(("apiKey" = ["admin"])), params(ForTenant),
    responses((status = 201, body = CampaignView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn create(
    State(service): State<CouponService>,
    caller: TenantCaller,
    Json(new): Json<NewCampaign>,
) -> Result<Response, ApiError> {
    let id = campaign_of(caller, &new.event_id)?;
    let campaign = from_request(id, &new);
    let Json(created) = run_to_end(async move { service.create_campaign(campaign).await }).await?;
    let location = format!("/api/v1/admin/campaigns/{}", new.event_id);
    let mut response = (StatusCode::CREATED, axum::Json(created)).into_response();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

#[derive(Debug, Deserialize)]
pub(super) struct Paging {
    #[serde(default)]
    pub page: u64,
    #[serde(default = "twenty")]
    pub size: u64,
}

fn twenty() -> u64 {
    20
}

/// The tenant's campaigns, newest first.
#[utoipa::path(get, path = "/api/v1/admin/campaigns", tag = "campaigns", security(("apiKey" = ["read"])),
    params(("page" = Option<u64>, Query, description = "from 0"), ("size" = Option<u64>, Query, description = "1 to 100"),
        ("tenant" = Option<String>, Query, description = "for administrators")),
    responses((status = 200, body = CampaignPage), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody)))]
pub(super) async fn list(
    State(service): State<CouponService>,
    caller: TenantCaller,
    Query(paging): Query<Paging>,
) -> Reply<CampaignPage> {
    if !(1..=crate::rows::campaigns::PAGE_SIZE_MAX).contains(&paging.size) {
        return Err(ApiError::invalid("size must be 1 to 100"));
    }
    Ok(Json(service.campaigns(&caller.tenant, paging.page, paging.size).await?))
}

/// One campaign.
#[utoipa::path(get, path = "/api/v1/admin/campaigns/{event_id}", tag = "campaigns", security(("apiKey" = ["read"])),
    params(("event_id" = String, Path), ForTenant),
    responses((status = 200, body = CampaignView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn show(
    State(service): State<CouponService>,
    caller: TenantCaller,
    Path(event_id): Path<String>,
) -> Reply<CampaignView> {
    let id = campaign_of(caller, &event_id)?;
    Ok(Json(service.campaign(&id).await?))
}

/// Changes a campaign. An open campaign only accepts changes that do not harm its holders.
#[utoipa::path(patch, path = "/api/v1/admin/campaigns/{event_id}", request_body = CampaignPatch, tag = "campaigns",
    security(("apiKey" = ["admin"])),
    params(("event_id" = String, Path), ForTenant),
    responses((status = 200, body = CampaignView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn change(
    State(service): State<CouponService>,
    caller: TenantCaller,
    Path(event_id): Path<String>,
    Json(patch): Json<CampaignPatch>,
) -> Reply<CampaignView> {
    let id = campaign_of(caller, &event_id)?;
    run_to_end(async move { service.patch_campaign(&id, &patch).await }).await
}

/// Deletes a campaign that is closed and whose coupons are all redeemed, revoked or expired. Its name stays taken.
#[utoipa::path(delete, path = "/api/v1/admin/campaigns/{event_id}", tag = "campaigns", security(("apiKey" = ["admin"])),
    params(("event_id" = String, Path), ForTenant),
    responses((status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn delete(
    State(service): State<CouponService>,
    caller: TenantCaller,
    Path(event_id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = campaign_of(caller, &event_id)?;
    run_to_end(async move { service.delete_campaign(&id).await }).await.map(|_| StatusCode::NO_CONTENT)
}

macro_rules! action {
    ($(#[$doc:meta])* $name:ident, $action:expr, $path:literal) => {
        $(#[$doc])*
        #[utoipa::path(post, path = $path, tag = "campaigns", security(("apiKey" = ["admin"])),
            params(("event_id" = String, Path), ForTenant),
            responses((status = 200, body = CampaignView), (status = 400, body = ErrorBody),
                (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
                (status = 409, body = ErrorBody)))]
        pub(super) async fn $name(
            State(service): State<CouponService>,
            caller: TenantCaller,
            Path(event_id): Path<String>,
        ) -> Reply<CampaignView> {
            let id = campaign_of(caller, &event_id)?;
            run_to_end(async move { service.act(&id, $action).await }).await
        }
    };
}

action!(
    /// Opens a campaign now.
    open, Action::Open, "/api/v1/admin/campaigns/{event_id}/open"
);
action!(
    /// Pauses a campaign.
    pause, Action::Pause, "/api/v1/admin/campaigns/{event_id}/pause"
);
action!(
    /// Resumes a paused campaign.
    resume, Action::Resume, "/api/v1/admin/campaigns/{event_id}/resume"
);
action!(
    /// Ends a campaign for good.
    close, Action::Close, "/api/v1/admin/campaigns/{event_id}/close"
);

/// Adds to a campaign's stock.
#[utoipa::path(post, path = "/api/v1/admin/campaigns/{event_id}/stock", request_body = StockBody, tag = "campaigns",
    security(("apiKey" = ["admin"])),
    params(("event_id" = String, Path), ForTenant),
    responses((status = 200, body = CampaignView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn add_stock(
    State(service): State<CouponService>,
    caller: TenantCaller,
    Path(event_id): Path<String>,
    Json(body): Json<StockBody>,
) -> Reply<CampaignView> {
    let id = campaign_of(caller, &event_id)?;
    run_to_end(async move { service.add_stock(&id, body.add).await }).await
}

#[derive(Debug, Deserialize)]
pub(super) struct InitialStock {
    initial_stock: u32,
}

/// The short form: creates an open campaign with this stock, or reports that the campaign exists.
#[utoipa::path(post, path = "/api/v1/admin/events/{event_id}/stock", tag = "campaigns", security((), ("apiKey" = ["admin"])),
    params(("event_id" = String, Path), ("initial_stock" = u32, Query, description = "1 to 100000000")),
    responses((status = 200, body = ShortFormView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody)))]
pub(super) async fn short_form(
    State(service): State<CouponService>,
    OpenCaller(tenant): OpenCaller,
    Path(event_id): Path<String>,
    Query(query): Query<InitialStock>,
) -> Reply<ShortFormView> {
    let id = campaign_id(tenant, &event_id)?;
    let campaign = open_with_stock(id.clone(), &event_id, query.initial_stock);
    let creator = service.clone();
    let created = run_to_end(async move { creator.create_campaign(campaign).await }).await;
    let (initial_stock, message) = match created {
        Ok(_) => (query.initial_stock, "initialized successfully: the campaign is open"),
        Err(error) if error.code == ErrorCode::CampaignExists => {
            let existing =
                crate::rows::campaigns::get(&service.ledger, &id).await?.ok_or(ErrorCode::CampaignNotFound)?;
            (existing.stock, "the campaign already exists; nothing was changed")
        }
        Err(error) => return Err(error),
    };
    Ok(Json(ShortFormView { event_id, initial_stock, message: message.to_owned() }))
}
