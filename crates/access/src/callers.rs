//! Authorizes callers, for every service that accepts keys.

use crate::keys::{Caller, KeyRing, KeysUnavailable};
use crate::remote::RemoteKeys;
use domain::{ErrorCode, TenantName};
use http::HeaderMap;
use onsale_http::ApiError;
use std::sync::Arc;

fn no_key() -> ApiError {
    ApiError::new(ErrorCode::Unauthorized).detail("send a tenant's or an administrator's key in X-Api-Key")
}

fn unknown_key() -> ApiError {
    ApiError::new(ErrorCode::Unauthorized).detail("X-Api-Key is not a key in force")
}

fn not_an_administrator() -> ApiError {
    ApiError::new(ErrorCode::Forbidden).detail("an administrator's key is required")
}

impl Caller {
    /// The tenant that the caller acts for. `for_tenant`: the tenant that the request names.
    pub(crate) fn tenant(self, for_tenant: Option<&str>) -> Result<TenantName, ApiError> {
        match (self, for_tenant) {
            (Self::Administrator, None) => Ok(TenantName::default_tenant()),
            (Self::Administrator, Some(tenant)) => {
                TenantName::new(tenant).map_err(|error| ApiError::invalid(format!("tenant {error}")))
            }
            (Self::Tenant(own), None) => Ok(own),
            (Self::Tenant(own), Some(tenant)) if own.as_str() == tenant => Ok(own),
            _ => Err(ErrorCode::Forbidden.into()),
        }
    }
}

/// Where keys are looked up.
#[derive(Clone)]
pub enum KeySource {
    /// In the table of keys.
    Table(Arc<KeyRing>),
    /// At the coupon role, by a role without a database.
    Remote(Arc<RemoteKeys>),
}

impl KeySource {
    /// As far as is known without waiting.
    fn caller(&self, key: &[u8]) -> Option<Caller> {
        match self {
            Self::Table(ring) => ring.caller(key),
            Self::Remote(keys) => keys.caller(key),
        }
    }

    async fn caller_fresh(&self, key: &[u8]) -> Result<Option<Caller>, KeysUnavailable> {
        match self {
            Self::Table(ring) => Ok(ring.caller_fresh(key).await),
            Self::Remote(keys) => keys.caller_fresh(key).await,
        }
    }
}

impl From<KeysUnavailable> for ApiError {
    fn from(_: KeysUnavailable) -> Self {
        Self::unavailable()
    }
}

/// Tells callers by their keys. Cheap to clone.
#[derive(Clone)]
pub struct Callers {
    /// The keys in force.
    pub keys: KeySource,
    /// Whether callers without a key are believed where a tenant's key is enough (the demo).
    pub open: bool,
}

impl Callers {
    /// Callers by the table of keys.
    pub fn by_table(keys: Arc<KeyRing>, open: bool) -> Self {
        Self { keys: KeySource::Table(keys), open }
    }

    /// Callers whose keys the coupon role checks. None is believed without one.
    pub fn by_coupon_role(keys: RemoteKeys) -> Self {
        Self { keys: KeySource::Remote(Arc::new(keys)), open: false }
    }

    /// The caller, for calls that always need a key. Reads the keys again if this one is unknown.
    ///
    /// # Errors
    /// `UNAUTHORIZED` without a key in force.
    pub async fn of_key(&self, headers: &HeaderMap) -> Result<Caller, ApiError> {
        let key = headers.get("x-api-key").ok_or_else(no_key)?;
        self.keys.caller_fresh(key.as_bytes()).await?.ok_or_else(unknown_key)
    }

    /// Whose campaigns the holder of this key may touch. Reads the keys again if this one is unknown.
    ///
    /// # Errors
    /// `UNAUTHORIZED` for a key that is not in force, `FORBIDDEN` for a key of the wrong kind.
    pub async fn tenant_of_fresh_key(&self, key: &[u8]) -> Result<TenantName, ApiError> {
        self.keys.caller_fresh(key).await?.ok_or_else(unknown_key)?.tenant(None)
    }

    /// Like [`Callers::tenant`], without waiting: `None` if the keys must be read again first.
    ///
    /// # Errors
    /// As [`Callers::tenant`].
    pub fn tenant_now(&self, key: Option<&[u8]>) -> Result<Option<TenantName>, ApiError> {
        match key {
            None if self.open => Ok(Some(TenantName::default_tenant())),
            None => Err(no_key()),
            Some(key) => self.keys.caller(key).map(|caller| caller.tenant(None)).transpose(),
        }
    }

    /// The tenant of a caller's key. In the demo a call without a key acts for the tenant `default`.
    ///
    /// # Errors
    /// `UNAUTHORIZED` without a key in force, `FORBIDDEN` for a key of the wrong kind.
    pub async fn tenant(&self, headers: &HeaderMap) -> Result<TenantName, ApiError> {
        if self.open && !headers.contains_key("x-api-key") {
            return Ok(TenantName::default_tenant());
        }
        self.of_key(headers).await?.tenant(None)
    }

    /// Like [`Callers::tenant`], for calls where an administrator may name another tenant.
    ///
    /// # Errors
    /// As [`Callers::tenant`]; `FORBIDDEN` for a call without a key that names another tenant than `default`.
    pub async fn tenant_named(&self, headers: &HeaderMap, for_tenant: Option<&str>) -> Result<TenantName, ApiError> {
        if self.open && !headers.contains_key("x-api-key") {
            let own = TenantName::default_tenant();
            let is_own = for_tenant.is_none_or(|tenant| tenant == own.as_str());
            return if is_own { Ok(own) } else { Err(not_an_administrator()) };
        }
        self.of_key(headers).await?.tenant(for_tenant)
    }

    /// Checks that the caller is an administrator.
    ///
    /// # Errors
    /// `UNAUTHORIZED` without a key in force, `FORBIDDEN` for the key of another kind of caller.
    pub async fn administrator(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        match self.of_key(headers).await? {
            Caller::Administrator => Ok(()),
            _ => Err(not_an_administrator()),
        }
    }
}
