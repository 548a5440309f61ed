//! Routes of venues.

use super::{IdOf, MessageView, Reply, made, run_to_end, said};
use crate::service::CatalogService;
use crate::views::page::{Page, Paging, checked};
use crate::views::venue::{NewVenue, VenuePatch, VenueView};
use access::AdminPerson;
use axum::extract::State;
use axum::response::Response;
use domain::VenueId;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Query};
use serde::Deserialize;

/// Makes a venue.
#[utoipa::path(post, path = "/venues", tag = "venues", security(("accessToken" = ["admin"])), request_body = NewVenue,
    responses((status = 201, body = VenueView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody)))]
pub(super) async fn create(
    State(service): State<CatalogService>,
    _: AdminPerson,
    Json(new): Json<NewVenue>,
) -> Result<Response, ApiError> {
    let venue = run_to_end(async move { service.create_venue(&new).await }).await?;
    Ok(made(&format!("/venues/{}", venue.id()), venue))
}

/// Which venues.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    city: Option<String>,
    #[serde(default)]
    page: u64,
    #[serde(default = "twenty")]
    size: u64,
}

fn twenty() -> u64 {
    20
}

/// Venues, newest first.
#[utoipa::path(get, path = "/venues", tag = "venues",
    params(("city" = Option<String>, Query, description = "exactly"), ("page" = Option<u64>, Query, description = "from 0"),
        ("size" = Option<u64>, Query, description = "1 to 100")),
    responses((status = 200, body = Page<VenueView>), (status = 400, body = ErrorBody)))]
pub(super) async fn list(
    State(service): State<CatalogService>,
    Query(wanted): Query<Wanted>,
) -> Reply<Page<VenueView>> {
    let (page, size) = checked(wanted.page, wanted.size)?;
    let city = super::events::city(wanted.city)?;
    service.venues(city.as_deref(), page, size).await.map(Json)
}

/// A venue with its halls.
#[utoipa::path(get, path = "/venues/{id}", tag = "venues", params(("id" = String, Path)),
    responses((status = 200, body = VenueView), (status = 404, body = ErrorBody)))]
pub(super) async fn show(State(service): State<CatalogService>, IdOf(id): IdOf<VenueId>) -> Reply<VenueView> {
    service.venue(id).await.map(Json)
}

/// Changes a venue. Absent fields stay.
#[utoipa::path(put, path = "/venues/{id}", tag = "venues", security(("accessToken" = ["admin"])),
    params(("id" = String, Path)), request_body = VenuePatch,
    responses((status = 200, body = VenueView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn change(
    State(service): State<CatalogService>,
    _: AdminPerson,
    IdOf(id): IdOf<VenueId>,
    Json(patch): Json<VenuePatch>,
) -> Reply<VenueView> {
    run_to_end(async move { service.change_venue(id, &patch).await }).await.map(Json)
}

/// Deletes a venue without halls and events.
#[utoipa::path(delete, path = "/venues/{id}", tag = "venues", security(("accessToken" = ["admin"])),
    params(("id" = String, Path)),
    responses((status = 200, body = MessageView), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn delete(
    State(service): State<CatalogService>,
    _: AdminPerson,
    IdOf(id): IdOf<VenueId>,
) -> Reply<MessageView> {
    run_to_end(async move { service.delete_venue(id).await }).await?;
    said("Venue deleted successfully")
}

/// Reads the paging of the other lists, too.
pub(super) fn page_of(paging: Paging) -> Result<(u64, u64), ApiError> {
    paging.checked()
}
