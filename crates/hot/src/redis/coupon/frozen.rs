//! Sold out is local: the winners of frozen campaigns are kept in memory and looked at every [`LOOK_EVERY`], so that
//! a restock is seen within a second.

use super::record::{self, Entry};
use super::sale::{LocalFrozen, Mark, Sale, Version};
use super::{Ack, Inner, scripts};
use crate::frozen::Frozen;
use crate::port::HotError;
use crate::redis::client::{Lane, uptime_ms};
use crate::redis::reply::Array;
use crate::winners::Winners;
use domain::coupon::campaign::Phase;
use domain::{Campaign, UserId};
use futures::future::join_all;
use redis::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// How often campaigns with requests are checked.
const LOOK_EVERY: Duration = Duration::from_millis(400);
/// How long local answers go on while Redis cannot be asked.
const FRESH_MS: i64 = 10_000;
/// Larger campaigns are answered by Redis: their winners would take too much memory in every server.
const WINNERS_MAX: u64 = 2_000_000;
/// Campaigns checked at the same time.
const AT_ONCE: usize = 32;
/// Fields of the participants' hash read at a time.
const SCAN_COUNT: usize = 2_000;

/// A campaign's state, without its winners.
struct Look {
    version: Version,
    left: u32,
    given: u64,
    /// Whether everything decided was handed over.
    all_told: bool,
    incomplete: bool,
}

impl Inner {
    /// Looks at campaigns until the engine is gone.
    pub(super) async fn watch(inner: std::sync::Weak<Self>) {
        loop {
            let Some(frozen_news) = inner.upgrade().map(|inner| inner.frozen_news.clone()) else { return };
            // At once when a campaign was frozen, otherwise in time.
            let _ = tokio::time::timeout(LOOK_EVERY, frozen_news.notified()).await;
            let Some(inner) = inner.upgrade() else { return };
            inner.look_at_all().await;
            inner.show_figures();
        }
    }

    async fn look_at_all(&self) {
        let mut sales = self.sales.all();
        sales.retain(|(_, sale)| sale.is_asked() || sale.frozen.load().is_some());
        for some in sales.chunks(AT_ONCE) {
            let mut looking = Vec::with_capacity(some.len());
            for (_, sale) in some {
                looking.push(self.look_at(sale));
            }
            for ((_, sale), looked) in some.iter().zip(join_all(looking).await) {
                if let Err(error) = looked {
                    tracing::debug!(campaign = %sale.id, %error, "cannot be looked at now");
                }
            }
        }
    }

    fn show_figures(&self) {
        let sales = self.sales.all();
        let open = sales.iter().filter(|(_, sale)| sale.breaker_is_open()).count();
        let fenced = sales.iter().filter(|(_, sale)| sale.is_fenced()).count();
        metrics::gauge!("onsale_hot_breaker_open").set(open as f64);
        metrics::gauge!("onsale_hot_fenced_campaigns").set(fenced as f64);
    }

    async fn look_at(&self, sale: &Sale) -> Result<(), HotError> {
        let wakes = sale.wakes();
        let Some(look) = self.look_once(sale).await? else {
            sale.wake();
            return Ok(());
        };
        if let Some(local) = sale.frozen.load().as_ref()
            && local.version == look.version
            && local.wakes == wakes
            && !look.incomplete
        {
            local.fresh_until_ms.store(uptime_ms() + FRESH_MS, Ordering::Relaxed);
            return Ok(());
        }
        sale.frozen.store(None);
        if sale.is_asked() && !look.incomplete && look.version.mark >= sale.kept() && look.given <= WINNERS_MAX {
            self.rest_locally(sale, &look, wakes).await?;
        }
        Ok(())
    }

    /// Whether somebody else has put back what was lost: a later epoch than this process has seen tells so, a count
    /// does not.
    pub(super) async fn has_caught_up(&self, sale: &Sale) -> Result<bool, HotError> {
        let caught_up = self.look_once(sale).await?.is_some_and(|look| look.version.mark.epoch > sale.kept().epoch);
        if caught_up {
            sale.unfence();
        }
        Ok(caught_up)
    }

    async fn look_once(&self, sale: &Sale) -> Result<Option<Look>, HotError> {
        let mut pipeline = redis::pipe();
        let fields = ["epoch", "count", "revision", "given", "told", "handed", "incomplete"];
        pipeline.cmd("HMGET").arg(&sale.keys.policy).arg(&fields);
        pipeline.cmd("GET").arg(&sale.keys.stock);
        let mut values = Array::of(Value::Array(self.connections.send(&sale.keys.policy, pipeline).await?))?;
        let mut fields = values.array()?;
        let Some(epoch) = fields.field()? else { return Ok(None) };
        let mark = Mark { epoch, count: fields.number()? };
        let version = Version { mark, revision: fields.number()? };
        let given = fields.number()?;
        let all_told = fields.number::<u64>()? == fields.number::<u64>()?;
        let incomplete = fields.field::<u8>()?.is_some();
        Ok(Some(Look { version, left: values.number()?, given, all_told, incomplete }))
    }

    /// Takes the winners of a frozen campaign into memory, if nothing changed while they were read and all of it is
    /// kept.
    async fn rest_locally(&self, sale: &Sale, look: &Look, wakes: u64) -> Result<(), HotError> {
        let Some(campaign) = self.policy(sale).await? else { return Ok(()) };
        let at_rest = look.left == 0 || campaign.phase(clock::now()) != Phase::Open;
        let told = self.ack != Ack::Bus || look.all_told;
        if !at_rest || !told || campaign.revision != look.version.revision {
            return Ok(());
        }
        let winners = winners_of(&self.book(sale).await?);
        let unchanged = self.look_once(sale).await?.is_some_and(|again| again.version == look.version);
        if unchanged && self.is_kept(sale, look.version.mark).await? {
            let frozen = Frozen { campaign: Arc::new(campaign), remaining: look.left, winners: Arc::new(winners) };
            let fresh_until_ms = AtomicI64::new(uptime_ms() + FRESH_MS);
            sale.freeze(LocalFrozen { frozen, version: look.version, wakes, fresh_until_ms });
        }
        Ok(())
    }

    /// Whether everything up to a mark is kept; asks the replica if nobody has yet.
    async fn is_kept(&self, sale: &Sale, mark: Mark) -> Result<bool, HotError> {
        Ok(sale.kept() >= mark || (self.look_of(sale, "").await?.is_some() && sale.kept() >= mark))
    }

    /// A campaign's policy.
    pub(super) async fn policy(&self, sale: &Sale) -> Result<Option<Campaign>, HotError> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("HGET").arg(&sale.keys.policy).arg("json");
        match self.connections.send(&sale.keys.policy, pipeline).await?.into_iter().next() {
            Some(Value::BulkString(json)) => {
                let policy = serde_json::from_slice(&json);
                policy
                    .map(Some)
                    .map_err(|error| HotError::unknown(format!("{}: {error}", sale.keys.policy)).because(error))
            }
            _ => Ok(None),
        }
    }

    /// A user's coupons once they are kept; `None` if there is no such campaign.
    pub(super) async fn look_of(&self, sale: &Sale, user: &str) -> Result<Option<Vec<Entry>>, HotError> {
        let kept = sale.kept();
        let numbers = [kept.epoch, kept.count, clock::now().millis()].map(|number| number.to_string());
        let arguments = [user.as_bytes(), numbers[0].as_bytes(), numbers[1].as_bytes(), numbers[2].as_bytes()];
        let keys = [sale.keys.policy.as_str(), sale.keys.participants.as_str()];
        let reply = self.connections.run(&scripts::LOOK, &keys, &arguments, (Lane::Decision, self.wait())).await?;
        let mut fields = Array::of(reply.value)?;
        if fields.len() == 0 {
            return Ok(None);
        }
        let mark = Mark { epoch: fields.number()?, count: fields.number()? };
        if mark > kept && !reply.is_durable {
            return Err(HotError::unavailable("no replica has confirmed what is known"));
        }
        if self.ack != Ack::Bus {
            sale.keep(mark);
        }
        let record = fields.text()?;
        Ok(Some(if record.is_empty() { Vec::new() } else { record::read(&record)? }))
    }

    /// Every coupon of a campaign in the order of giving.
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
                let user =
                    UserId::new(&user).map_err(|error| HotError::unknown(format!("{user}: {error}")).because(error))?;
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
