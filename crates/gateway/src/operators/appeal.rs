//! Who was told what. The coupon schema keeps it for all roles.

use super::Operators;
use super::ask::{part, path, whole};
use super::views::Part;
use access::AdministratorCaller;
use axum::extract::State;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Query};
use operators::appeal::AppealPage;
use serde::Deserialize;
use serde_json::{Value, json};

/// Whose, or of which call.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wanted {
    trace_id: Option<String>,
    user_id: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

/// Who was told what: by the trace id on a person's screen, or by the user. `leftOut` counts answers that were not kept because too
/// many came at once: while it is above 0, what is not in the list may have been told.
#[utoipa::path(get, path = "/api/v1/admin/appeal", tag = "operation", security(("apiKey" = ["read"])),
    params(("traceId" = Option<String>, Query, description = "this or `userId`"),
        ("userId" = Option<String>, Query, description = "an account, or a shop's user"),
        ("from" = Option<String>, Query, description = "not before this time"),
        ("to" = Option<String>, Query, description = "before this time")),
    responses((status = 200, body = AppealPage), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody)))]
pub(super) async fn show(
    State(operators): State<Operators>,
    _: AdministratorCaller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, ApiError> {
    let Wanted { trace_id, user_id, from, to } = &wanted;
    let query = [
        ("traceId", trace_id.as_deref()),
        ("userId", user_id.as_deref()),
        ("from", from.as_deref()),
        ("to", to.as_deref()),
    ];
    let coupon = &operators.peers.coupon;
    let mut page = whole(part(coupon, &path("appeal", &query)).await?)?;
    page["parts"] = json!([Part { role: coupon.role(), error: None }]);
    Ok(Json(page))
}
