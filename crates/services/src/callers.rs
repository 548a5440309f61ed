//! Who may call what, for every service that takes keys.

use crate::http::ApiError;
use crate::keys::{Caller, KeyRing};
use domain::{ErrorCode, TenantName};
use http::HeaderMap;
use std::sync::Arc;

/// Tells callers by their keys. Cheap to clone.
#[derive(Clone)]
pub struct Callers {
    /// The keys in force.
    pub keys: Arc<KeyRing>,
    /// Whether callers without a key are believed where a tenant's key is enough (the demo).
    pub open: bool,
}

impl Callers {
    /// Whose campaigns a call may touch, for calls that always need a key. An administrator acts for the tenant
    /// `default`, or for the one that `for_tenant` names.
    ///
    /// # Errors
    /// `UNAUTHORIZED` without a key in force, `FORBIDDEN` for a key of the wrong kind.
    pub async fn tenant_of_key(&self, headers: &HeaderMap, for_tenant: Option<&str>) -> Result<TenantName, ApiError> {
        let Some(key) = headers.get("x-api-key") else {
            return Err(
                ApiError::new(ErrorCode::Unauthorized).detail("send a tenant's or an administrator's key in X-Api-Key")
            );
        };
        let caller = self.keys.caller_fresh(key.as_bytes()).await;
        match (caller, for_tenant) {
            (Some(Caller::Administrator), None) => Ok(TenantName::default_tenant()),
            (Some(Caller::Administrator), Some(tenant)) => {
                TenantName::new(tenant).map_err(|error| ApiError::invalid(format!("tenant {error}")))
            }
            (Some(Caller::Tenant(own)), None) => Ok(own),
            (Some(Caller::Tenant(own)), Some(tenant)) if own.as_str() == tenant => Ok(own),
            (Some(_), _) => Err(ErrorCode::Forbidden.into()),
            (None, _) => Err(ApiError::new(ErrorCode::Unauthorized).detail("X-Api-Key is not a key in force")),
        }
    }

    /// As [`Callers::tenant_of_key`], but in the demo a call without a key is the tenant `default`'s.
    ///
    /// # Errors
    /// As [`Callers::tenant_of_key`].
    pub async fn tenant(&self, headers: &HeaderMap) -> Result<TenantName, ApiError> {
        if self.open && !headers.contains_key("x-api-key") {
            return Ok(TenantName::default_tenant());
        }
        self.tenant_of_key(headers, None).await
    }

    /// Whether the caller is an administrator.
    ///
    /// # Errors
    /// `UNAUTHORIZED` without a key in force, `FORBIDDEN` for another's.
    pub async fn administrator(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        self.tenant_of_key(headers, None).await?;
        let key = headers.get("x-api-key").and_then(|key| self.keys.caller(key.as_bytes()));
        if key == Some(Caller::Administrator) { Ok(()) } else { Err(ErrorCode::Forbidden.into()) }
    }
}
