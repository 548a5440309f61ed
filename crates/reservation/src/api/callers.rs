//! What is found out from the head of a request before its body is read.

use crate::doors::Door;
use crate::views::given::uuid;
use ::http::HeaderValue;
use ::http::request::Parts;
use access::{Caller, Callers};
use axum::extract::{FromRef, FromRequestParts};
use domain::line::read_pass;
use domain::{ErrorCode, PassId, ScheduleId};
use onsale_http::{ApiError, Path};
use uuid::Uuid;

/// The header with a pass.
const PASS_HEADER: &str = "x-queue-token";

/// A well-formed pass in the head. Whether it lives is asked later. 401 `QUEUE_TOKEN_MISSING`, `QUEUE_TOKEN_INVALID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GivenPass(pub PassId);

impl<S: Send + Sync> FromRequestParts<S> for GivenPass {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let all: Vec<&[u8]> = parts.headers.get_all(PASS_HEADER).iter().map(HeaderValue::as_bytes).collect();
        match all.as_slice() {
            [] | [b""] => Err(ErrorCode::QueueTokenMissing.into()),
            [one] => {
                let pass = std::str::from_utf8(one).ok().and_then(read_pass);
                pass.map(Self).ok_or_else(|| ErrorCode::QueueTokenInvalid.into())
            }
            _ => Err(ErrorCode::QueueTokenInvalid.into()),
        }
    }
}

/// A caller at a door: an administrator with a token or a key, or a device with the key of a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AtDoor(pub Door);

impl<S: Send + Sync> FromRequestParts<S> for AtDoor
where
    Callers: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Callers::from_ref(state).holder(parts).await?.caller {
            Caller::Administrator | Caller::Door(None) => Ok(Self(Door::Any)),
            Caller::Door(Some(schedule)) => Ok(Self(Door::Of(ScheduleId(schedule)))),
            Caller::Tenant(_) | Caller::Service(_) => {
                Err(ApiError::new(ErrorCode::Forbidden).detail("an administrator's or a door's key is required"))
            }
        }
    }
}

/// An id in the path. What is no UUID names nothing: 404.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IdOf<T>(pub T);

impl<S: Send + Sync, T: From<Uuid> + Send> FromRequestParts<S> for IdOf<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await?;
        uuid(&text).map(T::from).map(Self).ok_or_else(|| ErrorCode::NotFound.into())
    }
}
