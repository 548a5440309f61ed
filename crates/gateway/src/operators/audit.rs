//! The audit logs of all schemas as one list.

use super::Operators;
use super::ask::{Away, part, path};
use super::views::Part;
use access::AdministratorCaller;
use axum::extract::State;
use futures::future::join_all;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Query};
use operators::{NEWEST_MAX, Paging};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Which entries, as the roles read it.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    actor: Option<String>,
    action: Option<String>,
    target: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

/// The entries of all roles.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct JoinedAudit {
    /// Newest first; each with its role.
    #[schema(value_type = Vec<Object>)]
    list: Vec<Value>,
    page: u64,
    size: u64,
    total_elements: u64,
    parts: Vec<Part>,
}

/// Every change by an operator over all roles, newest first: who, what, before, after. For administrators.
#[utoipa::path(get, path = "/api/v1/admin/audit", tag = "operation", security(("apiKey" = ["read"])),
    params(("actor" = Option<String>, Query, description = "the id of a user or key, or a command"),
        ("action" = Option<String>, Query, description = "such as campaign.pause"),
        ("target" = Option<String>, Query, description = "such as campaign:autumn_sale or queue:shop"),
        ("from" = Option<String>, Query, description = "not before this time"),
        ("to" = Option<String>, Query, description = "before this time"),
        ("page" = Option<u64>, Query, description = "from 0"), ("size" = Option<u64>, Query, description = "1 to 100")),
    responses((status = 200, body = JoinedAudit), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody)))]
pub(super) async fn show(
    State(operators): State<Operators>,
    _: AdministratorCaller,
    Query(wanted): Query<Wanted>,
    Query(paging): Query<Paging>,
) -> Result<Json<JoinedAudit>, ApiError> {
    let Paging { page, size } = paging.checked()?;
    let count = page.saturating_add(1).saturating_mul(size);
    if count > NEWEST_MAX {
        return Err(ApiError::invalid("page goes beyond the newest 10000 entries: use `to`"));
    }
    let peers = &*operators.peers;
    let asked = [&peers.coupon, &peers.user, &peers.catalog, &peers.reservation, &peers.payment];
    let Wanted { actor, action, target, from, to } = &wanted;
    let count = count.to_string();
    let answers = join_all(asked.map(|peer| {
        let query = path(
            "audit",
            &[
                ("role", Some(peer.role())),
                ("count", Some(&count)),
                ("actor", actor.as_deref()),
                ("action", action.as_deref()),
                ("target", target.as_deref()),
                ("from", from.as_deref()),
                ("to", to.as_deref()),
            ],
        );
        async move { (peer.role(), part(peer, &query).await) }
    }));
    let (mut entries, mut total_elements, mut parts) = (Vec::new(), 0, Vec::new());
    for (role, answer) in answers.await {
        match answer? {
            Ok(part) => {
                total_elements += part["total"].as_u64().unwrap_or_default();
                entries.extend(part["list"].as_array().into_iter().flatten().filter_map(|dated| entry(role, dated)));
                parts.push(Part { role, error: None });
            }
            Err(Away { role, error }) => parts.push(Part { role, error: Some(error) }),
        }
    }
    if parts.iter().all(|part| part.error.is_some()) {
        return Err(ApiError::unavailable());
    }
    entries.sort_by(|one, other| other.0.cmp(&one.0));
    let before = usize::try_from(page.saturating_mul(size)).unwrap_or(usize::MAX);
    let list = entries.into_iter().skip(before).take(usize::try_from(size).unwrap_or(usize::MAX));
    Ok(Json(JoinedAudit { list: list.map(|(_, entry)| entry).collect(), page, size, total_elements, parts }))
}

/// An entry with its role, and what it is put in order by.
fn entry(role: &str, dated: &Value) -> Option<((i64, String), Value)> {
    let mut entry = dated["entry"].clone();
    let order = (dated["atMs"].as_i64()?, entry["id"].as_str()?.to_owned());
    entry.as_object_mut()?.insert("role".to_owned(), role.into());
    Some((order, entry))
}
