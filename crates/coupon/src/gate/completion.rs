//! What issuers report (GATE-004): the row is the truth, and the hot state and the line follow it.

use super::service::{GateService, RankStatus, Ranked, ranked, who};
use crate::issuer::{Outcome, TellGate};
use async_trait::async_trait;
use domain::line::LineOutcome;
use domain::{CampaignId, ErrorCode, UserId};
use futures::{StreamExt, stream};
use onsale_http::ApiError;

/// Outcomes taken in at once.
const TAKEN_IN_MAX: usize = 32;

impl GateService {
    /// Takes in that an issuer is done with somebody. A coupon in the tables counts, whatever was said; without one,
    /// `said`; and where nothing was said, whether anything is left. Again changes nothing.
    ///
    /// # Errors
    /// `CAMPAIGN_NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn complete(
        &self,
        campaign: &CampaignId,
        user: &UserId,
        said: Option<LineOutcome>,
    ) -> Result<Ranked, ApiError> {
        if self.coupons.port.campaign(campaign).await?.is_none() {
            return Err(ErrorCode::CampaignNotFound.into());
        }
        let has_coupon = self.coupons.follow_rows_of(campaign, user).await?;
        let nothing_left = said == Some(LineOutcome::SoldOut) || (said.is_none() && self.is_over(campaign).await?);
        let verdict = match has_coupon {
            true => LineOutcome::Issued,
            false if nothing_left => LineOutcome::SoldOut,
            false => return self.rank(campaign, user).await,
        };
        self.lines.port.finish(&who(campaign, user), verdict).await?;
        Ok(match verdict {
            LineOutcome::Issued => ranked(RankStatus::Issued, None),
            LineOutcome::SoldOut => ranked(RankStatus::SoldOut, None),
        })
    }
}

/// Issuers in the same process need no call.
#[async_trait]
impl TellGate for GateService {
    async fn tell(&self, outcomes: Vec<Outcome>) {
        let told = stream::iter(outcomes).for_each_concurrent(TAKEN_IN_MAX, async |one| {
            if let Err(error) = self.complete(&one.campaign, &one.user, Some(one.verdict)).await {
                let code = error.code.as_str();
                tracing::warn!(campaign = %one.campaign, code, "the gate did not take in what came of a request");
            }
        });
        told.await;
    }
}
