//! Parameters of paths and queries. Their errors have the same form as those of bodies.

use crate::error::ApiError;
use crate::text::plain::plain;
use crate::text::shorten::shortened;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequestParts, Path as AxumPath, Query as AxumQuery};
use http::request::Parts;
use serde::de::DeserializeOwned;

/// The query's parameters. 400 `INVALID_INPUT` names the invalid one.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

/// The path's parameters. 400 `INVALID_INPUT` names the invalid one.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        match AxumQuery::try_from_uri(&parts.uri) {
            Ok(AxumQuery(value)) => Ok(Self(value)),
            Err(rejection) => Err(query_refusal(&rejection)),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match AxumPath::from_request_parts(parts, state).await {
            Ok(AxumPath(value)) => Ok(Self(value)),
            Err(rejection) => Err(path_refusal(rejection)),
        }
    }
}

fn query_refusal(rejection: &QueryRejection) -> ApiError {
    let text = rejection.body_text();
    let message = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
    ApiError::invalid(format!("query: {}", plain(message)))
}

fn path_refusal(rejection: PathRejection) -> ApiError {
    let kind = match rejection {
        PathRejection::FailedToDeserializePathParams(failure) => failure.into_kind(),
        // The route has no such parameters: a mistake in the program, not in the request.
        other => return ApiError::internal(other.body_text()),
    };
    match kind {
        ErrorKind::WrongNumberOfParameters { .. } | ErrorKind::UnsupportedType { .. } => ApiError::internal(kind),
        kind => ApiError::invalid(format!("path: {}", shortened(&kind.to_string()))),
    }
}
