//! The way straight through: a newcomer where nobody waits (QUEUE-015), and a pass that use lengthens.

use super::place::{Pass, State};
use super::rule::Admits;
use super::{Line, LineStatus, QueueNumber};
use crate::id::PassId;
use crate::name::UserId;
use crate::time::Timestamp;

/// The longest life of a pass that is renewed, as a multiple of the life that an admission gives.
pub const RENEWED_LIVES_MAX: i64 = 8;
/// A pass is renewed when this part of its life has gone since the last time: one write in that time, however often it is
/// used.
const RENEWED_EVERY: i64 = 10;

impl Line {
    /// Admits a person who has no place, where nobody waits, the line is open, and rate and room allow one more; the same as
    /// to enter and be admitted at once. Otherwise nothing changes.
    pub fn admit_newcomer(&mut self, user: &UserId, pass: PassId, now: Timestamp) -> Option<Pass> {
        if !self.has_free_way(user, now) {
            return None;
        }
        self.enter(user, now);
        self.admit(&[pass], now).pop()?.pass
    }

    /// Whether [`Line::admit_newcomer`] would admit the person. Changes nothing.
    ///
    /// After a clock that was set back it does not: an ordinary admission puts the pace right first.
    pub fn has_free_way(&self, user: &UserId, now: Timestamp) -> bool {
        let is_open = !self.rule.closed && self.rule.admits_at(now) && !self.is_undrawn();
        let gives_passes = matches!(self.rule.admits, Admits::Pass { .. });
        is_open
            && gives_passes
            && self.order.waiting() == 0
            && self.glance(user, now) == LineStatus::Absent
            && !self.pace.was_set_back(now)
            && self.has_turn(self.inside.range((now.millis() + 1, QueueNumber(0))..).count(), now)
    }

    /// Whether room and rate allow one more, beside so many living passes.
    fn has_turn(&self, alive: usize, now: Timestamp) -> bool {
        let free = self.free_entries_now(alive + self.processing.len());
        let by_rate = || self.pace.clone().may_go(&self.rule, now) as usize;
        self.room(alive) > 0 && free.unwrap_or_else(by_rate) > 0
    }

    /// Lengthens the pass of a person who uses it: to the life that an admission gives, from now on, but never beyond
    /// [`RENEWED_LIVES_MAX`] such lives after the admission. Returns the pass if it was lengthened: at most once in a tenth
    /// of a life.
    pub fn renew(&mut self, user: &UserId, now: Timestamp) -> Option<Pass> {
        let Admits::Pass { ttl_ms } = self.rule.admits else { return None };
        let place = self.places.get_mut(user)?;
        let State::Inside(pass) = &mut place.state else { return None };
        let until = renewed_until(pass, i64::from(ttl_ms), now)?;
        self.inside.remove(&(pass.until.millis(), place.number));
        self.inside.insert((until.millis(), place.number));
        pass.until = until;
        Some(*pass)
    }
}

fn renewed_until(pass: &Pass, ttl_ms: i64, now: Timestamp) -> Option<Timestamp> {
    let last_ms = pass.since.millis().saturating_add(ttl_ms * RENEWED_LIVES_MAX);
    let until_ms = last_ms.min(now.millis() + ttl_ms);
    let is_due = until_ms - pass.until.millis() >= (ttl_ms / RENEWED_EVERY).max(1);
    (pass.lives_at(now) && is_due).then_some(Timestamp(until_ms))
}
