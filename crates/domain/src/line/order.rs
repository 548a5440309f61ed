//! The order of a line: two trees of counts over queue numbers, so that a rank among a million costs some twenty
//! additions.
//!
//! Queue numbers are kept in chunks of 64. A chunk in which nobody has a place any more is thrown away, and chunks at the
//! front that were thrown away are cut off: memory is bounded by the people who have a place, not by all who ever came,
//! even when one of the first stays for days.
//!
//! Source: P. Fenwick, "A new data structure for cumulative frequency tables", 1994.

use super::QueueNumber;
use super::counts::Counts;
use crate::name::UserId;
use std::collections::VecDeque;

/// Queue numbers in a chunk: the bits of a word.
const CHUNK: u64 = 64;
/// Chunks that are cut off at once, at the least: the trees are made anew then.
const CUT_MIN: usize = 64;

/// Who stands in the line by a queue number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    /// A person who has been there.
    There,
    /// A person who was away, and is back.
    Back,
}

/// The holders of 64 queue numbers.
#[derive(Clone, Debug)]
struct Chunk {
    users: [Option<UserId>; CHUNK as usize],
    held: u64,
    /// Holders who are in the line, and have been there.
    there: u64,
    /// Holders who are in the line, and are back.
    back: u64,
}

impl Chunk {
    fn new() -> Box<Self> {
        Box::new(Self { users: std::array::from_fn(|_| None), held: 0, there: 0, back: 0 })
    }
}

/// All holders of queue numbers, and whether they are in the line now.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    /// From the first that is not cut off; `None` where nobody has a place any more.
    chunks: VecDeque<Option<Box<Chunk>>>,
    /// Chunks cut off at the front.
    cut: u64,
    /// Chunks at the front that may be cut off.
    over: usize,
    there: Counts,
    back: Counts,
    /// Queue numbers given.
    numbers: u64,
}

impl Order {
    /// Gives the next queue number to a user who is not in the line.
    pub fn skip(&mut self, user: &UserId) -> QueueNumber {
        self.skip_to(self.numbers + 1);
        let number = QueueNumber(self.numbers);
        if let Some((at, bit)) = self.place_of(number) {
            let chunk = self.chunks[at].get_or_insert_with(Chunk::new);
            chunk.users[bit as usize] = Some(user.clone());
            chunk.held |= 1 << bit;
        }
        number
    }

    /// Passes over the next queue numbers, up to this one; they have no holder.
    pub fn skip_to(&mut self, last: u64) {
        self.numbers = self.numbers.max(last);
        let chunks = self.numbers.div_ceil(CHUNK);
        let is_leap = chunks > self.cut + self.chunks.len() as u64 + 1;
        if is_leap && self.chunks.iter().all(Option::is_none) {
            // Nobody has a place: a restart may skip millions.
            self.chunks.clear();
            (self.cut, self.over) = (chunks - 1, 0);
            self.count_anew();
        }
        while self.cut + (self.chunks.len() as u64) < chunks {
            self.chunks.push_back(None);
            self.there.push();
            self.back.push();
        }
    }

    /// The chunk and the bit of a queue number; `None` for a number that was not given, or is cut off.
    fn place_of(&self, number: QueueNumber) -> Option<(usize, u64)> {
        let index = number.get().checked_sub(1).filter(|_| number.get() <= self.numbers)?;
        let at = usize::try_from((index / CHUNK).checked_sub(self.cut)?).ok()?;
        Some((at, index % CHUNK))
    }

    fn chunk(&self, number: QueueNumber) -> Option<(&Chunk, u64)> {
        let (at, bit) = self.place_of(number)?;
        Some((self.chunks.get(at)?.as_deref()?, bit))
    }

    /// The holder of a queue number.
    pub fn user(&self, number: QueueNumber) -> Option<&UserId> {
        let (chunk, bit) = self.chunk(number)?;
        chunk.users[bit as usize].as_ref()
    }

    /// Puts the holder into the line.
    pub fn stand(&mut self, number: QueueNumber, as_who: Stands) {
        self.go(number);
        let Some((at, bit)) = self.place_of(number) else { return };
        let Some(chunk) = self.chunks.get_mut(at).and_then(Option::as_mut) else { return };
        if chunk.held & (1 << bit) == 0 {
            return;
        }
        let (bits, counts) = match as_who {
            Stands::There => (&mut chunk.there, &mut self.there),
            Stands::Back => (&mut chunk.back, &mut self.back),
        };
        *bits |= 1 << bit;
        counts.change(at, true);
    }

    /// Removes the holder from the line. The holder keeps the number.
    pub fn go(&mut self, number: QueueNumber) {
        let Some((at, bit)) = self.place_of(number) else { return };
        let Some(chunk) = self.chunks.get_mut(at).and_then(Option::as_mut) else { return };
        for (bits, counts) in [(&mut chunk.there, &mut self.there), (&mut chunk.back, &mut self.back)] {
            if *bits & (1 << bit) != 0 {
                *bits &= !(1 << bit);
                counts.change(at, false);
            }
        }
    }

    /// The holder has no place any more: nothing is kept of the number.
    pub fn release(&mut self, number: QueueNumber) {
        self.go(number);
        let Some((at, bit)) = self.place_of(number) else { return };
        let Some(slot) = self.chunks.get_mut(at) else { return };
        if let Some(chunk) = slot {
            chunk.users[bit as usize] = None;
            chunk.held &= !(1 << bit);
            if chunk.held == 0 {
                *slot = None;
            }
        }
        self.cut_off();
    }

    /// Cuts off what is over at the front, once it is half of all: so each number costs the same on average.
    fn cut_off(&mut self) {
        // The last one may still get holders.
        while self.over + 1 < self.chunks.len() && self.chunks[self.over].is_none() {
            self.over += 1;
        }
        if self.over < CUT_MIN || self.over < self.chunks.len() / 2 {
            return;
        }
        self.chunks.drain(..self.over);
        self.chunks.shrink_to(2 * self.chunks.len());
        self.cut += self.over as u64;
        self.over = 0;
        self.count_anew();
    }

    fn count_anew(&mut self) {
        let counts = |bits: fn(&Chunk) -> u64| {
            let standing = self.chunks.iter().map(|chunk| chunk.as_deref().map_or(0, |chunk| bits(chunk).count_ones()));
            Counts::of(standing)
        };
        (self.there, self.back) = (counts(|chunk| chunk.there), counts(|chunk| chunk.back));
    }

    /// The number of people in the line up to and including this number: the rank of a number whose holder is in the
    /// line.
    pub fn rank(&self, number: QueueNumber) -> u64 {
        let Some((at, bit)) = self.place_of(number) else {
            return if number.get() > self.numbers { self.waiting() } else { 0 };
        };
        let up_to = u64::MAX >> (CHUNK - 1 - bit);
        let here = |chunk: &Chunk| u64::from(((chunk.there | chunk.back) & up_to).count_ones());
        let chunk = self.chunks.get(at).and_then(Option::as_deref);
        self.there.before(at) + self.back.before(at) + chunk.map_or(0, here)
    }

    /// The first queue number whose holder is in the line as `as_who`.
    pub fn first(&self, as_who: Stands) -> Option<QueueNumber> {
        let counts = match as_who {
            Stands::There => &self.there,
            Stands::Back => &self.back,
        };
        let at = counts.first()?;
        let chunk = self.chunks.get(at)?.as_deref()?;
        let bits = match as_who {
            Stands::There => chunk.there,
            Stands::Back => chunk.back,
        };
        Some(QueueNumber((self.cut + at as u64) * CHUNK + u64::from(bits.trailing_zeros()) + 1))
    }

    /// The number of people in the line.
    pub fn waiting(&self) -> u64 {
        self.there.all() + self.back.all()
    }

    /// Queue numbers given so far.
    pub fn numbers(&self) -> u64 {
        self.numbers
    }
}

#[cfg(test)]
impl Order {
    /// Gives the next queue number to a user, who is then last in the line.
    pub fn append(&mut self, user: &UserId) -> QueueNumber {
        let number = self.skip(user);
        self.stand(number, Stands::There);
        number
    }

    pub fn stands_at(&self, number: QueueNumber) -> bool {
        self.chunk(number).is_some_and(|(chunk, bit)| (chunk.there | chunk.back) & (1 << bit) != 0)
    }

    /// Chunks in memory, with and without holders.
    pub fn chunks_kept(&self) -> (usize, usize) {
        (self.chunks.iter().flatten().count(), self.chunks.len())
    }
}
