//! The internal route at which roles without a database have keys checked.

use crate::extract::InternalCaller;
use crate::internal::InternalKeys;
use crate::keys::KeyRing;
use crate::remote::{KeyCheck, KeyHolder, PATH};
use axum::Router;
use axum::extract::{FromRef, State};
use axum::routing::post;
use domain::ErrorCode;
use ipnet::IpNet;
use onsale_http::{ApiError, Json, RequestBody};
use std::net::IpAddr;
use std::sync::Arc;

/// A key has about a hundred characters, a network at most fifty.
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

/// Whose key is this? 404 `NOT_FOUND` for a key that is not in force for a caller of this network.
async fn check(
    State(api): State<KeyApi>,
    _: InternalCaller,
    Json(KeyCheck { key, network }): Json<KeyCheck>,
) -> Result<axum::Json<KeyHolder>, ApiError> {
    let from = network.as_deref().map(address).transpose()?;
    let holder = api.keys.holder_fresh(key.as_bytes(), from).await.ok_or(ErrorCode::NotFound)?;
    Ok(axum::Json(KeyHolder::of(&holder)))
}

/// The address, or the first one of the network.
fn address(network: &str) -> Result<IpAddr, ApiError> {
    let address = network.parse::<IpAddr>().or_else(|_| network.parse::<IpNet>().map(|network| network.network()));
    address.map_err(|_| ApiError::invalid("network must be an address or a network such as 192.0.2.0/24"))
}
