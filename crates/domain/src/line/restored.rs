//! A line as it comes back from a journal.

use super::Line;
use super::draw::drawn_order;
use super::drawing::{Draw, NEVER_SHOWN, by_ticket};
use super::gone::Gone;
use super::order::Order;
use super::pace::Pace;
use super::place::{Place, State};
use super::rule::LineRule;
use crate::name::UserId;
use crate::time::Timestamp;
use std::collections::{BTreeSet, HashMap};

/// The record of one ticket.
#[derive(Clone, Debug)]
pub struct RestoredPlace {
    /// The holder.
    pub user: UserId,
    /// The number that was given at entry. Numbers without a record were given up.
    pub ticket: u64,
    /// The holder's state.
    pub state: State,
}

/// A line's rule and counters, which do not follow from its places.
#[derive(Clone, Debug)]
pub struct RestoredLine {
    /// The rule in force.
    pub rule: LineRule,
    /// Tickets given so far.
    pub tickets: u64,
    /// The highest ticket admitted.
    pub serving: u64,
    /// Admissions.
    pub admitted: u64,
    /// Entries that took part in the opening draw, if it was held.
    pub drawn: Option<u32>,
}

impl Line {
    /// Restores a line: the same people in the same order. `places` are sorted by number, the lowest first; a draw is computed
    /// again. All people count as seen now, since they could not poll meanwhile.
    pub fn restore(kept: RestoredLine, places: impl IntoIterator<Item = RestoredPlace>, now: Timestamp) -> Self {
        let places = places.into_iter();
        let mut line = Self {
            places: HashMap::with_capacity(places.size_hint().0),
            order: Order::default(),
            draw: Draw::default(),
            pace: Pace::unknown(&kept.rule, now),
            processing: BTreeSet::new(),
            inside: BTreeSet::new(),
            gone: Gone::default(),
            serving: kept.serving,
            admitted: kept.admitted,
            inactive: 0,
            finished: 0,
            rule: kept.rule,
        };
        match line.rule.draw.zip(kept.drawn) {
            Some((seed, count)) => {
                let order = drawn_order(&seed, count);
                let places = by_ticket(&order, kept.tickets, places);
                line.draw = Draw::Done(Vec::new());
                line.put_places(places, kept.tickets, now);
                line.draw = Draw::Done(order);
            }
            None => line.put_places(places, kept.tickets, now),
        }
        line
    }

    fn put_places(&mut self, places: impl Iterator<Item = RestoredPlace>, tickets: u64, now: Timestamp) {
        for place in places {
            self.skip_to(place.ticket - 1);
            self.put_place(place, now);
        }
        self.skip_to(tickets);
    }

    /// Tickets up to here have no holder any more.
    fn skip_to(&mut self, ticket: u64) {
        while self.order.tickets() < ticket {
            let skipped = self.order.skip_unheld();
            if skipped > self.serving && !self.is_undrawn() {
                self.gone.add(skipped);
            }
        }
    }

    fn put_place(&mut self, place: RestoredPlace, now: Timestamp) {
        let RestoredPlace { user, ticket, state } = place;
        match state {
            State::Waiting => drop(self.order.append(&user)),
            _ => drop(self.order.skip(&user)),
        }
        match state {
            State::Waiting => {}
            State::Inactive => self.inactive += 1,
            State::Processing { since } => drop(self.processing.insert((since.millis(), ticket))),
            State::Inside(pass) => drop(self.inside.insert((pass.until.millis(), ticket))),
            State::Finished(_) => {
                self.finished += 1;
                // Decided before the turn came.
                if ticket > self.serving {
                    self.gone.add(ticket);
                }
            }
        }
        let shown = if self.is_undrawn() { NEVER_SHOWN } else { self.best_rank(ticket) };
        self.places.insert(user, Place { ticket, state, heard_at: now, shown });
    }

    /// The best rank that the holder of this ticket may have been shown. People in the line with served tickets had been
    /// admitted once, and were put back. The rank follows from the public counts.
    fn best_rank(&self, ticket: u64) -> u64 {
        (self.order.rank(ticket) - self.order.rank(ticket.min(self.serving))).max(1)
    }
}
