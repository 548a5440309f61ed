//! Calls between our own services (INT-001..006): each needs a key that only they have.

use domain::ErrorCode;
use http::HeaderMap;
use onsale_http::ApiError;
use onsale_http::extract::client_ip::ClientIp;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use subtle::{Choice, ConstantTimeEq};

/// Where the key stands.
pub const INTERNAL_KEY_HEADER: &str = "x-service-api-key";

/// The keys that are accepted: the one in force, and the previous one while it is exchanged. Cheap to clone.
#[derive(Clone, Default)]
pub struct InternalKeys(Arc<[[u8; 32]]>);

/// Says how many, never which.
impl std::fmt::Debug for InternalKeys {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "InternalKeys({})", self.0.len())
    }
}

impl InternalKeys {
    /// Accepts these; none of them may be empty, and where there are none nobody is let in.
    pub fn accepting<'a>(keys: impl IntoIterator<Item = &'a str>) -> Self {
        Self(keys.into_iter().filter(|key| !key.is_empty()).map(|key| Sha256::digest(key).into()).collect())
    }

    /// Whether the call comes from one of our own services. Who does not is written down.
    ///
    /// # Errors
    /// `INTERNAL_API_UNAUTHORIZED`.
    pub fn check(&self, headers: &HeaderMap, client: Option<ClientIp>, path: &str) -> Result<(), ApiError> {
        let offered: [u8; 32] =
            Sha256::digest(headers.get(INTERNAL_KEY_HEADER).map(|key| key.as_bytes()).unwrap_or_default()).into();
        // All of them, whichever fits: how long it takes tells nothing.
        let fits = self.0.iter().fold(Choice::from(0), |fits, key| fits | key.ct_eq(&offered));
        if fits.into() {
            return Ok(());
        }
        let caller = client.map(|client| client.0.to_string()).unwrap_or_default();
        tracing::warn!(target: "audit", caller, path, "a call without the key of our own services was refused");
        metrics::counter!("onsale_internal_refused_total").increment(1);
        Err(ErrorCode::InternalApiUnauthorized.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(key: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(INTERNAL_KEY_HEADER, key.parse().expect("a header"));
        headers
    }

    #[test]
    fn two_keys_hold_while_one_is_exchanged_and_no_other() {
        let keys = InternalKeys::accepting(["new", "old", ""]);
        for (offered, is_let_in) in [("new", true), ("old", true), ("", false), ("ne", false), ("new ", false)] {
            assert_eq!(keys.check(&with(offered), None, "/x").is_ok(), is_let_in, "{offered:?}");
        }
        assert!(keys.check(&HeaderMap::new(), None, "/x").is_err());
        assert!(InternalKeys::default().check(&with(""), None, "/x").is_err(), "no key lets nobody in");
        assert_eq!(format!("{keys:?}"), "InternalKeys(2)");
    }
}
