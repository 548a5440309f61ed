//! The routes of the gate (`contract.md`, Gate), in their long and their short form.

use super::service::{Enqueued, GateService, IssueResult, Ranked};
use crate::callers::Callers;
use crate::http::docs::ErrorBody;
use crate::http::{ApiError, Json, Path, Query};
use ::http::{HeaderMap, HeaderValue, header};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use domain::{CampaignId, EventName, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, OpenApi, ToSchema};

/// What the routes work with. Cheap to clone.
#[derive(Clone)]
pub struct GateApi {
    /// Answers.
    pub gate: GateService,
    /// Who calls.
    pub callers: Callers,
}

/// The routes.
pub fn routes(api: GateApi) -> Router {
    Router::new()
        .route("/gate/events/{event_id}/enqueue", post(enqueue))
        .route("/gate/events/{event_id}/rank", get(rank))
        .route("/enqueue", post(enqueue_short))
        .route("/rank", get(rank_short))
        .route("/issue/events/{event_id}", post(issue))
        .with_state(api)
}

/// This service's part of the API document.
#[derive(OpenApi)]
#[openapi(paths(enqueue, rank, enqueue_short, rank_short, issue))]
pub struct ApiDocument;

/// Who.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct OfUser {
    /// the user, 1 to 128 characters of `[A-Za-z0-9_.:-]`
    user_id: String,
}

/// Which campaign, and who.
#[derive(Debug, Deserialize, IntoParams, ToSchema)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct OfEvent {
    /// the campaign
    event_id: String,
    /// the user
    user_id: String,
}

/// What became of a request for a coupon.
#[derive(Debug, Serialize, ToSchema)]
struct IssueAnswer {
    /// what became of it
    result: IssueResult,
}

impl GateApi {
    async fn names(
        &self,
        headers: &HeaderMap,
        event_id: &str,
        user_id: &str,
    ) -> Result<(CampaignId, UserId), ApiError> {
        let tenant = self.callers.tenant(headers).await?;
        let event = EventName::new(event_id).map_err(|error| ApiError::invalid(format!("eventId {error}")))?;
        let user = UserId::new(user_id).map_err(|error| ApiError::invalid(format!("userId {error}")))?;
        Ok((CampaignId::new(tenant, event), user))
    }

    async fn enqueue(&self, headers: &HeaderMap, event_id: &str, user_id: &str) -> Result<Response, ApiError> {
        let (campaign, user) = self.names(headers, event_id, user_id).await?;
        Ok(personal(self.gate.enqueue(&campaign, &user).await?))
    }

    async fn rank(&self, headers: &HeaderMap, event_id: &str, user_id: &str) -> Result<Response, ApiError> {
        let (campaign, user) = self.names(headers, event_id, user_id).await?;
        Ok(personal(self.gate.rank(&campaign, &user).await?))
    }
}

/// Nobody in between may keep what one person was told.
fn personal(answer: impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(answer)).into_response()
}

/// Takes a place in the line, or tells the one that there is.
#[utoipa::path(post, path = "/gate/events/{event_id}/enqueue", tag = "gate", security((), ("apiKey" = [])),
    params(("event_id" = String, Path), OfUser),
    responses((status = 200, body = Enqueued), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn enqueue(
    State(api): State<GateApi>,
    Path(event_id): Path<String>,
    Query(of): Query<OfUser>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    api.enqueue(&headers, &event_id, &of.user_id).await
}

/// As the long form.
#[utoipa::path(post, path = "/enqueue", tag = "gate", security((), ("apiKey" = [])), request_body = OfEvent,
    responses((status = 200, body = Enqueued), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn enqueue_short(
    State(api): State<GateApi>,
    headers: HeaderMap,
    Json(of): Json<OfEvent>,
) -> Result<Response, ApiError> {
    api.enqueue(&headers, &of.event_id, &of.user_id).await
}

/// How far somebody has come.
#[utoipa::path(get, path = "/gate/events/{event_id}/rank", tag = "gate", security((), ("apiKey" = [])),
    params(("event_id" = String, Path), OfUser),
    responses((status = 200, body = Ranked), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn rank(
    State(api): State<GateApi>,
    Path(event_id): Path<String>,
    Query(of): Query<OfUser>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    api.rank(&headers, &event_id, &of.user_id).await
}

/// As the long form.
#[utoipa::path(get, path = "/rank", tag = "gate", security((), ("apiKey" = [])), params(OfEvent),
    responses((status = 200, body = Ranked), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn rank_short(
    State(api): State<GateApi>,
    Query(of): Query<OfEvent>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    api.rank(&headers, &of.event_id, &of.user_id).await
}

/// Gives the coupon to somebody with an active pass.
#[utoipa::path(post, path = "/issue/events/{event_id}", tag = "gate", security((), ("apiKey" = [])),
    params(("event_id" = String, Path), OfUser),
    responses((status = 200, body = IssueAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn issue(
    State(api): State<GateApi>,
    Path(event_id): Path<String>,
    Query(of): Query<OfUser>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (campaign, user) = api.names(&headers, &event_id, &of.user_id).await?;
    Ok(personal(IssueAnswer { result: api.gate.issue(&campaign, &user).await? }))
}
