//! Routes of events.

use super::document::fresh;
use super::{IdOf, MessageView, Reply, has_body, made, run_to_end, said};
use crate::rows::listing::{PAGE_SIZE, SortKey, StatusFilter, Wanted};
use crate::search::composed;
use crate::service::CatalogService;
use crate::views::event::{CancelBody, EventChanged, EventDetail, EventListed, EventMade, EventPatch, NewEvent};
use crate::views::page::{Page, checked};
use access::{AdminPerson, Person};
use axum::extract::{FromRequest, Request, State};
use axum::response::Response;
use domain::catalog::Step;
use domain::catalog::text::{Kind, check};
use domain::{ErrorCode, EventId};
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Query};
use serde::Deserialize;

/// Makes an event with its schedules; the seats of each are made from the hall's template. It is seen by administrators alone
/// until it is opened.
#[utoipa::path(post, path = "/events", tag = "events", security(("accessToken" = ["admin"])), request_body = NewEvent,
    responses((status = 201, body = EventMade), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn create(
    State(service): State<CatalogService>,
    _: AdminPerson,
    Json(new): Json<NewEvent>,
) -> Result<Response, ApiError> {
    let event = run_to_end(async move { service.create_event(&new).await }).await?;
    Ok(made(&format!("/events/{}", event.id), event))
}

/// Which events, as the query says it.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    status: Option<String>,
    city: Option<String>,
    keyword: Option<String>,
    sort: Option<String>,
    #[serde(default)]
    page: u64,
    #[serde(default = "page_size")]
    size: u64,
}

fn page_size() -> u64 {
    PAGE_SIZE
}

/// Events. Those that are being prepared are among them for administrators alone.
#[utoipa::path(get, path = "/events", tag = "events", security((), ("accessToken" = [])),
    params(
        ("status" = Option<String>, Query,
            description = "`PREPARING` (administrators), `OPEN`, `ENDED` or `CLOSED`, `CANCELLED`, `UPCOMING`: open, no sale begun"),
        ("city" = Option<String>, Query, description = "exactly"),
        ("keyword" = Option<String>, Query, description = "in title or artist, at most 100 characters"),
        ("sort" = Option<String>, Query,
            description = "`title`, `artist`, `startDate`, `createdAt` or `saleStartAt`, and `,asc` or `,desc`; `startDate,asc` if absent"),
        ("page" = Option<u64>, Query, description = "from 0"), ("size" = Option<u64>, Query, description = "1 to 100")),
    responses((status = 200, body = Page<EventListed>), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody, description = "`status=PREPARING` without a token"),
        (status = 403, body = ErrorBody, description = "`status=PREPARING` without the role ADMIN")))]
pub(super) async fn list(
    State(service): State<CatalogService>,
    person: Option<Person>,
    Query(asked): Query<Asked>,
) -> Result<Response, ApiError> {
    let wanted = wanted(asked, person)?;
    service.events(wanted).await.map(fresh)
}

fn wanted(asked: Asked, person: Option<Person>) -> Result<Wanted, ApiError> {
    let (page, size) = checked(asked.page, asked.size)?;
    let is_admin = person.is_some_and(|person| person.is_admin());
    let status = given(asked.status).map(|status| status_filter(&status)).transpose()?;
    if status == Some(StatusFilter::Preparing) && !is_admin {
        let code = if person.is_some() { ErrorCode::Forbidden } else { ErrorCode::Unauthorized };
        return Err(code.into());
    }
    let (sort, is_descending) = given(asked.sort).map_or(Ok((SortKey::StartDate, false)), |sort| sorting(&sort))?;
    Ok(Wanted {
        // All others are the same for everybody.
        with_preparing: is_admin && status.is_none_or(|status| status == StatusFilter::Preparing),
        status,
        city: city(asked.city)?,
        keyword: text(asked.keyword, Kind::Keyword, "keyword")?,
        sort,
        is_descending,
        page,
        size,
    })
}

/// A parameter of a form that was left empty is none.
fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

fn text(given_text: Option<String>, kind: Kind, field: &str) -> Result<Option<String>, ApiError> {
    let Some(text) = given(given_text).map(|text| composed(&text)) else { return Ok(None) };
    let checked = check(kind, &text).map(|text| Some(text.to_owned()));
    checked.map_err(|error| ApiError::invalid(format!("{field}: {error}")))
}

/// The city of a query.
pub(super) fn city(given_city: Option<String>) -> Result<Option<String>, ApiError> {
    text(given_city, Kind::City, "city")
}

fn status_filter(text: &str) -> Result<StatusFilter, ApiError> {
    Ok(match text {
        "PREPARING" => StatusFilter::Preparing,
        "OPEN" => StatusFilter::Open,
        "ENDED" | "CLOSED" => StatusFilter::Ended,
        "CANCELLED" => StatusFilter::Cancelled,
        "UPCOMING" => StatusFilter::Upcoming,
        _ => return Err(ApiError::invalid("status must be PREPARING, OPEN, ENDED, CLOSED, CANCELLED or UPCOMING")),
    })
}

fn sorting(text: &str) -> Result<(SortKey, bool), ApiError> {
    let refusal =
        || ApiError::invalid("sort must be title, artist, startDate, createdAt or saleStartAt, and ,asc or ,desc");
    let (key, direction) = text.split_once(',').ok_or_else(refusal)?;
    let key = match key {
        "title" => SortKey::Title,
        "artist" => SortKey::Artist,
        "startDate" => SortKey::StartDate,
        "createdAt" => SortKey::CreatedAt,
        "saleStartAt" => SortKey::SaleStartAt,
        _ => return Err(refusal()),
    };
    match direction {
        "asc" => Ok((key, false)),
        "desc" => Ok((key, true)),
        _ => Err(refusal()),
    }
}

/// An event with its schedules by day. One that is being prepared is found by administrators alone.
#[utoipa::path(get, path = "/events/{id}", tag = "events", security((), ("accessToken" = [])), params(("id" = String, Path)),
    responses((status = 200, body = EventDetail), (status = 404, body = ErrorBody)))]
pub(super) async fn show(
    State(service): State<CatalogService>,
    person: Option<Person>,
    IdOf(id): IdOf<EventId>,
) -> Result<Response, ApiError> {
    service.event(id, person.is_some_and(|person| person.is_admin())).await.map(fresh)
}

/// Changes an event. Absent fields stay, others are ignored.
#[utoipa::path(patch, path = "/events/{id}", tag = "events", security(("accessToken" = ["admin"])),
    params(("id" = String, Path)), request_body = EventPatch,
    responses((status = 200, body = EventChanged), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn change(
    State(service): State<CatalogService>,
    _: AdminPerson,
    IdOf(id): IdOf<EventId>,
    Json(patch): Json<EventPatch>,
) -> Reply<EventChanged> {
    run_to_end(async move { service.change_event(id, &patch).await }).await.map(Json)
}

/// The same as PATCH.
#[utoipa::path(put, path = "/events/{id}", tag = "events", security(("accessToken" = ["admin"])),
    params(("id" = String, Path)), request_body = EventPatch,
    responses((status = 200, body = EventChanged), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn change_by_put(
    state: State<CatalogService>,
    person: AdminPerson,
    id: IdOf<EventId>,
    patch: Json<EventPatch>,
) -> Reply<EventChanged> {
    change(state, person, id, patch).await
}

/// Deletes an event of which no seat is sold or held.
#[utoipa::path(delete, path = "/events/{id}", tag = "events", security(("accessToken" = ["admin"])),
    params(("id" = String, Path)),
    responses((status = 200, body = MessageView), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn delete(
    State(service): State<CatalogService>,
    _: AdminPerson,
    IdOf(id): IdOf<EventId>,
) -> Reply<MessageView> {
    run_to_end(async move { service.delete_event(id).await }).await?;
    said("Event deleted successfully")
}

/// Publishes an event. Again it changes nothing.
#[utoipa::path(post, path = "/events/{id}/open", tag = "events", security(("accessToken" = ["admin"])),
    params(("id" = String, Path)),
    responses((status = 200, body = EventDetail), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn open(
    State(service): State<CatalogService>,
    _: AdminPerson,
    IdOf(id): IdOf<EventId>,
) -> Reply<EventDetail> {
    run_to_end(async move { service.step_event(id, Step::Open, None).await }).await.map(Json)
}

/// Cancels a published event: its holders are refunded and told. Again it changes nothing.
#[utoipa::path(post, path = "/events/{id}/cancel", tag = "events", security(("accessToken" = ["admin"])),
    params(("id" = String, Path)), request_body = Option<CancelBody>,
    responses((status = 200, body = EventDetail), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn cancel(
    State(service): State<CatalogService>,
    _: AdminPerson,
    IdOf(id): IdOf<EventId>,
    request: Request,
) -> Reply<EventDetail> {
    let reason = match has_body(request.headers()) {
        true => Json::<CancelBody>::from_request(request, &()).await?.0.reason,
        false => None,
    };
    let reason = reason.map(|reason| reason.checked(Kind::Reason, "reason")).transpose()?;
    run_to_end(async move { service.step_event(id, Step::Cancel, reason).await }).await.map(Json)
}
