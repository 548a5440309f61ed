//! The routes of lines before seats (`contract-ticketing.md`, Queue).

mod internal;

use super::TicketQueue;
use super::enter::Arrival;
use super::views::{LeftQueue, NewPlace, TicketPlace, uuid};
use crate::site::service::VisitorRequest;
use ::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use ::http::request::Parts;
use ::http::{HeaderName, HeaderValue};
use access::{ByPage, Person};
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Extension, Router};
use domain::ScheduleId;
use domain::line::{LineId, LineRule};
pub use internal::internal_routes;
use lines::challenge::CHALLENGE_HEADER;
use lines::client::LineClient;
use onsale_http::docs::ErrorBody;
use onsale_http::limits::{LimitDecision, put_headers};
use onsale_http::{ApiError, Json, Query, told};
use serde::Deserialize;
use utoipa::{IntoParams, OpenApi};

/// The pass, beside the answer of `status`: the gateway makes a cookie of it for pages.
const PASS_HEADER: HeaderName = HeaderName::from_static("x-queue-token");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The routes for people.
pub fn routes(tickets: TicketQueue) -> Router {
    Router::new()
        .route("/queue/enter", post(enter))
        .route("/queue/status", get(status))
        .route("/queue/stream", get(stream))
        .route("/queue/leave", delete(leave))
        .layer(map_response(not_kept))
        .with_state(tickets)
}

/// Lets the routes of operators make the line of a schedule that nobody has entered yet. Put it around them.
pub fn with_tickets(router: Router, tickets: TicketQueue) -> Router {
    router.layer(Extension(tickets))
}

/// The lines before seats, where the process has them.
pub type MaybeTickets = Option<Extension<TicketQueue>>;

/// The line that an operator names: `queue:<name>`, `gate:<campaign>` or a name alone. The line of a schedule is made if nobody
/// has entered it yet.
///
/// # Errors
/// `INVALID_INPUT`, `NOT_FOUND` with the lines that there are, `SERVICE_UNAVAILABLE`.
pub(crate) async fn operated(
    lines: &LineClient,
    tickets: &MaybeTickets,
    name: &str,
) -> Result<(LineId, LineRule), ApiError> {
    let Some(schedule) = schedule_in(name) else { return lines.named_for_operators(name).await };
    if let Some(Extension(tickets)) = tickets {
        tickets.make_for_operator(schedule).await?;
    }
    lines.named_for_operators(&schedule.to_string()).await
}

/// The schedule whose line an address names, in any case of letters.
pub(crate) fn schedule_in(name: &str) -> Option<ScheduleId> {
    uuid(name.strip_prefix("queue:").unwrap_or(name)).map(ScheduleId)
}

/// This part of the API document.
#[derive(OpenApi)]
#[openapi(paths(enter, status, stream, leave, internal::check_pass, internal::line))]
pub struct ApiDocument;

async fn not_kept(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}

/// The schedule of a call. Other parameters are ignored.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct OfSchedule {
    /// the schedule
    #[serde(deserialize_with = "super::views::id")]
    #[param(value_type = String, format = Uuid)]
    schedule_id: ScheduleId,
}

/// Takes a place in a schedule's line; again: the same place. Where nobody waits the pass is made in the same call, and the next
/// `status` tells it.
#[utoipa::path(post, path = "/queue/enter", tag = "tickets", request_body = NewPlace, security(("accessToken" = [])),
    responses((status = 200, body = TicketPlace), (status = 400, description = "Also before and after the sale", body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 403, description = "The line asks for something first: `challenge`", body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, description = "Cancelled, admitted already, or waiting in another line", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 415, body = ErrorBody), (status = 429, body = ErrorBody),
        (status = 503, description = "Unavailable, or the line is full", body = ErrorBody)))]
async fn enter(
    State(tickets): State<TicketQueue>,
    person: Person,
    request: VisitorRequest,
    Json(NewPlace { schedule_id }): Json<NewPlace>,
) -> Result<Json<TicketPlace>, ApiError> {
    told::about(schedule_id);
    let answer = Some(request.header(CHALLENGE_HEADER)).filter(|answer| !answer.is_empty());
    let arrival = Arrival { person: person.id, network: request.network(), answer };
    tickets.enter(arrival, schedule_id).await.map(Json)
}

/// The own place in a schedule's line, or the pass, which stands in `X-Queue-Token`, too. Calls of one person have a bucket
/// (`queue.status_per_minute`, the policy `queue-status` of `RateLimit`), whatever they are answered.
#[utoipa::path(get, path = "/queue/status", tag = "tickets", params(OfSchedule), security(("accessToken" = [])),
    responses((status = 200, body = TicketPlace), (status = 400, description = "Also when the sale has ended", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, description = "Cancelled", body = ErrorBody),
        (status = 429, body = ErrorBody), (status = 503, body = ErrorBody)))]
async fn status(State(tickets): State<TicketQueue>, person: Person, request: Request) -> Response {
    let look = tickets.take_look(person.id).await;
    let (mut parts, _) = request.into_parts();
    let place = async {
        let schedule = allowed(look, &mut parts).await?;
        tickets.status(person.id, schedule).await
    };
    let response = match place.await {
        Ok(place) => {
            let pass = place.token.as_deref().and_then(|token| HeaderValue::from_str(token).ok());
            let mut response = Json(place).into_response();
            response.headers_mut().extend(pass.map(|pass| (PASS_HEADER, pass)));
            response
        }
        Err(error) => error.into_response(),
    };
    noted(look, response)
}

/// The same as server-sent events, one for each change; `end` with its `code` when place or pass have ended. An opened stream is
/// a call of the bucket of `status`. For a page `token` is null: `status` gives it the cookie.
#[utoipa::path(get, path = "/queue/stream", tag = "tickets", params(OfSchedule), security(("accessToken" = [])),
    responses((status = 200, description = "Places as in /queue/status", body = String, content_type = "text/event-stream"),
        (status = 400, description = "Also when the sale has ended", body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, description = "Cancelled", body = ErrorBody),
        (status = 429, description = "Too many requests, or all streams of the network are in use: poll instead", body = ErrorBody),
        (status = 503, body = ErrorBody)))]
async fn stream(
    State(tickets): State<TicketQueue>,
    person: Person,
    page: Option<Extension<ByPage>>,
    visitor: VisitorRequest,
    request: Request,
) -> Response {
    let look = tickets.take_look(person.id).await;
    let (mut parts, _) = request.into_parts();
    let opened = async {
        let schedule = allowed(look, &mut parts).await?;
        tickets.stream(person.id, schedule, visitor.network(), page.is_some()).await
    };
    let response = match opened.await {
        Ok(events) => {
            let headers = [
                (CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
                // Without this NGINX buffers the events.
                (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
            ];
            (headers, Body::from_stream(events)).into_response()
        }
        Err(error) => error.into_response(),
    };
    noted(look, response)
}

/// Gives up the place and the pass in a schedule's line.
#[utoipa::path(delete, path = "/queue/leave", tag = "tickets", params(OfSchedule), security(("accessToken" = [])),
    responses((status = 200, body = LeftQueue), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
async fn leave(
    State(tickets): State<TicketQueue>,
    person: Person,
    Query(of): Query<OfSchedule>,
) -> Result<Json<LeftQueue>, ApiError> {
    told::about(of.schedule_id);
    tickets.leave(person.id, of.schedule_id).await?;
    Ok(Json(LeftQueue::default()))
}

async fn allowed(look: LimitDecision, parts: &mut Parts) -> Result<ScheduleId, ApiError> {
    if look.refused() {
        return Err(look.into());
    }
    let Query(OfSchedule { schedule_id }) = Query::from_request_parts(parts, &()).await?;
    Ok(schedule_id)
}

fn noted(look: LimitDecision, mut response: Response) -> Response {
    if let Some(note) = look.note {
        put_headers(&note, response.headers_mut());
    }
    response
}
