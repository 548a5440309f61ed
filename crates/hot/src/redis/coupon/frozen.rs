//! Frozen campaigns are answered locally: their winners are held in memory. Campaigns are checked every [`CHECK_EVERY`], so
//! that a restock is noticed within a second.

use super::record::{self, Entry};
use super::sale::{LocalFrozen, Mark, Sale, Version};
use super::{Ack, Inner, scripts};
use crate::frozen::Frozen;
use crate::port::HotError;
use crate::redis::client::{Lane, uptime_ms};
use crate::redis::reply::{Array, Reading};
use crate::winners::Winners;
use domain::coupon::campaign::Phase;
use domain::{Campaign, UserId};
use futures::future::join_all;
use redis::{Pipeline, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// How often campaigns with requests are checked.
const CHECK_EVERY: Duration = Duration::from_millis(400);
/// How long local answers are valid while Redis is unavailable.
const FRESH_MS: i64 = 10_000;
/// Larger campaigns are answered by Redis: their winners would take too much memory in every server.
const WINNERS_MAX: u64 = 2_000_000;
/// Campaigns checked at the same time.
const AT_ONCE: usize = 32;
/// Fields of the participants' hash read at a time.
const SCAN_COUNT: usize = 2_000;

/// A campaign's state, without its winners.
struct SaleState {
    version: Version,
    left: u32,
    given: u64,
    /// Whether all messages of decisions were published.
    all_published: bool,
    incomplete: bool,
}

fn state_question(sale: &Sale) -> Pipeline {
    let mut pipeline = redis::pipe();
    let fields = ["epoch", "count", "revision", "given", "told", "handed", "incomplete"];
    pipeline.cmd("HMGET").arg(&sale.keys.policy).arg(&fields);
    pipeline.cmd("GET").arg(&sale.keys.stock);
    pipeline
}

fn read_state(values: Vec<Value>) -> Reading<Option<SaleState>> {
    let mut values = Array::of(Value::Array(values))?;
    let mut fields = values.array()?;
    let Some(epoch) = fields.field()? else { return Ok(None) };
    let mark = Mark { epoch, count: fields.number()? };
    let version = Version { mark, revision: fields.number()? };
    let given = fields.number()?;
    let all_published = fields.number::<u64>()? == fields.number::<u64>()?;
    let incomplete = fields.field::<u8>()?.is_some();
    Ok(Some(SaleState { version, left: values.number()?, given, all_published, incomplete }))
}

impl Sale {
    /// The policy as the campaign's hash has it; `None` where there is none.
    pub(super) fn read_policy(&self, json: Value) -> Result<Option<Campaign>, HotError> {
        let Value::BulkString(json) = json else { return Ok(None) };
        let policy = serde_json::from_slice(&json);
        policy.map(Some).map_err(|error| HotError::unknown(format!("{}: {error}", self.keys.policy)).because(error))
    }
}

impl Inner {
    /// Checks campaigns until the engine is dropped.
    pub(super) async fn watch(inner: std::sync::Weak<Self>) {
        loop {
            let Some(frozen_news) = inner.upgrade().map(|inner| inner.frozen_news.clone()) else { return };
            // At once when a campaign was frozen, otherwise at the interval.
            let _ = tokio::time::timeout(CHECK_EVERY, frozen_news.notified()).await;
            let Some(inner) = inner.upgrade() else { return };
            inner.check_all().await;
            inner.record_metrics();
        }
    }

    async fn check_all(&self) {
        let mut sales = self.sales.all();
        sales.retain(|(_, sale)| {
            let has_requests = sale.has_requests();
            if !has_requests && sale.frozen.load().is_some() {
                // Nobody asks: its winners need neither memory nor looks. Whoever comes asks Redis, and they are read again.
                sale.frozen.store(None);
            }
            has_requests
        });
        let wakes: Vec<u64> = sales.iter().map(|(_, sale)| sale.wakes()).collect();
        let questions = sales.iter().map(|(_, sale)| (sale.keys.policy.as_str(), state_question(sale))).collect();
        let answers = self.connections.send_each(questions).await;
        let mut looks = Vec::with_capacity(sales.len());
        for (((_, sale), answer), wakes) in sales.iter().zip(answers).zip(wakes) {
            looks.push(async move {
                let state = read_state(answer?)?;
                self.check(sale, state, wakes).await
            });
        }
        let mut looks = looks.into_iter();
        loop {
            let some: Vec<_> = looks.by_ref().take(AT_ONCE).collect();
            if some.is_empty() {
                return;
            }
            for checked in join_all(some).await {
                if let Err(error) = checked {
                    tracing::debug!(%error, "a campaign cannot be checked now");
                }
            }
        }
    }

    fn record_metrics(&self) {
        let sales = self.sales.all();
        let open = sales.iter().filter(|(_, sale)| sale.breaker_is_open()).count();
        let fenced = sales.iter().filter(|(_, sale)| sale.is_fenced()).count();
        metrics::gauge!("onsale_hot_breaker_open").set(open as f64);
        metrics::gauge!("onsale_hot_fenced_campaigns").set(fenced as f64);
    }

    /// Keeps the local answers, or makes others. `wakes`: the sale's before its state was read.
    async fn check(&self, sale: &Sale, state: Option<SaleState>, wakes: u64) -> Result<(), HotError> {
        let Some(state) = state else {
            sale.wake();
            return Ok(());
        };
        if let Some(local) = sale.frozen.load().as_ref()
            && local.version == state.version
            && local.wakes == wakes
            && !state.incomplete
        {
            local.fresh_until_ms.store(uptime_ms() + FRESH_MS, Ordering::Relaxed);
            return Ok(());
        }
        sale.frozen.store(None);
        if sale.has_requests()
            && !state.incomplete
            && state.version.mark >= sale.durable()
            && state.given <= WINNERS_MAX
        {
            self.freeze_locally(sale, &state, wakes).await?;
        }
        Ok(())
    }

    /// Whether another process has restored the lost decisions: the campaign has a later epoch than this process has seen. A
    /// higher count does not show that.
    pub(super) async fn was_repaired(&self, sale: &Sale) -> Result<bool, HotError> {
        let is_repaired =
            self.read_state(sale).await?.is_some_and(|state| state.version.mark.epoch > sale.durable().epoch);
        if is_repaired {
            sale.unfence();
        }
        Ok(is_repaired)
    }

    async fn read_state(&self, sale: &Sale) -> Result<Option<SaleState>, HotError> {
        Ok(read_state(self.connections.send(&sale.keys.policy, state_question(sale)).await?)?)
    }

    /// Loads the winners of a frozen campaign into memory, if nothing changed while they were read and all of it is
    /// durable.
    async fn freeze_locally(&self, sale: &Sale, state: &SaleState, wakes: u64) -> Result<(), HotError> {
        let Some(campaign) = self.policy(sale).await? else { return Ok(()) };
        let is_frozen = state.left == 0 || campaign.phase(clock::now()) != Phase::Open;
        let is_published = self.ack != Ack::Bus || state.all_published;
        if !is_frozen || !is_published || campaign.revision != state.version.revision {
            return Ok(());
        }
        let winners = winners_of(&self.book(sale).await?);
        let unchanged = self.read_state(sale).await?.is_some_and(|again| again.version == state.version);
        if unchanged && self.is_durable(sale, state.version.mark).await? {
            let frozen = Frozen { campaign: Arc::new(campaign), remaining: state.left, winners: Arc::new(winners) };
            let fresh_until_ms = AtomicI64::new(uptime_ms() + FRESH_MS);
            sale.freeze(LocalFrozen { frozen, version: state.version, wakes, fresh_until_ms });
        }
        Ok(())
    }

    /// Whether all decisions up to a mark are durable; asks the replica if that is not known yet.
    async fn is_durable(&self, sale: &Sale, mark: Mark) -> Result<bool, HotError> {
        Ok(sale.durable() >= mark || (self.durable_coupons_of(sale, "").await?.is_some() && sale.durable() >= mark))
    }

    /// A campaign's policy.
    pub(super) async fn policy(&self, sale: &Sale) -> Result<Option<Campaign>, HotError> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("HGET").arg(&sale.keys.policy).arg("json");
        let values = self.connections.send(&sale.keys.policy, pipeline).await?;
        sale.read_policy(values.into_iter().next().unwrap_or(Value::Nil))
    }

    /// A user's coupons once they are durable; `None` if the campaign does not exist.
    pub(super) async fn durable_coupons_of(&self, sale: &Sale, user: &str) -> Result<Option<Vec<Entry>>, HotError> {
        let durable = sale.durable();
        let numbers = [durable.epoch, durable.count, clock::now().millis()].map(|number| number.to_string());
        let arguments = [user.as_bytes(), numbers[0].as_bytes(), numbers[1].as_bytes(), numbers[2].as_bytes()];
        let keys = [sale.keys.policy.as_str(), sale.keys.participants.as_str()];
        let reply = self.connections.run(&scripts::LOOK, &keys, &arguments, (Lane::Decision, self.wait())).await?;
        let mut fields = Array::of(reply.value)?;
        if fields.len() == 0 {
            return Ok(None);
        }
        let mark = Mark { epoch: fields.number()?, count: fields.number()? };
        if mark > durable && !reply.is_durable {
            return Err(HotError::unavailable("no replica has confirmed the latest decisions"));
        }
        if self.ack != Ack::Bus {
            sale.mark_durable(mark);
        }
        let record = fields.text()?;
        Ok(Some(if record.is_empty() { Vec::new() } else { record::read(&record)? }))
    }

    /// All coupons of a campaign, in the order in which they were given.
    pub(super) async fn book(&self, sale: &Sale) -> Result<Vec<(UserId, Entry)>, HotError> {
        let mut book: Vec<(UserId, Entry)> = Vec::new();
        let mut cursor = "0".to_owned();
        loop {
            let mut pipeline = redis::pipe();
            pipeline.cmd("HSCAN").arg(&sale.keys.participants).arg(&cursor).arg("COUNT").arg(SCAN_COUNT);
            let values = self.connections.send(&sale.keys.participants, pipeline).await?;
            let mut page = Array::of(values.into_iter().next().unwrap_or(Value::Nil))?;
            cursor = page.text()?;
            let mut fields = page.array()?;
            while fields.len() > 0 {
                let (user, entries) = (fields.text()?, fields.text()?);
                let user = UserId::stored(&user)
                    .map_err(|error| HotError::unknown(format!("{user}: {error}")).because(error))?;
                let entries = record::read(&entries)?;
                book.extend(entries.into_iter().map(|entry| (user.clone(), entry)));
            }
            if cursor == "0" {
                break;
            }
        }
        book.sort_unstable_by_key(|(_, entry)| entry.place);
        // A hash that grows while it is read may give a field twice.
        book.dedup_by_key(|(_, entry)| entry.coupon.coupon_id);
        Ok(book)
    }
}

fn winners_of(book: &[(UserId, record::Entry)]) -> Winners {
    let mut winners = Winners::default();
    for (user, entry) in book {
        let row = winners.push(user.as_str(), entry.coupon, entry.issued_at);
        if entry.revoked {
            winners.mark_revoked(row);
        }
    }
    winners
}
