//! The opening draw: when the line opens, every person who has come gets a queue number by lot.
//!
//! ```text
//! Awaited --begin, not before the opening--> Begun --finish--> Done
//! entries 1.., no ranks, no admissions       entries are       queue numbers 1..count by lot, then by entry
//!                                            settled
//! ```

use super::draw::drawn_order;
use super::gone::Gone;
use super::order::Order;
use super::place::State;
use super::{Line, QueueNumber, RestoredPlace};
use crate::name::UserId;
use crate::time::Timestamp;

/// The best rank of a person who was shown none: every rank is better.
pub(super) const NEVER_SHOWN: u64 = u64::MAX;

/// The progress of a draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DrawStep {
    /// There is none, or the line does not open yet.
    NotDue,
    /// The participants are settled; the order is not drawn yet.
    UnderWay {
        /// Entries 1 to this one.
        count: u32,
    },
    /// Every participant has a queue number.
    Drawn {
        /// Entries 1 to this one took part; later queue numbers are in order of entry.
        count: u32,
    },
}

/// A line's draw. It stays awaited and has no effect if the rule has no draw.
#[derive(Clone, Debug, Default)]
pub(super) enum Draw {
    #[default]
    Awaited,
    Begun {
        count: u32,
    },
    /// Entries by queue number.
    Done(Vec<u32>),
}

/// The entries 1 to `numbers` by the queue numbers that they get.
fn entries_by_number(order: &[u32], numbers: u64) -> impl Iterator<Item = u64> {
    let late = order.len() as u64 + 1..=numbers;
    order.iter().map(|entry| u64::from(*entry)).chain(late)
}

impl Line {
    /// Whether a draw is still to come: until then there are no ranks and no admissions.
    pub fn is_undrawn(&self) -> bool {
        self.rule.draw.is_some() && !matches!(self.draw, Draw::Done(_))
    }

    /// The entry for which a queue number was drawn; the queue number itself if there was no draw.
    pub fn entry_of(&self, number: QueueNumber) -> QueueNumber {
        let Draw::Done(order) = &self.draw else { return number };
        let index = usize::try_from(number.get()).ok().and_then(|number| number.checked_sub(1));
        index.and_then(|index| order.get(index)).map_or(number, |entry| QueueNumber(u64::from(*entry)))
    }

    /// The number of entries that took part in the draw; `None` before it.
    pub fn drawn(&self) -> Option<u32> {
        match &self.draw {
            Draw::Done(order) => Some(order.len() as u32),
            Draw::Awaited | Draw::Begun { .. } => None,
        }
    }

    /// Settles the participants once the line opens: all people who have come until now.
    pub fn begin_draw(&mut self, now: Timestamp) -> DrawStep {
        let is_due = self.rule.draw.is_some() && self.rule.opens_at.is_none_or(|opens_at| now >= opens_at);
        if matches!(self.draw, Draw::Awaited) && is_due {
            self.draw = Draw::Begun { count: u32::try_from(self.order.numbers()).unwrap_or(u32::MAX) };
        }
        match &self.draw {
            Draw::Awaited => DrawStep::NotDue,
            Draw::Begun { count } => DrawStep::UnderWay { count: *count },
            Draw::Done(order) => DrawStep::Drawn { count: order.len() as u32 },
        }
    }

    /// Gives every participant the drawn number. `order` is [`drawn_order`] of the entries that [`Line::begin_draw`]
    /// has settled. Any other order, or a second call, changes nothing. Returns whether it changed the line.
    pub fn finish_draw(&mut self, order: Vec<u32>) -> bool {
        if !matches!(self.draw, Draw::Begun { count } if count as usize == order.len()) {
            return false;
        }
        let mut holders: Vec<Option<UserId>> = vec![None; self.order.numbers() as usize];
        for (user, place) in &self.places {
            holders[place.number.get() as usize - 1] = Some(user.clone());
        }
        let (mut drawn, mut gone) = (Order::default(), Gone::default());
        for entry in entries_by_number(&order, self.order.numbers()) {
            let holder = holders[entry as usize - 1].take();
            match holder.as_ref().and_then(|user| self.places.get_mut(user)).zip(holder.as_ref()) {
                Some((place, user)) if place.state == State::Waiting => place.number = drawn.append(user),
                Some((place, user)) => place.number = drawn.skip(user),
                None => gone.add(drawn.skip_unheld()),
            }
        }
        (self.order, self.gone, self.draw) = (drawn, gone, Draw::Done(order));
        true
    }

    /// [`Line::begin_draw`] and [`Line::finish_draw`] at once.
    pub fn draw(&mut self, now: Timestamp) -> DrawStep {
        if let (DrawStep::UnderWay { count }, Some(seed)) = (self.begin_draw(now), self.rule.draw) {
            self.finish_draw(drawn_order(&seed, count));
        }
        self.begin_draw(now)
    }
}

/// Restored places, which are kept by entry, in the order of their drawn queue numbers.
pub(super) fn by_number(
    order: &[u32],
    numbers: u64,
    places: impl Iterator<Item = RestoredPlace>,
) -> impl Iterator<Item = RestoredPlace> {
    let mut by_entry: Vec<Option<RestoredPlace>> = Vec::new();
    by_entry.resize_with(numbers as usize, || None);
    for place in places {
        let entry = place.number.get() as usize - 1;
        by_entry[entry] = Some(place);
    }
    let numbers = entries_by_number(order, numbers).enumerate();
    numbers.filter_map(move |(at, entry)| {
        let place = by_entry.get_mut(entry as usize - 1)?.take()?;
        Some(RestoredPlace { number: QueueNumber(at as u64 + 1), ..place })
    })
}
