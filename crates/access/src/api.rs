//! The internal route at which roles without a database have keys checked.

use crate::internal::InternalKeys;
use crate::keys::KeyRing;
use crate::remote::{KeyCheck, KeyHolder, PATH};
use axum::Router;
use axum::extract::{Extension, State};
use axum::routing::post;
use domain::ErrorCode;
use http::HeaderMap;
use onsale_http::{ApiError, ClientIp, Json};
use std::sync::Arc;

/// The route, over the table of keys. For our own services, outside of the limits for people.
pub fn internal_routes(keys: Arc<KeyRing>, internal: InternalKeys) -> Router {
    Router::new().route(PATH, post(check)).with_state((keys, internal))
}

/// Whose key is this? 404 `NOT_FOUND` for a key that is not in force.
async fn check(
    State((keys, internal)): State<(Arc<KeyRing>, InternalKeys)>,
    client: Option<Extension<ClientIp>>,
    headers: HeaderMap,
    // After the internal key: a caller without it does not learn what would be right.
    question: Result<Json<KeyCheck>, ApiError>,
) -> Result<axum::Json<KeyHolder>, ApiError> {
    internal.check(&headers, client.map(|Extension(client)| client), PATH)?;
    let Json(KeyCheck { key }) = question?;
    let caller = keys.caller_fresh(key.as_bytes()).await.ok_or(ErrorCode::NotFound)?;
    Ok(axum::Json(KeyHolder::of(&caller)))
}
