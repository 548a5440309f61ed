//! The seats of a template in their order: what seats are made from, and what a page draws.

use super::grade::Grade;
use super::layout::{Corner, Layout};
use super::template::Flag;
use std::collections::{BTreeMap, BTreeSet};

/// The numbers of a row's seats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// 1 to this.
    UpTo(u32),
    /// These.
    Listed(Vec<u32>),
}

/// Seats that follow each other in one row and have one grade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRow {
    /// The row's name.
    pub name: String,
    /// The grade.
    pub grade: Grade,
    /// The index of its first seat among all seats of the hall.
    pub first: u32,
    /// The seats' numbers.
    pub numbers: Numbers,
    /// Flags by the place in the row, from 0.
    pub flags: BTreeMap<u32, BTreeSet<Flag>>,
}

/// One seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanSeat<'a> {
    /// The index among all seats of the hall.
    pub index: u32,
    /// The row's name.
    pub row: &'a str,
    /// The number in the row.
    pub number: u32,
    /// The grade.
    pub grade: Grade,
    /// Whether it is never sold.
    pub is_blocked: bool,
}

/// A part of the hall with its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanSection<'a> {
    /// The name: of the layout, or the grade where there is none.
    pub name: &'a str,
    /// The grade, where all rows have the same.
    pub grade: Option<Grade>,
    /// The outline.
    pub outline: Option<&'a [Corner]>,
    /// The rows, in the order of their seats.
    pub rows: Vec<&'a PlanRow>,
}

/// All seats of a hall.
#[derive(Clone, Debug, PartialEq)]
pub struct SeatPlan {
    rows: Vec<PlanRow>,
    layout: Option<Layout>,
}

impl PlanRow {
    pub(super) fn new(name: String, grade: Grade, first: u32, numbers: Numbers) -> Self {
        Self { name, grade, first, numbers, flags: BTreeMap::new() }
    }

    /// Seats of the row; a template has at most 100,000 in all.
    pub fn count(&self) -> u32 {
        match &self.numbers {
            Numbers::UpTo(count) => *count,
            Numbers::Listed(numbers) => numbers.len() as u32,
        }
    }

    /// The numbers, where they are not 1 to the count.
    pub fn own_numbers(&self) -> Option<&[u32]> {
        match &self.numbers {
            Numbers::Listed(numbers) if !numbers.iter().copied().eq(1..=self.count()) => Some(numbers),
            _ => None,
        }
    }

    fn number(&self, offset: u32) -> u32 {
        match &self.numbers {
            Numbers::UpTo(_) => offset + 1,
            Numbers::Listed(numbers) => numbers.get(offset as usize).copied().unwrap_or_default(),
        }
    }

    fn offset(&self, number: u32) -> Option<u32> {
        match &self.numbers {
            Numbers::UpTo(count) => (1..=*count).contains(&number).then(|| number - 1),
            Numbers::Listed(numbers) => numbers.iter().position(|one| *one == number).map(|at| at as u32),
        }
    }

    pub(super) fn push(&mut self, number: u32) {
        if let Numbers::Listed(numbers) = &mut self.numbers {
            numbers.push(number);
        }
    }

    /// Adds flags to the seat with this index among all seats.
    pub(super) fn flag(&mut self, index: u32, flags: &BTreeSet<Flag>) {
        self.flags.entry(index - self.first).or_default().extend(flags);
    }

    fn seats(&self) -> impl Iterator<Item = PlanSeat<'_>> {
        (0..self.count()).map(|offset| PlanSeat {
            index: self.first + offset,
            row: &self.name,
            number: self.number(offset),
            grade: self.grade,
            is_blocked: self.is_blocked(offset),
        })
    }

    fn is_blocked(&self, offset: u32) -> bool {
        self.flags.get(&offset).is_some_and(|flags| flags.contains(&Flag::Blocked))
    }
}

impl SeatPlan {
    pub(super) fn of(rows: Vec<PlanRow>, layout: Option<Layout>) -> Self {
        Self { rows, layout }
    }

    /// Adds flags to the seat of this number, such as `A-1`. Returns whether there is such a seat.
    pub(super) fn flag(&mut self, seat: &str, flags: &BTreeSet<Flag>) -> bool {
        let Some((row, number)) = seat.rsplit_once('-') else { return false };
        let is_plain = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
        let Some(number) = number.parse().ok().filter(|_| is_plain) else { return false };
        let of_name = self.rows.iter_mut().filter(|one| one.name == row);
        for found in of_name {
            if let Some(offset) = found.offset(number) {
                found.flag(found.first + offset, flags);
                return true;
            }
        }
        false
    }

    /// The rows, in the order of their seats.
    pub fn rows(&self) -> &[PlanRow] {
        &self.rows
    }

    /// The layout, where the template has one.
    pub fn layout(&self) -> Option<&Layout> {
        self.layout.as_ref()
    }

    /// All seats.
    pub fn seats(&self) -> u32 {
        self.rows.iter().map(PlanRow::count).sum()
    }

    /// Seats that are not blocked.
    pub fn for_sale(&self) -> u32 {
        let blocked = |row: &PlanRow| row.flags.keys().filter(|offset| row.is_blocked(**offset)).count() as u32;
        self.seats() - self.rows.iter().map(blocked).sum::<u32>()
    }

    /// The grades of its seats, the dearest first.
    pub fn grades(&self) -> BTreeSet<Grade> {
        self.rows.iter().map(|row| row.grade).collect()
    }

    /// Every seat in order, blocked ones too.
    pub fn iter(&self) -> impl Iterator<Item = PlanSeat<'_>> {
        self.rows.iter().flat_map(PlanRow::seats)
    }

    /// The sections, in the order of their first seats: those of the layout, or one for each grade.
    pub fn sections(&self) -> Vec<PlanSection<'_>> {
        let of_rows = self.layout.as_ref().map(Layout::section_of_rows);
        let mut sections: Vec<PlanSection<'_>> = Vec::new();
        let mut places: BTreeMap<(usize, Option<Grade>), usize> = BTreeMap::new();
        for row in &self.rows {
            let section = of_rows.as_ref().and_then(|of_rows| of_rows.get(row.name.as_str()));
            let given = section.and_then(|index| Some((*index, self.layout.as_ref()?.sections.get(*index)?)));
            let key = given.map_or((0, Some(row.grade)), |(index, _)| (index, None));
            let place = *places.entry(key).or_insert_with(|| {
                let (name, outline) = match given {
                    Some((_, section)) => (section.name.as_str(), section.outline.as_deref()),
                    None => (row.grade.as_str(), None),
                };
                sections.push(PlanSection { name, grade: Some(row.grade), outline, rows: Vec::new() });
                sections.len() - 1
            });
            if let Some(section) = sections.get_mut(place) {
                section.grade = section.grade.filter(|grade| *grade == row.grade);
                section.rows.push(row);
            }
        }
        sections
    }
}

/// The number of a seat as people read it: `A-1`.
impl std::fmt::Display for PlanSeat<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}-{}", self.row, self.number)
    }
}
