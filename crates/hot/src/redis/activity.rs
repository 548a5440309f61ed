//! Which campaigns and lines are asked for, by any server: those that nobody asks for cost no command.
//!
//! A server tells the others once before its first decision on a campaign, or before the first person enters a line, and
//! again every [`TOLD_EVERY_MS`] while that goes on. All read the set when they hear that there is a new name in it, and
//! regularly: one command, however many names there are. Whoever has heard of a name looks at it for [`ACTIVE_MS`], which is
//! longer than a server is silent between two decisions.
//!
//! It is a hint. A server that could not tell looks after its own decisions itself, and everything is looked at again after
//! [`UNASKED_MS`], whatever was told.

use super::client::{Heard, Lane, RedisConnections, Wait, uptime_ms};
use super::reply::{Array, Reading};
use super::scripts;
use crate::port::HotError;
use redis::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// How often the set is read by a server that does not hear of new names: the delay with which it learns of the first person
/// in a line.
const READ_EVERY: Duration = Duration::from_millis(250);
/// How often it is read as a net by a server that hears of them.
const READ_AS_NET_EVERY: Duration = Duration::from_secs(2);
/// Shortest pause between two reads, however many names are new.
const READ_PAUSE: Duration = Duration::from_millis(10);
/// A server tells of a name at most so often.
const TOLD_EVERY_MS: i64 = 20_000;
/// For this long after it was told of, a name is looked at.
pub(super) const ACTIVE_MS: i64 = 60_000;
/// The same after it could not be told: the set may lie on a shard that is away.
const TOLD_AGAIN_MS: i64 = 1_000;
/// Longest wait for the set, which is a hint: it may lie on a shard that is away while the caller's is well.
const TELL_TIMEOUT: Duration = Duration::from_millis(200);
/// The same for those who hear.
const HEAR_TIMEOUT: Duration = Duration::from_secs(1);
/// The set forgets a name after this time: longer than a server may fail to read it without noticing.
const KEPT_MS: i64 = 120_000;
/// What was not told of is looked at again after this time.
pub(super) const UNASKED_MS: i64 = 600_000;
/// Without an answer for so long, a name may have come and gone.
const MISSED_AFTER_MS: i64 = 30_000;
/// How often names are removed that nobody has told of lately.
const CLEANED_EVERY_MS: i64 = 60_000;

/// When one name was told of, and heard of.
#[derive(Debug)]
pub(super) struct Attention {
    told_at_ms: AtomicI64,
    /// Until when it is looked at, doubled; odd once it was left: one word, so that nobody who comes is left with the others.
    until: AtomicI64,
}

impl Attention {
    /// Of a name that is looked at for so long from now on.
    pub fn for_ms(ms: i64) -> Self {
        Self { told_at_ms: AtomicI64::new(-TOLD_EVERY_MS), until: AtomicI64::new(2 * (uptime_ms() + ms)) }
    }

    /// It is asked for.
    pub fn attract(&self) {
        self.until.fetch_max(2 * (uptime_ms() + ACTIVE_MS), Ordering::Relaxed);
    }

    /// What [`Attention::leave`] compares; read before the look.
    pub fn seen(&self) -> i64 {
        self.until.load(Ordering::Relaxed)
    }

    /// A look has found nobody who asks for it, and none has come since `seen`.
    pub fn leave(&self, seen: i64) {
        let left = 2 * uptime_ms() + 1;
        let _ = self.until.compare_exchange(seen, left, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Whether a look has found nobody, and none has come since.
    pub fn is_left(&self) -> bool {
        self.seen() & 1 == 1
    }

    /// Whether it is asked for now.
    pub fn is_active(&self) -> bool {
        self.left_ms() > 0
    }

    /// For how long it will be looked at; below zero: since when it is not.
    pub fn left_ms(&self) -> i64 {
        (self.seen() >> 1) - uptime_ms()
    }

    /// Whether it was asked for at any time after `moment`.
    pub fn was_active_after(&self, moment: Instant) -> bool {
        self.left_ms() >= -i64::try_from(moment.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

/// One set of names.
pub(super) struct Activity {
    connections: RedisConnections,
    key: &'static str,
    /// The names with their scores, as they were read last.
    heard: Mutex<HashMap<String, i64>>,
    read_at_ms: AtomicI64,
    cleaned_at_ms: AtomicI64,
    /// Notified when a new name was told.
    news: Arc<Notify>,
}

/// What was heard since the last time.
pub(super) struct News {
    /// The names that were told of.
    pub names: Vec<String>,
    /// Whether others may have come and gone.
    pub missed_some: bool,
}

impl Activity {
    /// The set of this key; new names are published under the same name.
    pub fn new(connections: RedisConnections, key: &'static str) -> Self {
        let news: Arc<Notify> = Arc::default();
        let heard = news.clone();
        connections.listen(key.to_owned(), move |_: Heard<'_>| heard.notify_one());
        Self {
            news,
            connections,
            key,
            heard: Mutex::default(),
            read_at_ms: AtomicI64::new(-MISSED_AFTER_MS),
            cleaned_at_ms: AtomicI64::new(uptime_ms()),
        }
    }

    /// Tells the others, unless that was done lately. A failure is not the caller's: it is told again at the next call.
    pub async fn tell(&self, attention: &Attention, name: &str) {
        attention.attract();
        let (now_ms, told_at_ms) = (uptime_ms(), attention.told_at_ms.load(Ordering::Relaxed));
        let is_ours = || {
            let claimed = &attention.told_at_ms;
            claimed.compare_exchange(told_at_ms, now_ms, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        };
        if now_ms - told_at_ms < TOLD_EVERY_MS || !is_ours() {
            return;
        }
        if let Err(error) = in_time(TELL_TIMEOUT, self.run(name)).await {
            attention.told_at_ms.store(uptime_ms() - TOLD_EVERY_MS + TOLD_AGAIN_MS, Ordering::Relaxed);
            tracing::debug!(name, %error, "the other servers could not be told");
        }
    }

    async fn run(&self, name: &str) -> Result<(), HotError> {
        let (kept, new_after) = (KEPT_MS.to_string(), (2 * TOLD_EVERY_MS).to_string());
        let arguments = [kept.as_bytes(), name.as_bytes(), new_after.as_bytes()];
        let lane = (Lane::Other, Wait::Nobody);
        self.connections.run(&scripts::ACTIVITY, &[self.key], &arguments, lane).await.map(drop)
    }

    /// Ends when the set is to be read again. Holds nothing of the engine.
    pub fn next_read(&self) -> impl Future<Output = ()> + Send + use<> {
        let (news, connections) = (self.news.clone(), self.connections.clone());
        async move {
            tokio::time::sleep(READ_PAUSE).await;
            let every = if connections.hears_news() { READ_AS_NET_EVERY } else { READ_EVERY };
            drop(connections);
            let _ = tokio::time::timeout(every, news.notified()).await;
        }
    }

    /// Hears what the others have told since the last time.
    pub async fn hear(&self) -> Result<News, HotError> {
        let now_ms = uptime_ms();
        if now_ms - self.cleaned_at_ms.load(Ordering::Relaxed) > CLEANED_EVERY_MS {
            self.cleaned_at_ms.store(now_ms, Ordering::Relaxed);
            in_time(HEAR_TIMEOUT, self.run("")).await?;
        }
        let mut pipeline = redis::pipe();
        pipeline.cmd("ZRANGE").arg(self.key).arg(0).arg(-1).arg("WITHSCORES");
        let values = in_time(HEAR_TIMEOUT, self.connections.send(self.key, pipeline)).await?;
        let scores = read(values.into_iter().next().unwrap_or(Value::Nil))?;
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = |(name, score): &(&String, &i64)| heard.get(*name) != Some(score);
        let names = scores.iter().filter(is_new).map(|(name, _)| name.clone()).collect();
        *heard = scores;
        let before_ms = self.read_at_ms.swap(uptime_ms(), Ordering::Relaxed);
        Ok(News { names, missed_some: now_ms - before_ms > MISSED_AFTER_MS })
    }

    /// Whether others have told of this name lately. Whoever begins to look after a name only now has to ask: it was told of
    /// once, perhaps before.
    pub fn has_heard_of(&self, name: &str) -> bool {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).contains_key(name)
    }

    /// Whether this server hears the others.
    pub fn is_heard(&self) -> bool {
        uptime_ms() - self.read_at_ms.load(Ordering::Relaxed) < MISSED_AFTER_MS
    }
}

async fn in_time<T>(limit: Duration, call: impl Future<Output = Result<T, HotError>>) -> Result<T, HotError> {
    let late = |_| Err(HotError::unknown("the shard of the set does not answer in time"));
    tokio::time::timeout(limit, call).await.unwrap_or_else(late)
}

/// Names and scores in turn; a score is a text of a whole number, or with RESP3 a number.
fn read(value: Value) -> Reading<HashMap<String, i64>> {
    let mut fields = Array::of(value)?;
    let mut scores = HashMap::with_capacity(fields.len() / 2);
    while fields.len() > 0 {
        scores.insert(fields.text()?, fields.number()?);
    }
    Ok(scores)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_after_a_moment_is_known() {
        let moment = Instant::now();
        let attention = Attention::for_ms(-1);
        assert!(!attention.is_active() && !Attention::for_ms(-60_000).was_active_after(moment));
        attention.attract();
        assert!(attention.is_active() && attention.was_active_after(moment));
        assert!(attention.left_ms() > ACTIVE_MS - 1_000);
    }

    /// Somebody may come between the look and its end: then the name is not left.
    #[test]
    fn only_what_a_look_found_empty_is_left() {
        let attention = Attention::for_ms(-1);
        assert!(!attention.is_active() && !attention.is_left(), "its time is over, and nobody has looked");
        let seen = attention.seen();
        attention.attract();
        attention.leave(seen);
        assert!(attention.is_active() && !attention.is_left(), "somebody came meanwhile");
        attention.leave(attention.seen());
        assert!(!attention.is_active() && attention.is_left());
        attention.attract();
        assert!(attention.is_active() && !attention.is_left());
    }
}
