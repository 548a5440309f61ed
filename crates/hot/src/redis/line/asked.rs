//! Which lines need a scheduler: those that somebody has entered lately, or that people are in. Others cost no command.

use super::known::Known;
use super::{Inner, RedisLines};
use crate::line::{Clock, LinePort};
use crate::port::HotError;
use crate::redis::activity::{Attention, UNASKED_MS};
use domain::line::LineId;
use futures::future::join_all;
use std::sync::{Arc, Weak};

/// A line that would be left alone so soon is looked at first.
const LOOKED_AT_BEFORE_MS: i64 = 3_000;
/// Lines looked at together.
const AT_ONCE: usize = 32;

impl Inner {
    /// Hears of lines that other servers are asked for, until the engine is dropped.
    pub(super) async fn hear_others(inner: Weak<Self>) {
        loop {
            let Some(next_read) = inner.upgrade().map(|inner| inner.activity.next_read()) else { return };
            next_read.await;
            let Some(inner) = inner.upgrade() else { return };
            if let Err(error) = inner.hear().await {
                tracing::debug!(%error, "cannot be heard now which lines are asked for");
                continue;
            }
            RedisLines(inner).look_before_leaving().await;
        }
    }

    async fn hear(&self) -> Result<(), HotError> {
        let news = self.activity.hear().await?;
        let lines = self.lines.pin();
        if news.missed_some {
            lines.values().for_each(|known| known.attention.attract());
        }
        let ids = news.names.iter().filter_map(|name| name.parse::<LineId>().ok());
        ids.filter_map(|id| lines.get(&id)).for_each(|known| known.attention.attract());
        Ok(())
    }

    /// Tells the other servers that people enter the line.
    pub(super) async fn tell(&self, known: &Known) {
        self.activity.tell(&known.attention, &known.id.to_string()).await;
    }

    /// Whether nobody is in the line, as far as is known: it needs no scheduler. That its time is over is not enough: a look
    /// must have found nobody.
    pub(super) fn is_quiet(&self, line: &LineId) -> bool {
        let lines = self.lines.pin();
        self.activity.is_heard() && lines.get(line).is_some_and(|known| known.attention.is_left())
    }
}

/// Whether a line is to be looked at: before its time is over, or as soon as may be after it, and again after a long time.
fn is_due(attention: &Attention) -> bool {
    let left_ms = attention.left_ms();
    (left_ms < LOOKED_AT_BEFORE_MS && !attention.is_left()) || left_ms < -UNASKED_MS
}

impl RedisLines {
    /// Looks at the lines that are about to be left alone: one that people are in stays.
    async fn look_before_leaving(&self) {
        let about_to = |known: &&Arc<Known>| is_due(&known.attention);
        let leaving: Vec<Arc<Known>> = self.0.lines.pin().values().filter(about_to).cloned().collect();
        for some in leaving.chunks(AT_ONCE) {
            let seen: Vec<i64> = some.iter().map(|known| known.attention.seen()).collect();
            let looks = some.iter().map(|known| self.counts(&known.id, 0, Clock::Engine));
            for ((known, seen), counts) in some.iter().zip(seen).zip(join_all(looks).await) {
                let people = counts.map(|counts| {
                    counts.map_or(0, |counts| counts.waiting + counts.inactive + counts.processing + counts.inside)
                });
                // One that cannot be looked at may have people in it.
                if people.is_ok_and(|people| people == 0) {
                    known.attention.leave(seen);
                } else {
                    known.attention.attract();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Redis may be away while the time of a line ends: people may still be in it.
    #[test]
    fn a_line_whose_time_ended_unseen_is_looked_at() {
        let attention = Attention::for_ms(-10_000);
        assert!(is_due(&attention) && !attention.is_left());
        attention.leave(attention.seen());
        assert!(!is_due(&attention) && attention.is_left());
    }
}
