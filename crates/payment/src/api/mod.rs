//! The routes of payments (contract, Payment).

mod internal;
mod operators;
mod payments;
mod webhook;

pub use operators::operator_routes;

use crate::service::PaymentService;
use crate::views::given::uuid;
use ::http::request::Parts;
use access::InternalKeys;
use axum::Router;
use axum::extract::{FromRef, FromRequestParts};
use axum::routing::{get, post};
use domain::{ErrorCode, PaymentId};
use onsale_http::{ApiError, Json, Path};
use utoipa::OpenApi;

/// The routes for people and for PortOne.
pub fn routes(service: PaymentService) -> Router {
    Router::new()
        .route("/payments", post(payments::pay).get(payments::list))
        .route("/payments/confirm", post(payments::confirm))
        .route("/payments/webhook", post(webhook::hear))
        .route("/payments/{id}", get(payments::show))
        .with_state(service)
}

/// The service with the keys of those who may call its internal routes.
#[derive(Clone)]
pub(crate) struct Internal {
    service: PaymentService,
    keys: InternalKeys,
}

impl FromRef<Internal> for InternalKeys {
    fn from_ref(internal: &Internal) -> Self {
        internal.keys.clone()
    }
}

/// The routes for other services.
pub fn internal_routes(service: PaymentService, keys: InternalKeys) -> Router {
    Router::new()
        .route("/internal/payments", get(internal::list))
        .route("/internal/payments/adopt", post(internal::adopt))
        .route("/internal/payments/{id}", get(internal::show))
        .with_state(Internal { service, keys })
}

/// This service's part of the API document.
#[derive(OpenApi)]
#[openapi(paths(
    payments::pay,
    payments::confirm,
    payments::list,
    payments::show,
    webhook::hear,
    internal::list,
    internal::show,
    internal::adopt
))]
pub struct ApiDocument;

type Reply<T> = Result<Json<T>, ApiError>;

/// The id of a payment in the path. What is no UUID names nothing: `NOT_FOUND`.
pub(crate) struct IdOf(PaymentId);

impl<S: Send + Sync> FromRequestParts<S> for IdOf {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await?;
        uuid(&text).map(|id| Self(PaymentId(id))).ok_or_else(|| ErrorCode::NotFound.into())
    }
}

/// Runs to its end, even if the caller has gone: what was begun at PortOne and at other roles is noted.
async fn run_to_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, ApiError>> + Send + 'static,
) -> Result<T, ApiError> {
    match tokio::spawn(call::carried(work)).await {
        Ok(outcome) => outcome,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(ApiError::internal(error)),
        },
    }
}
