//! What an engine for contended coupons promises, whatever it is made of.

use super::HotError;
use async_trait::async_trait;
use domain::coupon::Coupon;
use domain::message::Envelope;
use domain::{Campaign, CampaignId, CampaignStatus, IdempotencyKey, IssueOutcome, Timestamp, UserId};
use uuid::Uuid;

/// One request for a coupon.
#[derive(Clone, Debug)]
pub struct IssueRequest {
    /// Of which campaign.
    pub campaign: CampaignId,
    /// For whom.
    pub user: UserId,
    /// The caller's `Idempotency-Key`, if any.
    pub key: Option<IdempotencyKey>,
    /// Whether the gate let the user in.
    pub admitted: bool,
    /// The id that the coupon will have, where the request is part of an attempt that gets one coupon however often and
    /// by whichever way it asks: whoever holds the coupon of this id gets no other for it. Nobody else may ask for it.
    pub coupon_id: Option<Uuid>,
}

/// A campaign's figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaleStatus {
    /// As people see it.
    pub status: CampaignStatus,
    /// Coupons left.
    pub remaining: u32,
    /// People who got at least one.
    pub participants: u32,
}

/// Whether an engine knows all that was given of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// It does.
    Whole,
    /// It may not: it decides nothing on it until [`CouponPort::complete`].
    Incomplete,
}

/// How much was given of a campaign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SaleCounts {
    /// Coupons given, taken back or not.
    pub given: u64,
    /// Of those, taken back.
    pub revoked: u64,
}

/// A decision's message on its way to the bus.
#[derive(Clone, Debug)]
pub struct OutboxMessage {
    /// Grows with every message; acknowledging one acknowledges all before it.
    pub position: u64,
    /// The topic it goes to.
    pub topic: &'static str,
    /// The message.
    pub envelope: Envelope,
}

/// Figures of the engine for operators.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct EngineStats {
    /// `embedded` or `redis`.
    pub engine: &'static str,
    /// Campaigns known.
    pub campaigns: usize,
    /// Coupons given, taken back or not.
    pub coupons: u64,
    /// Messages decided but not handed over yet.
    pub outbox_pending: u64,
    /// Bytes held for winners, where the engine knows.
    pub winner_bytes: u64,
    /// Whether the engine decides right now.
    pub available: bool,
}

/// Contended coupons: stock and winners (FCFS-001, FCFS-003).
///
/// A yes is durable before it is returned. Nobody hears `AlreadyIssued` before the first yes is durable.
/// The message of a decision is written in the same atomic step as the decision (FCFS-007).
#[async_trait]
pub trait CouponPort: Send + Sync + 'static {
    /// Makes or changes a campaign. An older revision changes nothing; again changes nothing.
    ///
    /// A campaign that a shared engine does not have, or has lost a part of, decides nothing until
    /// [`CouponPort::complete`]: somebody may hold coupons of it.
    async fn put_campaign(&self, campaign: Campaign) -> Result<Completeness, HotError>;

    /// Stops deciding on a campaign until [`CouponPort::complete`], to put back what was lost.
    async fn suspend(&self, id: &CampaignId) -> Result<(), HotError>;

    /// Everything that was ever given of this campaign is here: decides again.
    async fn complete(&self, id: &CampaignId) -> Result<(), HotError>;

    /// Returns when a shared engine was found to know less than it must: whoever keeps campaigns whole should look at
    /// once. Never returns where that can not happen.
    async fn lost(&self) {
        std::future::pending().await
    }

    /// The campaign's policy as the engine has it.
    async fn campaign(&self, id: &CampaignId) -> Result<Option<Campaign>, HotError>;

    /// Decides a batch in order; one answer a request, in the same order.
    ///
    /// After [`HotError::Unknown`] the caller may ask again: a yes that did happen is heard again by its
    /// idempotency key, or as `AlreadyIssued`.
    async fn issue(&self, batch: Vec<IssueRequest>, now: Timestamp) -> Vec<Result<IssueOutcome, HotError>>;

    /// The answer, if it is known without deciding anything: no such campaign, sold out, not open, paused, closed,
    /// and the winners of such a campaign. `None`: ask [`CouponPort::issue`]. Costs no lock and no I/O.
    fn answer_locally(&self, request: &LocalQuestion<'_>, now: Timestamp) -> Option<IssueOutcome>;

    /// The campaign's figures.
    async fn status(&self, id: &CampaignId, now: Timestamp) -> Result<Option<SaleStatus>, HotError>;

    /// A user's coupons in the order in which they were given; `None` if there is no such campaign.
    async fn coupons_of(&self, id: &CampaignId, user: &UserId) -> Result<Option<Vec<Coupon>>, HotError>;

    /// Every coupon of a campaign in the order in which they were given. What is given meanwhile may be missing.
    async fn coupons(&self, id: &CampaignId) -> Result<Vec<Coupon>, HotError>;

    /// How many coupons of a campaign were given, and how many of those taken back; `None` if there is no such campaign.
    async fn counts(&self, id: &CampaignId) -> Result<Option<SaleCounts>, HotError>;

    /// Takes a user's coupon back; with `return_to_stock` its number is given again. Again changes nothing.
    /// Whether the user has such a coupon.
    async fn revoke(
        &self,
        id: &CampaignId,
        user: &UserId,
        coupon_id: Uuid,
        return_to_stock: bool,
    ) -> Result<bool, HotError>;

    /// Puts back coupons that the ledger keeps and the engine has lost, for example with its journal; nobody is told.
    /// Returns those that can not be: their number or their place in the user's count is taken.
    async fn restore(&self, id: &CampaignId, coupons: Vec<Coupon>) -> Result<Vec<Coupon>, HotError>;

    /// The next messages to hand over, oldest first. The same again until they are acknowledged.
    async fn outbox(&self, limit: usize) -> Result<Vec<OutboxMessage>, HotError>;

    /// All messages up to `position` have been handed over.
    async fn acknowledge(&self, position: u64) -> Result<(), HotError>;

    /// Every campaign known.
    async fn campaigns(&self) -> Result<Vec<CampaignId>, HotError>;

    /// Figures for operators.
    async fn stats(&self) -> EngineStats;
}

/// A request by reference, for the path that must not allocate.
#[derive(Clone, Copy, Debug)]
pub struct LocalQuestion<'a> {
    /// Whose campaign.
    pub tenant: &'a str,
    /// Which campaign.
    pub event: &'a str,
    /// For whom.
    pub user: &'a str,
    /// The caller's key, if any.
    pub key: Option<IdempotencyKey>,
    /// Whether the gate let the user in.
    pub admitted: bool,
}
