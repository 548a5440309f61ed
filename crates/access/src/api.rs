//! The internal route at which roles without a database have keys checked.

use crate::internal::InternalKeys;
use crate::keys::KeyRing;
use crate::remote::{KeyCheck, KeyHolder, PATH};
use axum::Router;
use axum::extract::{FromRequest, Request, State};
use axum::routing::post;
use domain::ErrorCode;
use onsale_http::{ApiError, ClientIp, Json};
use std::sync::Arc;

/// The route, over the table of keys. For our own services, outside of the limits for people.
pub fn internal_routes(keys: Arc<KeyRing>, internal: InternalKeys) -> Router {
    Router::new().route(PATH, post(check)).with_state((keys, internal))
}

/// Whose key is this? 404 `NOT_FOUND` for a key that is not in force.
async fn check(
    State((keys, internal)): State<(Arc<KeyRing>, InternalKeys)>,
    request: Request,
) -> Result<axum::Json<KeyHolder>, ApiError> {
    // Before the body: a caller without the internal key makes us read nothing.
    internal.check(request.headers(), request.extensions().get::<ClientIp>().copied(), PATH)?;
    let Json(KeyCheck { key }) = Json::from_request(request, &()).await?;
    let caller = keys.caller_fresh(key.as_bytes()).await.ok_or(ErrorCode::NotFound)?;
    Ok(axum::Json(KeyHolder::of(&caller)))
}
