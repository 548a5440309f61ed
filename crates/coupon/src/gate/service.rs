//! What people at a gate ask for.

use super::campaigns::{Gate, GateSettings};
use crate::CouponService;
use crate::issue::Decider;
use domain::line::{LineId, LineOutcome, LineStatus};
use domain::{CampaignId, CampaignStatus, ErrorCode, UserId};
use hot::line::LineUser;
use lines::{LineClient, ReceiptKey};
use onsale_http::ApiError;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use utoipa::ToSchema;

/// The gate. Cheap to clone.
#[derive(Clone)]
pub struct GateService {
    /// Answers people in lines.
    pub lines: LineClient,
    /// Knows the campaigns, and keeps their coupons.
    pub coupons: CouponService,
    /// Decides on coupons.
    pub(super) decider: Decider,
    /// How gates admit.
    pub settings: GateSettings,
    /// Gates that this process has seen.
    gates: Arc<papaya::HashMap<CampaignId, Arc<Gate>, hashbrown::DefaultHashBuilder>>,
    /// Every gate that there was when this process started is as configured.
    pub(super) are_up_to_date: Arc<AtomicBool>,
    receipts: Option<ReceiptKey>,
}

/// Whether somebody stands in the line now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EnqueueStatus {
    /// The place was taken just now.
    Enqueued,
    /// There is a place already, or it has been used.
    AlreadyEnqueued,
    /// Nothing is left to queue for.
    SoldOut,
}

/// The answer to somebody who queues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Enqueued {
    /// Whether there is a place.
    pub status: EnqueueStatus,
    /// From 1; 0 for who is through already; null where there is nothing to queue for, and before an opening draw.
    pub rank: Option<u64>,
    /// In a line with an opening draw: the person's number in it, signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
}

/// How far somebody has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RankStatus {
    /// In the line.
    Waiting,
    /// Being dealt with.
    Processing,
    /// May ask for the coupon.
    Active,
    /// Has it.
    Issued,
    /// There was none left.
    SoldOut,
    /// Does not queue.
    Unknown,
}

/// The answer to somebody who polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ranked {
    /// How far.
    pub status: RankStatus,
    /// From 1, for who waits; null for all others, and before an opening draw.
    pub rank: Option<u64>,
}

pub(super) fn who(campaign: &CampaignId, user: &UserId) -> LineUser {
    LineUser { line: LineId::Gate(campaign.clone()), user: user.clone() }
}

pub(super) fn ranked(status: RankStatus, rank: Option<u64>) -> Ranked {
    Ranked { status, rank }
}

impl GateService {
    /// A gate over engines.
    pub fn new(lines: LineClient, coupons: CouponService, settings: GateSettings) -> Self {
        let decider = Decider::new(coupons.port.clone());
        Self {
            lines,
            coupons,
            decider,
            settings,
            gates: Arc::default(),
            are_up_to_date: Arc::default(),
            receipts: None,
        }
    }

    /// The same, signing the numbers of those who take part in an opening draw.
    #[must_use]
    pub fn with_receipts(self, receipts: Option<ReceiptKey>) -> Self {
        Self { receipts, ..self }
    }

    /// The same with a lines of its own, so that who asks here gathers with nobody else's thread.
    #[must_use]
    pub fn with_own_client(&self) -> Self {
        let lines = LineClient::new(self.lines.port.clone());
        Self { lines, decider: Decider::new(self.coupons.port.clone()), ..self.clone() }
    }

    /// What numbers are signed with.
    pub fn receipts(&self) -> Option<&ReceiptKey> {
        self.receipts.as_ref()
    }

    /// What is known of a campaign's gate.
    pub(super) fn gate(&self, id: &CampaignId) -> Arc<Gate> {
        self.gates.pin().get_or_insert_with(id.clone(), Arc::default).clone()
    }

    fn is_sold_out(&self, id: &CampaignId) -> bool {
        self.gates.pin().get(id).is_some_and(|gate| gate.sold_out.load(Ordering::Relaxed))
    }

    fn has_draw(&self, id: &CampaignId) -> bool {
        self.gates.pin().get(id).is_some_and(|gate| gate.has_draw.load(Ordering::Relaxed))
    }

    /// This person's number in the draw, signed.
    fn receipt(&self, campaign: &CampaignId, user: &UserId, entry: u64) -> Option<String> {
        let line = LineId::Gate(campaign.clone());
        self.receipts.as_ref().map(|key| key.sign(&line, entry, user, clock::now().millis()))
    }

    /// Whether there is nothing left to get.
    pub(super) async fn is_over(&self, id: &CampaignId) -> Result<bool, ApiError> {
        let status = self.coupons.port.status(id, clock::now()).await?.map(|sale| sale.status);
        Ok(matches!(status, Some(CampaignStatus::SoldOut | CampaignStatus::Closed)))
    }

    /// The line may not be there yet, for the campaign is young.
    ///
    /// # Errors
    /// `CAMPAIGN_NOT_FOUND`, `NOT_FOUND` for a campaign without a gate, `SERVICE_UNAVAILABLE`.
    async fn demand_line(&self, id: &CampaignId) -> Result<(), ApiError> {
        match self.follow_campaign(id).await? {
            Some(true) => Ok(()),
            Some(false) => {
                Err(ApiError::new(ErrorCode::NotFound).detail("this campaign has no gate; ask for the coupon"))
            }
            None => Err(ErrorCode::CampaignNotFound.into()),
        }
    }

    /// How somebody stands, whether or not the line was known.
    pub(super) async fn look(&self, who: &LineUser, campaign: &CampaignId) -> Result<LineStatus, ApiError> {
        match self.lines.check_in(who.clone()).await? {
            LineStatus::NoLine => {
                self.demand_line(campaign).await?;
                Ok(LineStatus::Absent)
            }
            standing => Ok(standing),
        }
    }

    /// Takes a place, or tells the one that there is (GATE-001).
    ///
    /// # Errors
    /// `CAMPAIGN_NOT_FOUND`, `NOT_FOUND`, `QUEUE_FULL`, `SERVICE_UNAVAILABLE`.
    pub async fn enqueue(&self, campaign: &CampaignId, user: &UserId) -> Result<Enqueued, ApiError> {
        let who = who(campaign, user);
        let enqueued = |status, rank| Ok(Enqueued { status, rank, receipt: None });
        let drawing = |status, rank, entry| Ok(Enqueued { status, rank, receipt: self.receipt(campaign, user, entry) });
        let mut standing = if self.is_sold_out(campaign) {
            match self.look(&who, campaign).await? {
                LineStatus::Absent => return enqueued(EnqueueStatus::SoldOut, None),
                standing => standing,
            }
        } else {
            self.lines.enter(who.clone()).await?
        };
        if standing == LineStatus::NoLine {
            self.demand_line(campaign).await?;
            standing = self.lines.enter(who).await?;
        }
        match standing {
            LineStatus::Drawing { entry, is_new: true } => drawing(EnqueueStatus::Enqueued, None, entry),
            LineStatus::Drawing { entry, .. } => drawing(EnqueueStatus::AlreadyEnqueued, None, entry),
            // Came too late for the draw: the ticket is the number.
            LineStatus::Waiting { rank, is_new: true, ticket } if self.has_draw(campaign) => {
                drawing(EnqueueStatus::Enqueued, Some(rank), ticket)
            }
            LineStatus::Waiting { rank, is_new: true, .. } => enqueued(EnqueueStatus::Enqueued, Some(rank)),
            LineStatus::Waiting { rank, .. } => enqueued(EnqueueStatus::AlreadyEnqueued, Some(rank)),
            LineStatus::Processing { .. } | LineStatus::Inside { .. } | LineStatus::Finished { .. } => {
                enqueued(EnqueueStatus::AlreadyEnqueued, Some(0))
            }
            LineStatus::Closed => enqueued(EnqueueStatus::SoldOut, None),
            LineStatus::Full => Err(ErrorCode::QueueFull.into()),
            LineStatus::Absent | LineStatus::NoLine => Err(ApiError::unavailable()),
        }
    }

    /// How far somebody has come (GATE-002).
    ///
    /// # Errors
    /// `CAMPAIGN_NOT_FOUND`, `NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn rank(&self, campaign: &CampaignId, user: &UserId) -> Result<Ranked, ApiError> {
        let standing = self.look(&who(campaign, user), campaign).await?;
        Ok(self.told(standing, campaign))
    }

    /// As [`GateService::rank`], where that can be said without waiting for anything.
    pub fn rank_now(&self, campaign: &CampaignId, user: &UserId) -> Option<Ranked> {
        let standing = self.lines.port.check_in_now(&who(campaign, user))?;
        // The line may have to be made first.
        (standing != LineStatus::NoLine).then(|| self.told(standing, campaign))
    }

    fn told(&self, standing: LineStatus, campaign: &CampaignId) -> Ranked {
        match standing {
            LineStatus::Waiting { rank, .. } => ranked(RankStatus::Waiting, Some(rank)),
            LineStatus::Drawing { .. } => ranked(RankStatus::Waiting, None),
            LineStatus::Processing { .. } => ranked(RankStatus::Processing, None),
            LineStatus::Inside { .. } => ranked(RankStatus::Active, None),
            LineStatus::Finished { outcome: LineOutcome::Issued, .. } => ranked(RankStatus::Issued, None),
            LineStatus::Finished { outcome: LineOutcome::SoldOut, .. } => ranked(RankStatus::SoldOut, None),
            _ if self.is_sold_out(campaign) => ranked(RankStatus::SoldOut, None),
            _ => ranked(RankStatus::Unknown, None),
        }
    }
}
