//! The coupon port on Redis.

use super::sale::Sale;
use super::{Ack, KEPT_AFTER_END_SECONDS, RESTORE_BATCH, RedisEngine, batch, message, scripts};
use crate::frozen::Asker;
use crate::port::{
    Completeness, CouponPort, EngineStats, HotError, HotHealth, IssueRequest, LocalQuestion, OutboxMessage, SaleCounts,
    SaleStatus,
};
use crate::redis::client::Lane;
use async_trait::async_trait;
use domain::coupon::Coupon;
use domain::coupon::issue::KeyUse;
use domain::{Campaign, CampaignId, CampaignStatus, CouponId, IssueOutcome, Timestamp, UserId};
use redis::Value;
use std::collections::HashSet;
use std::time::Instant;

fn put_arguments(campaign: &Campaign) -> [String; 12] {
    let flag = |flag: bool| u8::from(flag).to_string();
    let moment = |moment: Option<Timestamp>| moment.map_or_else(String::new, |moment| moment.millis().to_string());
    let ends_at = if campaign.switches.closed { Some(clock::now()) } else { campaign.ends_at() };
    [
        campaign.revision.to_string(),
        serde_json::to_string(campaign).unwrap_or_default(),
        campaign.stock.to_string(),
        campaign.per_user_limit.to_string(),
        flag(campaign.gated),
        flag(campaign.switches.opened),
        flag(campaign.switches.paused),
        flag(campaign.switches.closed),
        moment(campaign.opens_at),
        moment(campaign.ends_at()),
        moment(ends_at.map(|at| at.max(clock::now()).plus_seconds(KEPT_AFTER_END_SECONDS))),
        campaign.created_at.millis().to_string(),
    ]
}

#[async_trait]
impl CouponPort for RedisEngine {
    async fn put_campaign(&self, campaign: Campaign) -> Result<Completeness, HotError> {
        let id = campaign.id.clone();
        self.0.listing.note(&id, true);
        let sale = self.0.sales.add(&id, || Sale::new(id.clone()));
        // Another server may have decided on it, and told so, before this one knew of it.
        if self.0.activity.has_heard_of(&super::asked::name_of(&id)) {
            sale.note_activity();
        }
        let texts = put_arguments(&campaign);
        let arguments: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
        let reply = self
            .0
            .connections
            .run(&scripts::PUT, &sale.keys.decision(), &arguments, (Lane::Decision, self.0.wait()))
            .await?;
        sale.wake();
        if !reply.is_durable {
            return Err(HotError::unknown("no replica has confirmed the campaign"));
        }
        let (decides, is_news) = match reply.value {
            Value::Int(told) => (told & 1 == 1, told >= 2),
            _ => (false, true),
        };
        if is_news {
            self.0.tell(&sale).await;
        }
        let whole = decides && (!sale.is_fenced() || self.0.was_repaired(&sale).await?);
        Ok(if whole { Completeness::Whole } else { Completeness::Incomplete })
    }

    async fn suspend(&self, id: &CampaignId) -> Result<(), HotError> {
        self.0.set_standing(&self.known_sale(id), "suspend").await
    }

    async fn complete(&self, id: &CampaignId) -> Result<(), HotError> {
        let sale = self.known_sale(id);
        self.0.set_standing(&sale, "complete").await?;
        sale.unfence();
        Ok(())
    }

    async fn lost(&self) {
        self.0.lost.notified().await;
    }

    async fn campaign(&self, id: &CampaignId) -> Result<Option<Campaign>, HotError> {
        self.0.policy(&self.known_sale(id)).await
    }

    async fn issue(&self, batch: Vec<IssueRequest>, now: Timestamp) -> Vec<Result<IssueOutcome, HotError>> {
        let mut answers = vec![None; batch.len()];
        for part in batch::parts(&batch) {
            let first = part.start;
            self.0.issue_part(&batch[part], first, now, &mut answers).await;
        }
        let lost = || Err(HotError::unknown("the request was not decided"));
        answers.into_iter().map(|answer| answer.unwrap_or_else(lost)).collect()
    }

    fn answer_locally(&self, question: &LocalQuestion<'_>, now: Timestamp) -> Option<IssueOutcome> {
        if question.key.is_some() {
            return None;
        }
        let asker = Asker { user: question.user, admitted: question.admitted, key_use: KeyUse::Fresh, earlier: None };
        self.0.sales.with(question.tenant, question.event, |sale| {
            let sale = sale?;
            sale.record_request();
            sale.answer(&asker, now)
        })
    }

    async fn status(&self, id: &CampaignId, now: Timestamp) -> Result<Option<SaleStatus>, HotError> {
        Ok(CouponPort::sale(self, id, now).await?.map(|(_, status)| status))
    }

    async fn sale(&self, id: &CampaignId, now: Timestamp) -> Result<Option<(Campaign, SaleStatus)>, HotError> {
        let figures = self.0.figures(&self.known_sale(id)).await?;
        Ok(figures.map(|(campaign, remaining, participants)| {
            let status: CampaignStatus = campaign.status(now, remaining);
            (campaign, SaleStatus { status, remaining, participants })
        }))
    }

    async fn coupons_of(&self, id: &CampaignId, user: &UserId) -> Result<Option<Vec<Coupon>>, HotError> {
        let held = self.0.look(id, user).await?;
        let coupons: Option<Vec<Coupon>> = held.map(|entries| entries.iter().map(|entry| entry.of(user)).collect());
        if self.0.ack == Ack::Bus {
            let messages = coupons.iter().flatten().map(|coupon| message::issued(id, coupon)).collect();
            self.0.publish_to_bus(messages).await?;
        }
        Ok(coupons)
    }

    async fn coupons(&self, id: &CampaignId) -> Result<Vec<Coupon>, HotError> {
        let book = self.0.book(&self.known_sale(id)).await?;
        Ok(book.iter().map(|(user, entry)| entry.of(user)).collect())
    }

    async fn counts(&self, id: &CampaignId) -> Result<Option<SaleCounts>, HotError> {
        Ok(self.0.counters(&self.known_sale(id)).await?.map(|(counts, _)| counts))
    }

    async fn revoke(
        &self,
        id: &CampaignId,
        user: &UserId,
        coupon_id: CouponId,
        return_to_stock: bool,
    ) -> Result<bool, HotError> {
        let sale = self.known_sale(id);
        let coupon = coupon_id.get().simple().to_string();
        let back: &[u8] = if return_to_stock { b"1" } else { b"0" };
        let keys = [sale.keys.policy.as_str(), &sale.keys.stock, &sale.keys.participants, &sale.keys.returned];
        let arguments = [user.as_str().as_bytes(), coupon.as_bytes(), back];
        let reply =
            self.0.connections.run(&scripts::REVOKE, &keys, &arguments, (Lane::Decision, self.0.wait())).await?;
        self.0.wake(id);
        self.0.tell(&sale).await;
        if !reply.is_durable {
            return Err(HotError::unknown("no replica has confirmed the revocation"));
        }
        match reply.value {
            Value::Int(-1) => Err(HotError::unavailable("the campaign is being put together again")),
            value => Ok(value == Value::Int(1)),
        }
    }

    async fn restore(&self, id: &CampaignId, coupons: Vec<Coupon>) -> Result<Vec<Coupon>, HotError> {
        let sale = self.known_sale(id);
        let mut refused = Vec::new();
        for some in coupons.chunks(RESTORE_BATCH) {
            let places: HashSet<usize> = self.0.restore_some(&sale, some).await?.into_iter().collect();
            refused.extend(
                some.iter().enumerate().filter(|(place, _)| places.contains(place)).map(|(_, one)| one.clone()),
            );
        }
        self.0.wake(id);
        self.0.tell(&sale).await;
        Ok(refused)
    }

    async fn outbox(&self, limit: usize) -> Result<Vec<OutboxMessage>, HotError> {
        self.0.offer(limit).await
    }

    async fn outbox_written(&self) {
        self.0.outbox_written.notified().await;
    }

    fn hears_outbox(&self) -> bool {
        self.0.connections.hears_news()
    }

    async fn acknowledge(&self, position: u64) -> Result<(), HotError> {
        self.0.acknowledge(position).await
    }

    async fn campaigns(&self) -> Result<Vec<CampaignId>, HotError> {
        self.0.listed().await
    }

    async fn known_campaigns(&self) -> Result<Vec<CampaignId>, HotError> {
        Ok(self.0.listed_or_known().await)
    }

    async fn forget(&self, id: &CampaignId) -> Result<(), HotError> {
        let sale = self.known_sale(id);
        let mut pipeline = redis::pipe();
        pipeline.cmd("DEL").arg(&sale.keys.decision()).arg(&sale.keys.lease);
        self.0.connections.send(&sale.keys.policy, pipeline).await?;
        // Last: while the name is there, whoever died in between is followed by another server.
        self.0.listing.note(id, false);
        self.0.sales.remove(id);
        Ok(())
    }

    async fn stats(&self) -> EngineStats {
        self.0.figures_of_all().await
    }

    fn may_have_changed_since(&self, id: &CampaignId, moment: Instant) -> bool {
        self.0.may_have_changed(id, moment)
    }

    async fn health(&self) -> HotHealth {
        self.0.connections.health(self.0.ack != Ack::None)
    }
}
