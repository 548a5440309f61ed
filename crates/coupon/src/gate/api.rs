//! The routes of the gate (`contract.md`, Gate), in their long and short forms.

use super::passes::IssueResult;
use super::queueing::{Enqueued, Ranked, Stranger};
use super::service::GateService;
use ::http::request::Parts;
use ::http::{HeaderValue, header};
use access::ActsFor;
use access::callers::Callers;
use access::extract::{InternalCaller, OpenCaller};
use access::internal::InternalKeys;
use axum::Router;
use axum::extract::{FromRef, FromRequestParts, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use domain::line::LineOutcome;
use domain::{CampaignId, EventName, Network, TenantName, UserId};
use lines::challenge::CHALLENGE_HEADER;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Path, Query, RequestBody, told};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use utoipa::{IntoParams, OpenApi, ToSchema};

/// The parts of the routes. Cheap to clone.
#[derive(Clone)]
pub struct GateApi {
    /// The gate.
    pub gate: GateService,
    /// Resolves API keys.
    pub callers: Callers,
    /// The keys of the issuers that may report.
    pub internal: InternalKeys,
}

/// The path on which issuers report. The edge replies 404 to it.
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

/// The routes for our own services, without the rate limits of public routes.
pub fn internal_routes(api: GateApi) -> Router {
    Router::new().route(COMPLETE, post(complete)).with_state(api)
}

/// This service's part of the API document.
#[derive(OpenApi)]
#[openapi(paths(enqueue, rank, enqueue_short, rank_short, issue, complete))]
pub struct ApiDocument;

/// The user.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct OfUser {
    /// the user, 1 to 128 characters of `[A-Za-z0-9_.:-]`; with a person's token the own id, or absent
    user_id: Option<String>,
}

/// The campaign and the user.
#[derive(Debug, Deserialize, IntoParams, ToSchema)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct OfEvent {
    /// the campaign
    event_id: String,
    /// the user; with a person's token the own id, or absent
    user_id: Option<String>,
}

/// Two names of 128 characters, each escaped.
impl RequestBody for OfEvent {
    const LIMIT_BYTES: usize = 2_048;
}

/// The report of an issuer.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct Report {
    /// the user of the request
    user_id: String,
    /// the campaign's tenant; `default` if absent
    tenant: Option<String>,
    /// the outcome; if absent, it is read from the tables
    result: Option<ReportedOutcome>,
}

/// The outcome that an issuer reports.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum ReportedOutcome {
    /// The user has a coupon.
    Issued,
    /// No coupon was left.
    SoldOut,
}

/// The outcome of a request for a coupon.
#[derive(Debug, Serialize, ToSchema)]
struct IssueReply {
    /// the outcome
    result: IssueResult,
}

impl FromRef<GateApi> for Callers {
    fn from_ref(api: &GateApi) -> Self {
        api.callers.clone()
    }
}

impl FromRef<GateApi> for InternalKeys {
    fn from_ref(api: &GateApi) -> Self {
        api.internal.clone()
    }
}

fn names(tenant: TenantName, event_id: &str, user_id: &str) -> Result<(CampaignId, UserId), ApiError> {
    let event = EventName::new(event_id).map_err(|error| ApiError::invalid(format!("eventId {error}")))?;
    let user = UserId::new(user_id).map_err(|error| ApiError::invalid(format!("userId {error}")))?;
    Ok((CampaignId::new(tenant, event), user))
}

/// Where a call comes from.
struct Origin {
    network: Option<Network>,
    has_key: bool,
    challenge: Option<HeaderValue>,
}

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let headers = &parts.headers;
        Ok(Self {
            network: parts.extensions.get().copied(),
            has_key: headers.contains_key("x-api-key"),
            challenge: headers.get(CHALLENGE_HEADER).cloned(),
        })
    }
}

impl Origin {
    fn stranger(&self) -> Option<Stranger<'_>> {
        let answer = self.challenge.as_ref().map(HeaderValue::as_bytes);
        (!self.has_key).then_some(Stranger { network: self.network, answer })
    }
}

impl GateApi {
    async fn enqueue(
        &self,
        tenant: TenantName,
        event_id: &str,
        (caller, user_id): (ActsFor, Option<&str>),
        from: &Origin,
    ) -> Result<Response, ApiError> {
        let (campaign, user) = names(tenant, event_id, &caller.user(user_id, "userId")?)?;
        told::about(&campaign);
        told::to_user(&user);
        let enqueued = self.gate.enqueue(&campaign, &user, from.stranger()).await?;
        Ok(personal(if caller.person().is_some() { enqueued.with_ticket() } else { enqueued }))
    }

    async fn rank(
        &self,
        tenant: TenantName,
        event_id: &str,
        (caller, user_id): (ActsFor, Option<&str>),
    ) -> Result<Response, ApiError> {
        let (campaign, user) = names(tenant, event_id, &caller.user(user_id, "userId")?)?;
        let ranked = self.gate.rank(&campaign, &user).await?;
        Ok(personal(if caller.person().is_some() { ranked.with_ticket() } else { ranked }))
    }
}

/// A reply that no cache may store.
fn personal(reply: impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(reply)).into_response()
}

/// Enters the line, or returns the rank that the user has already.
#[utoipa::path(post, path = "/gate/events/{event_id}/enqueue", tag = "gate", security((), ("apiKey" = ["gate"]), ("accessToken" = [])),
    params(("event_id" = String, Path), OfUser),
    responses((status = 200, body = Enqueued), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 429, description = "Too many requests, or the network has its positions in this line", body = ErrorBody),
        (status = 503, description = "Unavailable, or the line is full", body = ErrorBody)))]
async fn enqueue(
    State(api): State<GateApi>,
    OpenCaller(tenant): OpenCaller,
    caller: ActsFor,
    from: Origin,
    Path(event_id): Path<String>,
    Query(of): Query<OfUser>,
) -> Result<Response, ApiError> {
    api.enqueue(tenant, &event_id, (caller, of.user_id.as_deref()), &from).await
}

/// The short form.
#[utoipa::path(post, path = "/enqueue", tag = "gate", security((), ("apiKey" = ["gate"]), ("accessToken" = [])), request_body = OfEvent,
    responses((status = 200, body = Enqueued), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 429, description = "Too many requests, or the network has its positions in this line", body = ErrorBody),
        (status = 503, description = "Unavailable, or the line is full", body = ErrorBody)))]
async fn enqueue_short(
    State(api): State<GateApi>,
    OpenCaller(tenant): OpenCaller,
    caller: ActsFor,
    from: Origin,
    Json(of): Json<OfEvent>,
) -> Result<Response, ApiError> {
    api.enqueue(tenant, &of.event_id, (caller, of.user_id.as_deref()), &from).await
}

/// How far a user has come.
#[utoipa::path(get, path = "/gate/events/{event_id}/rank", tag = "gate", security((), ("apiKey" = ["gate"]), ("accessToken" = [])),
    params(("event_id" = String, Path), OfUser),
    responses((status = 200, body = Ranked), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn rank(
    State(api): State<GateApi>,
    OpenCaller(tenant): OpenCaller,
    caller: ActsFor,
    Path(event_id): Path<String>,
    Query(of): Query<OfUser>,
) -> Result<Response, ApiError> {
    api.rank(tenant, &event_id, (caller, of.user_id.as_deref())).await
}

/// The short form.
#[utoipa::path(get, path = "/rank", tag = "gate", security((), ("apiKey" = ["gate"]), ("accessToken" = [])), params(OfEvent),
    responses((status = 200, body = Ranked), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn rank_short(
    State(api): State<GateApi>,
    OpenCaller(tenant): OpenCaller,
    caller: ActsFor,
    Query(of): Query<OfEvent>,
) -> Result<Response, ApiError> {
    api.rank(tenant, &of.event_id, (caller, of.user_id.as_deref())).await
}

/// Gives the coupon to a user with an active pass.
#[utoipa::path(post, path = "/issue/events/{event_id}", tag = "gate", security((), ("apiKey" = ["issue"]), ("accessToken" = [])),
    params(("event_id" = String, Path), OfUser),
    responses((status = 200, body = IssueReply), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn issue(
    State(api): State<GateApi>,
    OpenCaller(tenant): OpenCaller,
    caller: ActsFor,
    Path(event_id): Path<String>,
    Query(of): Query<OfUser>,
) -> Result<Response, ApiError> {
    let (campaign, user) = names(tenant, &event_id, &caller.user(of.user_id.as_deref(), "userId")?)?;
    told::about(&campaign);
    told::to_user(&user);
    Ok(personal(IssueReply { result: api.gate.issue(&campaign, &user).await? }))
}

/// An issuer reports the outcome of a request (GATE-004).
#[utoipa::path(post, path = "/gate/events/{event_id}/processing/complete", tag = "internal", security(("serviceKey" = [])),
    params(("event_id" = String, Path), Report),
    responses((status = 200, body = Ranked), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
async fn complete(
    State(api): State<GateApi>,
    _: InternalCaller,
    Path(event_id): Path<String>,
    Query(report): Query<Report>,
) -> Result<Response, ApiError> {
    let tenant = match report.tenant {
        Some(tenant) => TenantName::new(&tenant).map_err(|error| ApiError::invalid(format!("tenant {error}")))?,
        None => TenantName::default_tenant(),
    };
    let event = EventName::new(&event_id).map_err(|error| ApiError::invalid(format!("eventId {error}")))?;
    let user = UserId::new(&report.user_id).map_err(|error| ApiError::invalid(format!("userId {error}")))?;
    let reported = report.result.map(|reported| match reported {
        ReportedOutcome::Issued => LineOutcome::Issued,
        ReportedOutcome::SoldOut => LineOutcome::SoldOut,
    });
    Ok(personal(api.gate.complete(&CampaignId::new(tenant, event), &user, reported).await?))
}
