//! Choosing seats for people (RSV-014): side by side, near the middle of the front, and so that no single seat is left over.
//!
//! Rows lie one behind the other in the order of the template; a row is as deep as two seats are wide, and its middle is that
//! of the hall. The layout is drawn and decides nothing. Seats are side by side when they follow each other in one row: not
//! across a step in the numbers, nor between two seats that both stand at an aisle.

mod block;
mod instead;
mod spread;
#[cfg(test)]
mod tests;

use crate::catalog::template::Flag;
use crate::catalog::{Grade, SeatPlan};
use std::collections::BTreeSet;

/// A seat as a hall is made from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HallSeat<'a> {
    /// The index in the order of the template.
    pub index: u32,
    /// The row's name.
    pub row: &'a str,
    /// The number in the row.
    pub number: u32,
    /// The grade.
    pub grade: Grade,
    /// The flags.
    pub flags: BTreeSet<Flag>,
}

/// What is wished for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Seats, 1 to [`WISH_MAX`].
    pub count: u8,
    /// Of this grade; none: of one grade where such seats are, else of any.
    pub grade: Option<Grade>,
    /// `aisle`, `wheelchair`, `companion`: at least one of the seats has it. `obstructed`: such a view is no fault. Seats with
    /// `wheelchair` or `companion` are only for those who ask for one of the two.
    pub flags: BTreeSet<Flag>,
}

/// Most seats that are chosen together.
pub const WISH_MAX: u8 = 8;

/// The seats of a hall, made once for many choices. 16 bytes a seat.
#[derive(Clone, Debug, Default)]
pub struct Hall {
    /// In order of their indices.
    spots: Vec<Spot>,
    /// The nearest to the middle of the front first: a choice seldom looks at all of them.
    runs: Vec<Run>,
}

/// Seats that are side by side, each with the next.
#[derive(Clone, Copy, Debug)]
struct Run {
    number: u32,
    /// Its seats among all.
    first: usize,
    end: usize,
    /// Of its nearest seat.
    distance: u64,
}

/// Where a seat is.
#[derive(Clone, Copy, Debug)]
struct Spot {
    index: u32,
    /// The number of its run.
    run: u32,
    /// Half seats to the right of the row's middle.
    aside: i32,
    /// Rows before this one.
    depth: u16,
    grade: Grade,
    flags: Flags,
}

/// Flags as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Flags(u8);

impl Flags {
    fn of<'a>(flags: impl IntoIterator<Item = &'a Flag>) -> Self {
        Self(flags.into_iter().fold(0, |bits, flag| bits | Self::bit(*flag)))
    }

    const fn bit(flag: Flag) -> u8 {
        1 << flag as u8
    }

    fn has(self, flag: Flag) -> bool {
        self.0 & Self::bit(flag) != 0
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The flags of which at least one seat must have each.
const MUST: u8 = Flags::bit(Flag::Aisle) | Flags::bit(Flag::Wheelchair) | Flags::bit(Flag::Companion);

/// A wish, ready for comparisons.
#[derive(Clone, Copy, Debug)]
struct Terms {
    count: usize,
    grade: Option<Grade>,
    /// Flags of which some seat must have each.
    must: Flags,
    /// Whether seats for wheelchairs and companions may be used.
    is_special: bool,
    /// Whether an obstructed view is no fault.
    is_obstructed: bool,
}

impl Terms {
    fn of(wish: &Wish) -> Self {
        let flags = Flags::of(&wish.flags);
        Self {
            count: usize::from(wish.count.min(WISH_MAX)),
            grade: wish.grade,
            must: Flags(flags.0 & MUST),
            is_special: flags.has(Flag::Wheelchair) || flags.has(Flag::Companion),
            is_obstructed: flags.has(Flag::Obstructed),
        }
    }

    /// Whether the seat may be among those chosen.
    fn may_be(&self, spot: &Spot) -> bool {
        let is_special = spot.flags.has(Flag::Wheelchair) || spot.flags.has(Flag::Companion);
        self.grade.is_none_or(|grade| grade == spot.grade)
            && !spot.flags.has(Flag::Blocked)
            && (self.is_special || !is_special)
    }

    fn is_met_by(&self, spots: &[Spot]) -> bool {
        let has = spots.iter().fold(Flags::default(), |all, spot| all.and(spot.flags));
        self.must.0 & !has.0 == 0
    }

    fn faults(&self, spots: &[Spot]) -> u32 {
        let is_fault = |spot: &&Spot| spot.flags.has(Flag::Obstructed) && !self.is_obstructed;
        spots.iter().filter(is_fault).count() as u32
    }
}

impl Spot {
    /// How far it is from the middle of the front, squared, in half seats.
    fn distance(&self) -> u64 {
        let depth = u64::from(self.depth) * 4;
        depth * depth + u64::from(self.aside.unsigned_abs()).pow(2)
    }

    /// How far two seats are from each other, squared, in half seats.
    fn distance_to(&self, other: &Self) -> u64 {
        let depth = u64::from(self.depth.abs_diff(other.depth)) * 4;
        depth * depth + u64::from(self.aside.abs_diff(other.aside)).pow(2)
    }
}

impl Hall {
    /// A hall of these seats, in the order of the template. Seats of one row follow each other; a row of the same name
    /// elsewhere is another row.
    pub fn new<'a>(seats: impl IntoIterator<Item = HallSeat<'a>>) -> Self {
        let mut seats: Vec<HallSeat<'_>> = seats.into_iter().collect();
        seats.sort_by_key(|seat| seat.index);
        let mut spots = Vec::with_capacity(seats.len());
        let mut run = 0;
        for (depth, row) in seats.chunk_by(|one, next| one.row == next.row).enumerate() {
            let ends: i64 = row.first().into_iter().chain(row.last()).map(|seat| i64::from(seat.index)).sum();
            let mut before: Option<&HallSeat<'_>> = None;
            for seat in row {
                run += u32::from(before.is_none_or(|before| !is_beside(before, seat)));
                before = Some(seat);
                spots.push(Spot {
                    index: seat.index,
                    run,
                    aside: (i64::from(seat.index) * 2 - ends) as i32,
                    depth: u16::try_from(depth).unwrap_or(u16::MAX),
                    grade: seat.grade,
                    flags: Flags::of(&seat.flags),
                });
            }
        }
        Self { runs: runs_of(&spots), spots }
    }

    /// The hall of a plan.
    pub fn of_plan(plan: &SeatPlan) -> Self {
        let flags = |index: u32| {
            let row = plan.rows().partition_point(|row| row.first <= index).checked_sub(1);
            let row = row.and_then(|at| plan.rows().get(at));
            row.and_then(|row| row.flags.get(&(index - row.first))).cloned().unwrap_or_default()
        };
        let has_flags = plan.rows().iter().any(|row| !row.flags.is_empty());
        Self::new(plan.iter().map(|seat| HallSeat {
            index: seat.index,
            row: seat.row,
            number: seat.number,
            grade: seat.grade,
            flags: if has_flags { flags(seat.index) } else { BTreeSet::new() },
        }))
    }

    /// The best seats that are free, by their indices: side by side, of one grade, without leaving a single seat over, without
    /// obstructed view, and nearest to the middle of the front, in this order of weight; else those that are nearest to each
    /// other. None where there are not so many.
    pub fn best(&self, wish: &Wish, is_free: impl Fn(u32) -> bool) -> Option<Vec<u32>> {
        let terms = Terms::of(wish);
        if terms.count == 0 {
            return None;
        }
        self.side_by_side(&terms, &[], &is_free).or_else(|| self.nearest(&terms, &is_free))
    }

    /// The seat with this index.
    fn spot(&self, index: u32) -> Option<&Spot> {
        self.place(index).and_then(|place| self.spots.get(place))
    }

    fn place(&self, index: u32) -> Option<usize> {
        // Most halls have every index.
        if self.spots.get(index as usize).is_some_and(|spot| spot.index == index) {
            return Some(index as usize);
        }
        self.spots.binary_search_by_key(&index, |spot| spot.index).ok()
    }
}

/// The runs, the nearest first.
fn runs_of(spots: &[Spot]) -> Vec<Run> {
    let mut first = 0;
    let run = |run: &[Spot]| {
        let begun = first;
        first += run.len();
        let distance = run.iter().map(Spot::distance).min().unwrap_or_default();
        Run { number: run[0].run, first: begun, end: first, distance }
    };
    let mut runs: Vec<Run> = spots.chunk_by(|one, next| one.run == next.run).map(run).collect();
    runs.sort_by_key(|run| run.distance);
    runs
}

/// Whether two seats that follow each other in a row are side by side.
fn is_beside(seat: &HallSeat<'_>, next: &HallSeat<'_>) -> bool {
    let stand_at_aisle = seat.flags.contains(&Flag::Aisle) && next.flags.contains(&Flag::Aisle);
    // Rows may be numbered by even and odd numbers.
    let step = seat.number.abs_diff(next.number);
    next.index.checked_sub(1) == Some(seat.index) && (1..=2).contains(&step) && !stand_at_aisle
}
