//! What every use case of the coupon service works with, and who may call it.

use super::on_their_way::OnTheirWay;
use crate::callers::Callers;
use crate::http::ApiError;
use domain::{CampaignId, EventName, TenantName};
use hot::{CouponPort, HotError};
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
    /// Who calls, and whether callers without a key may issue, look up and use the short form (the demo).
    pub callers: Callers,
    /// How long a reservation for an order stands.
    pub redeem_hold_seconds: i64,
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
            LedgerError::Unavailable(_) => {
                tracing::warn!(%error, "the ledger did not answer");
                Self::unavailable(RETRY_AFTER_SECONDS)
            }
            other => Self::internal(other),
        }
    }
}
