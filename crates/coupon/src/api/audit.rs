//! The route that reads the audit log.

use super::Reply;
use super::campaigns::Paging;
use crate::rows::campaigns::PAGE_SIZE_MAX;
use crate::service::CouponService;
use crate::views::audit::AuditPage;
use access::extract::AdministratorCaller;
use axum::extract::State;
use domain::ZonedTime;
use ledger::calls::audit::Filter;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Query};
use serde::Deserialize;

/// Which entries. All that is given must fit.
#[derive(Debug, Default, Deserialize)]
pub(super) struct AuditQuery {
    actor: Option<String>,
    action: Option<String>,
    target: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

impl AuditQuery {
    fn filter(self) -> Result<Filter, ApiError> {
        let time = |name: &str, text: Option<String>| {
            let at = text.map(|text| ZonedTime::parse(&text)).transpose();
            at.map(|at| at.map(Into::into)).map_err(|error| ApiError::invalid(format!("{name} {error}")))
        };
        let Self { actor, action, target, from, to } = self;
        Ok(Filter { actor, action, target, from: time("from", from)?, to: time("to", to)? })
    }
}

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
