//! Passes for coupons (GATE-005).
//!
//! One pass is one coupon, by whichever route and however often it is used: the coupon's id comes of the pass, and the
//! engine gives no other to who holds that one. So it also is when the pass counts on two servers at once, when an answer
//! was lost, and after the hot state was put together again.

use super::campaigns::DispatchMode;
use super::service::{GateService, who};
use crate::issue::Undecided;
use crate::issue::gatekeeper::{Gatekeeper, coupon_of_pass};
use async_trait::async_trait;
use domain::line::{LineOutcome, LineStatus};
use domain::{CampaignId, ErrorCode, IssueOutcome, UserId};
use hot::IssueRequest;
use onsale_http::ApiError;
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

/// Longest wait for a verdict to be noted.
const NOTE_TIMEOUT: Duration = Duration::from_secs(5);

/// What became of a request for a coupon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IssueResult {
    /// The coupon is the user's.
    Success,
    /// The user has no active pass.
    NotInActiveQueue,
    /// The user has the coupon already.
    AlreadyIssued,
    /// None is left.
    OutOfStock,
}

impl GateService {
    /// Gives the coupon to somebody with an active pass (GATE-005). Whoever asks again, because the answer was lost, hears
    /// that the coupon is there.
    ///
    /// # Errors
    /// `CAMPAIGN_NOT_FOUND`, `NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn issue(&self, campaign: &CampaignId, user: &UserId) -> Result<IssueResult, ApiError> {
        let who = who(campaign, user);
        let pass = match self.look(&who, campaign).await? {
            LineStatus::Inside { pass, .. } if self.settings.mode == DispatchMode::ActiveQueue => pass,
            LineStatus::Finished { outcome: LineOutcome::Issued, .. } => return Ok(IssueResult::AlreadyIssued),
            LineStatus::Finished { outcome: LineOutcome::SoldOut, .. } => return Ok(IssueResult::OutOfStock),
            _ => return Ok(IssueResult::NotInActiveQueue),
        };
        let coupon_id = Some(coupon_of_pass(pass.id));
        let request =
            IssueRequest { campaign: campaign.clone(), user: user.clone(), key: None, admitted: true, coupon_id };
        let (result, verdict) = match self.decider.decide(request).await? {
            IssueOutcome::Issued { .. } => (IssueResult::Success, LineOutcome::Issued),
            IssueOutcome::AlreadyIssued { .. } => (IssueResult::AlreadyIssued, LineOutcome::Issued),
            IssueOutcome::SoldOut | IssueOutcome::Closed { .. } => (IssueResult::OutOfStock, LineOutcome::SoldOut),
            IssueOutcome::NoCampaign => return Err(ErrorCode::CampaignNotFound.into()),
            // It opens, or goes on: the pass lives on.
            IssueOutcome::NotOpen { .. } | IssueOutcome::Paused { .. } => return Err(ApiError::unavailable()),
            IssueOutcome::NotAdmitted { .. } | IssueOutcome::KeyReused => return Ok(IssueResult::NotInActiveQueue),
        };
        self.note(campaign, user, verdict).await;
        Ok(result)
    }

    /// Notes what came of it for somebody. The coupon is decided, and nobody is held up by this: a verdict that gets lost
    /// is told by the coupon itself when the user asks again.
    pub async fn note(&self, campaign: &CampaignId, user: &UserId, verdict: LineOutcome) {
        let who = who(campaign, user);
        let why = match tokio::time::timeout(NOTE_TIMEOUT, self.lines.port.finish(&who, verdict)).await {
            Ok(Ok(_)) => return,
            Ok(Err(error)) => error.to_string(),
            Err(late) => late.to_string(),
        };
        tracing::warn!(why, "a verdict was not noted in the line");
    }
}

#[async_trait]
impl Gatekeeper for GateService {
    async fn active_pass(&self, campaign: &CampaignId, user: &UserId) -> Result<Option<Uuid>, Undecided> {
        if self.settings.mode != DispatchMode::ActiveQueue {
            return Ok(None);
        }
        Ok(match self.lines.check_in(who(campaign, user)).await.map_err(Undecided::because)? {
            LineStatus::Inside { pass, .. } => Some(pass.id),
            _ => None,
        })
    }

    async fn used(&self, campaign: &CampaignId, user: &UserId, has_coupon: bool) {
        let verdict = if has_coupon { LineOutcome::Issued } else { LineOutcome::SoldOut };
        self.note(campaign, user, verdict).await;
    }
}
