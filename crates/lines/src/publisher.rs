//! The publisher of a line: makes its frames once a second, and immediately when an operator changes the line.

use super::serving::FRESH;
use super::stream::{Channel, Frame, Hub, Update};
use domain::line::LineId;
use onsale_http::failures::caught;
use std::sync::{PoisonError, Weak};
use std::time::{Duration, Instant};

/// Longest silence of a stream: shorter than the idle timeout of proxies.
pub(super) const BEAT_EVERY_MAX: Duration = Duration::from_secs(15);
/// Shortest time between two heartbeats.
const BEAT_EVERY_MIN: Duration = Duration::from_secs(1);
/// The channel of a line without readers is closed after this time.
const UNWATCHED_MAX: Duration = Duration::from_secs(30);

/// Pause after a panic: the time between two rounds, since the next round may fail in the same way.
const RESTART_PAUSE: Duration = FRESH;

/// Runs until all streams end, or the line has had no reader for [`UNWATCHED_MAX`]. After a panic it is started again
/// over the same channel: if the channel were closed instead, all readers of the line would reconnect at once.
pub(super) async fn run(hub: Weak<Hub>, line: LineId, channel: Weak<Channel>) {
    while let Err(panic) = caught(publish_until_closed(&hub, &line, &channel)).await {
        {
            let (Some(hub), Some(channel)) = (hub.upgrade(), channel.upgrade()) else { return };
            hub.failures.report("line stream", &format!("{line}: {panic}"));
            // At once: a run that fails each time would never find the line unwatched for long enough.
            if close_if_unwatched(&hub, &line, &channel) {
                return;
            }
        }
        tokio::time::sleep(RESTART_PAUSE).await;
    }
}

async fn publish_until_closed(hub: &Weak<Hub>, line: &LineId, channel: &Weak<Channel>) {
    let (mut watched_at, mut beat_at) = (Instant::now(), Instant::now());
    let mut beat_every = None;
    // Held for one round only: when all streams end, the hub drops its channel and wakes this task, which then ends.
    while let (Some(hub), Some(channel)) = (hub.upgrade(), channel.upgrade()) {
        if channel.updates.receiver_count() > 0 {
            watched_at = Instant::now();
        }
        if watched_at.elapsed() >= UNWATCHED_MAX && close_if_unwatched(&hub, line, &channel) {
            return;
        }
        let has_beat = beat_every.is_some_and(|every| beat_at.elapsed() >= every);
        if has_beat {
            beat_at = Instant::now();
        }
        if has_beat || beat_every.is_none() {
            beat_every = Some(beat_every_of(&hub, line).await);
        }
        if !publish(&hub, line, &channel, has_beat, beat_every.unwrap_or(BEAT_EVERY_MAX)).await {
            // The line was ended. Dropping the channel ends the streams of all readers.
            hub.channels.lock().unwrap_or_else(PoisonError::into_inner).remove(line);
            return;
        }
        drop(hub);
        let _ = tokio::time::timeout(FRESH, channel.changed.notified()).await;
    }
}

/// Publishes a new frame or a heartbeat. An unchanged document and an unavailable engine give no frame. Returns whether
/// the line is still there, as far as is known.
async fn publish(hub: &Hub, line: &LineId, channel: &Channel, has_beat: bool, check_in_every: Duration) -> bool {
    let frame = match hub.cache.renew(line).await {
        Ok(None) => return false,
        Ok(Some(document)) => Some(Frame::of(&document)),
        Err(_) => None,
    };
    channel.updates.send_if_modified(|update| {
        let frame = frame.filter(|frame| frame.id != update.frame.id);
        let has_frame = frame.is_some();
        if let Some(frame) = frame {
            *update = Update { frame, number: update.number + 1, ..update.clone() };
        }
        update.beat += u64::from(has_beat);
        update.check_in_every = check_in_every;
        has_frame || has_beat
    });
    true
}

/// Time between heartbeats. Short enough that no watching user becomes inactive.
async fn beat_every_of(hub: &Hub, line: &LineId) -> Duration {
    let Ok(Some(rule)) = hub.cache.port().rule(line).await else { return BEAT_EVERY_MAX };
    if rule.abandon_after_ms == 0 {
        return BEAT_EVERY_MAX;
    }
    Duration::from_millis(u64::from(rule.abandon_after_ms) / 4).clamp(BEAT_EVERY_MIN, BEAT_EVERY_MAX)
}

/// Closes the channel unless a reader has subscribed meanwhile. Returns whether it is closed.
fn close_if_unwatched(hub: &Hub, line: &LineId, channel: &Channel) -> bool {
    let mut channels = hub.channels.lock().unwrap_or_else(PoisonError::into_inner);
    let is_unwatched = channel.updates.receiver_count() == 0;
    if is_unwatched {
        channels.remove(line);
    }
    is_unwatched
}
