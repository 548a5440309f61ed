//! Which gates need not be brought up to date: nobody has asked for the campaign since, and its times have not come.

use super::service::GateService;
use super::settings::DispatchMode;
use domain::{Campaign, CampaignId, CampaignStatus, Timestamp};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// A campaign as a gate was brought up to date with it.
pub(super) struct Followed {
    /// Before the campaign was read.
    pub at: Instant,
    pub campaign: Campaign,
    /// Its coupons left.
    pub remaining: u32,
    pub status: CampaignStatus,
}

impl GateService {
    /// Whether following the campaign again would change nothing. Costs no I/O.
    pub(super) fn is_at_rest(&self, id: &CampaignId, now: Timestamp) -> bool {
        let gate = self.state(id);
        let followed = gate.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(followed) = followed.as_ref() else { return false };
        if self.coupons.port.may_have_changed_since(id, followed.at) {
            return false;
        }
        let waits_for_rows = self.settings.mode == DispatchMode::Kafka && !gate.rows_decide.load(Ordering::Relaxed);
        let is_same = followed.campaign.status(now, followed.remaining) == followed.status;
        !followed.campaign.gated || (is_same && !waits_for_rows)
    }

    pub(super) fn note_followed(&self, followed: Followed) {
        let gate = self.state(&followed.campaign.id);
        *gate.followed.lock().unwrap_or_else(PoisonError::into_inner) = Some(followed);
    }

    /// Whether the campaign was gated when it was followed last, and nothing has changed since.
    pub(super) fn is_gated_at_rest(&self, id: &CampaignId) -> bool {
        let gate = self.state(id);
        let followed = gate.followed.lock().unwrap_or_else(PoisonError::into_inner);
        followed.as_ref().is_some_and(|followed| {
            followed.campaign.gated && !self.coupons.port.may_have_changed_since(id, followed.at)
        })
    }
}
