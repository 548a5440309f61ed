//! The route that says who has a coupon of a campaign.

use super::campaign_of;
use super::campaigns::Paging;
use crate::rows::campaigns::PAGE_SIZE_MAX;
use crate::service::CouponService;
use crate::views::holder::CouponPage;
use ::http::HeaderMap;
use ::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE};
use access::extract::TenantCaller;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Path, Query};

/// A campaign's coupons and their holders, in the order of users. With `Accept: text/csv`: all of them as CSV.
#[utoipa::path(get, path = "/api/v1/admin/campaigns/{event_id}/coupons", tag = "campaigns", security(("apiKey" = ["read"])),
    params(("event_id" = String, Path), ("page" = Option<u64>, Query, description = "from 0"),
        ("size" = Option<u64>, Query, description = "1 to 100"),
        ("tenant" = Option<String>, Query, description = "for administrators")),
    responses((status = 200, content((CouponPage = "application/json"), (String = "text/csv"))),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(super) async fn coupons(
    State(service): State<CouponService>,
    caller: TenantCaller,
    Path(event_id): Path<String>,
    Query(paging): Query<Paging>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = campaign_of(caller, &event_id)?;
    if wants_csv(&headers) {
        let name = format!("attachment; filename=\"{event_id}.csv\"");
        let types = [(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)];
        return Ok((types, Body::from_stream(service.coupons_as_csv(&id).await?)).into_response());
    }
    if !(1..=PAGE_SIZE_MAX).contains(&paging.size) {
        return Err(ApiError::invalid("size must be 1 to 100"));
    }
    Ok(axum::Json(service.coupons_of_campaign(&id, paging.page, paging.size).await?).into_response())
}

/// Whether the caller names CSV. JSON is what a caller without a wish gets.
fn wants_csv(headers: &HeaderMap) -> bool {
    let accepts = headers.get(ACCEPT).map(|accept| accept.as_bytes().to_ascii_lowercase()).unwrap_or_default();
    accepts.split(|byte| *byte == b',').any(|one| one.trim_ascii().starts_with(b"text/csv"))
}
