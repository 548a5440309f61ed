//! Books compared, each by the role that has them.

use super::Operators;
use super::ask::{change, one_in_time, path, whole};
use access::{Peer, TenantCaller};
use axum::extract::{FromRequest, Request, State};
use domain::ErrorCode;
use http::header::CONTENT_TYPE;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Query, RequestBody};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// Most differences that are repaired at once.
const IDS_MAX: usize = 500;

/// What is compared.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    part: Option<String>,
    event_id: Option<String>,
}

/// Which differences are put right.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RepairIds {
    /// 1 to 500 ids of the list.
    ids: Vec<String>,
}

/// Five hundred names of differences.
impl RequestBody for RepairIds {
    const LIMIT_BYTES: usize = 512 * 1_024;
}

/// The books of one part.
enum Books {
    Coupons(String),
    Seats,
    Payments,
}

impl Books {
    /// A tenant compares its own campaign; all else is an administrator's.
    fn of(wanted: &Wanted, caller: TenantCaller) -> Result<Self, ApiError> {
        let books = match (wanted.part.as_deref(), wanted.event_id.as_deref()) {
            (None | Some("coupons"), event_id) => {
                let query = [("tenant", Some(caller.tenant.as_str())), ("event_id", event_id)];
                Self::Coupons(path("reconcile/coupons", &query))
            }
            (Some("seats"), None) => Self::Seats,
            (Some("payments"), None) => Self::Payments,
            (Some("seats" | "payments"), Some(_)) => return Err(ApiError::invalid("event_id is for coupons")),
            _ => return Err(ApiError::invalid("part must be coupons, seats or payments")),
        };
        let is_own = wanted.event_id.is_some() && matches!(books, Self::Coupons(_));
        if !caller.is_administrator && !is_own {
            return Err(ApiError::new(ErrorCode::Forbidden).detail("an administrator's key is required"));
        }
        Ok(books)
    }

    fn ask(&self, operators: &Operators) -> (Peer, String) {
        let peers = &*operators.peers;
        match self {
            Self::Coupons(path) => (peers.coupon.clone(), path.clone()),
            Self::Seats => (peers.catalog.clone(), "/internal/admin/reconcile/seats".to_owned()),
            Self::Payments => (peers.payment.clone(), "/internal/admin/reconcile/payments".to_owned()),
        }
    }
}

/// Compares, and changes nothing: coupons of hot state and tables, seats of the catalog and reservation, payments here and at
/// PortOne. What differs is named by kind and id, with what a repair would do.
#[utoipa::path(get, path = "/api/v1/admin/reconcile", tag = "operation", security(("apiKey" = ["read"])),
    params(("part" = Option<String>, Query, description = "coupons (if absent), seats or payments"),
        ("event_id" = Option<String>, Query, description = "of coupons, one campaign"),
        ("tenant" = Option<String>, Query, description = "for administrators")),
    responses((status = 200, body = Object), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn show(
    State(operators): State<Operators>,
    caller: TenantCaller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, ApiError> {
    let (peer, path) = Books::of(&wanted, caller)?.ask(&operators);
    let compared = one_in_time(&peer, &path).await?.ok_or(ErrorCode::CampaignNotFound)?;
    Ok(Json(shown(compared)))
}

/// Puts right what is named: each difference as it is now, nothing else. Of coupons without a body: all that can be.
#[utoipa::path(post, path = "/api/v1/admin/reconcile", tag = "operation", security(("apiKey" = ["admin"])),
    request_body = Option<RepairIds>,
    params(("part" = Option<String>, Query, description = "coupons (if absent), seats or payments"),
        ("event_id" = Option<String>, Query, description = "of coupons, one campaign"),
        ("tenant" = Option<String>, Query, description = "for administrators")),
    responses((status = 200, body = Object), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn repair(
    State(operators): State<Operators>,
    caller: TenantCaller,
    Query(wanted): Query<Wanted>,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    let books = Books::of(&wanted, caller)?;
    let has_type = request.headers().contains_key(CONTENT_TYPE);
    let ids = match (has_type, &books) {
        (false, Books::Coupons(_)) => None,
        _ => Some(Json::<RepairIds>::from_request(request, &()).await?.0),
    };
    if ids.as_ref().is_some_and(|RepairIds { ids }| !(1..=IDS_MAX).contains(&ids.len())) {
        return Err(ApiError::invalid("ids must be 1 to 500 ids of the list"));
    }
    let (peer, path) = books.ask(&operators);
    let done = change(&peer, &path, &ids).await?;
    Ok(Json(shown(whole(done)?)))
}

/// The same form for all parts: `repair` is null where a repair does nothing.
fn shown(mut compared: Value) -> Value {
    let Some(fields) = compared.as_object_mut() else { return compared };
    fields.entry("isMore").or_insert(json!(false));
    for difference in fields.get_mut("differences").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(difference) = difference.as_object_mut() else { continue };
        if difference.remove("canBeRepaired") == Some(Value::Bool(false)) {
            without_repair(difference);
        }
    }
    compared
}

/// Why there is no repair is in the details.
fn without_repair(difference: &mut Map<String, Value>) {
    let why = difference.insert("repair".to_owned(), Value::Null);
    let why = why.as_ref().and_then(Value::as_str).map(|why| why.trim_start_matches("none: ").to_owned());
    if let (Some(why), Some(Value::String(details))) = (why, difference.get_mut("details")) {
        details.push_str(&format!(" ({why})"));
    }
}
