//! Admission: the next people in the line.

use super::place::{Pass, State};
use super::rule::Admits;
use super::terms::is_auto_on;
use super::{Line, Place, QueueNumber};
use crate::id::PassId;
use crate::name::UserId;
use crate::time::Timestamp;

/// Most people passed over in one admission, so that a crowd that has left does not make an admission slow.
pub const PASSED_OVER_MAX: usize = 1_000;

/// An admitted person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// The person.
    pub user: UserId,
    /// The queue number.
    pub number: QueueNumber,
    /// The pass; `None` if an issuer processes the request.
    pub pass: Option<Pass>,
}

impl Line {
    /// Admits the next people, as many as rate, room inside and `passes` allow. Each gets one of the passes, which the caller
    /// has made. In a line without passes only their number counts.
    pub fn admit(&mut self, passes: &[PassId], now: Timestamp) -> Vec<Admitted> {
        drop(self.shorten_passes(now));
        self.forget_dead_passes(now);
        if !self.rule.admits_at(now) || self.is_undrawn() {
            return Vec::new();
        }
        let inside = self.inside.len() + self.processing.len();
        let room = self.room(self.inside.len());
        let by_rate = self.pace.may_go(&self.rule, now) as usize;
        let most = self.free_entries(inside).unwrap_or(by_rate).min(room).min(passes.len());
        let mut admitted = Vec::with_capacity(most);
        let mut passed_over = 0;
        while admitted.len() < most
            && passed_over < PASSED_OVER_MAX
            && let Some(number) = self.order.first()
        {
            self.order.go(number);
            let Some(user) = self.order.user(number).cloned() else { continue };
            let Some(place) = self.places.get_mut(&user) else { continue };
            if is_gone(place, self.rule.abandon_after_ms, now) {
                place.state = State::Inactive;
                self.inactive += 1;
                passed_over += 1;
                continue;
            }
            let pass = match self.rule.admits {
                Admits::Pass { ttl_ms } => {
                    let until = Timestamp(now.millis() + i64::from(ttl_ms));
                    self.inside.insert((until.millis(), number));
                    Some(Pass { id: passes[admitted.len()], since: now, until })
                }
                Admits::Processing { .. } => {
                    self.processing.insert((now.millis(), number));
                    None
                }
            };
            place.state = pass.map_or(State::Processing { since: now }, State::Inside);
            self.serving = self.serving.max(number.get());
            admitted.push(Admitted { user, number, pass });
        }
        self.gone.forget_through(self.serving);
        self.admitted += admitted.len() as u64;
        self.pace.record(admitted.len() as u32);
        admitted
    }

    /// How many people may go on whatever the rate is, in a line of [`Switch::Auto`](super::Switch::Auto) that is off:
    /// until there is one more inside than it takes to switch it on. `None` where the rate counts.
    fn free_entries(&mut self, inside: usize) -> Option<usize> {
        let free = self.free_entries_now(inside);
        self.is_auto_on = self.rule.terms.auto_above().is_some() && free.is_none();
        free
    }

    /// As [`Line::free_entries`] would say now. Changes nothing.
    pub(super) fn free_entries_now(&self, inside: usize) -> Option<usize> {
        let above = self.rule.terms.auto_above()?;
        let is_on = is_auto_on(self.is_auto_on, above, inside as u64);
        (!is_on).then(|| (above as usize + 1).saturating_sub(inside))
    }

    /// How many more may be inside, beside so many passes.
    pub(super) fn room(&self, passes: usize) -> usize {
        match self.rule.inside_max {
            0 => usize::MAX,
            most => (most as usize).saturating_sub(passes + self.processing.len()),
        }
    }

    /// Milliseconds from the last admission until the rate allows the next; `None` while the rate is 0.
    pub fn next_in_ms(&self) -> Option<u64> {
        self.pace.next_in_ms(&self.rule)
    }

    /// Puts people whose requests take too long back at their own positions, at most `put_back_max` (GATE-006). Returns
    /// them with their queue numbers.
    ///
    /// A moment in the future is from a clock that has been set back since. How long ago it was is unknown, so it is
    /// stale.
    pub fn put_back(&mut self, now: Timestamp) -> Vec<(UserId, QueueNumber)> {
        let Admits::Processing { stale_after_ms, put_back_max } = self.rule.admits else { return Vec::new() };
        let now_ms = now.millis();
        let is_stale = |since_ms: i64| now_ms - since_ms >= i64::from(stale_after_ms) || since_ms - now_ms > 1_000;
        let stale = self.processing.iter().filter(|(since_ms, _)| is_stale(*since_ms));
        let stale: Vec<(i64, QueueNumber)> = stale.take(put_back_max as usize).copied().collect();
        let mut back = Vec::with_capacity(stale.len());
        for one in stale {
            self.processing.remove(&one);
            let number = one.1;
            let Some(user) = self.order.user(number).cloned() else { continue };
            if let Some(place) = self.places.get_mut(&user) {
                place.state = State::Waiting;
                // A user need not poll while an issuer processes the request.
                place.heard_at = now;
                self.order.stand(number);
                back.push((user, number));
            }
        }
        back
    }

    /// If the clock was set back since the last admission, cuts passes that would outlive a new one to its life.
    /// Otherwise their holders would keep the room inside for as long as the clock was ahead. Returns the holders with
    /// their numbers and new passes. Call it before an admission.
    pub fn shorten_passes(&mut self, now: Timestamp) -> Vec<(UserId, QueueNumber, Pass)> {
        let Admits::Pass { ttl_ms } = self.rule.admits else { return Vec::new() };
        if !self.pace.was_set_back(now) {
            return Vec::new();
        }
        let until = Timestamp(now.millis() + i64::from(ttl_ms));
        let long = self.inside.split_off(&(until.millis() + 1, QueueNumber(0)));
        let mut shortened = Vec::with_capacity(long.len());
        for (_, number) in long {
            self.inside.insert((until.millis(), number));
            let Some(user) = self.order.user(number).cloned() else { continue };
            if let Some(place) = self.places.get_mut(&user)
                && let State::Inside(pass) = &mut place.state
            {
                pass.until = until;
                shortened.push((user, number, *pass));
            }
        }
        shortened
    }

    fn forget_dead_passes(&mut self, now: Timestamp) {
        while let Some(&(until_ms, number)) = self.inside.first().filter(|(until_ms, _)| *until_ms <= now.millis()) {
            self.inside.remove(&(until_ms, number));
            if let Some(user) = self.order.user(number) {
                self.places.remove(user);
            }
        }
    }
}

fn is_gone(place: &Place, abandon_after_ms: u32, now: Timestamp) -> bool {
    abandon_after_ms > 0 && now.millis() - place.heard_at.millis() > i64::from(abandon_after_ms)
}
