//! A line as it comes back from a journal.

use super::draw::drawn_order;
use super::drawing::{Draw, NEVER_SHOWN, by_number};
use super::entries::Entries;
use super::gone::Gone;
use super::order::{Order, Stands};
use super::pace::Pace;
use super::place::{Place, State};
use super::places::Places;
use super::presence::{Filed, Networks};
use super::rule::LineRule;
use super::{DrawPlan, Line, QueueNumber};
use crate::name::UserId;
use crate::network::Network;
use crate::time::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The record of one queue number.
#[derive(Clone, Debug)]
pub struct RestoredPlace {
    /// The holder.
    pub user: UserId,
    /// The number that was given at entry. Numbers without a record were given up.
    pub number: QueueNumber,
    /// The holder's state. People who were passed over count as waiting.
    pub state: State,
    /// The network whose position it is; `None` where it is not known.
    pub network: Option<Network>,
}

/// A line's rule and counters, which do not follow from its places.
#[derive(Clone, Debug)]
pub struct RestoredLine {
    /// The rule in force.
    pub rule: LineRule,
    /// Queue numbers given so far.
    pub numbers: u64,
    /// The highest queue number admitted.
    pub serving: u64,
    /// Admissions.
    pub admitted: u64,
    /// Entries that take part in the opening draw, if it has closed.
    pub entrants: Option<u32>,
    /// The frozen list of the entries, if there is one.
    pub entries: Option<Arc<Entries>>,
    /// Entries that took part in the opening draw, if it was held.
    pub drawn: Option<u32>,
}

impl Line {
    /// Restores a line: the same people in the same order. `places` are sorted by number, the lowest first; a draw is computed
    /// again. All people count as seen now, since they could not poll meanwhile.
    pub fn restore(kept: RestoredLine, places: impl IntoIterator<Item = RestoredPlace>, now: Timestamp) -> Self {
        let places = places.into_iter();
        let mut line = Self {
            places: Places::with_capacity(places.size_hint().0),
            order: Order::default(),
            draw: kept.entrants.map_or(Draw::Awaited, |count| Draw::Begun { count }),
            entries: kept.entries,
            pace: Pace::unknown(&kept.rule, now),
            processing: BTreeSet::new(),
            inside: BTreeSet::new(),
            gone: Gone::default(),
            watched: Filed::new(),
            remembered: Filed::new(),
            networks: Networks::default(),
            present_at: Timestamp(i64::MIN),
            seen_at: None,
            return_credit: 0,
            serving: kept.serving,
            admitted: kept.admitted,
            inactive: 0,
            finished: 0,
            is_auto_on: false,
            rule: kept.rule,
        };
        match line.rule.draw.as_ref().and_then(DrawPlan::order_key).zip(kept.drawn) {
            Some((key, count)) => {
                let order = drawn_order(&key, count);
                let places = by_number(&order, places);
                line.draw = Draw::Done(Vec::new());
                line.put_places(places, kept.numbers, now);
                line.draw = Draw::Done(order);
            }
            None => line.put_places(places, kept.numbers, now),
        }
        line
    }

    fn put_places(&mut self, places: impl Iterator<Item = RestoredPlace>, numbers: u64, now: Timestamp) {
        for place in places {
            self.skip_to(place.number.get() - 1);
            self.put_place(place, now);
        }
        self.skip_to(numbers);
    }

    /// Queue numbers up to here have no holder any more.
    fn skip_to(&mut self, last: u64) {
        let first = self.order.numbers().max(self.serving) + 1;
        if !self.is_undrawn() {
            self.gone.add_all(first, last);
        }
        self.order.skip_to(last);
    }

    fn put_place(&mut self, place: RestoredPlace, now: Timestamp) {
        let RestoredPlace { user, number, state, network } = place;
        self.order.skip(&user);
        self.places.insert(user.clone(), Place { state, shown: NEVER_SHOWN, ..Place::new(number, 1, network, now) });
        match state {
            State::Waiting | State::Returned => self.join(&user, Stands::There),
            State::Inactive => {
                self.inactive += 1;
                self.remember(&user);
            }
            State::Processing { since } => drop(self.processing.insert((since.millis(), number))),
            State::Inside(pass) => drop(self.inside.insert((pass.until.millis(), number))),
            State::Finished(_) => {
                self.finished += 1;
                self.remember(&user);
                // Decided before the turn came.
                if number.get() > self.serving {
                    self.gone.add(number);
                }
            }
        }
        if !self.is_undrawn() {
            let shown = self.best_rank(number);
            if let Some(place) = self.places.get_mut(&user) {
                place.shown = shown;
            }
        }
    }

    /// The best rank that the holder of this number may have been shown. People in the line with served numbers had
    /// been admitted once, and were put back. The rank follows from the public counts.
    fn best_rank(&self, number: QueueNumber) -> u64 {
        (self.order.rank(number) - self.order.rank(number.min(self.serving.into()))).max(1)
    }
}
