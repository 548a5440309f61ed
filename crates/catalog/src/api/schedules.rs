//! Routes of schedules, their seats and plans.

use super::IdOf;
use super::document::{fresh, plan as plan_answer};
use super::venues::page_of;
use crate::service::CatalogService;
use crate::views::page::{Page, Paging};
use crate::views::schedule::{PlanView, ScheduleView, SeatsView};
use ::http::HeaderMap;
use access::Person;
use axum::extract::State;
use axum::response::Response;
use domain::{EventId, ScheduleId};
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Query};

fn is_admin(person: Option<Person>) -> bool {
    person.is_some_and(|person| person.is_admin())
}

/// The schedules of an event, the first performance first.
#[utoipa::path(get, path = "/events/{id}/schedules", tag = "events", security((), ("accessToken" = [])),
    params(("id" = String, Path), ("page" = Option<u64>, Query, description = "from 0"),
        ("size" = Option<u64>, Query, description = "1 to 100")),
    responses((status = 200, body = Page<ScheduleView>), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn of_event(
    State(service): State<CatalogService>,
    person: Option<Person>,
    IdOf(id): IdOf<EventId>,
    Query(paging): Query<Paging>,
) -> Result<Response, ApiError> {
    let (page, size) = page_of(paging)?;
    service.schedules(id, page, size, is_admin(person)).await.map(fresh)
}

/// A schedule.
#[utoipa::path(get, path = "/events/schedules/{id}", tag = "events", security((), ("accessToken" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = ScheduleView), (status = 404, body = ErrorBody)))]
pub(super) async fn show(
    State(service): State<CatalogService>,
    person: Option<Person>,
    IdOf(id): IdOf<ScheduleId>,
) -> Result<Response, ApiError> {
    service.schedule(id, is_admin(person)).await.map(fresh)
}

/// The seats of a schedule by grade. Blocked seats are not among them.
#[utoipa::path(get, path = "/events/schedules/{id}/seats", tag = "events", security((), ("accessToken" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = SeatsView), (status = 404, body = ErrorBody)))]
pub(super) async fn seats(
    State(service): State<CatalogService>,
    person: Option<Person>,
    IdOf(id): IdOf<ScheduleId>,
) -> Result<Response, ApiError> {
    service.seats(id, is_admin(person)).await.map(fresh)
}

/// The plan of a schedule's seats: kept a minute before the first sale of the event, for good from then on.
#[utoipa::path(get, path = "/events/schedules/{id}/plan", tag = "events", security((), ("accessToken" = [])),
    params(("id" = String, Path), ("If-None-Match" = Option<String>, Header, description = "the `ETag` of an earlier answer")),
    responses((status = 200, body = PlanView), (status = 304, description = "as the caller has it"),
        (status = 404, body = ErrorBody)))]
pub(super) async fn plan(
    State(service): State<CatalogService>,
    person: Option<Person>,
    IdOf(id): IdOf<ScheduleId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let plan = service.plan(id, is_admin(person)).await?;
    Ok(plan_answer(plan, &headers, clock::now()))
}
