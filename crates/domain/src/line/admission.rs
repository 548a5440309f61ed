//! Admission: the next people in the line.

use super::order::Stands;
use super::place::{Pass, State};
use super::rule::Admits;
use super::terms::is_auto_on;
use super::{Line, QueueNumber};
use crate::id::PassId;
use crate::name::UserId;
use crate::time::Timestamp;

/// Most people passed over in one admission, so that a crowd that has left does not make an admission slow.
pub const PASSED_OVER_MAX: usize = 1_000;

/// What the admission of a person who is back costs while others wait, in admissions of such others: of ten in a row at
/// most one is of a person who is back.
const RETURN_COST: u32 = 9;

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
    /// has made. In a line without passes only their number counts. People who were not heard of are passed over, also
    /// while nobody is admitted.
    pub fn admit(&mut self, passes: &[PassId], now: Timestamp) -> Vec<Admitted> {
        self.note_gap(now);
        self.seen_at = Some(now);
        drop(self.shorten_passes(now));
        self.forget_dead_passes(now);
        let mut passed_over = self.pass_over(now);
        if !self.rule.admits_at(now) || self.is_undrawn() {
            return Vec::new();
        }
        let inside = self.inside.len() + self.processing.len();
        let room = self.room(self.inside.len());
        let by_rate = self.pace.may_go(&self.rule, now) as usize;
        let most = self.free_entries(inside).unwrap_or(by_rate).min(room).min(passes.len());
        let mut admitted = Vec::with_capacity(most);
        while admitted.len() < most
            && passed_over < PASSED_OVER_MAX
            && let Some(number) = self.next()
        {
            let Some(user) = self.order.user(number).cloned() else { break };
            let Some(place) = self.places.get(&user).copied() else { break };
            if self.is_away(&place, now) {
                self.become_inactive(&user);
                passed_over += 1;
                continue;
            }
            self.count_turn(place.state);
            self.part(&place);
            let pass = self.let_in(&user, number, passes[admitted.len()], now);
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

    /// Whose turn it is: the lowest number. A person who is back waits longer while others have not earned the turn.
    fn next(&self) -> Option<QueueNumber> {
        match (self.order.first(Stands::There), self.order.first(Stands::Back)) {
            (Some(there), Some(back)) if back < there && self.return_credit >= RETURN_COST => Some(back),
            (None, back) => back,
            (there, _) => there,
        }
    }

    /// Before the turn of a person of this state.
    fn count_turn(&mut self, state: State) {
        if state != State::Returned {
            self.return_credit = (self.return_credit + 1).min(RETURN_COST);
        } else if self.order.first(Stands::There).is_some() {
            self.return_credit = self.return_credit.saturating_sub(RETURN_COST);
        }
    }

    fn let_in(&mut self, user: &UserId, number: QueueNumber, id: PassId, now: Timestamp) -> Option<Pass> {
        let pass = match self.rule.admits {
            Admits::Pass { ttl_ms } => {
                let until = Timestamp(now.millis() + i64::from(ttl_ms));
                self.inside.insert((until.millis(), number));
                Some(Pass { id, since: now, until })
            }
            Admits::Processing { .. } => {
                self.processing.insert((now.millis(), number));
                None
            }
        };
        if let Some(place) = self.places.get_mut(user) {
            place.state = pass.map_or(State::Processing { since: now }, State::Inside);
            place.network = None;
        }
        self.serving = self.serving.max(number.get());
        pass
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
        let Admits::Processing { stale_after_ms, .. } = self.rule.admits else { return Vec::new() };
        let now_ms = now.millis();
        let is_stale = |since_ms: i64| now_ms - since_ms >= i64::from(stale_after_ms) || since_ms - now_ms > 1_000;
        self.put_those_back(is_stale, now)
    }

    /// As [`Line::put_back`], however long their requests have taken: it is not known whether they were sent.
    pub fn put_all_back(&mut self, now: Timestamp) -> Vec<(UserId, QueueNumber)> {
        self.put_those_back(|_| true, now)
    }

    /// Puts back people who have been in process since such a moment.
    fn put_those_back(&mut self, is_due: impl Fn(i64) -> bool, now: Timestamp) -> Vec<(UserId, QueueNumber)> {
        let Admits::Processing { put_back_max, .. } = self.rule.admits else { return Vec::new() };
        let due = self.processing.iter().filter(|(since_ms, _)| is_due(*since_ms));
        let due: Vec<(i64, QueueNumber)> = due.take(put_back_max as usize).copied().collect();
        let mut back = Vec::with_capacity(due.len());
        for one in due {
            self.processing.remove(&one);
            let number = one.1;
            let Some(user) = self.order.user(number).cloned() else { continue };
            if let Some(place) = self.places.get_mut(&user) {
                // A user need not poll while an issuer processes the request.
                place.heard_at = now;
                self.join(&user, Stands::There);
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
            if let Some(user) = self.order.user(number).cloned() {
                self.release(&user, number);
            }
        }
    }
}
