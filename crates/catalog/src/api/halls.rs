//! Routes of halls.

use super::venues::page_of;
use super::{IdOf, IdsOf, MessageView, Reply, made, run_to_end, said};
use crate::service::CatalogService;
use crate::views::hall::{HallPatch, HallView, NewHall};
use crate::views::page::{Page, Paging};
use access::AdminPerson;
use axum::extract::State;
use axum::response::Response;
use domain::{HallId, VenueId};
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Query};

/// Makes a hall with a template of its seats.
#[utoipa::path(post, path = "/venues/{id}/halls", tag = "venues", security(("accessToken" = ["admin"])),
    params(("id" = String, Path)), request_body = NewHall,
    responses((status = 201, body = HallView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn create(
    State(service): State<CatalogService>,
    _: AdminPerson,
    IdOf(venue): IdOf<VenueId>,
    Json(new): Json<NewHall>,
) -> Result<Response, ApiError> {
    let hall = run_to_end(async move { service.create_hall(venue, &new).await }).await?;
    Ok(made(&format!("/venues/{venue}/halls/{}", hall.id()), hall))
}

/// The halls of a venue, newest first.
#[utoipa::path(get, path = "/venues/{id}/halls", tag = "venues",
    params(("id" = String, Path), ("page" = Option<u64>, Query, description = "from 0"),
        ("size" = Option<u64>, Query, description = "1 to 100")),
    responses((status = 200, body = Page<HallView>), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn list(
    State(service): State<CatalogService>,
    IdOf(venue): IdOf<VenueId>,
    Query(paging): Query<Paging>,
) -> Reply<Page<HallView>> {
    let (page, size) = page_of(paging)?;
    service.halls(venue, page, size).await.map(Json)
}

/// A hall with its template.
#[utoipa::path(get, path = "/venues/{id}/halls/{hallId}", tag = "venues",
    params(("id" = String, Path), ("hallId" = String, Path)),
    responses((status = 200, body = HallView), (status = 404, body = ErrorBody)))]
pub(super) async fn show(
    State(service): State<CatalogService>,
    IdsOf(venue, id): IdsOf<VenueId, HallId>,
) -> Reply<HallView> {
    service.hall(venue, id).await.map(Json)
}

/// Changes a hall. Absent fields stay; seats that exist stay as they are.
#[utoipa::path(put, path = "/venues/{id}/halls/{hallId}", tag = "venues", security(("accessToken" = ["admin"])),
    params(("id" = String, Path), ("hallId" = String, Path)), request_body = HallPatch,
    responses((status = 200, body = HallView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn change(
    State(service): State<CatalogService>,
    _: AdminPerson,
    IdsOf(venue, id): IdsOf<VenueId, HallId>,
    Json(patch): Json<HallPatch>,
) -> Reply<HallView> {
    run_to_end(async move { service.change_hall(venue, id, &patch).await }).await.map(Json)
}

/// Deletes a hall without events.
#[utoipa::path(delete, path = "/venues/{id}/halls/{hallId}", tag = "venues", security(("accessToken" = ["admin"])),
    params(("id" = String, Path), ("hallId" = String, Path)),
    responses((status = 200, body = MessageView), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn delete(
    State(service): State<CatalogService>,
    _: AdminPerson,
    IdsOf(venue, id): IdsOf<VenueId, HallId>,
) -> Reply<MessageView> {
    run_to_end(async move { service.delete_hall(venue, id).await }).await?;
    said("Hall deleted successfully")
}
