//! A line as it comes back from a journal.

use super::Line;
use super::gone::Gone;
use super::order::Order;
use super::pace::Pace;
use super::place::{Place, State};
use super::rule::LineRule;
use crate::name::UserId;
use crate::time::Timestamp;
use std::collections::{BTreeSet, HashMap};

/// What is known of one ticket.
#[derive(Clone, Debug)]
pub struct RestoredPlace {
    /// Who took it.
    pub user: UserId,
    /// The place's number. Numbers that nobody is known for were given up.
    pub ticket: u64,
    /// Where the person is on the way.
    pub state: State,
}

/// A line's counters, which its places alone do not tell.
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
}

impl Line {
    /// A line as it was: the same people in the same order. `places` by ticket, the lowest first. Everybody counts as
    /// heard of now, for nobody could be heard meanwhile.
    pub fn restore(kept: RestoredLine, places: impl IntoIterator<Item = RestoredPlace>, now: Timestamp) -> Self {
        let places = places.into_iter();
        let mut line = Self {
            places: HashMap::with_capacity(places.size_hint().0),
            order: Order::default(),
            pace: Pace::unknown(&kept.rule, now),
            processing: BTreeSet::new(),
            inside: BTreeSet::new(),
            gone: Gone::default(),
            serving: kept.serving,
            admitted: kept.admitted,
            away: 0,
            finished: 0,
            rule: kept.rule,
        };
        for place in places {
            line.skip_to(place.ticket - 1);
            line.put_place(place, now);
        }
        line.skip_to(kept.tickets);
        line
    }

    /// Tickets up to here have no holder any more.
    fn skip_to(&mut self, ticket: u64) {
        while self.order.tickets() < ticket {
            let skipped = self.order.skip_unheld();
            if skipped > self.serving {
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
            State::Away => self.away += 1,
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
        let shown = self.order.rank(ticket).max(1);
        self.places.insert(user, Place { ticket, state, heard_at: now, shown });
    }
}
