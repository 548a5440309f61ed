//! Waiting lines: places in order of entry, and admission at a rate (GATE-001..006, QUEUE-001..007).
//!
//! ```text
//! enter -> Waiting --admit--> Inside (a pass)            --finish--> Finished
//!            |      \-------> Processing (a request)     --finish--> Finished
//!   not heard|                   | stale
//!   of       v                   v
//!           Inactive           Waiting, at the same place
//!            | heard of
//!            v
//!           Returned, at the same place; too late: Waiting, at the end
//! ```
//!
//! A place is a number, given in order of entry and never given twice. In a line with an opening draw, a person who
//! comes before the opening has an entry number until the draw gives numbers (`drawing`). [`Line`] is the rule: the
//! embedded engine runs it, and the scripts on Redis do the same.

mod admission;
mod brake;
#[cfg(test)]
mod clock_tests;
mod counts;
mod draw;
#[cfg(test)]
mod draw_tests;
mod drawing;
mod entries;
mod estimate;
mod exception;
mod gone;
mod id;
mod number;
mod order;
mod outlook;
#[cfg(test)]
mod outlook_tests;
mod pace;
mod place;
mod places;
mod plan;
#[cfg(test)]
mod played;
mod presence;
#[cfg(test)]
mod presence_tests;
#[cfg(test)]
mod promise_tests;
mod restored;
mod rule;
mod standing;
mod status;
mod stock;
mod straight;
#[cfg(test)]
mod straight_tests;
mod terms;
#[cfg(test)]
mod tests;
mod token;
mod window;

pub use admission::{Admitted, PASSED_OVER_MAX};
pub use brake::{Brake, SLOW_MS, Strain, stricter};
pub use draw::{DrawSeed, SeedError, commitment, commitment_hex, drawn_order};
pub use drawing::{DrawStep, ValueOutcome};
pub use entries::{Entries, EntryHash, UNHELD, hashes_from_bytes, holder_hash, merkle_root};
pub use estimate::Throughput;
pub use exception::{EXCEPTIONS_MAX, Exception, ExceptionError, Visit};
pub use id::{LineId, SiteNameError};
pub use number::QueueNumber;
pub use outlook::{Forecast, Observation, Outlook};
pub use pace::Pace;
pub use place::{LineOutcome, Pass, Place, State};
pub use plan::{DrawPlan, Randomness};
pub use restored::{RestoredLine, RestoredPlace};
pub use rule::{Admits, CAPACITY_DEFAULT, LineRule, PASS_TTL_DEFAULT_MS, REMEMBER_DEFAULT_MS, RETURN_DEFAULT_MS};
pub use standing::{LineState, Sale};
pub use status::{LineCounts, LineStatus};
pub use stock::{Chances, Stock};
pub use straight::RENEWED_LIVES_MAX;
pub use terms::{Challenge, ChallengeError, LineTerms, NOTICE_MAX, Notice, Switch, TermsError, is_auto_on};
pub use token::{IssuedPass, LineFigures, pass_text, read_pass};
pub use window::SaleWindow;

use crate::name::UserId;
use crate::network::Network;
use crate::time::Timestamp;
use drawing::{Draw, NEVER_SHOWN};
use gone::Gone;
use order::{Order, Stands};
use places::Places;
use presence::{Filed, Networks, is_unheard};
use std::collections::BTreeSet;
use std::sync::Arc;

/// One line with everyone in it.
#[derive(Clone, Debug)]
pub struct Line {
    rule: LineRule,
    places: Places,
    order: Order,
    draw: Draw,
    /// The list of the draw's entries, from its closing on.
    entries: Option<Arc<Entries>>,
    pace: Pace,
    /// Requests in process, the oldest first.
    processing: BTreeSet<(i64, QueueNumber)>,
    /// Passes by their end.
    inside: BTreeSet<(i64, QueueNumber)>,
    /// Queue numbers given up that are still to be served.
    gone: Gone,
    /// The people in the line, and those who were passed over or have an outcome (`presence`).
    watched: Filed,
    remembered: Filed,
    networks: Networks,
    /// Everybody counts as heard of at this moment: when the order was drawn, or the line could be reached again.
    present_at: Timestamp,
    /// The last admission, whether or not it admitted anybody.
    seen_at: Option<Timestamp>,
    /// What people who have been there earn for those who are back (`admission`).
    return_credit: u32,
    /// The highest queue number admitted.
    serving: u64,
    admitted: u64,
    inactive: u64,
    finished: u64,
    /// Whether a line of [`Switch::Auto`] is on.
    is_auto_on: bool,
}

impl Line {
    /// An empty line.
    pub fn new(rule: LineRule) -> Self {
        Self {
            rule,
            places: Places::default(),
            order: Order::default(),
            draw: Draw::default(),
            entries: None,
            pace: Pace::default(),
            processing: BTreeSet::new(),
            inside: BTreeSet::new(),
            gone: Gone::default(),
            watched: Filed::new(),
            remembered: Filed::new(),
            networks: Networks::default(),
            present_at: Timestamp(i64::MIN),
            seen_at: None,
            return_credit: 0,
            serving: 0,
            admitted: 0,
            inactive: 0,
            finished: 0,
            is_auto_on: false,
        }
    }

    /// The rule in force.
    pub fn rule(&self) -> &LineRule {
        &self.rule
    }

    /// Changes the rule, if `rule` was made from the rule in force, whose revision it carries. Returns whether it did; then
    /// the revision has grown by one.
    ///
    /// The draw does not change once there is one, or once anyone has a place, whose rank a draw would take.
    pub fn change(&mut self, rule: LineRule) -> bool {
        let is_from_this = rule.revision == self.rule.revision;
        if is_from_this {
            let may_draw = self.rule.draw.is_none() && self.order.numbers() == 0;
            let draw = if may_draw { rule.draw.map(DrawPlan::announced) } else { self.rule.draw.take() };
            self.rule = LineRule { draw, revision: rule.revision + 1, ..rule };
        }
        is_from_this
    }

    /// As [`Line::enter_from`], from a network that is not known.
    pub fn enter(&mut self, user: &UserId, now: Timestamp) -> LineStatus {
        self.enter_from(user, None, now)
    }

    /// Takes a place at the end, or returns the place that the user has (GATE-001, QUEUE-001). `network`: whose position
    /// it is.
    pub fn enter_from(&mut self, user: &UserId, network: Option<Network>, now: Timestamp) -> LineStatus {
        match self.check_in(user, now) {
            LineStatus::Absent if self.rule.closed => LineStatus::Closed,
            LineStatus::Absent if !self.has_share(network, now) => LineStatus::TooMany,
            LineStatus::Absent if !self.has_room(now) => LineStatus::Full,
            LineStatus::Absent => {
                // From the closing of a draw on, whoever comes is late.
                self.close_draw(now);
                let number = self.order.skip(user);
                let rank = if self.is_undrawn() { NEVER_SHOWN } else { self.order.waiting() + 1 };
                self.places.insert(user.clone(), Place::new(number, rank, network, now));
                self.join(user, Stands::There);
                match self.is_undrawn() {
                    true => LineStatus::Drawing { entry: number, is_new: true },
                    false => LineStatus::Waiting { number, rank, is_new: true, is_late: false },
                }
            }
            known => known,
        }
    }

    /// The status of the user, who is present from now on (GATE-002, QUEUE-002).
    ///
    /// A rank that was shown never gets worse, unless the person has lost the place by being away for too long, and gets
    /// a new one. In a full line such a person gets none ([`LineStatus::Full`]), and may ask again.
    pub fn check_in(&mut self, user: &UserId, now: Timestamp) -> LineStatus {
        self.note_gap(now);
        let is_undrawn = self.is_undrawn();
        let Some(place) = self.places.get_mut(user) else { return LineStatus::Absent };
        let number = place.number;
        match place.state {
            State::Waiting if is_undrawn => {
                place.heard_at = place.heard_at.max(now);
                LineStatus::Drawing { entry: number, is_new: false }
            }
            // Nearly always: a person of the line who was heard of lately. One look-up is enough.
            State::Waiting | State::Returned
                if !is_unheard(place, self.present_at, self.rule.abandon_after_ms, now) =>
            {
                place.heard_at = place.heard_at.max(now);
                place.shown = place.shown.min(self.order.rank(number));
                LineStatus::Waiting { number, rank: place.shown, is_new: false, is_late: false }
            }
            State::Waiting | State::Returned | State::Inactive => self.hear_of(user, now),
            State::Processing { .. } => LineStatus::Processing { number },
            State::Inside(pass) if pass.lives_at(now) => LineStatus::Inside { number, pass },
            State::Inside(pass) => {
                self.inside.remove(&(pass.until.millis(), number));
                self.release(user, number);
                LineStatus::Absent
            }
            State::Finished(outcome) => {
                place.heard_at = place.heard_at.max(now);
                LineStatus::Finished { number, outcome }
            }
        }
    }

    /// A person in the line, or passed over, is heard of.
    fn hear_of(&mut self, user: &UserId, now: Timestamp) -> LineStatus {
        let is_late = self.is_late(user, now);
        let Some(place) = self.places.get(user).copied() else { return LineStatus::Absent };
        if place.state != State::Inactive && self.is_away(&place, now) {
            self.become_inactive(user);
        }
        if is_late {
            return self.come_late(user, now);
        }
        if self.places.get(user).is_some_and(|place| place.state == State::Inactive) {
            self.come_back(user, now);
        }
        let rank = self.order.rank(place.number);
        let Some(place) = self.places.get_mut(user) else { return LineStatus::Absent };
        place.heard_at = place.heard_at.max(now);
        place.shown = place.shown.min(rank);
        LineStatus::Waiting { number: place.number, rank: place.shown, is_new: false, is_late: false }
    }

    /// Nothing is kept of the user's place.
    fn release(&mut self, user: &UserId, number: QueueNumber) {
        self.places.remove(user);
        self.order.release(number);
    }

    /// The status of the user for another reader: nothing changes.
    pub fn glance(&self, user: &UserId, now: Timestamp) -> LineStatus {
        let Some(place) = self.places.get(user) else { return LineStatus::Absent };
        let number = place.number;
        match place.state {
            State::Waiting if self.is_undrawn() => LineStatus::Drawing { entry: number, is_new: false },
            State::Waiting | State::Returned => {
                let rank = place.shown.min(self.order.rank(number));
                LineStatus::Waiting { number, rank, is_new: false, is_late: false }
            }
            State::Inactive => {
                let rank = place.shown.min(self.order.rank(number) + 1);
                LineStatus::Waiting { number, rank, is_new: false, is_late: false }
            }
            State::Processing { .. } => LineStatus::Processing { number },
            State::Inside(pass) if pass.lives_at(now) => LineStatus::Inside { number, pass },
            State::Inside(_) => LineStatus::Absent,
            State::Finished(outcome) => LineStatus::Finished { number, outcome },
        }
    }

    /// Gives up a place or a pass. Returns whether there was one to give up: a request in process cannot be stopped.
    pub fn leave(&mut self, user: &UserId, now: Timestamp) -> bool {
        let Some(place) = self.places.get(user).copied() else { return false };
        let mut has = true;
        match place.state {
            State::Waiting | State::Returned | State::Inactive => self.give_up_turn(&place),
            State::Inside(pass) => {
                self.inside.remove(&(pass.until.millis(), place.number));
                has = pass.lives_at(now);
            }
            State::Processing { .. } | State::Finished(_) => return false,
        }
        self.release(user, place.number);
        has
    }

    fn give_up_turn(&mut self, place: &Place) {
        if place.state == State::Inactive {
            self.inactive -= 1;
            self.recall(place);
        } else {
            self.part(place);
        }
        // Before the draw there are no queue numbers to give up.
        if place.number.get() > self.serving && !self.is_undrawn() {
            self.gone.add(place.number);
        }
    }

    /// Records the outcome for a person who was admitted, or put back meanwhile. The first outcome stands, and a person who
    /// has one cannot enter again while it is remembered. Returns whether the user has one now: before a draw no one was
    /// admitted.
    pub fn finish(&mut self, user: &UserId, outcome: LineOutcome) -> bool {
        let Some(place) = self.places.get(user).copied() else { return false };
        if self.is_undrawn() {
            return false;
        }
        match place.state {
            State::Finished(_) => return true,
            State::Waiting | State::Returned | State::Inactive => self.give_up_turn(&place),
            State::Processing { since } => drop(self.processing.remove(&(since.millis(), place.number))),
            State::Inside(pass) => drop(self.inside.remove(&(pass.until.millis(), place.number))),
        }
        if let Some(place) = self.places.get_mut(user) {
            place.state = State::Finished(outcome);
            self.finished += 1;
        }
        self.remember(user);
        true
    }

    /// Passes given out: the end in milliseconds, and the queue number.
    pub fn passes(&self) -> impl Iterator<Item = (i64, QueueNumber)> {
        self.inside.iter().copied()
    }

    /// The people with a live pass.
    pub fn people_inside(&self, now: Timestamp) -> impl Iterator<Item = (UserId, Pass)> {
        self.places.iter().filter_map(move |(user, place)| match place.state {
            State::Inside(pass) if pass.lives_at(now) => Some((user.clone(), pass)),
            _ => None,
        })
    }

    /// The counts of the line. `gone_max`: most ranges of given-up queue numbers returned, the next to be served first.
    pub fn counts(&self, gone_max: usize, now: Timestamp) -> LineCounts {
        let dead = self.inside.range(..(now.millis() + 1, QueueNumber(0))).count();
        LineCounts {
            waiting: self.order.waiting(),
            inactive: self.inactive,
            processing: self.processing.len() as u64,
            inside: (self.inside.len() - dead) as u64,
            finished: self.finished,
            numbers: self.order.numbers(),
            serving: self.serving,
            admitted: self.admitted,
            gone: self.gone.ranges(gone_max),
            entrants: self.entrants(),
            drawn: self.drawn(),
        }
    }
}
