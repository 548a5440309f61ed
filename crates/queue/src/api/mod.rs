//! The routes of lines of any kind (`contract.md`, Queue). The ticket queue has its own routes beside these.

pub mod draw;

use super::site::Site;
use super::site::service::VisitorRequest;
use ::http::{HeaderName, HeaderValue, header};
use access::callers::Callers;
use access::extract::AdministratorCaller;
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRef, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use domain::ErrorCode;
use domain::line::LineRule;
use hot::line::Clock;
use lines::client::LineClient;
use lines::operation::{Defaults, LineStats, NewRate, Stats};
use lines::serving::{FRESH, Serving, ServingCache};
use lines::stream::Streams;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Path};
use utoipa::OpenApi;

/// The parts that the routes use. Cheap to clone.
#[derive(Clone)]
pub struct QueueApi {
    /// Enters users and reads their status.
    pub lines: LineClient,
    /// The public documents.
    pub cache: ServingCache,
    /// The public documents, pushed.
    pub streams: Streams,
    /// Lines before any site.
    pub site: Site,
    /// Authorizes administrators.
    pub callers: Callers,
    /// The configured values of new lines.
    pub defaults: Defaults,
}

impl FromRef<QueueApi> for Callers {
    fn from_ref(api: &QueueApi) -> Self {
        api.callers.clone()
    }
}

/// The routes.
pub fn routes(api: QueueApi) -> Router {
    Router::new()
        .route("/queue/serving/{line}", get(serving))
        .route("/queue/stream/{line}", get(stream))
        .route("/queue/admin/stats", get(stats))
        .route("/queue/admin/{line}/rate", put(change_rate))
        .route("/queue/admin/{line}/pause", post(pause))
        .route("/queue/admin/{line}/resume", post(resume))
        .with_state(api)
}

/// This service's part of the API document.
#[derive(OpenApi)]
#[openapi(paths(serving, stream, stats, change_rate, pause, resume))]
pub struct ApiDocument;

/// The present state of a line: public, and the same for all callers.
#[utoipa::path(get, path = "/queue/serving/{line}", tag = "lines", security(()), params(("line" = String, Path)),
    responses((status = 200, body = Serving), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn serving(
    State(api): State<QueueApi>,
    Path(line): Path<String>,
    request: VisitorRequest,
) -> Result<Response, ApiError> {
    let (line, _) = api.lines.named(&line).await?;
    let document = api.cache.serving(&line).await?.ok_or(ErrorCode::NotFound)?;
    api.site.record_presence(&line, &request);
    let age = format!("public, max-age={}", FRESH.as_secs());
    Ok(([(header::CACHE_CONTROL, age)], Json(document.as_ref().clone())).into_response())
}

/// The state of a line as server-sent events, one for each change. `Last-Event-ID` is the id of the reader's last
/// event.
#[utoipa::path(get, path = "/queue/stream/{line}", tag = "lines", security(()), params(("line" = String, Path)),
    responses((status = 200, description = "Documents as in /queue/serving/", body = String,
            content_type = "text/event-stream"),
        (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 429, description = "Too many requests, or all streams of the network are in use: poll instead", body = ErrorBody)))]
async fn stream(
    State(api): State<QueueApi>,
    Path(line): Path<String>,
    request: VisitorRequest,
) -> Result<Response, ApiError> {
    let (line, _) = api.lines.named(&line).await?;
    let newest = std::str::from_utf8(request.header("last-event-id")).ok().filter(|id| !id.is_empty());
    let stream = api.streams.open(&line, newest, api.site.watcher(&line, &request), request.network()).await?;
    let body = Body::from_stream(stream.ok_or(ErrorCode::NotFound)?);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // Without this NGINX buffers the events.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, body).into_response())
}

/// Statistics of all lines.
#[utoipa::path(get, path = "/queue/admin/stats", tag = "lines", security(("apiKey" = [])),
    responses((status = 200, body = Stats), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
async fn stats(State(api): State<QueueApi>, _: AdministratorCaller) -> Result<Json<Stats>, ApiError> {
    Ok(Json(api.lines.stats(&api.cache, api.defaults).await?))
}

/// Changes the number of people admitted a second, from the next second on.
#[utoipa::path(put, path = "/queue/admin/{line}/rate", tag = "lines", security(("apiKey" = [])),
    params(("line" = String, Path)), request_body = NewRate,
    responses((status = 200, body = LineStats), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn change_rate(
    State(api): State<QueueApi>,
    _: AdministratorCaller,
    Path(line): Path<String>,
    Json(new): Json<NewRate>,
) -> Result<Json<LineStats>, ApiError> {
    let rate_per_second = new.rate_per_second;
    change(&api, &line, |rule| LineRule { rate_per_second, ..rule }).await
}

/// Pauses admission until it is resumed. People keep their positions.
#[utoipa::path(post, path = "/queue/admin/{line}/pause", tag = "lines", security(("apiKey" = [])),
    params(("line" = String, Path)),
    responses((status = 200, body = LineStats), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn pause(
    State(api): State<QueueApi>,
    _: AdministratorCaller,
    Path(line): Path<String>,
) -> Result<Json<LineStats>, ApiError> {
    change(&api, &line, |rule| LineRule { paused: true, ..rule }).await
}

/// Resumes admission.
#[utoipa::path(post, path = "/queue/admin/{line}/resume", tag = "lines", security(("apiKey" = [])),
    params(("line" = String, Path)),
    responses((status = 200, body = LineStats), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn resume(
    State(api): State<QueueApi>,
    _: AdministratorCaller,
    Path(line): Path<String>,
) -> Result<Json<LineStats>, ApiError> {
    change(&api, &line, |rule| LineRule { paused: false, ..rule }).await
}

async fn change(
    api: &QueueApi,
    line: &str,
    change: impl Fn(LineRule) -> LineRule,
) -> Result<Json<LineStats>, ApiError> {
    let (line, _) = api.lines.named_for_operators(line).await?;
    let rule = api.lines.change(&line, change).await?;
    api.streams.changed(&line);
    let counts = api.lines.port.counts(&line, 0, Clock::Engine).await?.unwrap_or_default();
    Ok(Json(LineStats::of(&line, &rule, &counts, api.cache.rates().per_second(&line))))
}
