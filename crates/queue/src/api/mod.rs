//! The routes of lines of any kind (`contract.md`, Queue). The ticket queue has its own routes beside these.

pub mod control;
pub mod draw;
mod operators;
pub mod public_line;
mod serving_headers;
pub mod serving_route;
pub mod site_lines;

use super::site::service::VisitorRequest;
use super::site::{PublicNames, Site};
use crate::tickets::{stream_without_line, without_line};
use ::http::{HeaderMap, HeaderName, HeaderValue, header};
use access::callers::Callers;
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRef, State};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::ErrorCode;
use domain::line::LineRule;
use lines::client::LineClient;
use lines::operation::Defaults;
use lines::serving::{FRESH, RANGES_MAX, Serving, ServingCache};
use lines::stream::Streams;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Query};
pub use operators::operator_routes;
pub use public_line::PublicLine;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::{IntoParams, OpenApi};

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
    /// The lines as strangers name them.
    pub names: PublicNames,
    /// Authorizes administrators.
    pub callers: Callers,
    /// The configured values of lines that say nothing else.
    pub defaults: Defaults,
    /// The rule of a new line of which nothing else is said.
    pub new_line: Arc<LineRule>,
    /// Whether all servers that share these lines sign cookies alike, as lines before sites need.
    pub may_make_lines: bool,
}

impl FromRef<QueueApi> for Callers {
    fn from_ref(api: &QueueApi) -> Self {
        api.callers.clone()
    }
}

impl FromRef<QueueApi> for PublicNames {
    fn from_ref(api: &QueueApi) -> Self {
        api.names.clone()
    }
}

/// The routes that are the same for everybody: any page of any site may read them, but never with cookies.
pub fn routes(api: QueueApi) -> Router {
    Router::new()
        .route("/queue/serving/{line}", get(serving))
        .route("/queue/stream/{line}", get(stream))
        .layer(map_response(for_all_origins))
        .with_state(api)
}

async fn for_all_origins(mut response: Response) -> Response {
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// Whether a request says that it has a body.
fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH);
    headers.contains_key(header::TRANSFER_ENCODING) || length.is_some_and(|length| length.as_bytes() != b"0")
}

/// This service's part of the API document.
#[derive(OpenApi)]
#[openapi(paths(serving, stream))]
pub struct ApiDocument;

/// How much of the document is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// most ranges of `left`, 1 to 1000; those that are served first
    #[param(minimum = 1, maximum = 1000)]
    ranges: Option<usize>,
}

/// The present state of a line: public, and the same for all callers. The line of another tenant's campaign than `default`'s
/// is 404 by its name without a key of that tenant. With one, `Content-Location` has its public name, which needs none. Every
/// schedule that is published has this document, whether anybody has entered its line or not.
#[utoipa::path(get, path = "/queue/serving/{line}", tag = "lines", security(()), params(("line" = String, Path), Wanted),
    responses((status = 200, body = Serving), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
async fn serving(
    State(api): State<QueueApi>,
    PublicLine { line, without, public_name, is_private, .. }: PublicLine,
    Query(wanted): Query<Wanted>,
) -> Result<Response, ApiError> {
    let ranges = wanted.ranges.unwrap_or(RANGES_MAX);
    if !(1..=RANGES_MAX).contains(&ranges) {
        return Err(ApiError::invalid(format!("ranges must be 1 to {RANGES_MAX}")));
    }
    let document = match without {
        Some(sale) => Arc::new(without_line(&line, &sale, clock::now())),
        None => api.cache.serving(&line).await?.ok_or(ErrorCode::NotFound)?,
    };
    // A cache in between must not show to strangers what a key was needed for.
    let readers = if is_private { "private" } else { "public" };
    let age = format!("{readers}, max-age={}", FRESH.as_secs());
    let document = Json(document.as_ref().clone().with_ranges(ranges));
    let mut response = ([(header::CACHE_CONTROL, age)], document).into_response();
    let place = public_name.and_then(|name| HeaderValue::from_str(&format!("/queue/serving/{name}")).ok());
    response.headers_mut().extend(place.map(|place| (header::CONTENT_LOCATION, place)));
    Ok(response)
}

/// The state of a line as server-sent events, one for each change. `Last-Event-ID` is the id of the reader's last
/// event.
#[utoipa::path(get, path = "/queue/stream/{line}", tag = "lines", security(()), params(("line" = String, Path)),
    responses((status = 200, description = "Documents as in /queue/serving/", body = String,
            content_type = "text/event-stream"),
        (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 429, description = "Too many requests, or all streams of the network are in use: poll instead", body = ErrorBody),
        (status = 503, body = ErrorBody)))]
async fn stream(
    State(api): State<QueueApi>,
    PublicLine { line, without, .. }: PublicLine,
    request: VisitorRequest,
) -> Result<Response, ApiError> {
    let newest = std::str::from_utf8(request.header("last-event-id")).ok().filter(|id| !id.is_empty());
    let body = match without {
        Some(sale) => Body::from(stream_without_line(&without_line(&line, &sale, clock::now()), newest)?),
        None => {
            let watcher = api.site.watcher(&line, &request);
            let stream = api.streams.open(&line, newest, watcher, request.network()).await?;
            Body::from_stream(stream.ok_or(ErrorCode::NotFound)?)
        }
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // Without this NGINX buffers the events.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, body).into_response())
}
