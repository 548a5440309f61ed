//! The routes of lines before any site: the check for proxies, the waiting page, and what it asks for.

use super::page;
use super::service::{Asker, Place, WaitQuery};
use crate::api::QueueApi;
use ::http::header::CACHE_CONTROL;
use axum::Router;
use axum::extract::{OriginalUri, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use domain::ErrorCode;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Path, Query};
use serde::Deserialize;
use utoipa::{IntoParams, OpenApi};

/// The routes for people.
pub fn routes(api: QueueApi) -> Router {
    Router::new()
        .route("/wait/{line}", get(wait))
        .route("/queue/place/{line}", get(place))
        .route("/assets/{name}", get(asset))
        .with_state(api)
}

/// The routes for proxies, which speak for many people from one address.
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
#[openapi(paths(wait, place, asset, check, check_path))]
pub struct ApiDocument;

/// Which line.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OfLine {
    /// the line's name
    line: String,
}

/// The waiting page of a line before a site.
#[utoipa::path(get, path = "/wait/{line}", tag = "site", security(()), params(("line" = String, Path), WaitQuery),
    responses((status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 303, description = "To the page with its cookie, or to the site"),
        (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 503, description = "Not now", content((String = "text/html"), (ErrorBody = "application/json")))))]
async fn wait(
    State(api): State<QueueApi>,
    Path(line): Path<String>,
    Query(query): Query<WaitQuery>,
    asker: Asker,
) -> Result<Response, ApiError> {
    api.site.wait(&line, &query, &asker).await
}

/// A visitor's own place, by the visitor's cookie.
#[utoipa::path(get, path = "/queue/place/{line}", tag = "site", security(()), params(("line" = String, Path)),
    responses((status = 200, body = Place), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
async fn place(State(api): State<QueueApi>, Path(line): Path<String>, asker: Asker) -> Result<Response, ApiError> {
    let place = api.site.place(&line, &asker).await?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(place)).into_response())
}

/// What the waiting page loads.
#[utoipa::path(get, path = "/assets/{name}", tag = "site", security(()), params(("name" = String, Path)),
    responses((status = 200, description = "The file", content((String = "text/css"), (String = "text/javascript"))),
        (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn asset(Path(name): Path<String>) -> Result<Response, ApiError> {
    page::asset(&name).ok_or_else(|| ErrorCode::NotFound.into())
}

/// Whether a request to a site may go through, for NGINX's `auth_request`. `X-Original-URI` is what was asked for,
/// `Cookie` and `User-Agent` are the visitor's.
///
/// 401 says in `X-Onsale-Location` where to send the browser: to the waiting page, or to the same address without the
/// token. `Set-Cookie`, if there is one, is for the browser.
#[utoipa::path(get, path = "/queue/check", tag = "site", security(()), params(OfLine),
    responses((status = 200, description = "It may"), (status = 400, body = ErrorBody),
        (status = 401, description = "It may not; see X-Onsale-Location", body = ErrorBody),
        (status = 403, description = "Cookies of another browser, or made up", body = ErrorBody),
        (status = 404, body = ErrorBody)))]
async fn check(State(api): State<QueueApi>, Query(of): Query<OfLine>, asker: Asker) -> Result<Response, ApiError> {
    api.site.check(&of.line, &asker, asker.header("x-original-uri")).await
}

/// The same for Envoy's `ext_authz` with `/queue/check/{line}` as its path prefix: what was asked for follows it. Instead
/// of 401 it answers 303 with `Location`. Any method.
#[utoipa::path(get, path = "/queue/check/{line}/{path}", tag = "site", security(()),
    params(("line" = String, Path), ("path" = String, Path)),
    responses((status = 200, description = "It may"), (status = 303, description = "It may not; where to go"),
        (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn check_path(
    State(api): State<QueueApi>,
    Path(parts): Path<(String, String)>,
    OriginalUri(uri): OriginalUri,
    asker: Asker,
) -> Result<Response, ApiError> {
    send(&api, &parts.0, uri.path_and_query().map_or("/", |asked| asked.as_str()), &asker).await
}

async fn check_root(
    State(api): State<QueueApi>,
    Path(line): Path<String>,
    OriginalUri(uri): OriginalUri,
    asker: Asker,
) -> Result<Response, ApiError> {
    send(&api, &line, uri.path_and_query().map_or("/", |asked| asked.as_str()), &asker).await
}

/// The fourth part of `/queue/check/shop/a/b?c`, slash included, is what was asked for.
async fn send(api: &QueueApi, line: &str, whole: &str, asker: &Asker) -> Result<Response, ApiError> {
    let rest = whole.splitn(5, ['/']).nth(4).map_or_else(|| "/".to_owned(), |rest| format!("/{rest}"));
    api.site.check_and_send(line, asker, &rest).await
}
