//! Which campaigns are asked for, by any server, and the figures of all: a campaign at rest costs no command.

use super::Inner;
use super::sale::{Counted, Sale};
use crate::port::{EngineStats, HotError, SaleCounts};
use crate::redis::client::uptime_ms;
use crate::redis::reply::{Array, Reading};
use domain::CampaignId;
use redis::{Pipeline, Value};
use std::sync::{Arc, Weak};

const COUNTERS: [&str; 4] = ["given", "revoked", "told", "handed"];

/// The name of a campaign in sets.
pub(super) fn name_of(id: &CampaignId) -> String {
    format!("{}/{}", id.tenant, id.event)
}

/// Counts, and messages on their way; `None` if there is no such campaign.
fn read_counters(values: Vec<Value>) -> Reading<Option<(SaleCounts, u64)>> {
    let mut fields = Array::of(values.into_iter().next().unwrap_or(Value::Nil))?;
    let Some(given) = fields.field()? else { return Ok(None) };
    let counts = SaleCounts { given, revoked: fields.number()? };
    let (told, handed): (u64, u64) = (fields.number()?, fields.number()?);
    Ok(Some((counts, told.saturating_sub(handed))))
}

fn counters_question(sale: &Sale) -> Pipeline {
    let mut pipeline = redis::pipe();
    pipeline.cmd("HMGET").arg(&sale.keys.policy).arg(&COUNTERS);
    pipeline
}

impl Inner {
    /// Hears of campaigns that other servers are asked for, until the engine is dropped.
    pub(super) async fn hear_others(inner: Weak<Self>) {
        loop {
            let Some(next_read) = inner.upgrade().map(|inner| inner.activity.next_read()) else { return };
            next_read.await;
            let Some(inner) = inner.upgrade() else { return };
            if let Err(error) = inner.hear().await {
                tracing::debug!(%error, "cannot be heard now which campaigns are asked for");
            }
        }
    }

    async fn hear(&self) -> Result<(), HotError> {
        let news = self.activity.hear().await?;
        if news.missed_some {
            self.sales.all().iter().for_each(|(_, sale)| sale.note_activity());
        }
        let ids = news.names.iter().filter_map(|name| name.parse().ok());
        ids.filter_map(|id: CampaignId| self.sales.get(&id)).for_each(|sale| sale.note_activity());
        Ok(())
    }

    /// Tells the other servers that the campaign is asked for, or was changed.
    pub(super) async fn tell(&self, sale: &Sale) {
        self.activity.tell(&sale.attention, &name_of(&sale.id)).await;
    }

    /// How much was given, and how many messages of it are on their way; `None` if there is no such campaign.
    pub(super) async fn counters(&self, sale: &Sale) -> Result<Option<(SaleCounts, u64)>, HotError> {
        let values = self.connections.send(&sale.keys.policy, counters_question(sale)).await?;
        Ok(read_counters(values)?)
    }

    /// The figures of all campaigns. Those that may have changed are asked for, in a pipeline for each node.
    pub(super) async fn figures_of_all(&self) -> EngineStats {
        // First, so that decisions of other servers before this call are in the figures.
        let is_heard = self.hear().await.is_ok();
        let sales = self.sales.all();
        let mut stats = EngineStats { engine: "redis", campaigns: sales.len(), ..EngineStats::default() };
        let mut unsettled: Vec<&Arc<Sale>> = Vec::new();
        let mut add = |Counted { counts, pending, .. }: Counted| {
            stats.coupons += counts.given;
            stats.outbox_pending += pending;
        };
        for (_, sale) in &sales {
            match sale.settled_counts().filter(|_| is_heard) {
                Some(counted) => add(counted),
                None => unsettled.push(sale),
            }
        }
        let asked_at_ms = uptime_ms();
        let questions = unsettled.iter().map(|sale| (sale.keys.policy.as_str(), counters_question(sale))).collect();
        let answers = self.connections.send_each(questions).await;
        let mut unread = 0;
        for (sale, answer) in unsettled.iter().zip(answers) {
            match answer.map_err(drop).and_then(|values| read_counters(values).map_err(drop)) {
                Ok(read) => {
                    let (counts, pending) = read.unwrap_or_default();
                    add(sale.note_counts(counts, pending, asked_at_ms));
                }
                // An unreadable count is not zero: a caller may be waiting for zero.
                Err(()) => unread += 1,
            }
        }
        stats.outbox_pending += unread;
        stats.available = is_heard && unread == 0;
        stats
    }

    /// Whether anything may have become of the campaign since `moment`.
    pub(super) fn may_have_changed(&self, id: &CampaignId, moment: std::time::Instant) -> bool {
        let is_known = |sale: Arc<Sale>| !sale.attention.was_active_after(moment);
        !(self.activity.is_heard() && self.sales.get(id).is_some_and(is_known))
    }
}
