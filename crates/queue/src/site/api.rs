//! The routes of lines before any site: the check for proxies, the waiting page, and the page's own requests.

use super::ask::AnswerForm;
use super::page;
use super::service::{Place, VisitorRequest};
use super::wait_query::WaitQuery;
use crate::api::{PublicLine, QueueApi};
use ::http::header::CACHE_CONTROL;
use axum::Router;
use axum::extract::{OriginalUri, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use domain::ErrorCode;
use lines::challenge::ChallengeDocument;
use onsale_http::docs::ErrorBody;
use onsale_http::limits::{LimitDecision, put_headers};
use onsale_http::{ApiError, Form, Json, Path, Query};
use serde::Deserialize;
use utoipa::{IntoParams, OpenApi};

/// The routes for visitors.
pub fn routes(api: QueueApi) -> Router {
    Router::new()
        .route("/wait/{line}", get(wait).post(answer))
        .route("/queue/challenge/{line}", get(challenge))
        .route("/queue/place/{line}", get(place))
        // The kit's route has this name for the segment.
        .route("/assets/{hash}", get(asset))
        .with_state(api)
        // Where this role runs apart, its pages' files come from it, too.
        .merge(web::assets::routes())
}

/// The routes for proxies, which send the requests of many visitors from one address.
pub fn proxy_routes(api: QueueApi) -> Router {
    Router::new()
        .route("/queue/check", get(check))
        .route("/queue/check/{line}", any(check_root))
        .route("/queue/check/{line}/", any(check_root))
        .route("/queue/check/{line}/{*path}", any(check_path))
        .with_state(api)
}

/// This part of the API document.
#[derive(OpenApi)]
#[openapi(paths(wait, answer, challenge, place, asset, check, check_path))]
pub struct ApiDocument;

/// The line to check.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OfLine {
    /// the line's name
    line: String,
}

/// The waiting page of a line before a site.
#[utoipa::path(get, path = "/wait/{line}", tag = "site", security(()), params(("line" = String, Path), WaitQuery),
    responses((status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 303, description = "Redirect to the page with its cookie, or to the site"),
        (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 503, description = "Temporarily unavailable", content((String = "text/html"), (ErrorBody = "application/json")))))]
async fn wait(
    State(api): State<QueueApi>,
    Path(line): Path<String>,
    Query(query): Query<WaitQuery>,
    request: VisitorRequest,
) -> Result<Response, ApiError> {
    api.site.wait(&line, &query, &request).await
}

/// Takes a position for an answer to what the line asks for, given in `X-Queue-Challenge` or in the form. Then the browser
/// goes to the waiting page. Whoever has a position is not asked.
#[utoipa::path(post, path = "/wait/{line}", tag = "site", security(()), params(("line" = String, Path), WaitQuery),
    request_body(content = AnswerForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Redirect to the waiting page"),
        (status = 400, body = ErrorBody), (status = 401, description = "The line asks for an account", body = ErrorBody),
        (status = 403, description = "The answer is missing, used or wrong: `challenge` has a fresh one", body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 413, body = ErrorBody), (status = 415, body = ErrorBody),
        (status = 429, description = "Too many requests, or the network has its positions in this line", body = ErrorBody),
        (status = 503, description = "Unavailable, or the line is full", body = ErrorBody)))]
async fn answer(
    State(api): State<QueueApi>,
    Path(line): Path<String>,
    Query(query): Query<WaitQuery>,
    request: VisitorRequest,
    Form(form): Form<AnswerForm>,
) -> Result<Response, ApiError> {
    api.site.answer(&line, &query, &request, &form).await
}

/// What a line asks for before it gives a position: to be answered within five minutes, once, from the same network.
#[utoipa::path(get, path = "/queue/challenge/{line}", tag = "lines", security(()), params(("line" = String, Path)),
    responses((status = 200, body = ChallengeDocument), (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
async fn challenge(
    State(api): State<QueueApi>,
    PublicLine { line, rule, .. }: PublicLine,
    request: VisitorRequest,
) -> Result<Response, ApiError> {
    let document = api.site.challenge(&line, &rule, &request)?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(document)).into_response())
}

/// The position of the visitor that the cookie identifies. Calls of one visitor have a bucket (`queue.status_per_minute`,
/// the policy `queue-status` of `RateLimit`).
#[utoipa::path(get, path = "/queue/place/{line}", tag = "site", security(()), params(("line" = String, Path)),
    responses((status = 200, body = Place), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 429, body = ErrorBody)))]
async fn place(
    State(api): State<QueueApi>,
    Path(line): Path<String>,
    request: VisitorRequest,
) -> Result<Response, ApiError> {
    let look = api.site.take_look(&line, &request);
    let place = match look.filter(LimitDecision::refused) {
        Some(refused) => Err(refused.into()),
        None => api.site.place(&line, &request).await,
    };
    let mut response = match place {
        Ok(place) => ([(CACHE_CONTROL, "no-store")], Json(place)).into_response(),
        Err(error) => ApiError::into_response(error),
    };
    if let Some(note) = look.and_then(|look| look.note) {
        put_headers(&note, response.headers_mut());
    }
    Ok(response)
}

/// A file of the waiting page as it is now. Pages name their files with a hash, under which caches may keep them for a year.
#[utoipa::path(get, path = "/assets/{name}", tag = "site", security(()), params(("name" = String, Path)),
    responses((status = 200, description = "The file", content((String = "text/css"), (String = "text/javascript"))),
        (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn asset(Path(name): Path<String>) -> Result<Response, ApiError> {
    page::asset(&name).ok_or_else(|| ErrorCode::NotFound.into())
}

/// Checks a request to a site, for NGINX's `auth_request`. `X-Original-URI` is the requested address. `Cookie` and
/// `User-Agent` are the visitor's.
///
/// A 401 has the browser's next address in `X-Onsale-Location`: the waiting page, or the same address without the
/// token. Pass `Set-Cookie`, if present, to the browser.
#[utoipa::path(get, path = "/queue/check", tag = "site", security(()), params(OfLine),
    responses((status = 200, description = "The request is allowed"), (status = 400, body = ErrorBody),
        (status = 401, description = "The request is not allowed; see X-Onsale-Location", body = ErrorBody),
        (status = 404, body = ErrorBody)))]
async fn check(
    State(api): State<QueueApi>,
    Query(of): Query<OfLine>,
    request: VisitorRequest,
) -> Result<Response, ApiError> {
    api.site.check(&of.line, &request, request.header("x-original-uri")).await
}

/// Checks a request to a site, for Envoy's `ext_authz` with the path prefix `/queue/check/{line}`. The requested
/// address follows the prefix. Returns 303 with `Location` instead of 401. Accepts any method.
#[utoipa::path(get, path = "/queue/check/{line}/{path}", tag = "site", security(()),
    params(("line" = String, Path), ("path" = String, Path)),
    responses((status = 200, description = "The request is allowed"), (status = 303, description = "The request is not allowed; redirect to Location"),
        (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn check_path(
    State(api): State<QueueApi>,
    Path(parts): Path<(String, String)>,
    OriginalUri(uri): OriginalUri,
    request: VisitorRequest,
) -> Result<Response, ApiError> {
    check_rest(&api, &parts.0, uri.path_and_query().map_or("/", |target| target.as_str()), &request).await
}

async fn check_root(
    State(api): State<QueueApi>,
    Path(line): Path<String>,
    OriginalUri(uri): OriginalUri,
    request: VisitorRequest,
) -> Result<Response, ApiError> {
    check_rest(&api, &line, uri.path_and_query().map_or("/", |target| target.as_str()), &request).await
}

/// Checks the address after the prefix: `/a/b?c` in `/queue/check/shop/a/b?c`.
async fn check_rest(api: &QueueApi, line: &str, whole: &str, request: &VisitorRequest) -> Result<Response, ApiError> {
    let rest = whole.splitn(5, ['/']).nth(4).map_or_else(|| "/".to_owned(), |rest| format!("/{rest}"));
    api.site.check_and_redirect(line, request, rest.as_bytes()).await
}
