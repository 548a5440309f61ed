//! Contended coupons: what every engine for coupons promises.

use super::HotError;
use async_trait::async_trait;
use domain::coupon::Coupon;
use domain::message::Envelope;
use domain::{Campaign, CampaignId, CampaignStatus, CouponId, IdempotencyKey, IssueOutcome, Timestamp, UserId};
use std::sync::Arc;
use std::time::Instant;

/// One request for a coupon.
#[derive(Clone, Debug)]
pub struct IssueRequest {
    /// The campaign.
    pub campaign: CampaignId,
    /// The user who gets the coupon.
    pub user: UserId,
    /// The caller's `Idempotency-Key`, if any.
    pub key: Option<IdempotencyKey>,
    /// Whether the gate let the user in.
    pub admitted: bool,
    /// The id that the coupon will have, where the request is part of an attempt. An attempt gets one coupon however often
    /// it asks: a user who holds the coupon of this id gets no other for it. No other user may ask with this id.
    pub coupon_id: Option<CouponId>,
}

/// A campaign's status and counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaleStatus {
    /// The state as people see it.
    pub status: CampaignStatus,
    /// Coupons left.
    pub remaining: u32,
    /// Users who got at least one coupon.
    pub participants: u32,
}

/// Whether an engine knows every coupon that was issued of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// It knows them all.
    Whole,
    /// It may have lost some: it decides nothing on the campaign until [`CouponPort::complete`].
    Incomplete,
}

/// How many coupons of a campaign were issued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SaleCounts {
    /// Coupons issued, revoked or not.
    pub given: u64,
    /// Of those, revoked.
    pub revoked: u64,
}

/// The message of a decision, to be handed to the bus.
#[derive(Clone, Debug)]
pub struct OutboxMessage {
    /// Grows with every message; acknowledging one acknowledges all before it.
    pub position: u64,
    /// The topic.
    pub topic: &'static str,
    /// The message.
    pub envelope: Envelope,
}

/// Statistics of the engine for operators.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct EngineStats {
    /// `embedded` or `redis`.
    pub engine: &'static str,
    /// Campaigns known.
    pub campaigns: usize,
    /// Coupons issued, revoked or not.
    pub coupons: u64,
    /// Messages not handed to the bus yet.
    pub outbox_pending: u64,
    /// Bytes of memory held for winners; 0 where the engine does not know.
    pub winner_bytes: u64,
    /// Whether the engine can decide right now.
    pub available: bool,
}

/// How well an engine is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HotHealth {
    /// Why nothing can be decided; `None` when writes pass, be it on a part of the shards.
    pub down: Option<String>,
    /// What an operator should look at: shards that take no writes while others do, and what may become a failure.
    pub warnings: Vec<String>,
}

/// Contended coupons: stock and winners (FCFS-001, FCFS-003).
///
/// A yes is durable before it is returned, and `AlreadyIssued` is not returned before the first yes is durable.
/// The message of a decision is written in the same atomic step as the decision (FCFS-007).
#[async_trait]
pub trait CouponPort: Send + Sync + 'static {
    /// Makes or changes a campaign. An older revision changes nothing; again changes nothing.
    ///
    /// A shared engine that does not have the campaign, or has lost a part of it, decides nothing on it until
    /// [`CouponPort::complete`]: users may hold coupons of it.
    async fn put_campaign(&self, campaign: Campaign) -> Result<Completeness, HotError>;

    /// Stops deciding on a campaign until [`CouponPort::complete`], so that lost coupons can be restored.
    async fn suspend(&self, id: &CampaignId) -> Result<(), HotError>;

    /// Decides on the campaign again: every coupon that was ever issued of it has been restored.
    async fn complete(&self, id: &CampaignId) -> Result<(), HotError>;

    /// Returns when a shared engine was found to have lost decisions, so that campaigns can be restored at once. Never
    /// returns for an engine that cannot lose any.
    async fn lost(&self) {
        std::future::pending().await
    }

    /// The campaign's policy as the engine has it; `None` if it has none.
    async fn campaign(&self, id: &CampaignId) -> Result<Option<Campaign>, HotError>;

    /// Decides a batch in order; one answer a request, in the same order.
    ///
    /// After [`HotError::Unknown`] the caller may ask again: a yes that did happen is returned again for its idempotency
    /// key, or as `AlreadyIssued`.
    async fn issue(&self, batch: Vec<IssueRequest>, now: Timestamp) -> Vec<Result<IssueOutcome, HotError>>;

    /// The answer, if it is known without a decision: no such campaign, sold out, not open, paused, closed, and the
    /// winners of such a campaign. `None`: call [`CouponPort::issue`]. Costs no lock and no I/O.
    fn answer_locally(&self, request: &LocalQuestion<'_>, now: Timestamp) -> Option<IssueOutcome>;

    /// The campaign's status and counts; `None` if there is no such campaign.
    async fn status(&self, id: &CampaignId, now: Timestamp) -> Result<Option<SaleStatus>, HotError>;

    /// The campaign's policy with its status and counts; `None` if there is no such campaign.
    async fn sale(&self, id: &CampaignId, now: Timestamp) -> Result<Option<(Campaign, SaleStatus)>, HotError> {
        let Some(campaign) = self.campaign(id).await? else { return Ok(None) };
        Ok(self.status(id, now).await?.map(|status| (campaign, status)))
    }

    /// As [`CouponPort::sale`], from what this process knows without waiting; `None` where it has to ask.
    fn sale_now(&self, _: &CampaignId, _: Timestamp) -> Option<Option<(Arc<Campaign>, SaleStatus)>> {
        None
    }

    /// A user's coupons in the order of issue; `None` if there is no such campaign.
    async fn coupons_of(&self, id: &CampaignId, user: &UserId) -> Result<Option<Vec<Coupon>>, HotError>;

    /// As [`CouponPort::coupons_of`] with the campaign, from what this process knows without waiting; `None` where it has to ask.
    fn coupons_of_now(&self, _: &CampaignId, _: &UserId) -> Option<(Arc<Campaign>, Vec<Coupon>)> {
        None
    }

    /// Every coupon of a campaign in the order of issue. Coupons issued during the call may be missing.
    async fn coupons(&self, id: &CampaignId) -> Result<Vec<Coupon>, HotError>;

    /// How many coupons of a campaign were issued and revoked; `None` if there is no such campaign.
    async fn counts(&self, id: &CampaignId) -> Result<Option<SaleCounts>, HotError>;

    /// Revokes a user's coupon; with `return_to_stock` its serial is issued again. Repeating it changes nothing. Returns
    /// whether the user has such a coupon.
    async fn revoke(
        &self,
        id: &CampaignId,
        user: &UserId,
        coupon_id: CouponId,
        return_to_stock: bool,
    ) -> Result<bool, HotError>;

    /// Restores coupons that the ledger has and the engine has lost, for example with its journal. Makes no message.
    /// Returns the coupons that cannot be restored: their serial or their count of the user is taken.
    async fn restore(&self, id: &CampaignId, coupons: Vec<Coupon>) -> Result<Vec<Coupon>, HotError>;

    /// The next messages to hand to the bus, oldest first: the same ones until they are acknowledged.
    async fn outbox(&self, limit: usize) -> Result<Vec<OutboxMessage>, HotError>;

    /// Ends when messages for this process to hand over may have been written since the last [`CouponPort::outbox`] began. Never ends for an
    /// engine that does not know.
    async fn outbox_written(&self) {
        std::future::pending().await
    }

    /// Whether [`CouponPort::outbox_written`] ends for the messages of every process that this one is to hand over.
    fn hears_outbox(&self) -> bool {
        false
    }

    /// Records that all messages up to `position` have been handed to the bus.
    async fn acknowledge(&self, position: u64) -> Result<(), HotError>;

    /// Every campaign that the engine knows.
    async fn campaigns(&self) -> Result<Vec<CampaignId>, HotError>;

    /// The same as far as it can be known now: a shared engine whose list is away leaves out what other servers have made
    /// meanwhile. For those who come again, and take a campaign that is missing for nothing worse.
    async fn known_campaigns(&self) -> Result<Vec<CampaignId>, HotError> {
        self.campaigns().await
    }

    /// Forgets a campaign that was deleted: it decides on nothing any more, and takes no memory. Repeating it changes nothing.
    /// Its caller has made sure that nothing of it is on its way, and that nobody puts it again.
    async fn forget(&self, id: &CampaignId) -> Result<(), HotError>;

    /// Statistics for operators.
    async fn stats(&self) -> EngineStats;

    /// Whether a decision on the campaign or a change of it may have been made since `moment`, by any process. Costs no I/O;
    /// an engine that does not know says yes.
    fn may_have_changed_since(&self, _id: &CampaignId, _moment: Instant) -> bool {
        true
    }

    /// Whether decisions can be made durable now: whether a write passed lately. Costs no waiting.
    async fn health(&self) -> HotHealth;
}

/// A request for a coupon by reference, for the path that must not allocate.
#[derive(Clone, Copy, Debug)]
pub struct LocalQuestion<'a> {
    /// The tenant of the campaign.
    pub tenant: &'a str,
    /// The name of the campaign.
    pub event: &'a str,
    /// The user.
    pub user: &'a str,
    /// The caller's key, if any.
    pub key: Option<IdempotencyKey>,
    /// Whether the gate let the user in.
    pub admitted: bool,
}
