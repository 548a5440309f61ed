//! Dead letters. All roles have one store of them, so the first that answers tells them.

use super::Operators;
use super::ask::{Away, change, one, part, path};
use access::{AdministratorCaller, Peer};
use axum::extract::State;
use domain::ErrorCode;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Path, Query};
use operators::Paging;
use operators::dead_letters::{LetterIds, LetterPage, LetterResults, WholeLetterView};
use serde::Deserialize;
use serde_json::Value;

type Reply = Result<Json<Value>, ApiError>;

/// Which letters, as a role reads it.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    topic: Option<String>,
    reason: Option<String>,
}

impl Operators {
    /// The roles that have the store, in the order in which they are asked.
    pub(super) fn with_letters(&self) -> [&Peer; 5] {
        let peers = &*self.peers;
        [&peers.coupon, &peers.reservation, &peers.payment, &peers.catalog, &peers.user]
    }

    /// The first answer.
    async fn first(&self, path: &str) -> Reply {
        let mut last: Option<Away> = None;
        for peer in self.with_letters() {
            match part(peer, path).await? {
                Ok(value) => return Ok(Json(value)),
                Err(away) => last = Some(away),
            }
        }
        let role = last.map_or("coupon", |away| away.role);
        Err(ApiError::unavailable().with("role", role))
    }

    /// The first role that can be reached at all carries out the change: another would do it a second time.
    async fn act(&self, path: &str, ids: &LetterIds) -> Reply {
        for peer in self.with_letters() {
            if part(peer, "/internal/admin/dead-letters/count").await?.is_ok() {
                return super::ask::whole(change(peer, path, ids).await?).map(Json);
            }
        }
        Err(ApiError::unavailable())
    }
}

/// Messages that could not be handled, newest first.
#[utoipa::path(get, path = "/api/v1/admin/dead-letters", tag = "operation", security(("apiKey" = ["read"])),
    params(("topic" = Option<String>, Query, description = "such as dlq.payment"),
        ("reason" = Option<String>, Query, description = "MALFORMED, INVALID or MAX_RETRY_EXCEEDED"),
        ("page" = Option<u64>, Query, description = "from 0"), ("size" = Option<u64>, Query, description = "1 to 100")),
    responses((status = 200, body = LetterPage), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody)))]
pub(super) async fn list(
    State(operators): State<Operators>,
    _: AdministratorCaller,
    Query(wanted): Query<Wanted>,
    Query(paging): Query<Paging>,
) -> Reply {
    let Paging { page, size } = paging.checked()?;
    let (page, size) = (page.to_string(), size.to_string());
    let query = [
        ("topic", wanted.topic.as_deref()),
        ("reason", wanted.reason.as_deref()),
        ("page", Some(&*page)),
        ("size", Some(&*size)),
    ];
    operators.first(&path("dead-letters", &query)).await
}

/// One of them with its message, personal data masked.
#[utoipa::path(get, path = "/api/v1/admin/dead-letters/{id}", tag = "operation", security(("apiKey" = ["read"])),
    params(("id" = String, Path)),
    responses((status = 200, body = WholeLetterView), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(super) async fn show(State(operators): State<Operators>, _: AdministratorCaller, Path(id): Path<String>) -> Reply {
    let number: i64 = id.parse().map_err(|_| ApiError::new(ErrorCode::NotFound))?;
    let path = format!("/internal/admin/dead-letters/of/{number}");
    let mut last = ApiError::unavailable();
    for peer in operators.with_letters() {
        match one(peer, &path).await {
            Ok(Some(letter)) => return Ok(Json(letter)),
            Ok(None) => return Err(ErrorCode::NotFound.into()),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Has exactly these handled again, by the groups that could not. There is no "all".
#[utoipa::path(post, path = "/api/v1/admin/dead-letters/replay", tag = "operation", security(("apiKey" = ["admin"])),
    request_body = LetterIds,
    responses((status = 200, body = LetterResults), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody)))]
pub(super) async fn replay(
    State(operators): State<Operators>,
    _: AdministratorCaller,
    Json(ids): Json<LetterIds>,
) -> Reply {
    operators.act("/internal/admin/dead-letters/replay", &ids).await
}

/// Removes exactly these for good. There is no "all".
#[utoipa::path(post, path = "/api/v1/admin/dead-letters/drop", tag = "operation", security(("apiKey" = ["admin"])),
    request_body = LetterIds,
    responses((status = 200, body = LetterResults), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody)))]
pub(super) async fn drop_letters(
    State(operators): State<Operators>,
    _: AdministratorCaller,
    Json(ids): Json<LetterIds>,
) -> Reply {
    operators.act("/internal/admin/dead-letters/drop", &ids).await
}

/// How many there are, as the first role that answers knows.
pub(super) async fn count(operators: &Operators) -> Result<Value, Away> {
    let mut last = None;
    for peer in operators.with_letters() {
        match super::stream::asked(peer, "/internal/admin/dead-letters/count").await {
            Ok(count) => return Ok(count),
            Err(away) => last = Some(away),
        }
    }
    Err(last.unwrap_or(Away { role: "coupon", error: ErrorCode::ServiceUnavailable.as_str() }))
}
