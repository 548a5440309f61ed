//! Routes for the role that gives seats away.

use super::super::TicketQueue;
use super::super::views::{PassCheck, uuid};
use access::{InternalCaller, InternalKeys};
use axum::Router;
use axum::extract::{FromRef, State};
use axum::routing::{get, post};
use domain::line::{IssuedPass, LineFigures, LineId, read_pass};
use domain::{ErrorCode, ScheduleId};
use hot::line::Clock;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Path};
use serde::Serialize;
use utoipa::ToSchema;

/// The service with the keys of those who may call its internal routes.
#[derive(Clone)]
pub(super) struct Internal {
    tickets: TicketQueue,
    keys: InternalKeys,
}

impl FromRef<Internal> for InternalKeys {
    fn from_ref(internal: &Internal) -> Self {
        internal.keys.clone()
    }
}

/// The routes for other services.
pub fn internal_routes(tickets: TicketQueue, keys: InternalKeys) -> Router {
    Router::new()
        .route("/internal/queue/passes/check", post(check_pass))
        .route("/internal/queue/lines/{scheduleId}", get(line))
        .with_state(Internal { tickets, keys })
}

/// A live pass, as the document shows it; times have milliseconds.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "the form of `domain::line::IssuedPass`")]
pub(super) struct LivePass {
    user_id: String,
    schedule_id: String,
    issued_at: String,
    /// the queue number of its holder
    ticket: u64,
    expires_at: String,
}

/// What a line says of itself, as the document shows it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "the form of `domain::line::LineFigures`")]
pub(super) struct Figures {
    /// the highest queue number admitted; 0 for none
    highest_admitted: u64,
    /// people who wait
    waiting: u64,
}

/// Whether a pass lives, is this person's, and opens this schedule's seats. 404 for anything else.
#[utoipa::path(post, path = "/internal/queue/passes/check", tag = "internal", security(("serviceKey" = [])),
    request_body = PassCheck,
    responses((status = 200, body = LivePass), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 413, body = ErrorBody), (status = 415, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
pub(super) async fn check_pass(
    State(Internal { tickets, .. }): State<Internal>,
    _: InternalCaller,
    Json(PassCheck { token, user_id, schedule_id }): Json<PassCheck>,
) -> Result<Json<IssuedPass>, ApiError> {
    let live = match read_pass(&token) {
        Some(id) => tickets.live_pass(id, user_id, schedule_id).await?,
        None => None,
    };
    live.map(Json).ok_or_else(|| ErrorCode::NotFound.into())
}

/// How far a schedule's line is, and how many wait in it; zeros for a line that nobody has entered.
#[utoipa::path(get, path = "/internal/queue/lines/{scheduleId}", tag = "internal", security(("serviceKey" = [])),
    params(("scheduleId" = String, Path)),
    responses((status = 200, body = Figures), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
pub(super) async fn line(
    State(Internal { tickets, .. }): State<Internal>,
    _: InternalCaller,
    Path(schedule): Path<String>,
) -> Result<Json<LineFigures>, ApiError> {
    let schedule = uuid(&schedule).map(ScheduleId).ok_or(ErrorCode::NotFound)?;
    let counts = tickets.lines.port.counts(&LineId::of_schedule(schedule), 0, Clock::Engine).await?;
    let figures = counts.map(|counts| LineFigures { highest_admitted: counts.serving, waiting: counts.waiting });
    Ok(Json(figures.unwrap_or_default()))
}
