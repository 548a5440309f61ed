//! What every use case of the coupon service works with, and who may call it.

use super::on_their_way::OnTheirWay;
use crate::http::ApiError;
use crate::keys::{Caller, KeyRing};
use domain::{CampaignId, ErrorCode, EventName, TenantName};
use hot::{CouponPort, HotError};
use http::HeaderMap;
use ledger::{Ledger, LedgerError};
use std::sync::Arc;

/// Seconds after which a caller may come again when a part of the system is away.
pub(super) const RETRY_AFTER_SECONDS: u32 = 1;

/// The coupon service. Cheap to clone.
#[derive(Clone)]
pub struct CouponService {
    /// Decides.
    pub port: Arc<dyn CouponPort>,
    /// Keeps.
    pub ledger: Ledger,
    /// What is on its way from the one to the other.
    pub on_their_way: Arc<dyn OnTheirWay>,
    /// Who calls.
    pub keys: Arc<KeyRing>,
    /// Whether callers without a key may issue, look up and use the short form (the demo).
    pub open_issue: bool,
    /// How long a reservation for an order stands.
    pub redeem_hold_seconds: i64,
}

impl CouponService {
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

    /// As [`CouponService::tenant_of_key`], but in the demo a call without a key is the tenant `default`'s.
    ///
    /// # Errors
    /// As [`CouponService::tenant_of_key`].
    pub async fn tenant_of_caller(&self, headers: &HeaderMap) -> Result<TenantName, ApiError> {
        if self.open_issue && !headers.contains_key("x-api-key") {
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

/// A campaign that a caller names.
///
/// # Errors
/// `INVALID_INPUT` for a name that can not be.
pub fn campaign_id(tenant: TenantName, event_id: &str) -> Result<CampaignId, ApiError> {
    let event = EventName::new(event_id).map_err(|error| ApiError::invalid(format!("event_id {error}")))?;
    Ok(CampaignId::new(tenant, event))
}

impl From<HotError> for ApiError {
    fn from(error: HotError) -> Self {
        tracing::warn!(%error, "hot state did not answer");
        Self::unavailable(RETRY_AFTER_SECONDS)
    }
}

impl From<LedgerError> for ApiError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Unreachable(_) => {
                tracing::warn!(%error, "the ledger did not answer");
                Self::unavailable(RETRY_AFTER_SECONDS)
            }
            other => Self::internal(other),
        }
    }
}
