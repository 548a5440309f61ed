//! Passes for coupons (GATE-005).
//!
//! One pass gives one coupon, on every route and however often it is used: the coupon's id is derived from the pass, and
//! the engine gives no second coupon to the user who holds that one. This also holds when two servers accept the pass at
//! once, when a reply was lost, and after the hot state was rebuilt.

use super::service::{GateService, line_user};
use super::settings::DispatchMode;
use crate::issue::Undecided;
use crate::issue::gatekeeper::{Gatekeeper, coupon_of_pass};
use async_trait::async_trait;
use domain::line::{LineOutcome, LineStatus};
use domain::{CampaignId, ErrorCode, IssueOutcome, PassId, UserId};
use hot::IssueRequest;
use onsale_http::ApiError;
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// Longest wait for the line to record an outcome.
const RECORD_TIMEOUT: Duration = Duration::from_secs(5);

/// The outcome of a request for a coupon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IssueResult {
    /// The user got the coupon.
    Success,
    /// The user has no active pass.
    NotInActiveQueue,
    /// The user has the coupon already.
    AlreadyIssued,
    /// No coupon is left.
    OutOfStock,
}

impl GateService {
    /// Gives the coupon to a user with an active pass (GATE-005). A user who repeats the request, because the reply was
    /// lost, gets `AlreadyIssued`.
    ///
    /// # Errors
    /// `CAMPAIGN_NOT_FOUND`, `NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn issue(&self, campaign: &CampaignId, user: &UserId) -> Result<IssueResult, ApiError> {
        let pass = match self.line_status(&line_user(campaign, user), campaign).await? {
            LineStatus::Inside { pass, .. } if self.settings.mode == DispatchMode::ActiveQueue => pass,
            LineStatus::Finished { outcome: LineOutcome::Issued, .. } => return Ok(IssueResult::AlreadyIssued),
            LineStatus::Finished { outcome: LineOutcome::SoldOut, .. } => return Ok(IssueResult::OutOfStock),
            LineStatus::Inside { .. }
            | LineStatus::Drawing { .. }
            | LineStatus::Waiting { .. }
            | LineStatus::Processing { .. }
            | LineStatus::Absent
            | LineStatus::Full
            | LineStatus::Closed
            | LineStatus::TooMany
            | LineStatus::NoLine => return Ok(IssueResult::NotInActiveQueue),
        };
        let coupon_id = Some(coupon_of_pass(pass.id));
        let request =
            IssueRequest { campaign: campaign.clone(), user: user.clone(), key: None, admitted: true, coupon_id };
        let (result, outcome) = match self.decider.decide(request).await? {
            IssueOutcome::Issued { .. } => (IssueResult::Success, LineOutcome::Issued),
            IssueOutcome::AlreadyIssued { .. } => (IssueResult::AlreadyIssued, LineOutcome::Issued),
            IssueOutcome::SoldOut | IssueOutcome::Closed { .. } => (IssueResult::OutOfStock, LineOutcome::SoldOut),
            IssueOutcome::NoCampaign => return Err(ErrorCode::CampaignNotFound.into()),
            // The campaign will open or resume: the pass stays valid.
            IssueOutcome::NotOpen { .. } | IssueOutcome::Paused { .. } => return Err(ApiError::unavailable()),
            IssueOutcome::NotAdmitted { .. } | IssueOutcome::KeyReused => return Ok(IssueResult::NotInActiveQueue),
        };
        self.record(campaign, user, outcome).await;
        Ok(result)
    }

    /// Records a user's outcome in the line. A failure is only logged, since the coupon is decided already: when the user
    /// repeats the request, the coupon itself shows the outcome.
    pub async fn record(&self, campaign: &CampaignId, user: &UserId, outcome: LineOutcome) {
        let line_user = line_user(campaign, user);
        let why = match tokio::time::timeout(RECORD_TIMEOUT, self.lines.port.finish(&line_user, outcome)).await {
            Ok(Ok(_)) => return,
            Ok(Err(error)) => error.to_string(),
            Err(late) => late.to_string(),
        };
        tracing::warn!(why, "an outcome was not recorded in the line");
    }
}

#[async_trait]
impl Gatekeeper for GateService {
    async fn active_pass(&self, campaign: &CampaignId, user: &UserId) -> Result<Option<PassId>, Undecided> {
        if self.settings.mode != DispatchMode::ActiveQueue {
            return Ok(None);
        }
        Ok(match self.lines.check_in(line_user(campaign, user)).await.map_err(Undecided::because)? {
            LineStatus::Inside { pass, .. } => Some(pass.id),
            _ => None,
        })
    }

    async fn used(&self, campaign: &CampaignId, user: &UserId, has_coupon: bool) {
        let outcome = if has_coupon { LineOutcome::Issued } else { LineOutcome::SoldOut };
        self.record(campaign, user, outcome).await;
    }
}
