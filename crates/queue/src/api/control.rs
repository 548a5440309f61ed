//! The routes by which administrators look at lines of any kind, and change how they admit people (QUEUE-007).

use super::{QueueApi, has_body};
use crate::tickets::api::{MaybeTickets, operated};
use ::http::StatusCode;
use access::extract::AdministratorCaller;
use axum::Router;
use axum::extract::{FromRequest, Request, State};
use axum::routing::{get, post, put};
use domain::line::{LineId, LineRule, LineTerms, Notice};
use lines::notice::{NewNotice, PauseWords};
use lines::operation::{NewRate, Stats};
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Path};
use utoipa::OpenApi;

/// The routes.
pub fn routes(api: QueueApi) -> Router {
    Router::new()
        .route("/queue/admin/stats", get(stats))
        .route("/queue/admin/{line}/rate", put(change_rate))
        .route("/queue/admin/{line}/pause", post(pause))
        .route("/queue/admin/{line}/resume", post(resume))
        .route("/queue/admin/{line}/notice", put(change_notice))
        .with_state(api)
}

/// This part of the API document.
#[derive(OpenApi)]
#[openapi(paths(stats, change_rate, pause, resume, change_notice))]
pub struct ApiDocument;

type Done = Result<StatusCode, ApiError>;

/// Statistics of all lines.
#[utoipa::path(get, path = "/queue/admin/stats", tag = "lines", security(("apiKey" = ["read"])),
    responses((status = 200, body = Stats), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
async fn stats(State(api): State<QueueApi>, _: AdministratorCaller) -> Result<Json<Stats>, ApiError> {
    Ok(Json(api.lines.stats(&api.cache, api.defaults).await?))
}

/// Changes the number of people admitted a second, from the next second on. With `was` only if that is the rate in force;
/// otherwise 409 `RATE_CHANGED`, with `ratePerSecond`.
#[utoipa::path(put, path = "/queue/admin/{line}/rate", tag = "lines", security(("apiKey" = ["admin"])),
    params(("line" = String, Path)), request_body = NewRate,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn change_rate(
    State(api): State<QueueApi>,
    _: AdministratorCaller,
    tickets: MaybeTickets,
    Path(line): Path<String>,
    Json(new): Json<NewRate>,
) -> Done {
    let (line, _) = operated(&api.lines, &tickets, &line).await?;
    api.lines.change_rate(&line, &new).await?;
    Ok(api.changed(&line))
}

/// Pauses admission until it is resumed. People keep their positions. With `notice`, `serving` shows these words; without
/// it the words stay.
#[utoipa::path(post, path = "/queue/admin/{line}/pause", tag = "lines", security(("apiKey" = ["admin"])),
    params(("line" = String, Path)), request_body = Option<PauseWords>,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn pause(
    State(api): State<QueueApi>,
    _: AdministratorCaller,
    tickets: MaybeTickets,
    Path(line): Path<String>,
    request: Request,
) -> Done {
    let words = match has_body(request.headers()) {
        true => Json::<PauseWords>::from_request(request, &()).await?.0.words()?,
        false => None,
    };
    change(&api, &tickets, &line, |rule| {
        let notice = words.as_ref().map_or_else(|| rule.terms.notice.clone(), Option::clone);
        LineRule { paused: true, ..with_notice(rule, notice) }
    })
    .await
}

/// Resumes admission, and takes the words of `serving` away.
#[utoipa::path(post, path = "/queue/admin/{line}/resume", tag = "lines", security(("apiKey" = ["admin"])),
    params(("line" = String, Path)),
    responses((status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn resume(
    State(api): State<QueueApi>,
    _: AdministratorCaller,
    tickets: MaybeTickets,
    Path(line): Path<String>,
) -> Done {
    change(&api, &tickets, &line, |rule| LineRule { paused: false, ..with_notice(rule, None) }).await
}

/// Shows words to everybody in the line, by `serving`; `{}` takes them away.
#[utoipa::path(put, path = "/queue/admin/{line}/notice", tag = "lines", security(("apiKey" = ["admin"])),
    params(("line" = String, Path)), request_body = NewNotice,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn change_notice(
    State(api): State<QueueApi>,
    _: AdministratorCaller,
    tickets: MaybeTickets,
    Path(line): Path<String>,
    Json(new): Json<NewNotice>,
) -> Done {
    let notice = new.words()?;
    change(&api, &tickets, &line, |rule| with_notice(rule, notice.clone())).await
}

fn with_notice(rule: LineRule, notice: Option<Notice>) -> LineRule {
    LineRule { terms: LineTerms { notice, ..rule.terms }, ..rule }
}

async fn change(api: &QueueApi, tickets: &MaybeTickets, line: &str, change: impl Fn(LineRule) -> LineRule) -> Done {
    let (line, _) = operated(&api.lines, tickets, line).await?;
    api.lines.change(&line, change).await?;
    Ok(api.changed(&line))
}

impl QueueApi {
    /// A line was changed here: this server shows it at once, the others within a second.
    pub(super) fn changed(&self, line: &LineId) -> StatusCode {
        self.cache.forget(line);
        self.streams.changed(line);
        self.site.changed(line);
        StatusCode::NO_CONTENT
    }
}
