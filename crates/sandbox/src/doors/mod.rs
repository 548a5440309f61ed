//! Doors: for tests and demos alone. They play the people and the operators of the companies that the sandbox stands for.

mod faults;
mod identities;
mod mail;
mod payments;
mod people;

pub(crate) use identities::{IdentityStatus, ci_of, identity};
pub(crate) use payments::notice;

use crate::books::BooksFault;
use crate::service::Sandbox;
use axum::Router;
use axum::body::HttpBody;
use axum::extract::{FromRequest, Request};
use axum::routing::{get, post};
use onsale_http::{ApiError, Json, RequestBody};

/// The routes of the doors.
pub(crate) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/sandbox/portone/identity-verifications", post(identities::make))
        .route("/sandbox/portone/identity-verifications/{id}", get(identities::look))
        .route("/sandbox/portone/payments/{key}", get(payments::look))
        .route("/sandbox/portone/payments/{key}/pay", post(payments::pay))
        .route("/sandbox/portone/payments/{key}/cancel", post(payments::cancel))
        .route("/sandbox/portone/payments/{key}/capture", post(payments::capture))
        .route("/sandbox/portone/payments/{key}/webhook", post(payments::webhook))
        .route("/sandbox/portone/faults", post(faults::order))
        .route("/sandbox/mail", get(mail::list))
        .route("/sandbox/oauth/{provider}/people", post(people::make))
}

/// The answer to a call whose change could not be written.
pub(crate) fn unavailable(fault: BooksFault) -> ApiError {
    match fault {
        BooksFault::Full => ApiError::unavailable().detail("the sandbox's books are full; begin new ones"),
        other => {
            tracing::error!(error = %other, "the sandbox's books could not be written");
            ApiError::unavailable()
        }
    }
}

/// Refuses a text that is too long or has control characters.
pub(crate) fn demand_text(name: &str, text: &str, chars: std::ops::RangeInclusive<usize>) -> Result<(), ApiError> {
    let is_text = chars.contains(&text.chars().count()) && !text.contains(char::is_control);
    let wanted = || format!("{name} must have {} to {} characters", chars.start(), chars.end());
    if is_text { Ok(()) } else { Err(ApiError::invalid(wanted())) }
}

/// A JSON body whose fields all have defaults: no body at all is read as `{}`.
pub(crate) struct OptionalJson<T>(pub T);

impl<S: Send + Sync, T: RequestBody + Default> FromRequest<S> for OptionalJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if request.body().size_hint().exact() == Some(0) {
            return Ok(Self(T::default()));
        }
        Json::from_request(request, state).await.map(|Json(value)| Self(value))
    }
}
