//! Entering the line before a campaign, and reading one's rank in it (GATE-001, GATE-002).

use super::service::{GateService, line_user};
use super::settings::DispatchMode;
use domain::line::{Challenge, LineId, LineOutcome, LineStatus, QueueNumber};
use domain::{CampaignId, ErrorCode, Network, UserId};
use hot::line::{Entrant, LineUser};
use lines::Returned;
use onsale_http::ApiError;
use serde::Serialize;
use utoipa::ToSchema;

/// Whether the user is in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EnqueueStatus {
    /// The user entered the line with this call.
    Enqueued,
    /// The user is in the line already, or their turn has come.
    AlreadyEnqueued,
    /// No coupon is left to queue for.
    SoldOut,
}

/// The reply to a call that enters the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Enqueued {
    /// Whether the user is in the line.
    pub status: EnqueueStatus,
    /// From 1; 0 for a user whose turn has come; null when the coupons are sold out, and before an opening draw.
    pub rank: Option<u64>,
    /// In a line with an opening draw: the user's number in it, signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// To a person who waits and calls with the own access token: the queue number, of which `serving` tells the rank.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<u64>,
    /// `LATE`, once, where the user was away for too long for the old position, and has this one at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned: Option<Returned>,
    #[serde(skip)]
    number: Option<QueueNumber>,
}

impl Enqueued {
    /// As a page of this person is told: with the queue number. Servers of a shop are told what the contract has.
    #[must_use]
    pub fn with_ticket(self) -> Self {
        Self { ticket: self.number.map(|number| number.0), ..self }
    }
}

/// Who asks to enter without a key of a tenant. A tenant's own servers speak for its users: their calls count for no
/// network, and are not asked for a proof.
#[derive(Clone, Copy, Debug)]
pub struct Stranger<'a> {
    /// The network whose position a new place is.
    pub network: Option<Network>,
    /// What came in `X-Queue-Challenge`.
    pub answer: Option<&'a [u8]>,
}

/// How far a user has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RankStatus {
    /// In the line.
    Waiting,
    /// An issuer processes the user's request.
    Processing,
    /// May request the coupon.
    Active,
    /// Has the coupon.
    Issued,
    /// No coupon was left.
    SoldOut,
    /// Not in the line.
    Unknown,
}

/// The reply to a call that polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ranked {
    /// How far the user has come.
    pub status: RankStatus,
    /// From 1, for a waiting user; null for all others, and before an opening draw.
    pub rank: Option<u64>,
    /// To a person who waits and calls with the own access token: the queue number, of which `serving` tells the rank.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<u64>,
    /// `LATE`, once, where the user was away for too long for the old position, and has this one at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned: Option<Returned>,
    #[serde(skip)]
    number: Option<QueueNumber>,
}

impl Ranked {
    /// As [`Enqueued::with_ticket`].
    #[must_use]
    pub fn with_ticket(self) -> Self {
        Self { ticket: self.number.map(|number| number.0), ..self }
    }
}

pub(super) fn ranked(status: RankStatus, rank: Option<u64>) -> Ranked {
    Ranked { status, rank, ticket: None, returned: None, number: None }
}

impl GateService {
    /// The user's number in the opening draw, signed.
    fn receipt(&self, campaign: &CampaignId, user: &UserId, entry: QueueNumber) -> Option<String> {
        let line = LineId::Gate(campaign.clone());
        self.receipts().map(|key| key.sign(&line, entry, user, clock::now().millis()))
    }

    /// Makes the line if it does not exist yet: the campaign may be new.
    ///
    /// # Errors
    /// `CAMPAIGN_NOT_FOUND`, `NOT_FOUND` for a campaign without a gate, `SERVICE_UNAVAILABLE`.
    async fn demand_line(&self, id: &CampaignId) -> Result<(), ApiError> {
        match self.follow_campaign(id).await? {
            Some(true) => Ok(()),
            Some(false) => {
                Err(ApiError::new(ErrorCode::NotFound).detail("this campaign has no gate; request the coupon directly"))
            }
            None => Err(ErrorCode::CampaignNotFound.into()),
        }
    }

    /// The user's status in the line; makes the line if it does not exist yet.
    pub(super) async fn line_status(&self, user: &LineUser, campaign: &CampaignId) -> Result<LineStatus, ApiError> {
        match self.lines.check_in(user.clone()).await? {
            LineStatus::NoLine => {
                self.demand_line(campaign).await?;
                Ok(LineStatus::Absent)
            }
            status => Ok(status),
        }
    }

    /// The user's status in the line, in which the user takes a place if there is none yet.
    async fn place(&self, user: &LineUser, stranger: Option<Stranger<'_>>) -> Result<LineStatus, ApiError> {
        let (who, network) = (user.clone(), stranger.and_then(|stranger| stranger.network));
        if let Some((stranger, challenges)) = stranger.zip(self.challenges()) {
            let challenge = challenges.of(&user.line).await?;
            if challenge != Challenge::None {
                // Who has a place is not asked.
                match self.lines.check_in(user.clone()).await? {
                    LineStatus::Absent => {}
                    status => return Ok(status),
                }
                challenges.demand(&user.line, challenge, network, stranger.answer).await?;
            }
        }
        // A pass that is made at once is read as any other: it may have ended again.
        if self.settings.mode == DispatchMode::ActiveQueue && self.straight.pass(user).await.is_some() {
            return Ok(match self.lines.check_in(user.clone()).await? {
                LineStatus::Inside { number, .. } => {
                    LineStatus::Waiting { rank: 1, number, is_new: true, is_late: false }
                }
                status => status,
            });
        }
        let entered = self.lines.enter(Entrant { who, network }).await?;
        if matches!(entered, LineStatus::Inside { .. } | LineStatus::Finished { .. }) {
            self.straight.may_ask_again(&user.line);
        }
        Ok(entered)
    }

    /// Enters the line, or returns the rank that the user has already (GATE-001). `stranger`: whoever calls without a key.
    ///
    /// # Errors
    /// `CAMPAIGN_NOT_FOUND`, `NOT_FOUND`, `CHALLENGE_REQUIRED`, `TOO_MANY_POSITIONS`, `QUEUE_FULL`, `SERVICE_UNAVAILABLE`.
    pub async fn enqueue(
        &self,
        campaign: &CampaignId,
        user: &UserId,
        stranger: Option<Stranger<'_>>,
    ) -> Result<Enqueued, ApiError> {
        let line_user = line_user(campaign, user);
        let enqueued =
            |status, rank| Ok(Enqueued { status, rank, receipt: None, ticket: None, returned: None, number: None });
        let mut line_status = if self.is_sold_out(campaign) {
            match self.line_status(&line_user, campaign).await? {
                LineStatus::Absent => return enqueued(EnqueueStatus::SoldOut, None),
                status => status,
            }
        } else {
            self.place(&line_user, stranger).await?
        };
        if line_status == LineStatus::NoLine {
            self.demand_line(campaign).await?;
            line_status = self.place(&line_user, stranger).await?;
        }
        let returned = Returned::of(&line_status);
        let number = match line_status {
            LineStatus::Waiting { number, .. } => Some(number),
            _ => None,
        };
        let placed = |status, rank, receipt| Ok(Enqueued { status, rank, receipt, ticket: None, returned, number });
        let drawing = |status, rank, entry| placed(status, rank, self.receipt(campaign, user, entry));
        match line_status {
            LineStatus::Drawing { entry, is_new: true } => drawing(EnqueueStatus::Enqueued, None, entry),
            LineStatus::Drawing { entry, .. } => drawing(EnqueueStatus::AlreadyEnqueued, None, entry),
            // The user came too late for the draw: the queue number is the number on the receipt.
            LineStatus::Waiting { rank, is_new: true, number, .. } if self.has_draw(campaign) => {
                drawing(EnqueueStatus::Enqueued, Some(rank), number)
            }
            LineStatus::Waiting { rank, is_new: true, .. } => placed(EnqueueStatus::Enqueued, Some(rank), None),
            LineStatus::Waiting { rank, .. } => {
                Ok(Enqueued { number, ..enqueued(EnqueueStatus::AlreadyEnqueued, Some(rank))? })
            }
            LineStatus::Processing { .. } | LineStatus::Inside { .. } | LineStatus::Finished { .. } => {
                enqueued(EnqueueStatus::AlreadyEnqueued, Some(0))
            }
            LineStatus::Closed => enqueued(EnqueueStatus::SoldOut, None),
            LineStatus::Full => Err(ErrorCode::QueueFull.into()),
            LineStatus::TooMany => Err(ErrorCode::TooManyPositions.into()),
            LineStatus::Absent | LineStatus::NoLine => Err(ApiError::unavailable()),
        }
    }

    /// How far a user has come (GATE-002).
    ///
    /// # Errors
    /// `CAMPAIGN_NOT_FOUND`, `NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn rank(&self, campaign: &CampaignId, user: &UserId) -> Result<Ranked, ApiError> {
        let status = self.line_status(&line_user(campaign, user), campaign).await?;
        Ok(self.to_ranked(status, campaign))
    }

    /// As [`GateService::rank`], if it is known without waiting; `None` otherwise.
    pub fn rank_now(&self, campaign: &CampaignId, user: &UserId) -> Option<Ranked> {
        let status = self.lines.port.check_in_now(&line_user(campaign, user))?;
        // The line may have to be made first.
        (status != LineStatus::NoLine).then(|| self.to_ranked(status, campaign))
    }

    fn to_ranked(&self, status: LineStatus, campaign: &CampaignId) -> Ranked {
        match status {
            LineStatus::Waiting { rank, number, .. } => Ranked {
                returned: Returned::of(&status),
                number: Some(number),
                ..ranked(RankStatus::Waiting, Some(rank))
            },
            LineStatus::Drawing { .. } => ranked(RankStatus::Waiting, None),
            LineStatus::Processing { .. } => ranked(RankStatus::Processing, None),
            LineStatus::Inside { .. } => ranked(RankStatus::Active, None),
            LineStatus::Finished { outcome: LineOutcome::Issued, .. } => ranked(RankStatus::Issued, None),
            LineStatus::Finished { outcome: LineOutcome::SoldOut, .. } => ranked(RankStatus::SoldOut, None),
            LineStatus::Absent | LineStatus::Full | LineStatus::Closed | LineStatus::TooMany | LineStatus::NoLine => {
                let is_sold_out = self.is_sold_out(campaign);
                ranked(if is_sold_out { RankStatus::SoldOut } else { RankStatus::Unknown }, None)
            }
        }
    }
}
