//! Routes of looks, and their files.

use super::{Reply, run_to_end};
use crate::looks::{LookBody, LookOf, LookService, LookView, PreviewView};
use ::http::HeaderValue;
use ::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use access::extract::AdministratorCaller;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use domain::ErrorCode;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Path, Query};
use serde::Deserialize;
use utoipa::OpenApi;

/// The routes.
pub fn look_routes(service: LookService) -> Router {
    Router::new()
        .route("/api/v1/admin/looks/{name}", get(show).put(set))
        .route("/api/v1/admin/looks/{name}/preview", post(preview))
        .route("/assets/look/{file}", get(file))
        .with_state(service)
}

/// Their part of the API document.
#[derive(OpenApi)]
#[openapi(paths(show, set, preview, file))]
pub struct LookDocument;

/// A look is kept by pages and caches for so long: a change is seen within seconds.
const SOME_SECONDS: HeaderValue = HeaderValue::from_static("public, max-age=5");
/// The address of a file names its bytes.
const A_YEAR: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// A picture that is opened by itself does nothing either.
const PICTURE_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    effective: bool,
}

/// The look of a tenant or of a line, for everybody.
#[utoipa::path(get, path = "/api/v1/admin/looks/{name}", tag = "looks", security(()),
    params(("name" = String, Path, description = "a tenant, `queue:NAME`, `gate:CAMPAIGN` or `gate:TENANT~CAMPAIGN`"),
        ("effective" = Option<bool>, Query, description = "of a line without a look of its own, its tenant's")),
    responses((status = 200, body = LookView), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn show(
    State(service): State<LookService>,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, ApiError> {
    let look = service.look(&LookOf::parse(&name)?, wanted.effective).await?;
    Ok(([(CACHE_CONTROL, SOME_SECONDS)], axum::Json(look)).into_response())
}

/// Sets the look of a tenant or of a line: name, logo (PNG, or SVG, which is cleaned), colours that can be read, words.
#[utoipa::path(put, path = "/api/v1/admin/looks/{name}", tag = "looks", security(("apiKey" = ["admin"])), request_body = LookBody,
    params(("name" = String, Path)),
    responses((status = 200, body = LookView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody),
        (status = 422, body = ErrorBody, description = "`CONTRAST_TOO_LOW` with `pairs`: `{scheme,text,on,ratio,needed}`")))]
async fn set(
    State(service): State<LookService>,
    _: AdministratorCaller,
    Path(name): Path<String>,
    Json(body): Json<LookBody>,
) -> Reply<LookView> {
    let of = LookOf::parse(&name)?;
    run_to_end(async move { service.set(&of, body).await }).await
}

/// The style that a look would have, for a preview. Nothing is kept.
#[utoipa::path(post, path = "/api/v1/admin/looks/{name}/preview", tag = "looks", security(("apiKey" = ["admin"])),
    request_body = LookBody, params(("name" = String, Path)),
    responses((status = 200, body = PreviewView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 422, body = ErrorBody, description = "`CONTRAST_TOO_LOW` with `pairs`")))]
async fn preview(
    State(service): State<LookService>,
    _: AdministratorCaller,
    Path(name): Path<String>,
    Json(body): Json<LookBody>,
) -> Reply<PreviewView> {
    service.preview(&LookOf::parse(&name)?, body).await.map(Json)
}

/// A file of a look. Its name is the hash of its bytes.
#[utoipa::path(get, path = "/assets/look/{file}", tag = "looks", security(()),
    params(("file" = String, Path, description = "`HASH.css`, `HASH.svg` or `HASH.png`")),
    responses((status = 200, body = String, content_type = "text/css"), (status = 404, body = ErrorBody)))]
async fn file(State(service): State<LookService>, Path(name): Path<String>) -> Result<Response, ApiError> {
    let bytes = service.file(&name).await?.ok_or_else(|| ApiError::new(ErrorCode::NotFound))?;
    let kind = match name.rsplit_once('.') {
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        _ => "image/png",
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CACHE_CONTROL, A_YEAR),
        (CONTENT_SECURITY_POLICY, PICTURE_POLICY),
    ];
    Ok((headers, bytes).into_response())
}
