//! `/internal/admin/...`: what a process shows to the gateway, which joins it with the other roles'.

use crate::appeal::{self, AppealPage, AppealQuery, StoreBody};
use crate::audit::{AuditQuery, Newest, newest};
use crate::behalf::on_behalf;
use crate::dead_letters::{
    Act, Count, DeadLetterDesk, LetterIds, LetterPage, LetterQuery, LetterResults, WholeLetterView,
};
use access::{InternalCaller, InternalKeys};
use axum::Router;
use axum::extract::{FromRef, State};
use axum::routing::{get, post};
use domain::ErrorCode;
use ledger::Ledger;
use onsale_http::{ApiError, Json, Path, Query};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Entries of the newest that one log gives at most, for a page of the joined list.
pub const NEWEST_MAX: u64 = 10_000;
/// Most of a page.
pub const PAGE_SIZE_MAX: u64 = 100;

/// What the roles of a process have to show.
#[derive(Clone, Default)]
pub struct Parts {
    /// The logs of its schemas, each under the name of one role.
    pub audits: Vec<(&'static str, Ledger)>,
    /// The dead letters of its bus.
    pub dead_letters: Option<DeadLetterDesk>,
    /// The table of answers, and how long they are kept.
    pub appeals: Option<(Ledger, appeal::Kept)>,
}

#[derive(Clone)]
struct Api {
    parts: Arc<Parts>,
    keys: InternalKeys,
}

impl FromRef<Api> for InternalKeys {
    fn from_ref(api: &Api) -> Self {
        api.keys.clone()
    }
}

type Reply<T> = Result<Json<T>, ApiError>;

/// The routes. `keys`: the gateway's, and for the answers that they have given those of all roles.
pub fn routes(parts: Parts, keys: InternalKeys) -> Router {
    let routes = Router::new()
        .route("/internal/admin/audit", get(audit))
        .route("/internal/admin/dead-letters", get(letters))
        .route("/internal/admin/dead-letters/count", get(letter_count))
        .route("/internal/admin/dead-letters/replay", post(replay))
        .route("/internal/admin/dead-letters/drop", post(drop_letters))
        .route("/internal/admin/dead-letters/of/{id}", get(letter))
        .route("/internal/admin/appeal", get(told).post(tell))
        .with_state(Api { parts: Arc::new(parts), keys });
    on_behalf(routes)
}

/// A part that is no role's of this process.
fn not_here() -> ApiError {
    ErrorCode::NotFound.into()
}

#[derive(Debug, Deserialize)]
struct OfRole {
    role: String,
    count: u64,
}

async fn audit(
    State(api): State<Api>,
    _: InternalCaller,
    Query(of): Query<OfRole>,
    Query(query): Query<AuditQuery>,
) -> Reply<Newest> {
    let (_, ledger) = api.parts.audits.iter().find(|(role, _)| *role == of.role).ok_or_else(not_here)?;
    Ok(Json(newest(ledger, &query.filter()?, of.count.min(NEWEST_MAX)).await?))
}

/// Which page.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Paging {
    /// From 0.
    #[serde(default)]
    pub page: u64,
    /// 1 to 100.
    #[serde(default = "twenty")]
    pub size: u64,
}

fn twenty() -> u64 {
    20
}

impl Paging {
    /// The same, if it is a page.
    ///
    /// # Errors
    /// `INVALID_INPUT`.
    pub fn checked(self) -> Result<Self, ApiError> {
        if self.page > 1_000_000 {
            return Err(ApiError::invalid("page must be 0 to 1000000"));
        }
        if !(1..=PAGE_SIZE_MAX).contains(&self.size) {
            return Err(ApiError::invalid("size must be 1 to 100"));
        }
        Ok(self)
    }
}

fn desk(api: &Api) -> Result<&DeadLetterDesk, ApiError> {
    api.parts.dead_letters.as_ref().ok_or_else(not_here)
}

async fn letters(
    State(api): State<Api>,
    _: InternalCaller,
    Query(query): Query<LetterQuery>,
    Query(paging): Query<Paging>,
) -> Reply<LetterPage> {
    let Paging { page, size } = paging.checked()?;
    Ok(Json(desk(&api)?.list(&query, page, size).await?))
}

async fn letter_count(State(api): State<Api>, _: InternalCaller) -> Reply<Count> {
    Ok(Json(desk(&api)?.count().await?))
}

async fn letter(State(api): State<Api>, _: InternalCaller, Path(id): Path<String>) -> Reply<WholeLetterView> {
    Ok(Json(desk(&api)?.show(&id).await?))
}

async fn replay(State(api): State<Api>, _: InternalCaller, Json(ids): Json<LetterIds>) -> Reply<LetterResults> {
    act(&api, Act::Replay, ids).await
}

async fn drop_letters(State(api): State<Api>, _: InternalCaller, Json(ids): Json<LetterIds>) -> Reply<LetterResults> {
    act(&api, Act::Drop, ids).await
}

/// To its end, even if the caller is gone: half a list would be told as none.
async fn act(api: &Api, act: Act, ids: LetterIds) -> Reply<LetterResults> {
    let desk = desk(api)?.clone();
    let work = async move { desk.act(act, &ids).await };
    tokio::spawn(call::carried(work)).await.map_err(ApiError::internal)?.map(Json)
}

async fn told(State(api): State<Api>, _: InternalCaller, Query(query): Query<AppealQuery>) -> Reply<AppealPage> {
    let (ledger, kept) = api.parts.appeals.as_ref().ok_or_else(not_here)?;
    Ok(Json(appeal::read(ledger, query, kept.days).await?))
}

/// What another role has told people.
async fn tell(State(api): State<Api>, _: InternalCaller, Json(batch): Json<StoreBody>) -> Reply<serde_json::Value> {
    let (ledger, _) = api.parts.appeals.as_ref().ok_or_else(not_here)?;
    appeal::store(ledger, &batch).await?;
    Ok(Json(serde_json::json!({})))
}
