//! The routes of the gate (`contract.md`, Gate), in their long and their short form.

use super::passes::IssueResult;
use super::service::{Enqueued, GateService, Ranked};
use ::http::{HeaderMap, HeaderValue, header};
use access::callers::Callers;
use access::internal::InternalKeys;
use axum::Router;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use domain::line::LineOutcome;
use domain::{CampaignId, EventName, TenantName, UserId};
use onsale_http::docs::ErrorBody;
use onsale_http::extract::client_ip::ClientIp;
use onsale_http::{ApiError, Json, Path, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, OpenApi, ToSchema};

/// What the routes work with. Cheap to clone.
#[derive(Clone)]
pub struct GateApi {
    /// Answers.
    pub gate: GateService,
    /// Who calls.
    pub callers: Callers,
    /// Which of our own services may report.
    pub internal: InternalKeys,
}

/// Where issuers report. Not for people: the edge answers 404 for it.
const COMPLETE: &str = "/gate/events/{event_id}/processing/complete";

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

/// The routes of our own services: outside of the limits for people.
pub fn internal_routes(api: GateApi) -> Router {
    Router::new().route(COMPLETE, post(complete)).with_state(api)
}

/// This service's part of the API document.
#[derive(OpenApi)]
#[openapi(paths(enqueue, rank, enqueue_short, rank_short, issue, complete))]
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

/// What an issuer is done with.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct Done {
    /// whose request
    user_id: String,
    /// whose campaign; without it the tenant `default`
    tenant: Option<String>,
    /// what came of it; without it the rows tell
    result: Option<Said>,
}

/// What an issuer says.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Said {
    /// The user has a coupon.
    Issued,
    /// There was none left.
    SoldOut,
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

/// An issuer is done with somebody's request (GATE-004).
#[utoipa::path(post, path = "/gate/events/{event_id}/processing/complete", tag = "internal", security(("serviceKey" = [])),
    params(("event_id" = String, Path), Done),
    responses((status = 200, body = Ranked), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
async fn complete(
    State(api): State<GateApi>,
    client: Option<Extension<ClientIp>>,
    Path(event_id): Path<String>,
    headers: HeaderMap,
    // After the key: who is not let in learns nothing of what would be right.
    done: Result<Query<Done>, ApiError>,
) -> Result<Response, ApiError> {
    api.internal.check(&headers, client.map(|Extension(client)| client), COMPLETE)?;
    let Query(done) = done?;
    let tenant = match done.tenant {
        Some(tenant) => TenantName::new(&tenant).map_err(|error| ApiError::invalid(format!("tenant {error}")))?,
        None => TenantName::default_tenant(),
    };
    let event = EventName::new(&event_id).map_err(|error| ApiError::invalid(format!("eventId {error}")))?;
    let user = UserId::new(&done.user_id).map_err(|error| ApiError::invalid(format!("userId {error}")))?;
    let said = done.result.map(|said| match said {
        Said::Issued => LineOutcome::Issued,
        Said::SoldOut => LineOutcome::SoldOut,
    });
    Ok(personal(api.gate.complete(&CampaignId::new(tenant, event), &user, said).await?))
}
