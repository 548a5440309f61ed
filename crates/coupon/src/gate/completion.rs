//! Outcomes that issuers report (GATE-004): the row decides, and the hot state and the line follow it.

use super::queueing::{RankStatus, Ranked, ranked};
use super::service::{GateService, line_user};
use crate::issuer::{GateReporter, Outcome};
use async_trait::async_trait;
use domain::line::LineOutcome;
use domain::{CampaignId, CampaignStatus, ErrorCode, UserId};
use futures::{StreamExt, stream};
use onsale_http::ApiError;

/// Most outcomes handled concurrently.
const CONCURRENT_MAX: usize = 32;

impl GateService {
    /// Ends a user's turn after an issuer has processed the request. If the tables have a coupon of the user, the outcome
    /// is `Issued`, whatever was reported; otherwise it is the `reported` outcome; without a report it is `SoldOut` if no
    /// coupon is left. A repeated call changes nothing.
    ///
    /// # Errors
    /// `CAMPAIGN_NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn complete(
        &self,
        campaign: &CampaignId,
        user: &UserId,
        reported: Option<LineOutcome>,
    ) -> Result<Ranked, ApiError> {
        if self.coupons.port.campaign(campaign).await?.is_none() {
            return Err(ErrorCode::CampaignNotFound.into());
        }
        let has_coupon = self.coupons.follow_rows_of(campaign, user).await?;
        let nothing_left =
            reported == Some(LineOutcome::SoldOut) || (reported.is_none() && self.is_over(campaign).await?);
        let outcome = match has_coupon {
            true => LineOutcome::Issued,
            false if nothing_left => LineOutcome::SoldOut,
            false => return self.rank(campaign, user).await,
        };
        self.lines.port.finish(&line_user(campaign, user), outcome).await?;
        Ok(match outcome {
            LineOutcome::Issued => ranked(RankStatus::Issued, None),
            LineOutcome::SoldOut => ranked(RankStatus::SoldOut, None),
        })
    }

    /// Whether no coupon is left to give.
    async fn is_over(&self, id: &CampaignId) -> Result<bool, ApiError> {
        let status = self.coupons.port.status(id, clock::now()).await?.map(|sale| sale.status);
        Ok(matches!(status, Some(CampaignStatus::SoldOut | CampaignStatus::Closed)))
    }
}

/// An issuer in the same process reports without an HTTP call.
#[async_trait]
impl GateReporter for GateService {
    async fn report(&self, outcomes: Vec<Outcome>) {
        let completions = stream::iter(outcomes).for_each_concurrent(CONCURRENT_MAX, async |one| {
            if let Err(error) = self.complete(&one.campaign, &one.user, Some(one.result)).await {
                let code = error.code.as_str();
                tracing::warn!(campaign = %one.campaign, code, "the gate could not record the outcome of a request");
            }
        });
        completions.await;
    }
}
