//! Routes for other services. Each answer says the greatest number of a hold that is stored here.

use super::{IdOf, Internal};
use crate::service::CatalogService;
use crate::views::internal::{EndedSchedules, InternalSchedule, Sellable, SoldSeats};
use crate::views::schedule::PlanView;
use ::http::header::CONTENT_TYPE;
use ::http::{HeaderName, HeaderValue};
use access::InternalCaller;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ScheduleId;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json};
use serde::Serialize;

/// The greatest number of a hold that is stored (amendments, hole 7).
const HOLD_NO: HeaderName = HeaderName::from_static("x-hold-no");

/// The number is read first: what the answer shows may be newer than it, never older.
async fn numbered<T: Serialize>(
    service: &CatalogService,
    answer: impl Future<Output = Result<T, ApiError>>,
) -> Result<Response, ApiError> {
    let number = HeaderValue::from(service.greatest_hold_no().await?);
    let mut response = Json(answer.await?).into_response();
    response.headers_mut().insert(HOLD_NO, number);
    Ok(response)
}

/// The sold seats of a schedule.
#[utoipa::path(get, path = "/internal/seats/status/{scheduleId}", tag = "internal", security(("serviceKey" = [])),
    params(("scheduleId" = String, Path)),
    responses((status = 200, body = SoldSeats), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn sold_seats(
    State(Internal { service, .. }): State<Internal>,
    _: InternalCaller,
    IdOf(id): IdOf<ScheduleId>,
) -> Result<Response, ApiError> {
    numbered(&service, service.sold_seats(id)).await
}

/// A schedule with its seats for sale.
#[utoipa::path(get, path = "/internal/schedules/{id}", tag = "internal", security(("serviceKey" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = InternalSchedule), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn schedule(
    State(Internal { service, .. }): State<Internal>,
    _: InternalCaller,
    IdOf(id): IdOf<ScheduleId>,
) -> Result<Response, ApiError> {
    numbered(&service, service.internal_schedule(id)).await
}

/// The plan of a schedule's hall, as everybody reads it once the event is published.
#[utoipa::path(get, path = "/internal/schedules/{id}/plan", tag = "internal", security(("serviceKey" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = PlanView), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn plan(
    State(Internal { service, .. }): State<Internal>,
    _: InternalCaller,
    IdOf(id): IdOf<ScheduleId>,
) -> Result<Response, ApiError> {
    let plan = service.plan(id, false).await?;
    Ok(([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], plan.json).into_response())
}

/// Whether seats of a schedule can be bought now.
#[utoipa::path(get, path = "/internal/schedules/{id}/sellable", tag = "internal", security(("serviceKey" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = Sellable), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn sellable(
    State(Internal { service, .. }): State<Internal>,
    _: InternalCaller,
    IdOf(id): IdOf<ScheduleId>,
) -> Result<Response, ApiError> {
    numbered(&service, service.sellable(id)).await
}

/// Schedules that ended over a day ago, the latest first, at most 10,000.
#[utoipa::path(get, path = "/internal/schedules/ended", tag = "internal", security(("serviceKey" = [])),
    responses((status = 200, body = EndedSchedules), (status = 401, body = ErrorBody)))]
pub(super) async fn ended(
    State(Internal { service, .. }): State<Internal>,
    _: InternalCaller,
) -> Result<Response, ApiError> {
    numbered(&service, service.ended_schedules()).await
}
