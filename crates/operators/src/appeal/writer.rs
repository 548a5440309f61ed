//! The writer of a process: takes what was noted, and stores it in batches.

use super::row::{ActiveModel, Entity};
use super::{Answer, Appeals};
use access::Peer;
use domain::Timestamp;
use ledger::moment::stored;
use ledger::{Ledger, LedgerError, Transaction};
use metrics::counter;
use onsale_http::RequestBody;
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// Most answers of a batch.
pub const BATCH_MAX: usize = 500;
/// Pause between two batches: at most two thousand rows a second, whatever comes.
const PAUSE: Duration = Duration::from_millis(250);
/// Longest pause while they cannot be stored. What is noted meanwhile waits in the queue, and is left out beyond it.
const PAUSE_MAX: Duration = Duration::from_secs(15);
/// Time between two rows of what was left out.
const COUNTED_EVERY: Duration = Duration::from_secs(10);
/// Time between two removals of what is old.
const PURGED_EVERY: Duration = Duration::from_secs(600);

/// Where a process stores answers.
#[derive(Clone)]
pub enum Sink {
    /// Into the table, which this process has.
    Table(Box<Ledger>, Kept),
    /// By the role that has it.
    Role(Peer),
}

/// How long, and how many.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// `log.appeal_days`.
    pub days: u32,
    /// `log.appeal_rows`.
    pub rows: u64,
}

/// A batch on its way to the role that stores it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreBody {
    /// The answers.
    pub list: Vec<Answer>,
    /// Role and number of answers that were not noted.
    pub left_out: Vec<(String, u64)>,
}

impl StoreBody {
    fn is_empty(&self) -> bool {
        self.list.is_empty() && self.left_out.is_empty()
    }
}

/// Five hundred answers of less than a kilobyte.
impl RequestBody for StoreBody {
    const LIMIT_BYTES: usize = 1_024 * 1_024;
}

/// Stores what is noted, until the process ends. A failure loses nothing that waits; what comes beyond the queue is counted.
pub async fn run(appeals: Appeals, sink: Sink) {
    let mut queue = appeals.taken.lock().await;
    let (mut pause, mut batch) = (PAUSE, StoreBody::default());
    let (mut counted_at, mut purged_at) = (Instant::now(), None);
    loop {
        tokio::time::sleep(pause).await;
        while batch.list.len() < BATCH_MAX
            && let Ok(answer) = queue.try_recv()
        {
            batch.list.push(answer);
        }
        if batch.left_out.is_empty() && counted_at.elapsed() >= COUNTED_EVERY {
            counted_at = Instant::now();
            batch.left_out =
                appeals.left_out.take().into_iter().map(|(role, count)| (role.to_owned(), count)).collect();
            let all: u64 = batch.left_out.iter().map(|(_, count)| count).sum();
            counter!("onsale_appeal_left_out_total").increment(all);
        }
        batch.list = merged(std::mem::take(&mut batch.list));
        match sink.store(&batch).await {
            Ok(()) => {
                batch = StoreBody::default();
                pause = PAUSE;
            }
            Err(error) => {
                tracing::warn!(error, "answers wait to be kept for appeals");
                pause = (pause * 2).min(PAUSE_MAX);
            }
        }
        if purged_at.is_none_or(|at: Instant| at.elapsed() >= PURGED_EVERY) {
            purged_at = Some(Instant::now());
            sink.purge().await;
        }
    }
}

impl Sink {
    async fn store(&self, batch: &StoreBody) -> Result<(), String> {
        if batch.is_empty() {
            return Ok(());
        }
        match self {
            Self::Table(ledger, _) => store(ledger, batch).await.map_err(|error| error.to_string()),
            Self::Role(peer) => {
                let reply = peer.post("/internal/admin/appeal", batch).await.map_err(|away| away.to_string())?;
                if reply.status.is_success() { Ok(()) } else { Err(format!("{} {}", reply.status, reply.code())) }
            }
        }
    }

    async fn purge(&self) {
        let Self::Table(ledger, kept) = self else { return };
        if let Err(error) = super::rows::purge(ledger, clock::now(), kept.days, kept.rows).await {
            tracing::warn!(%error, "old answers cannot be removed now");
        }
    }
}

/// The same answer to the same person is one.
fn merged(answers: Vec<Answer>) -> Vec<Answer> {
    let mut known: HashMap<Answer, usize> = HashMap::new();
    let mut list: Vec<Answer> = Vec::with_capacity(answers.len());
    for answer in answers {
        // A person is told the same again under another trace id; without a person each is somebody else's.
        let same = Answer { at_ms: 0, times: 0, trace_id: String::new(), ..answer.clone() };
        let again = answer.user_id.is_some().then(|| known.get(&same).copied()).flatten();
        match again.and_then(|place| list.get_mut(place)) {
            Some(first) => first.times = first.times.saturating_add(answer.times),
            None => {
                known.insert(same, list.len());
                list.push(answer);
            }
        }
    }
    list
}

/// Stores a batch in the table.
///
/// # Errors
/// [`LedgerError`]; nothing was stored then.
pub async fn store(ledger: &Ledger, batch: &StoreBody) -> Result<(), LedgerError> {
    let now = clock::now();
    let left_out = batch.left_out.iter().map(|(role, count)| counted(role, *count, now));
    let rows: Vec<ActiveModel> = batch.list.iter().take(BATCH_MAX).map(row).chain(left_out).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let store = async |change: Transaction| {
        Entity::insert_many(rows.clone()).exec_without_returning(change.connection()).await?;
        change.commit().await
    };
    ledger.change(store).await
}

fn row(answer: &Answer) -> ActiveModel {
    ActiveModel {
        id: Set(Uuid::now_v7().into()),
        at: Set(stored(Timestamp(answer.at_ms))),
        role: Set(answer.role.clone()),
        route: Set(answer.route.clone()),
        status: Set(answer.status.into()),
        code: Set(answer.code.clone()),
        target: Set(answer.target.clone()),
        trace_id: Set(answer.trace_id.clone()),
        user_id: Set(answer.user_id.clone()),
        times: Set(answer.times.into()),
    }
}

fn counted(role: &str, count: u64, now: Timestamp) -> ActiveModel {
    ActiveModel {
        id: Set(Uuid::now_v7().into()),
        at: Set(stored(now)),
        role: Set(role.to_owned()),
        route: Set(String::new()),
        status: Set(0),
        code: Set(None),
        target: Set(None),
        trace_id: Set(String::new()),
        user_id: Set(None),
        times: Set(i64::try_from(count).unwrap_or(i64::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_answer_to_one_person_is_one_row() {
        let answer = |user: Option<&str>, trace: &str| Answer {
            at_ms: 1,
            role: "coupon".into(),
            route: "POST /x".into(),
            status: 409,
            code: Some("SOLD_OUT".into()),
            target: None,
            trace_id: trace.into(),
            user_id: user.map(str::to_owned),
            times: 1,
        };
        let list = merged(vec![
            answer(Some("kim"), "a"),
            answer(Some("lee"), "b"),
            answer(Some("kim"), "c"),
            answer(None, "d"),
            answer(None, "e"),
        ]);
        let shown: Vec<_> = list.iter().map(|one| (one.trace_id.as_str(), one.times)).collect();
        assert_eq!(shown, [("a", 2), ("b", 1), ("d", 1), ("e", 1)]);
    }
}
