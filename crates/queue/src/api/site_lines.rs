//! The routes by which administrators make, change and end lines before sites (QUEUE-014).

use super::QueueApi;
use crate::site::link::{NewLink, SignedLink};
use crate::tickets::api::{MaybeTickets, operated};
use ::http::{HeaderValue, StatusCode, header};
use access::extract::AdministratorCaller;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use domain::line::LineId;
use hot::HotError;
use lines::definition::{LineDefinition, LineFields};
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Path, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, OpenApi, ToSchema};

/// The last page.
const PAGE_MAX: u64 = 1_000_000;

/// The routes.
pub fn routes(api: QueueApi) -> Router {
    Router::new()
        .route("/queue/admin/lines", get(list).post(make))
        .route("/queue/admin/lines/{name}", get(show).patch(change).delete(end))
        .route("/queue/admin/lines/{name}/links", post(sign_link))
        .with_state(api)
}

/// This part of the API document.
#[derive(OpenApi)]
#[openapi(paths(list, make, show, change, end, sign_link))]
pub struct ApiDocument;

/// A page of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Paging {
    /// from 0
    #[serde(default)]
    #[param(maximum = 1_000_000)]
    page: u64,
    /// 1 to 100
    #[serde(default = "twenty")]
    #[param(minimum = 1, maximum = 100)]
    size: u64,
}

fn twenty() -> u64 {
    20
}

/// Lines in the order of their names.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LinePage {
    /// The lines.
    list: Vec<LineDefinition>,
    /// The page, from 0.
    page: u64,
    /// The size of a page.
    size: u64,
    /// All lines.
    total_elements: u64,
}

impl QueueApi {
    /// The definition of a line; none if it has been ended meanwhile.
    async fn definition(&self, line: &LineId) -> Result<Option<LineDefinition>, HotError> {
        Ok(self.lines.port.rule(line).await?.map(|rule| LineDefinition::of(line, &rule, self.defaults)))
    }
}

/// All lines, also those of campaigns and schedules.
#[utoipa::path(get, path = "/queue/admin/lines", tag = "lines", security(("apiKey" = ["read"])), params(Paging),
    responses((status = 200, body = LinePage), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody)))]
async fn list(
    State(api): State<QueueApi>,
    _: AdministratorCaller,
    Query(paging): Query<Paging>,
) -> Result<Json<LinePage>, ApiError> {
    let Paging { page, size } = paging;
    if page > PAGE_MAX || !(1..=100).contains(&size) {
        return Err(ApiError::invalid("page must be 0 to 1000000, and size 1 to 100"));
    }
    let lines = api.lines.all_lines().await?;
    let first = usize::try_from(page * size).unwrap_or(usize::MAX);
    let mut list = Vec::new();
    for line in lines.iter().skip(first).take(size as usize) {
        list.extend(api.definition(line).await?);
    }
    Ok(Json(LinePage { list, page, size, total_elements: lines.len() as u64 }))
}

/// Makes a line before a site. What is not given is as configured.
#[utoipa::path(post, path = "/queue/admin/lines", tag = "lines", security(("apiKey" = ["admin"])), request_body = LineFields,
    responses((status = 201, body = LineDefinition), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 409, body = ErrorBody), (status = 503, body = ErrorBody)))]
async fn make(
    State(api): State<QueueApi>,
    _: AdministratorCaller,
    Json(fields): Json<LineFields>,
) -> Result<Response, ApiError> {
    if !api.may_make_lines {
        let detail = "servers that share lines must sign cookies alike: set queue.cookie_key on each, and restart";
        return Err(ApiError::unavailable().detail(detail));
    }
    api.site.demand_means(fields.challenge.flatten())?;
    let (line, rule) = api.lines.make_site_line(&fields, api.new_line.as_ref().clone()).await?;
    api.changed(&line);
    let made = LineDefinition::of(&line, &rule, api.defaults);
    let location = format!("/queue/admin/lines/{}", made.name);
    let mut response = (StatusCode::CREATED, Json(made)).into_response();
    // Names have letters that a header may have.
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// One line.
#[utoipa::path(get, path = "/queue/admin/lines/{name}", tag = "lines", security(("apiKey" = ["read"])),
    params(("name" = String, Path)),
    responses((status = 200, body = LineDefinition), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn show(
    State(api): State<QueueApi>,
    _: AdministratorCaller,
    tickets: MaybeTickets,
    Path(name): Path<String>,
) -> Result<Json<LineDefinition>, ApiError> {
    let (line, rule) = operated(&api.lines, &tickets, &name).await?;
    Ok(Json(LineDefinition::of(&line, &rule, api.defaults)))
}

/// Changes the fields that are given; of the line of a campaign or schedule only `ratePerSecond`, `capacity` and
/// `challenge`.
#[utoipa::path(patch, path = "/queue/admin/lines/{name}", tag = "lines", security(("apiKey" = ["admin"])),
    params(("name" = String, Path)), request_body = LineFields,
    responses((status = 200, body = LineDefinition), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn change(
    State(api): State<QueueApi>,
    _: AdministratorCaller,
    tickets: MaybeTickets,
    Path(name): Path<String>,
    Json(fields): Json<LineFields>,
) -> Result<Json<LineDefinition>, ApiError> {
    let (line, _) = operated(&api.lines, &tickets, &name).await?;
    api.site.demand_means(fields.challenge.flatten())?;
    let (line, rule) = api.lines.change_line(&line.in_address(), &fields).await?;
    api.changed(&line);
    Ok(Json(LineDefinition::of(&line, &rule, api.defaults)))
}

/// Ends a line before a site: positions end, and passes live on until they run out.
#[utoipa::path(delete, path = "/queue/admin/lines/{name}", tag = "lines", security(("apiKey" = ["admin"])),
    params(("name" = String, Path)),
    responses((status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn end(
    State(api): State<QueueApi>,
    _: AdministratorCaller,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    let line = api.lines.end_site_line(&name).await?;
    Ok(api.changed(&line))
}

/// Signs a link by which a browser passes the line until the link runs out; the line needs the exception `signedLink`.
#[utoipa::path(post, path = "/queue/admin/lines/{name}/links", tag = "lines", security(("apiKey" = ["admin"])),
    params(("name" = String, Path)), request_body = NewLink,
    responses((status = 200, body = SignedLink), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn sign_link(
    State(api): State<QueueApi>,
    _: AdministratorCaller,
    Path(name): Path<String>,
    Json(new): Json<NewLink>,
) -> Result<Json<SignedLink>, ApiError> {
    let (line, rule) = api.lines.named_for_operators(&name).await?;
    if !rule.takes_links() {
        let detail = "this line takes no signed links: give it the exception {\"signedLink\":true} first";
        return Err(ApiError::invalid(detail));
    }
    let signed = api.site.sign_link(&line, &new)?;
    api.lines.note_link(&line, new.to(), signed.expires_at()).await?;
    Ok(Json(signed))
}
