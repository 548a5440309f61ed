//! The parts that all use cases of the coupon service share.

use super::arrivals::Arrivals;
use super::in_flight::InFlight;
use super::public_list::PublicLists;
use super::steps::CouponSteps;
use access::TenantQuotas;
use access::callers::Callers;
use domain::{CampaignId, EventName, TenantName};
use hot::CouponPort;
use ledger::Ledger;
use ledger::group::GroupCommit;
use lines::LineClient;
use onsale_http::ApiError;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::Notify;

/// The coupon service. Cheap to clone.
#[derive(Clone)]
pub struct CouponService {
    /// The hot state, which decides.
    pub port: Arc<dyn CouponPort>,
    /// The tables.
    pub ledger: Ledger,
    /// Decides the steps of coupons in the tables.
    pub steps: GroupCommit<CouponSteps>,
    /// Messages on their way from the hot state to the tables.
    pub in_flight: Arc<dyn InFlight>,
    /// Whether coupons of a tenant are still on their way to the tables.
    pub arrivals: Arc<Arrivals>,
    /// Resolves API keys, and whether callers without a key may issue, look up and use the short form (the demo).
    pub callers: Callers,
    /// Campaigns that are made with a gate even if the request does not ask for one (`gate.event_ids`, GATE-007). Whoever
    /// makes a campaign applies it: no server then gives a coupon of it without a pass, not for a moment.
    pub gated_campaigns: Arc<HashSet<CampaignId>>,
    /// The lines before campaigns: an announced draw keeps its campaign as it is. None where nothing is changed.
    pub gates: Option<LineClient>,
    /// Notified when a campaign has been changed here: its gate follows at once.
    pub changed: Arc<Notify>,
    /// The lists of campaigns that everybody may read; `None` where nobody may (`coupon.public_list`).
    pub public_lists: Option<Arc<PublicLists>>,
    /// What each tenant may have.
    pub quotas: Arc<TenantQuotas>,
    /// How long a reservation for an order is valid.
    pub redeem_hold_seconds: i64,
}

impl CouponService {
    /// A campaign was changed here: what follows it does so at once.
    pub(super) fn note_change(&self) {
        self.changed.notify_one();
        if let Some(lists) = &self.public_lists {
            lists.changed();
        }
    }

    /// Messages that were decided and not processed yet, wherever they are. An unknown number counts as one.
    pub(super) async fn messages_in_flight(&self) -> u64 {
        let waiting = self.port.stats().await.outbox_pending;
        let published = self.in_flight.count().await;
        waiting + published.unwrap_or(1)
    }
}

/// The id of a campaign that a caller names.
///
/// # Errors
/// `INVALID_INPUT` for an invalid name.
pub fn campaign_id(tenant: TenantName, event_id: &str) -> Result<CampaignId, ApiError> {
    let event = EventName::new(event_id).map_err(|error| ApiError::invalid(format!("event_id {error}")))?;
    Ok(CampaignId::new(tenant, event))
}
