//! Makes a watched line's frames: once a second, and at once when an operator changes something.

use super::serving::FRESH;
use super::stream::{Channel, Frame, Hub, News};
use domain::line::LineId;
use std::sync::{PoisonError, Weak};
use std::time::{Duration, Instant};

/// Longest silence of a stream: shorter than what proxies wait for.
pub(super) const BEAT_EVERY_MAX: Duration = Duration::from_secs(15);
/// Shortest time between two signs of life.
const BEAT_EVERY_MIN: Duration = Duration::from_secs(1);
/// A line that nobody watches is looked at for so long; then its channel goes.
const UNWATCHED_MAX: Duration = Duration::from_secs(30);

/// Runs until all streams are ended, or nobody has watched for a while.
pub(super) async fn run(hub: Weak<Hub>, line: LineId, channel: Weak<Channel>) {
    let (mut watched_at, mut beat_at) = (Instant::now(), Instant::now());
    let mut beat_every = None;
    // Held for a turn only: once the end of all streams has let it go and woken this task, nobody has the channel.
    while let (Some(hub), Some(channel)) = (hub.upgrade(), channel.upgrade()) {
        if channel.news.receiver_count() > 0 {
            watched_at = Instant::now();
        }
        if watched_at.elapsed() >= UNWATCHED_MAX && forget(&hub, &line, &channel) {
            return;
        }
        let has_beat = beat_every.is_some_and(|every| beat_at.elapsed() >= every);
        if has_beat {
            beat_at = Instant::now();
        }
        if has_beat || beat_every.is_none() {
            beat_every = Some(beat_every_of(&hub, &line).await);
        }
        tell(&hub, &line, &channel, has_beat, beat_every.unwrap_or(BEAT_EVERY_MAX)).await;
        drop(hub);
        let _ = tokio::time::timeout(FRESH, channel.changed.notified()).await;
    }
}

/// Tells the readers what is new. Nothing new is no news; an engine that is away has none either.
async fn tell(hub: &Hub, line: &LineId, channel: &Channel, has_beat: bool, heard_every: Duration) {
    let frame = match hub.cache.renew(line).await {
        Ok(document) => document.map(|document| Frame::of(&document)),
        Err(_) => None,
    };
    channel.news.send_if_modified(|news| {
        let frame = frame.filter(|frame| frame.id != news.frame.id);
        let is_news = frame.is_some();
        if let Some(frame) = frame {
            *news = News { frame, number: news.number + 1, ..news.clone() };
        }
        news.beat += u64::from(has_beat);
        news.heard_every = heard_every;
        is_news || has_beat
    });
}

/// Often enough that nobody who watches is taken to be gone.
async fn beat_every_of(hub: &Hub, line: &LineId) -> Duration {
    let Ok(Some(rule)) = hub.cache.port().rule(line).await else { return BEAT_EVERY_MAX };
    if rule.abandon_after_ms == 0 {
        return BEAT_EVERY_MAX;
    }
    Duration::from_millis(u64::from(rule.abandon_after_ms) / 4).clamp(BEAT_EVERY_MIN, BEAT_EVERY_MAX)
}

/// Lets the channel go, unless somebody has come to watch meanwhile. Whether it went.
fn forget(hub: &Hub, line: &LineId, channel: &Channel) -> bool {
    let mut channels = hub.channels.lock().unwrap_or_else(PoisonError::into_inner);
    let is_unwatched = channel.news.receiver_count() == 0;
    if is_unwatched {
        channels.remove(line);
    }
    is_unwatched
}
