//! The internal route at which roles without a database have keys checked.

use crate::extract::InternalCaller;
use crate::internal::InternalKeys;
use crate::keys::KeyRing;
use crate::remote::{KeyCheck, KeyHolder, PATH};
use axum::Router;
use axum::extract::{FromRef, State};
use axum::routing::post;
use domain::ErrorCode;
use onsale_http::{ApiError, Json, RequestBody};
use std::sync::Arc;

/// A key has about a hundred characters.
impl RequestBody for KeyCheck {
    const LIMIT_BYTES: usize = 1_024;
}

/// The parts of the route.
#[derive(Clone)]
struct KeyApi {
    keys: Arc<KeyRing>,
    internal: InternalKeys,
}

impl FromRef<KeyApi> for InternalKeys {
    fn from_ref(api: &KeyApi) -> Self {
        api.internal.clone()
    }
}

/// The route, over the table of keys. For our own services, outside of the limits for people.
pub fn internal_routes(keys: Arc<KeyRing>, internal: InternalKeys) -> Router {
    Router::new().route(PATH, post(check)).with_state(KeyApi { keys, internal })
}

/// Whose key is this? 404 `NOT_FOUND` for a key that is not in force.
async fn check(
    State(api): State<KeyApi>,
    _: InternalCaller,
    Json(KeyCheck { key }): Json<KeyCheck>,
) -> Result<axum::Json<KeyHolder>, ApiError> {
    let caller = api.keys.caller_fresh(key.as_bytes()).await.ok_or(ErrorCode::NotFound)?;
    Ok(axum::Json(KeyHolder::of(&caller)))
}
