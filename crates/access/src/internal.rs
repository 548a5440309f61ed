//! Calls between internal services (INT-001..006): each needs a key that only these services have.

use domain::ErrorCode;
use http::HeaderMap;
use onsale_http::sampler::Sampler;
use onsale_http::{ApiError, Network};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use subtle::{Choice, ConstantTimeEq};

/// The header with the key.
pub const INTERNAL_KEY_HEADER: &str = "x-service-api-key";

/// The log of refused calls.
static REFUSALS: Sampler = Sampler::new();

/// The accepted keys: the one in force, and the previous one during a rotation. Cheap to clone.
#[derive(Clone, Default)]
pub struct InternalKeys(Arc<[[u8; 32]]>);

/// Shows the number of keys, never a key.
impl std::fmt::Debug for InternalKeys {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "InternalKeys({})", self.0.len())
    }
}

impl InternalKeys {
    /// Accepts these keys. Empty ones are ignored. Without any key every call is refused.
    pub fn accepting<'a>(keys: impl IntoIterator<Item = &'a str>) -> Self {
        Self(keys.into_iter().filter(|key| !key.is_empty()).map(|key| Sha256::digest(key).into()).collect())
    }

    /// Checks that the call comes from an internal service. Refused calls are counted, and logged for audit: the first
    /// ones of each second, since any stranger can cause them.
    ///
    /// # Errors
    /// `INTERNAL_API_UNAUTHORIZED`.
    pub fn check(&self, headers: &HeaderMap, network: Option<Network>, path: &str) -> Result<(), ApiError> {
        let offered: [u8; 32] =
            Sha256::digest(headers.get(INTERNAL_KEY_HEADER).map(|key| key.as_bytes()).unwrap_or_default()).into();
        // Compares all keys even after a match, so that the duration reveals nothing.
        let matches = self.0.iter().fold(Choice::from(0), |matches, key| matches | key.ct_eq(&offered));
        if matches.into() {
            return Ok(());
        }
        if let Some(left_out) = REFUSALS.admit() {
            let caller = network.map(|network| network.to_string()).unwrap_or_default();
            tracing::warn!(target: "audit", caller, path, left_out, "a call without a valid internal key was refused");
        }
        metrics::counter!("onsale_internal_refused_total").increment(1);
        Err(ErrorCode::InternalApiUnauthorized.into())
    }
}
