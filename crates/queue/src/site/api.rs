//! The routes of lines before any site: the check for proxies, the waiting page, and the page's own requests.

use super::page;
use super::service::{Place, VisitorRequest};
use super::wait_query::WaitQuery;
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

/// The routes for visitors.
pub fn routes(api: QueueApi) -> Router {
    Router::new()
        .route("/wait/{line}", get(wait))
        .route("/queue/place/{line}", get(place))
        .route("/assets/{name}", get(asset))
        .with_state(api)
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
#[openapi(paths(wait, place, asset, check, check_path))]
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

/// The position of the visitor that the cookie identifies.
#[utoipa::path(get, path = "/queue/place/{line}", tag = "site", security(()), params(("line" = String, Path)),
    responses((status = 200, body = Place), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
async fn place(
    State(api): State<QueueApi>,
    Path(line): Path<String>,
    request: VisitorRequest,
) -> Result<Response, ApiError> {
    let place = api.site.place(&line, &request).await?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(place)).into_response())
}

/// A file of the waiting page.
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
