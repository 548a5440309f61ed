//! Ends the gates of deleted campaigns (B10).

use super::service::GateService;
use crate::rows::campaigns;
use domain::CampaignId;
use domain::line::LineId;
use hot::line::Clock;
use onsale_http::ApiError;
use std::collections::HashSet;
use std::sync::PoisonError;

impl GateService {
    /// Ends the lines whose campaigns were deleted since the last call; the first call looks at all lines. `there`: the
    /// campaigns that the hot state has.
    pub(super) async fn end_deleted(&self, there: &[CampaignId]) -> Result<(), ApiError> {
        let mut there: HashSet<CampaignId> = there.iter().cloned().collect();
        let before = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let before = match before {
            Some(before) => before,
            None => self.gates_there().await?,
        };
        for id in before {
            if there.contains(&id) {
                continue;
            }
            if campaigns::is_archived(&self.coupons.ledger, &id).await? {
                self.lines.port.end_line(&LineId::Gate(id.clone()), Clock::Engine).await?;
                self.forget_state(&id);
            } else {
                // The hot state has lost it, and gets it again.
                there.insert(id);
            }
        }
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(there);
        Ok(())
    }

    async fn gates_there(&self) -> Result<HashSet<CampaignId>, ApiError> {
        let gate = |line| if let LineId::Gate(campaign) = line { Some(campaign) } else { None };
        Ok(self.lines.port.lines().await?.into_iter().filter_map(gate).collect())
    }
}
