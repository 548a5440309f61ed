//! The engine of many processes: one script a decision, on Redis, single node or cluster (FCFS-003..007).
//!
//! ```text
//! requests --claim keys--> issue.lua + WAIT --> answers        (issue, memory)
//!                             | same script
//! relay <--lease-- :outbox ---+                                (outbox)
//! winners of campaigns at rest, in every server's memory       (rest)
//! what this process has seen kept: the fence                   (sale)
//! ```
//!
//! The scripts in `lua/` are twins of the rules in `domain`; `conformance` holds both together.

mod issue;
mod keys;
mod limits;
mod link;
mod memory;
mod message;
mod outbox;
mod record;
mod reply;
mod rest;
mod rights;
mod sale;
mod scripts;
mod survey;
mod values;

pub use limits::RedisLimits;
pub use link::RedisAddress;
pub use survey::{NodeSurvey, survey};
pub use values::RedisKeys;

use crate::port::{
    CouponPort, EngineStats, HotError, IssueRequest, LocalQuestion, OutboxMessage, SaleCounts, SaleStatus, Standing,
};
use crate::registry::Registry;
use crate::rest::Asker;
use async_trait::async_trait;
use domain::coupon::Coupon;
use domain::issue::KeyUse;
use domain::message::Envelope;
use domain::{Campaign, CampaignId, CampaignStatus, IssueOutcome, Timestamp, UserId};
use futures::future::join_all;
use issue::Asked;
use link::{Lane, Links, Wait};
use memory::Claim;
use redis::Value;
use reply::Array;
use sale::Sale;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::{Mutex, Notify};
use uuid::Uuid;

/// How long a campaign's keys outlive its end (FCFS-003): a look at an old coupon goes to the ledger anyway.
const KEPT_AFTER_END_SECONDS: i64 = 30 * 86_400;
/// Coupons put back in one run of the script.
const RESTORE_BATCH: usize = 200;

/// When a yes may be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ack {
    /// As soon as the master has decided. A failover may take it back.
    None,
    /// When a replica has it (`WAIT 1`).
    Replica,
    /// When a replica has it, and the bus too.
    Bus,
}

/// Tells the bus of coupons before their winners hear of them; for [`Ack::Bus`].
#[async_trait]
pub trait Announce: Send + Sync + 'static {
    /// `Ok`: all of them are where they can not be lost.
    async fn announce(&self, messages: Vec<Envelope>) -> Result<(), String>;
}

/// How the engine is opened.
#[derive(Clone)]
pub struct RedisOptions {
    /// When a yes may be heard.
    pub ack: Ack,
    /// For [`Ack::Bus`].
    pub announce: Option<Arc<dyn Announce>>,
    /// Connections for decisions: one for each batch that may be under way.
    pub connections: usize,
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self { ack: Ack::Replica, announce: None, connections: 2 }
    }
}

/// The engine on Redis. Cheap to clone.
#[derive(Clone)]
pub struct RedisEngine(Arc<Inner>);

struct Inner {
    links: Links,
    ack: Ack,
    announce: Option<Arc<dyn Announce>>,
    /// This process, as leases know it.
    me: String,
    sales: Registry<Sale>,
    outbox: Mutex<outbox::Outbox>,
    /// Told when a campaign came to rest.
    resting: Arc<Notify>,
}

async fn open_links(address: &RedisAddress, decisions: usize) -> Result<Arc<Links>, HotError> {
    let links = Links::open(address, decisions).await;
    links.map(Arc::new).map_err(|error| HotError::Unavailable(format!("Redis can not be reached: {error}")))
}

impl RedisEngine {
    /// Connects, and begins to watch campaigns at rest.
    ///
    /// # Errors
    /// [`HotError::Unavailable`] when Redis can not be reached.
    pub async fn open(address: &RedisAddress, options: RedisOptions) -> Result<Self, HotError> {
        let links = Links::open(address, options.connections.max(1)).await;
        let links = links.map_err(|error| HotError::Unavailable(format!("Redis can not be reached: {error}")))?;
        let inner = Arc::new(Inner {
            links,
            ack: options.ack,
            announce: options.announce,
            me: Uuid::new_v4().simple().to_string(),
            sales: Registry::new(),
            outbox: Mutex::default(),
            resting: Arc::default(),
        });
        tokio::spawn(Inner::watch(Arc::downgrade(&inner)));
        Ok(Self(inner))
    }

    fn sale(&self, id: &CampaignId) -> Arc<Sale> {
        self.0.sales.get(id).unwrap_or_else(|| Arc::new(Sale::new(id.clone())))
    }
}

/// Where a batch must be cut: a key of a user may be spoken of once a part, or two campaigns would race for it.
fn parts(batch: &[IssueRequest]) -> Vec<std::ops::Range<usize>> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let mut claimed = HashMap::new();
    for (place, request) in batch.iter().enumerate() {
        let Some(key) = request.key else { continue };
        let before = claimed.insert((&request.campaign.tenant, &request.user, key), &request.campaign);
        if before.is_some_and(|campaign| *campaign != request.campaign) {
            parts.push(start..place);
            start = place;
            claimed.clear();
            claimed.insert((&request.campaign.tenant, &request.user, key), &request.campaign);
        }
    }
    parts.push(start..batch.len());
    parts
}

impl Inner {
    fn wait(&self) -> Wait {
        if self.ack == Ack::None { Wait::Nobody } else { Wait::Replica }
    }

    async fn tell_bus(&self, messages: Vec<Envelope>) -> Result<(), HotError> {
        let Some(announce) = self.announce.as_ref().filter(|_| !messages.is_empty()) else { return Ok(()) };
        let told = announce.announce(messages).await;
        told.map_err(|error| HotError::Unknown(format!("the bus has not confirmed the decisions: {error}")))
    }

    /// A user's coupons; `None` if there is no such campaign.
    async fn look(&self, id: &CampaignId, user: &UserId) -> Result<Option<Vec<record::Entry>>, HotError> {
        let sale = self.sales.get(id).unwrap_or_else(|| Arc::new(Sale::new(id.clone())));
        self.look_of(&sale, user.as_str()).await
    }

    /// Decides a part of a batch: keys are claimed, campaigns decide beside each other, refusals let go of their keys.
    async fn issue_part(
        &self,
        batch: &[IssueRequest],
        first: usize,
        now: Timestamp,
        answers: &mut [Option<Result<IssueOutcome, HotError>>],
    ) {
        let asked: Vec<Asked<'_>> =
            batch.iter().zip(first..).map(|(request, place)| Asked::new(place, request)).collect();
        let keyed = batch.iter().any(|request| request.key.is_some());
        let claims = if keyed { self.claim(&asked, wall_ms()).await } else { Vec::new() };
        let mut held = HashMap::new();
        let mut by_campaign: HashMap<&CampaignId, Vec<Asked<'_>>> = HashMap::new();
        let mut claims = claims.into_iter();
        for asked in asked {
            match claims.next() {
                None | Some(Ok(Claim::Decide(None))) => {}
                Some(Ok(Claim::Decide(Some(claim)))) => drop(held.insert(asked.place, claim)),
                Some(Ok(Claim::Reused)) => {
                    answers[asked.place] = Some(self.reused(&asked.request.campaign).await);
                    continue;
                }
                Some(Err(error)) => {
                    answers[asked.place] = Some(Err(error));
                    continue;
                }
            }
            by_campaign.entry(&asked.request.campaign).or_default().push(asked);
        }
        let mut deciding = Vec::with_capacity(by_campaign.len());
        for asked in by_campaign.into_values() {
            deciding.push(self.decide_places(asked, now));
        }
        let decided = join_all(deciding).await;
        let mut remembered = HashSet::new();
        for (place, outcome) in decided.into_iter().flatten() {
            if memory::is_remembered(&outcome) {
                let request = &batch[place - first];
                remembered.insert((&request.campaign.tenant, &request.user, request.key));
            }
            answers[place] = Some(outcome);
        }
        // Of two requests with one key the first may be refused and the second not.
        held.retain(|place, _| {
            let request = &batch[place - first];
            !remembered.contains(&(&request.campaign.tenant, &request.user, request.key))
        });
        let mut releasing = Vec::with_capacity(held.len());
        for claim in held.into_values() {
            releasing.push(self.release(claim));
        }
        join_all(releasing).await;
    }

    async fn decide_places(
        &self,
        asked: Vec<Asked<'_>>,
        now: Timestamp,
    ) -> Vec<(usize, Result<IssueOutcome, HotError>)> {
        let outcomes = self.decide(&asked, now).await;
        asked.iter().map(|asked| asked.place).zip(outcomes).collect()
    }

    /// A key of another campaign; but what is not there is not there.
    async fn reused(&self, id: &CampaignId) -> Result<IssueOutcome, HotError> {
        let sale = self.sales.get(id).unwrap_or_else(|| Arc::new(Sale::new(id.clone())));
        Ok(if self.policy(&sale).await?.is_some() { IssueOutcome::KeyReused } else { IssueOutcome::NoCampaign })
    }

    async fn restore_some(&self, sale: &Sale, coupons: &[Coupon]) -> Result<Vec<usize>, HotError> {
        let mut texts = vec![coupons.len().to_string()];
        for coupon in coupons {
            let state = if coupon.revoked { "R" } else { "I" };
            texts.extend([
                coupon.user.to_string(),
                coupon.serial.to_string(),
                coupon.nth_of_user.to_string(),
                coupon.issued_at.millis().to_string(),
                coupon.coupon_id.simple().to_string(),
                state.to_owned(),
            ]);
        }
        let arguments: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
        let keys = &sale.keys;
        let keys = [keys.policy.as_str(), &keys.stock, &keys.participants, &keys.returned];
        let ran = self.links.run(&scripts::RESTORE, &keys, &arguments, (Lane::Decision, self.wait())).await?;
        if !ran.kept {
            return Err(HotError::Unknown("no replica has confirmed what was put back".into()));
        }
        Ok(Array::of(ran.value)?.numbers::<usize>()?.into_iter().map(|place| place - 1).collect())
    }

    async fn set_standing(&self, sale: &Sale, standing: &str) -> Result<(), HotError> {
        // Clocks differ between servers: a new epoch must follow the one seen here, whoever's clock that came from.
        let epoch = wall_ms().max(sale.kept().epoch + 1).to_string();
        let arguments = [standing.as_bytes(), epoch.as_bytes()];
        let ran =
            self.links.run(&scripts::STANDING, &[&sale.keys.policy], &arguments, (Lane::Decision, self.wait())).await?;
        sale.wake();
        if ran.kept { Ok(()) } else { Err(HotError::Unknown("no replica has confirmed it".into())) }
    }

    /// How much was given, and how many messages of it are on their way; `None` if there is no such campaign.
    async fn counters(&self, sale: &Sale) -> Result<Option<(SaleCounts, u64)>, HotError> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("HMGET").arg(&sale.keys.policy).arg(&["given", "revoked", "told", "handed"]);
        let values = self.links.send(&sale.keys.policy, pipeline).await?;
        let mut fields = Array::of(values.into_iter().next().unwrap_or(Value::Nil))?;
        let Some(given) = fields.field()? else { return Ok(None) };
        let counts = SaleCounts { given, revoked: fields.number()? };
        let (told, handed): (u64, u64) = (fields.number()?, fields.number()?);
        Ok(Some((counts, told.saturating_sub(handed))))
    }

    async fn counts_and_pending(&self, sale: &Sale) -> Result<(SaleCounts, u64), HotError> {
        Ok(self.counters(sale).await?.unwrap_or_default())
    }

    async fn figures(&self, sale: &Sale) -> Result<Option<(Campaign, u32, u32)>, HotError> {
        let Some(campaign) = self.policy(sale).await? else { return Ok(None) };
        let mut pipeline = redis::pipe();
        pipeline.cmd("GET").arg(&sale.keys.stock);
        pipeline.cmd("HLEN").arg(&sale.keys.participants);
        let mut values = Array::of(Value::Array(self.links.send(&sale.keys.policy, pipeline).await?))?;
        Ok(Some((campaign, values.number()?, values.number()?)))
    }
}

fn wall_ms() -> i64 {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    since_epoch.as_millis() as i64
}

fn put_arguments(campaign: &Campaign) -> [String; 12] {
    let flag = |flag: bool| u8::from(flag).to_string();
    let moment = |moment: Option<Timestamp>| moment.map_or_else(String::new, |moment| moment.millis().to_string());
    let ends_at = if campaign.switches.closed { Some(Timestamp(wall_ms())) } else { campaign.closes_at };
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
        moment(campaign.closes_at),
        moment(ends_at.map(|at| at.max(Timestamp(wall_ms())).plus_seconds(KEPT_AFTER_END_SECONDS))),
        campaign.created_at.millis().to_string(),
    ]
}

#[async_trait]
impl CouponPort for RedisEngine {
    async fn put_campaign(&self, campaign: Campaign) -> Result<Standing, HotError> {
        let id = campaign.id.clone();
        let mut pipeline = redis::pipe();
        pipeline.cmd("SADD").arg(keys::CAMPAIGNS).arg(format!("{}/{}", id.tenant, id.event));
        self.0.links.send(keys::CAMPAIGNS, pipeline).await?;
        let sale = self.0.sales.add(&id, || Sale::new(id.clone()));
        let texts = put_arguments(&campaign);
        let arguments: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
        let ran =
            self.0.links.run(&scripts::PUT, &sale.keys.decision(), &arguments, (Lane::Decision, self.0.wait())).await?;
        sale.wake();
        if !ran.kept {
            return Err(HotError::Unknown("no replica has confirmed the campaign".into()));
        }
        let decides = ran.value == Value::Int(1);
        let whole = decides && (!sale.is_fenced() || self.0.has_caught_up(&sale).await?);
        Ok(if whole { Standing::Whole } else { Standing::Incomplete })
    }

    async fn suspend(&self, id: &CampaignId) -> Result<(), HotError> {
        self.0.set_standing(&self.sale(id), "suspend").await
    }

    async fn complete(&self, id: &CampaignId) -> Result<(), HotError> {
        let sale = self.sale(id);
        self.0.set_standing(&sale, "complete").await?;
        sale.unfence();
        Ok(())
    }

    async fn campaign(&self, id: &CampaignId) -> Result<Option<Campaign>, HotError> {
        self.0.policy(&self.sale(id)).await
    }

    async fn issue(&self, batch: Vec<IssueRequest>, now: Timestamp) -> Vec<Result<IssueOutcome, HotError>> {
        let mut answers = vec![None; batch.len()];
        for part in parts(&batch) {
            let first = part.start;
            self.0.issue_part(&batch[part], first, now, &mut answers).await;
        }
        let lost = || Err(HotError::Unknown("the request was not decided".into()));
        answers.into_iter().map(|answer| answer.unwrap_or_else(lost)).collect()
    }

    fn answer_locally(&self, question: &LocalQuestion<'_>, now: Timestamp) -> Option<IssueOutcome> {
        if question.key.is_some() {
            return None;
        }
        let asker = Asker { user: question.user, admitted: question.admitted, key_use: KeyUse::Fresh, earlier: None };
        self.0.sales.with(question.tenant, question.event, |sale| {
            let sale = sale?;
            sale.asked();
            sale.answer(&asker, now)
        })
    }

    async fn status(&self, id: &CampaignId, now: Timestamp) -> Result<Option<SaleStatus>, HotError> {
        let figures = self.0.figures(&self.sale(id)).await?;
        Ok(figures.map(|(campaign, remaining, participants)| {
            let status: CampaignStatus = campaign.status(now, remaining);
            SaleStatus { status, remaining, participants }
        }))
    }

    async fn coupons_of(&self, id: &CampaignId, user: &UserId) -> Result<Option<Vec<Coupon>>, HotError> {
        let held = self.0.look(id, user).await?;
        let coupons: Option<Vec<Coupon>> = held.map(|entries| entries.iter().map(|entry| entry.of(user)).collect());
        if self.0.ack == Ack::Bus {
            let told = coupons.iter().flatten().map(|coupon| message::issued(id, coupon)).collect();
            self.0.tell_bus(told).await?;
        }
        Ok(coupons)
    }

    async fn coupons(&self, id: &CampaignId) -> Result<Vec<Coupon>, HotError> {
        let book = self.0.book(&self.sale(id)).await?;
        Ok(book.iter().map(|(user, entry)| entry.of(user)).collect())
    }

    async fn counts(&self, id: &CampaignId) -> Result<Option<SaleCounts>, HotError> {
        Ok(self.0.counters(&self.sale(id)).await?.map(|(counts, _)| counts))
    }

    async fn revoke(
        &self,
        id: &CampaignId,
        user: &UserId,
        coupon_id: Uuid,
        return_to_stock: bool,
    ) -> Result<bool, HotError> {
        let sale = self.sale(id);
        let coupon = coupon_id.simple().to_string();
        let back: &[u8] = if return_to_stock { b"1" } else { b"0" };
        let keys = [sale.keys.policy.as_str(), &sale.keys.stock, &sale.keys.participants, &sale.keys.returned];
        let arguments = [user.as_str().as_bytes(), coupon.as_bytes(), back];
        let ran = self.0.links.run(&scripts::REVOKE, &keys, &arguments, (Lane::Decision, self.0.wait())).await?;
        sale.wake();
        if !ran.kept {
            return Err(HotError::Unknown("no replica has confirmed the revocation".into()));
        }
        match ran.value {
            Value::Int(-1) => Err(HotError::Unavailable("the campaign is being put together again".into())),
            value => Ok(value == Value::Int(1)),
        }
    }

    async fn restore(&self, id: &CampaignId, coupons: Vec<Coupon>) -> Result<Vec<Coupon>, HotError> {
        let sale = self.sale(id);
        let mut refused = Vec::new();
        for some in coupons.chunks(RESTORE_BATCH) {
            let places: HashSet<usize> = self.0.restore_some(&sale, some).await?.into_iter().collect();
            refused.extend(
                some.iter().enumerate().filter(|(place, _)| places.contains(place)).map(|(_, one)| one.clone()),
            );
        }
        sale.wake();
        Ok(refused)
    }

    async fn outbox(&self, limit: usize) -> Result<Vec<OutboxMessage>, HotError> {
        self.0.offer(limit).await
    }

    async fn acknowledge(&self, position: u64) -> Result<(), HotError> {
        self.0.handed_over(position).await
    }

    async fn campaigns(&self) -> Result<Vec<CampaignId>, HotError> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("SMEMBERS").arg(keys::CAMPAIGNS);
        let values = self.0.links.send(keys::CAMPAIGNS, pipeline).await?;
        let mut names = match values.into_iter().next() {
            Some(Value::Set(names)) => Array::of(Value::Array(names))?,
            other => Array::of(other.unwrap_or(Value::Nil))?,
        };
        let mut ids = Vec::with_capacity(names.len());
        while names.len() > 0 {
            let name = names.text()?;
            ids.push(name.parse().map_err(|error| HotError::Unknown(format!("{name}: {error}")))?);
        }
        ids.sort_unstable();
        Ok(ids)
    }

    async fn stats(&self) -> EngineStats {
        let sales = self.0.sales.all();
        let mut stats = EngineStats { engine: "redis", campaigns: sales.len(), ..EngineStats::default() };
        let mut looks = Vec::with_capacity(sales.len());
        for (_, sale) in &sales {
            looks.push(self.0.counts_and_pending(sale));
        }
        stats.available = true;
        for look in join_all(looks).await {
            match look {
                Ok((counts, pending)) => {
                    stats.coupons += counts.given;
                    stats.outbox_pending += pending;
                }
                // What can not be read is not nothing: somebody may be waiting for zero.
                Err(_) => {
                    stats.outbox_pending += 1;
                    stats.available = false;
                }
            }
        }
        if sales.is_empty() {
            stats.available = self.campaigns().await.is_ok();
        }
        stats
    }
}
