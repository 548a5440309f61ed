//! The routes of the catalog (`contract-ticketing.md`, Catalog), with a module for each group.

mod document;
mod events;
mod halls;
mod internal;
mod operators;
mod posters;
mod reads;
mod schedules;
mod venues;

pub use operators::operator_routes;
pub use reads::ReadRoute;
pub use reads::Unanswered as UnansweredRead;

use crate::service::CatalogService;
use crate::views::values::uuid;
use ::http::header::LOCATION;
use ::http::request::Parts;
use ::http::{HeaderMap, HeaderValue, StatusCode};
use access::InternalKeys;
use axum::Router;
use axum::extract::{FromRef, FromRequestParts};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use domain::ErrorCode;
use onsale_http::{ApiError, Json, Path};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};
use uuid::Uuid;

/// The routes for people.
pub fn routes(service: CatalogService) -> Router {
    Router::new()
        .route("/events", post(events::create).get(events::list))
        .route(
            "/events/{id}",
            get(events::show).patch(events::change).put(events::change_by_put).delete(events::delete),
        )
        .route("/events/{id}/open", post(events::open))
        .route("/events/{id}/cancel", post(events::cancel))
        .route("/events/{id}/schedules", get(schedules::of_event))
        .route("/events/schedules/{id}", get(schedules::show))
        .route("/events/schedules/{id}/seats", get(schedules::seats))
        .route("/events/schedules/{id}/plan", get(schedules::plan))
        .route("/assets/poster/{file}", get(posters::show))
        .route("/venues", post(venues::create).get(venues::list))
        .route("/venues/{id}", get(venues::show).put(venues::change).delete(venues::delete))
        .route("/venues/{id}/halls", post(halls::create).get(halls::list))
        .route("/venues/{id}/halls/{hallId}", put(halls::change).get(halls::show).delete(halls::delete))
        .with_state(service)
}

/// The service with the keys of those who may call its internal routes.
#[derive(Clone)]
pub(crate) struct Internal {
    service: CatalogService,
    keys: InternalKeys,
}

impl FromRef<Internal> for InternalKeys {
    fn from_ref(internal: &Internal) -> Self {
        internal.keys.clone()
    }
}

/// The routes for other services.
pub fn internal_routes(service: CatalogService, keys: InternalKeys) -> Router {
    Router::new()
        .route("/internal/seats/status/{scheduleId}", get(internal::sold_seats))
        .route("/internal/schedules/ended", get(internal::ended))
        .route("/internal/schedules/{id}", get(internal::schedule))
        .route("/internal/schedules/{id}/sellable", get(internal::sellable))
        .route("/internal/schedules/{id}/plan", get(internal::plan))
        .with_state(Internal { service, keys })
}

/// This service's part of the API document.
#[derive(OpenApi)]
#[openapi(paths(
    events::create,
    events::list,
    events::show,
    events::change,
    events::change_by_put,
    events::delete,
    events::open,
    events::cancel,
    schedules::of_event,
    schedules::show,
    schedules::seats,
    schedules::plan,
    posters::show,
    venues::create,
    venues::list,
    venues::show,
    venues::change,
    venues::delete,
    halls::create,
    halls::list,
    halls::show,
    halls::change,
    halls::delete,
    internal::sold_seats,
    internal::schedule,
    internal::plan,
    internal::sellable,
    internal::ended
))]
pub struct ApiDocument;

type Reply<T> = Result<Json<T>, ApiError>;

/// A message for people.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageView {
    message: &'static str,
}

fn said(message: &'static str) -> Reply<MessageView> {
    Ok(Json(MessageView { message }))
}

/// Runs a change to its end, even if the caller disconnects in between: what shows it must be dropped after it.
async fn run_to_end<T: Send + 'static>(
    change: impl Future<Output = Result<T, ApiError>> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::spawn(call::carried(change)).await.map_err(ApiError::internal)?
}

/// 201 with the place of what was made.
fn made(location: &str, body: impl Serialize) -> Response {
    let mut response = (StatusCode::CREATED, axum::Json(body)).into_response();
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// An id in the path. What is no UUID names nothing: 404.
pub(crate) struct IdOf<T>(pub T);

impl<S: Send + Sync, T: From<Uuid> + Send> FromRequestParts<S> for IdOf<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await?;
        id(&text).map(Self)
    }
}

/// Two ids in the path.
pub(crate) struct IdsOf<T, U>(pub T, pub U);

impl<S: Send + Sync, T: From<Uuid> + Send, U: From<Uuid> + Send> FromRequestParts<S> for IdsOf<T, U> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path((one, other)) = Path::<(String, String)>::from_request_parts(parts, state).await?;
        Ok(Self(id(&one)?, id(&other)?))
    }
}

fn id<T: From<Uuid>>(text: &str) -> Result<T, ApiError> {
    uuid(text).map(T::from).ok_or_else(|| ErrorCode::NotFound.into())
}

/// Whether a request has a body.
fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(::http::header::CONTENT_LENGTH).map(HeaderValue::as_bytes);
    headers.contains_key(::http::header::TRANSFER_ENCODING) || length.is_some_and(|length| length != b"0")
}
