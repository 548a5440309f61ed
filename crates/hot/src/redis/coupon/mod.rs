//! Coupons of many processes: one script a decision, on Redis, single node or cluster (FCFS-003..007).
//!
//! ```text
//! requests --claim keys--> issue.lua + WAIT --> answers        (coupons, batch, memory, issue)
//!                             | same script
//! relay <--lease-- :outbox ---+                                (outbox)
//! campaigns that any server is asked for                      (asked)
//! the list of all campaigns, beside the calls                 (listing)
//! winners of frozen campaigns, in every server's memory       (frozen)
//! what this process has seen kept: the fence                   (sale)
//! ```
//!
//! The scripts beside these files are twins of the rules in `domain`; `conformance` holds both together.

mod asked;
mod batch;
mod frozen;
mod idempotency;
mod issue;
mod listing;
mod message;
mod outbox;
mod port;
mod record;
mod sale;

use super::activity::Activity;
use super::client::{Lane, RedisConnections, Wait};
use super::reply::Array;
use super::{Ack, names, scripts};
use crate::port::HotError;
use crate::registry::Registry;
use async_trait::async_trait;
use domain::coupon::Coupon;
use domain::message::Envelope;
use domain::{Campaign, CampaignId, UserId};
use redis::Value;
use sale::Sale;
use std::sync::Arc;
use tokio::sync::{Mutex, Notify};
use uuid::Uuid;

/// How long a campaign's keys outlive its end (FCFS-003): an old coupon is read from the ledger anyway.
const KEPT_AFTER_END_SECONDS: i64 = 30 * 86_400;
/// Coupons put back in one run of the script.
const RESTORE_BATCH: usize = 200;

/// Publishes coupons to the bus before their winners get the reply; for [`Ack::Bus`].
#[async_trait]
pub trait Announce: Send + Sync + 'static {
    /// `Ok`: all of them are where they cannot be lost.
    async fn announce(&self, messages: Vec<Envelope>) -> Result<(), String>;
}

/// How the engine is opened.
#[derive(Clone)]
pub struct RedisOptions {
    /// When a yes may be returned to the caller.
    pub ack: Ack,
    /// For [`Ack::Bus`].
    pub announce: Option<Arc<dyn Announce>>,
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self { ack: Ack::Replica, announce: None }
    }
}

/// The engine on Redis. Cheap to clone.
#[derive(Clone)]
pub struct RedisEngine(Arc<Inner>);

struct Inner {
    connections: RedisConnections,
    ack: Ack,
    announce: Option<Arc<dyn Announce>>,
    /// This process, as leases know it.
    me: String,
    sales: Registry<Sale>,
    activity: Activity,
    listing: listing::Listing,
    outbox: Mutex<outbox::Outbox>,
    /// Notified when a campaign is frozen.
    frozen_news: Arc<Notify>,
    /// Notified for the relay of this process: when it has given coupons, or another server has that leaves them to it.
    outbox_written: Notify,
    /// Notified when Redis was found to have lost decisions on a campaign.
    lost: Notify,
}

impl RedisEngine {
    /// Opens the engine on the connections of the process. [`RedisEngine::watch`] has to run beside it.
    pub fn new(connections: RedisConnections, options: RedisOptions) -> Self {
        let inner = Arc::new(Inner {
            activity: Activity::new(connections.clone(), names::ACTIVE_CAMPAIGNS),
            connections,
            ack: options.ack,
            announce: options.announce,
            me: Uuid::new_v4().simple().to_string(),
            sales: Registry::new(),
            listing: listing::Listing::default(),
            outbox: Mutex::default(),
            frozen_news: Arc::default(),
            outbox_written: Notify::new(),
            lost: Notify::new(),
        });
        Inner::listen_to_deciders(&inner);
        Self(inner)
    }

    /// Watches campaigns that can issue nothing, hears which ones other servers are asked for, and keeps the list of all, until
    /// the last clone of the engine is dropped; its caller may drop it and call again at any time. Without it every answer is right, but each
    /// refusal asks Redis, and so do the tasks of every campaign.
    pub fn watch(&self) -> impl Future<Output = ()> + Send + use<> {
        let (watched, heard, listed) = (Arc::downgrade(&self.0), Arc::downgrade(&self.0), Arc::downgrade(&self.0));
        async move {
            tokio::join!(Inner::watch(watched), Inner::hear_others(heard), Inner::keep_list(listed));
        }
    }

    fn known_sale(&self, id: &CampaignId) -> Arc<Sale> {
        self.0.sales.get(id).unwrap_or_else(|| Arc::new(Sale::new(id.clone())))
    }
}

impl Inner {
    /// Something has changed about a campaign that may have become known here meanwhile.
    fn wake(&self, id: &CampaignId) {
        if let Some(sale) = self.sales.get(id) {
            sale.wake();
        }
    }

    fn wait(&self) -> Wait {
        if self.ack == Ack::None { Wait::Nobody } else { Wait::Replica }
    }

    async fn publish_to_bus(&self, messages: Vec<Envelope>) -> Result<(), HotError> {
        let Some(announce) = self.announce.as_ref().filter(|_| !messages.is_empty()) else { return Ok(()) };
        let published = announce.announce(messages).await;
        published.map_err(|error| HotError::unknown(format!("the bus has not confirmed the decisions: {error}")))
    }

    /// Checks that the campaign has not been restored since `mark` was decided.
    async fn is_still(&self, sale: &Sale, mark: sale::Mark) -> Result<(), HotError> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("HMGET").arg(&sale.keys.policy).arg(&["epoch", "incomplete"]);
        let values = self.connections.send(&sale.keys.policy, pipeline).await?;
        let mut fields = Array::of(values.into_iter().next().unwrap_or(Value::Nil))?;
        let epoch: Option<i64> = fields.field()?;
        let is_whole = fields.field::<u8>()?.is_none();
        if epoch == Some(mark.epoch) && is_whole {
            return Ok(());
        }
        Err(HotError::unknown("the campaign was put together again meanwhile"))
    }

    /// A user's coupons; `None` if there is no such campaign.
    async fn look(&self, id: &CampaignId, user: &UserId) -> Result<Option<Vec<record::Entry>>, HotError> {
        let sale = self.sales.get(id).unwrap_or_else(|| Arc::new(Sale::new(id.clone())));
        self.durable_coupons_of(&sale, user.as_str()).await
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
                coupon.coupon_id.get().simple().to_string(),
                state.to_owned(),
            ]);
        }
        let arguments: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
        let keys = &sale.keys;
        let keys = [keys.policy.as_str(), &keys.stock, &keys.participants, &keys.returned];
        let reply = self.connections.run(&scripts::RESTORE, &keys, &arguments, (Lane::Decision, self.wait())).await?;
        if !reply.is_durable {
            return Err(HotError::unknown("no replica has confirmed what was put back"));
        }
        Ok(Array::of(reply.value)?.numbers::<usize>()?.into_iter().map(|place| place - 1).collect())
    }

    async fn set_standing(&self, sale: &Sale, standing: &str) -> Result<(), HotError> {
        // Clocks differ between servers: a new epoch must be later than the one seen here, whichever server's clock gave it.
        let epoch = clock::now().millis().max(sale.durable().epoch + 1).to_string();
        let arguments = [standing.as_bytes(), epoch.as_bytes()];
        let reply = self
            .connections
            .run(&scripts::STANDING, &[&sale.keys.policy], &arguments, (Lane::Decision, self.wait()))
            .await?;
        self.wake(&sale.id);
        self.tell(sale).await;
        if reply.is_durable { Ok(()) } else { Err(HotError::unknown("no replica has confirmed it")) }
    }

    async fn figures(&self, sale: &Sale) -> Result<Option<(Campaign, u32, u32)>, HotError> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("HGET").arg(&sale.keys.policy).arg("json");
        pipeline.cmd("GET").arg(&sale.keys.stock);
        pipeline.cmd("HLEN").arg(&sale.keys.participants);
        let mut values = Array::of(Value::Array(self.connections.send(&sale.keys.policy, pipeline).await?))?;
        let Some(campaign) = sale.read_policy(values.value()?)? else { return Ok(None) };
        Ok(Some((campaign, values.number()?, values.number()?)))
    }
}
