//! The opening draw: every person who came before the closing gets a queue number by lot.
//!
//! ```text
//! Awaited --closing--> Begun --freeze--> Begun, with the root --value--> Begun --finish--> Done
//! entries 1..,         the count of      the list of entries   public     order  queue numbers 1..count by lot,
//! no ranks,            entries is        is published          random-    known  then by entry
//! no admissions        settled                                 ness
//! ```
//!
//! The closing is the moment of the announcement ([`DrawPlan::closes_at`](super::DrawPlan)), whatever the opening time of
//! the line becomes later. A person who enters at or after it is late, even if nothing has settled the draw until then.

use super::draw::drawn_order;
use super::entries::Entries;
use super::gone::Gone;
use super::order::{Order, Stands};
use super::{DrawPlan, Line, LineId, QueueNumber, RestoredPlace};
use crate::name::UserId;
use crate::time::Timestamp;
use std::sync::Arc;

/// The best rank of a person who was shown none: every rank is better.
pub(super) const NEVER_SHOWN: u64 = u64::MAX;

/// The progress of a draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DrawStep {
    /// There is none, or it does not close yet.
    NotDue,
    /// The participants are settled; the order is not drawn yet.
    UnderWay {
        /// Entries 1 to this one.
        count: u32,
    },
    /// The list of participants is published. The order needs the public randomness, which is not there yet.
    AwaitsValue {
        /// Entries 1 to this one.
        count: u32,
    },
    /// Every participant has a queue number.
    Drawn {
        /// Entries 1 to this one took part; later queue numbers are in order of entry.
        count: u32,
    },
}

/// What became of a value of public randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueOutcome {
    /// It is the value of the draw, now or since before.
    Kept,
    /// The draw has another value already.
    OtherStands,
    /// There is no draw that awaits a value: no draw, or its list of participants is not settled.
    NotAwaited,
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

    /// The number of entries that take part, settled at the closing; `None` before it, or without a draw.
    pub fn entrants(&self) -> Option<u32> {
        match &self.draw {
            Draw::Awaited => None,
            Draw::Begun { count } => Some(*count),
            Draw::Done(order) => Some(order.len() as u32),
        }
    }

    /// The hashes of the holders at the closing; `None` before the list is frozen.
    pub fn entries(&self) -> Option<&Arc<Entries>> {
        self.entries.as_ref()
    }

    /// Settles the participants if it is time: all people who have come until now. Returns their number if this call
    /// has settled them.
    pub fn close_draw(&mut self, now: Timestamp) -> Option<u32> {
        let plan = self.rule.draw.as_ref()?;
        // Announced by an earlier version: it closes when the line opens.
        let closes_at = plan.closes_at.or(self.rule.opens_at);
        let is_due = closes_at.is_none_or(|closes_at| now >= closes_at);
        if !matches!(self.draw, Draw::Awaited) || !is_due {
            return None;
        }
        let count = u32::try_from(self.order.numbers()).unwrap_or(u32::MAX);
        self.draw = Draw::Begun { count };
        Some(count)
    }

    /// [`Line::close_draw`], and the progress of the draw.
    pub fn begin_draw(&mut self, now: Timestamp) -> DrawStep {
        self.close_draw(now);
        match &self.draw {
            Draw::Awaited => DrawStep::NotDue,
            Draw::Begun { count } if self.rule.draw.as_ref().is_some_and(DrawPlan::awaits_value) => {
                DrawStep::AwaitsValue { count: *count }
            }
            Draw::Begun { count } => DrawStep::UnderWay { count: *count },
            Draw::Done(order) => DrawStep::Drawn { count: order.len() as u32 },
        }
    }

    /// The holders of the settled entries, in order of entry, if their list is not frozen yet: `None` for an entry that
    /// nobody holds.
    pub fn entrants_to_freeze(&self) -> Option<Vec<Option<UserId>>> {
        let Draw::Begun { count } = self.draw else { return None };
        if !self.rule.draw.as_ref().is_some_and(DrawPlan::awaits_entries) {
            return None;
        }
        let mut holders: Vec<Option<UserId>> = vec![None; count as usize];
        for (user, place) in self.places.iter() {
            if let Some(holder) = holders.get_mut(place.number.get() as usize - 1) {
                *holder = Some(user.clone());
            }
        }
        Some(holders)
    }

    /// Keeps the list of the entries and its root, once. A draw without public randomness has its (empty) value then.
    /// Returns whether it changed the line: not for a list of another length, and not a second time.
    pub fn freeze_entries(&mut self, entries: Arc<Entries>) -> bool {
        let Draw::Begun { count } = self.draw else { return false };
        let Some(plan) = self.rule.draw.as_mut().filter(|plan| plan.awaits_entries()) else { return false };
        if entries.hashes().len() != count as usize {
            return false;
        }
        plan.freeze(*entries.root());
        self.entries = Some(entries);
        true
    }

    /// Keeps the public randomness of the draw, once, after the list of entries is frozen.
    pub fn give_draw_value(&mut self, value: &[u8]) -> ValueOutcome {
        self.rule.draw.as_mut().map_or(ValueOutcome::NotAwaited, |plan| plan.give_value(value))
    }

    /// Gives every participant the drawn number. `order` is [`drawn_order`] of the entries that [`Line::close_draw`]
    /// has settled. Any other order, or a second call, changes nothing. Everybody counts as heard of at `now`: before the
    /// draw nobody had a rank to ask for. Returns whether it changed the line.
    pub fn finish_draw(&mut self, order: Vec<u32>, now: Timestamp) -> bool {
        if !matches!(self.draw, Draw::Begun { count } if count as usize == order.len()) {
            return false;
        }
        let mut holders: Vec<Option<UserId>> = vec![None; self.order.numbers() as usize];
        for (user, place) in self.places.iter() {
            holders[place.number.get() as usize - 1] = Some(user.clone());
        }
        let (mut drawn, mut gone) = (Order::default(), Gone::default());
        self.watched.clear();
        for entry in entries_by_number(&order, self.order.numbers()) {
            let holder = holders[entry as usize - 1].take();
            let Some((place, user)) = holder.as_ref().and_then(|user| Some((self.places.get_mut(user)?, user))) else {
                drawn.skip_to(drawn.numbers() + 1);
                gone.add(QueueNumber(drawn.numbers()));
                continue;
            };
            // Everybody waits: before the draw nobody is passed over, and nobody is let in.
            place.number = drawn.skip(user);
            drawn.stand(place.number, Stands::There);
            self.watched.insert((place.filed_at.millis(), place.number));
        }
        (self.order, self.gone, self.draw, self.present_at) = (drawn, gone, Draw::Done(order), now);
        true
    }

    /// [`Line::begin_draw`] and [`Line::freeze_entries`] at once. `id`: the name of this line, which the hashes of its
    /// entries contain.
    pub fn freeze(&mut self, id: &LineId, now: Timestamp) -> DrawStep {
        self.begin_draw(now);
        if let Some(holders) = self.entrants_to_freeze() {
            self.freeze_entries(Arc::new(Entries::of(id, &holders)));
        }
        self.begin_draw(now)
    }

    /// All steps of a draw that are possible now, at once.
    pub fn draw(&mut self, id: &LineId, now: Timestamp) -> DrawStep {
        self.freeze(id, now);
        let key = self.rule.draw.as_ref().and_then(DrawPlan::order_key);
        if let (Draw::Begun { count }, Some(key)) = (&self.draw, key) {
            self.finish_draw(drawn_order(&key, *count), now);
        }
        self.begin_draw(now)
    }
}

/// Restored places, which are kept by entry, in the order of their drawn queue numbers. `places`: the lowest entry first.
pub(super) fn by_number(
    order: &[u32],
    mut places: impl Iterator<Item = RestoredPlace>,
) -> impl Iterator<Item = RestoredPlace> {
    let mut by_entry: Vec<Option<RestoredPlace>> = Vec::new();
    by_entry.resize_with(order.len(), || None);
    let mut first_late = None;
    for place in places.by_ref() {
        match by_entry.get_mut(place.number.get() as usize - 1) {
            Some(slot) => *slot = Some(place),
            None => {
                first_late = Some(place);
                break;
            }
        }
    }
    let drawn = order.iter().enumerate().filter_map(move |(at, entry)| {
        let place = by_entry.get_mut(*entry as usize - 1)?.take()?;
        Some(RestoredPlace { number: QueueNumber(at as u64 + 1), ..place })
    });
    drawn.collect::<Vec<_>>().into_iter().chain(first_late).chain(places)
}
