//! Presence: whoever is not heard of is passed over, may come back for a while, and is forgotten in the end (QUEUE-012).
//!
//! ```text
//! Waiting, Returned --abandon_after_ms--> Inactive --return_ms--> too late     --remember_ms--> forgotten
//!                                            | heard of             | heard of
//!                                            v                      v
//!                                         Returned, old place    Waiting, new place at the end
//! ```
//!
//! What a person is told depends on the clock and on the person's own check-ins alone. Who else was passed over is found
//! out by [`Line::pass_over`]: before an admission, and when the line is full.
//!
//! Nobody pays for a line that could not be reached, or for a clock that was set forward: admissions are tried all the
//! time, so when none was for [`GAP_MS`], everybody counts as heard of after it.
//!
//! Two lists say who is to be looked at, by the last check-in: the people in the line, and those who are remembered.
//! They are not kept up to date with each check-in, which would cost more than the check-in itself. A person found in them
//! who was heard of later is filed under that moment.

use super::admission::PASSED_OVER_MAX;
use super::order::Stands;
use super::place::{Place, State};
use super::{Line, LineStatus, QueueNumber};
use crate::name::UserId;
use crate::network::Network;
use crate::time::Timestamp;
use std::collections::{BTreeSet, HashMap};

/// After so many milliseconds without an admission the line could not be reached in between.
const GAP_MS: i64 = 10_000;

/// People to be looked at, by a moment at or before their last check-in.
pub(super) type Filed = BTreeSet<(i64, QueueNumber)>;

/// How many people of each network are in the line.
#[derive(Clone, Debug, Default)]
pub(super) struct Networks(HashMap<Network, u32>);

impl Networks {
    fn come(&mut self, network: Option<Network>) {
        if let Some(network) = network {
            *self.0.entry(network).or_default() += 1;
        }
    }

    fn go(&mut self, network: Option<Network>) {
        let Some(network) = network else { return };
        if let Some(count) = self.0.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(&network);
            }
        }
    }

    fn count(&self, network: Network) -> u32 {
        self.0.get(&network).copied().unwrap_or(0)
    }
}

/// Whether the person was not heard of for `abandon_after_ms`; 0 is never. Everybody counts as heard of at `present_at`.
pub(super) fn is_unheard(place: &Place, present_at: Timestamp, abandon_after_ms: u32, now: Timestamp) -> bool {
    let heard_at = place.heard_at.max(present_at);
    abandon_after_ms > 0 && now.millis() - heard_at.millis() > i64::from(abandon_after_ms)
}

impl Line {
    /// Notes that the line could not be reached for a while, if that is so.
    pub(super) fn note_gap(&mut self, now: Timestamp) {
        if self.seen_at.is_some_and(|seen_at| now.millis() - seen_at.millis() > GAP_MS) {
            self.present_at = self.present_at.max(now);
            self.seen_at = Some(now);
        }
    }

    /// When the person was last known to be there.
    fn heard(&self, place: &Place) -> i64 {
        place.heard_at.max(self.present_at).millis()
    }

    /// Whether the person is to be passed over.
    pub(super) fn is_away(&self, place: &Place, now: Timestamp) -> bool {
        !self.is_undrawn() && is_unheard(place, self.present_at, self.rule.abandon_after_ms, now)
    }

    /// Whether the user has lost the old place, and gets another with the next check-in.
    pub fn is_late(&mut self, user: &UserId, now: Timestamp) -> bool {
        self.note_gap(now);
        let Some(place) = self.places.get(user) else { return false };
        let is_gone = place.state == State::Inactive
            || matches!(place.state, State::Waiting | State::Returned) && self.is_away(place, now);
        is_gone && now.millis() - self.heard(place) > self.rule.late_after_ms()
    }

    /// The network whose position the user's place is; `None` where it is not known, or the user has no place.
    pub fn network_of(&self, user: &UserId) -> Option<Network> {
        self.places.get(user)?.network
    }

    /// The holder is in the line from now on.
    pub(super) fn join(&mut self, user: &UserId, as_who: Stands) {
        let Some(place) = self.places.get_mut(user) else { return };
        place.state = if as_who == Stands::Back { State::Returned } else { State::Waiting };
        place.filed_at = place.heard_at;
        self.order.stand(place.number, as_who);
        self.watched.insert((place.filed_at.millis(), place.number));
        self.networks.come(place.network);
    }

    /// The holder of a place in the line is not in it any more.
    pub(super) fn part(&mut self, place: &Place) {
        self.order.go(place.number);
        self.watched.remove(&(place.filed_at.millis(), place.number));
        self.networks.go(place.network);
    }

    /// Remembers a person without a place in the line.
    pub(super) fn remember(&mut self, user: &UserId) {
        if let Some(place) = self.places.get_mut(user) {
            place.filed_at = place.heard_at;
            self.remembered.insert((place.filed_at.millis(), place.number));
        }
    }

    /// A remembered person is found elsewhere from now on.
    pub(super) fn recall(&mut self, place: &Place) {
        self.remembered.remove(&(place.filed_at.millis(), place.number));
    }

    /// The person in the line is passed over.
    pub(super) fn become_inactive(&mut self, user: &UserId) {
        let Some(place) = self.places.get(user).copied() else { return };
        self.part(&place);
        if let Some(place) = self.places.get_mut(user) {
            place.state = State::Inactive;
        }
        self.inactive += 1;
        self.remember(user);
    }

    /// A person who was passed over is heard of in time.
    pub(super) fn come_back(&mut self, user: &UserId, now: Timestamp) {
        let Some(place) = self.places.get(user).copied() else { return };
        self.recall(&place);
        self.inactive -= 1;
        if let Some(place) = self.places.get_mut(user) {
            place.heard_at = place.heard_at.max(now);
        }
        self.join(user, Stands::Back);
    }

    /// A person who was passed over is heard of too late: the old place is given up for a new one, where there is room.
    pub(super) fn come_late(&mut self, user: &UserId, now: Timestamp) -> LineStatus {
        if !self.has_room(now) {
            return LineStatus::Full;
        }
        let Some(place) = self.places.get(user).copied() else { return LineStatus::Absent };
        self.give_up_turn(&place);
        self.order.release(place.number);
        let number = self.order.skip(user);
        self.places.insert(user.clone(), Place::new(number, self.order.waiting() + 1, place.network, now));
        self.join(user, Stands::There);
        LineStatus::Waiting { number, rank: self.order.waiting(), is_new: true, is_late: true }
    }

    /// Whether one more may stand in the line. Passes over who is not there, where it is full.
    pub(super) fn has_room(&mut self, now: Timestamp) -> bool {
        if self.is_full() {
            self.pass_over(now);
        }
        !self.is_full()
    }

    fn is_full(&self) -> bool {
        self.order.waiting() >= u64::from(self.rule.capacity)
    }

    /// Whether one more of the network may stand in the line.
    pub(super) fn has_share(&mut self, network: Option<Network>, now: Timestamp) -> bool {
        let (most, Some(network)) = (self.rule.network_max(), network) else { return true };
        if most == 0 {
            return true;
        }
        if self.networks.count(network) >= most {
            self.pass_over(now);
        }
        self.networks.count(network) < most
    }

    /// Passes over those in the line who have not been heard of, wherever they stand. Looks at no more than
    /// [`PASSED_OVER_MAX`]. Returns how many were passed over.
    pub fn pass_over(&mut self, now: Timestamp) -> usize {
        let heard_since = now.millis() - i64::from(self.rule.abandon_after_ms);
        if self.rule.abandon_after_ms == 0 || self.is_undrawn() || self.present_at.millis() >= heard_since {
            return 0;
        }
        let due: Vec<(i64, QueueNumber)> =
            self.watched.range(..(heard_since, QueueNumber(0))).take(PASSED_OVER_MAX).copied().collect();
        let mut passed_over = 0;
        for filed in due {
            self.watched.remove(&filed);
            let Some(user) = self.order.user(filed.1).cloned() else { continue };
            let Some(place) = self.places.get_mut(&user) else { continue };
            place.filed_at = place.heard_at;
            let place = *place;
            if self.is_away(&place, now) {
                self.become_inactive(&user);
                passed_over += 1;
            } else {
                self.watched.insert((place.filed_at.millis(), place.number));
            }
        }
        passed_over
    }

    /// Forgets those whose place is over for long enough, no more than [`PASSED_OVER_MAX`]. Returns their queue numbers.
    pub fn forget(&mut self, now: Timestamp) -> Vec<QueueNumber> {
        self.note_gap(now);
        let heard_since = now.millis() - self.rule.remembers_ms();
        if self.present_at.millis() >= heard_since {
            return Vec::new();
        }
        let due: Vec<(i64, QueueNumber)> =
            self.remembered.range(..(heard_since, QueueNumber(0))).take(PASSED_OVER_MAX).copied().collect();
        let mut forgotten = Vec::new();
        for filed in due {
            self.remembered.remove(&filed);
            let Some(user) = self.order.user(filed.1).cloned() else { continue };
            let Some(place) = self.places.get(&user).copied() else { continue };
            if place.heard_at.millis() >= heard_since {
                self.remember(&user);
                continue;
            }
            match place.state {
                State::Inactive => self.give_up_turn(&place),
                State::Finished(_) => self.finished -= 1,
                State::Waiting | State::Returned | State::Processing { .. } | State::Inside(_) => continue,
            }
            self.release(&user, place.number);
            forgotten.push(place.number);
        }
        forgotten
    }
}
