//! The route that reads the audit log.

use super::Reply;
use super::campaigns::Paging;
use crate::rows::campaigns::PAGE_SIZE_MAX;
use crate::service::CouponService;
use crate::views::audit::AuditPage;
use access::extract::AdministratorCaller;
use axum::extract::State;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Query};
use operators::audit::AuditQuery;

/// Every change by an operator, newest first: who, what, before, after. For administrators.
#[utoipa::path(get, path = "/api/v1/admin/audit", tag = "operation", security(("apiKey" = ["read"])),
    params(("actor" = Option<String>, Query, description = "the id of a user or key, or a command"),
        ("action" = Option<String>, Query, description = "such as campaign.pause"),
        ("target" = Option<String>, Query, description = "such as campaign:autumn_sale or queue:shop"),
        ("from" = Option<String>, Query, description = "not before this time"),
        ("to" = Option<String>, Query, description = "before this time"),
        ("page" = Option<u64>, Query, description = "from 0"), ("size" = Option<u64>, Query, description = "1 to 100")),
    responses((status = 200, body = AuditPage), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody)))]
pub(super) async fn audit(
    State(service): State<CouponService>,
    _: AdministratorCaller,
    Query(query): Query<AuditQuery>,
    Query(paging): Query<Paging>,
) -> Reply<AuditPage> {
    if !(1..=PAGE_SIZE_MAX).contains(&paging.size) {
        return Err(ApiError::invalid("size must be 1 to 100"));
    }
    Ok(Json(service.audit_log(&query.filter()?, paging.page, paging.size).await?))
}
