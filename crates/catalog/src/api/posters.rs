//! Posters of events.

use super::document::is_known;
use crate::posters::{PosterAnswer, PosterForm};
use crate::service::CatalogService;
use crate::views::values::uuid;
use ::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use ::http::{HeaderMap, HeaderValue, StatusCode};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::{ErrorCode, EventId};
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Path, Query};
use serde::Deserialize;

const SVG: HeaderValue = HeaderValue::from_static("image/svg+xml");
const PNG: HeaderValue = HeaderValue::from_static("image/png");
/// A title may change.
const SOME_MINUTES: HeaderValue = HeaderValue::from_static("public, max-age=300");
/// An address that names what the poster looks like has no other content, ever.
const A_YEAR: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// What a poster looks like, by its tag.
#[derive(Debug, Deserialize)]
pub(super) struct Version {
    v: Option<String>,
}

/// The poster of an event, drawn from its id, title and artist: `ID.svg`, or `ID.png` of 1200 x 630 pixels for shared links.
#[utoipa::path(get, path = "/assets/poster/{file}", tag = "events",
    params(("file" = String, Path, description = "the event's id, and `.svg` or `.png`"),
        ("v" = Option<String>, Query, description = "the `ETag` of the poster: the answer may then be kept for good")),
    responses((status = 200, body = String, content_type = "image/svg+xml"), (status = 304, description = "as the caller has it"),
        (status = 404, body = ErrorBody, description = "also of an event that is being prepared")))]
pub(super) async fn show(
    State(service): State<CatalogService>,
    Path(file): Path<String>,
    Query(version): Query<Version>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (id, form) = asked(&file).ok_or(ErrorCode::NotFound)?;
    let poster = service.poster(id, form).await?;
    Ok(answer(poster, form, version.v.as_deref(), &headers))
}

fn asked(file: &str) -> Option<(EventId, PosterForm)> {
    let (id, form) = file.split_once('.')?;
    let form = match form {
        "svg" => PosterForm::Svg,
        "png" => PosterForm::Png,
        _ => return None,
    };
    Some((EventId(uuid(id)?), form))
}

fn answer(poster: PosterAnswer, form: PosterForm, version: Option<&str>, headers: &HeaderMap) -> Response {
    let PosterAnswer { bytes, tag } = poster;
    let mut response = if is_known(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = if form == PosterForm::Svg { SVG } else { PNG };
        ([(CONTENT_TYPE, kind)], bytes).into_response()
    };
    let life = if version == Some(tag.as_str()) { A_YEAR } else { SOME_MINUTES };
    response.headers_mut().insert(CACHE_CONTROL, life);
    if let Ok(etag) = HeaderValue::from_str(&format!("\"{tag}\"")) {
        response.headers_mut().insert(ETAG, etag);
    }
    response
}
