//! The plan of a hall, as `GET /events/schedules/{id}/plan` tells it, and each seat by its index.

use super::blocks::{Block, cut};
use serde::Deserialize;
use std::collections::BTreeMap;

/// x to the right, y downwards.
pub(super) type Corner = [f64; 2];

/// The API's plan.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Plan {
    /// The first 24 hexadecimal digits of every seat's id.
    pub id_prefix: String,
    pub grades: Vec<GradePrice>,
    pub sections: Vec<Section>,
    #[serde(default)]
    pub layout: Option<Layout>,
}

/// What a grade costs, in won.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct GradePrice {
    pub grade: String,
    pub price: i64,
}

/// A part of the hall.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Section {
    pub name: String,
    #[serde(default)]
    pub shape: Option<Vec<Corner>>,
    pub rows: Vec<Row>,
}

/// Seats that follow each other in one row and have one grade.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Row {
    pub name: String,
    pub first: u32,
    pub count: u32,
    pub grade: String,
    #[serde(default)]
    pub numbers: Option<Vec<u32>>,
    /// By the place in the row.
    #[serde(default)]
    pub flags: BTreeMap<u32, Vec<String>>,
}

/// Of the layout only the stage is not in the sections.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Layout {
    #[serde(default)]
    pub stage: Option<Vec<Corner>>,
}

/// A seat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Seat<'a> {
    pub index: u32,
    pub row: &'a str,
    pub number: u32,
    pub grade: &'a str,
    /// In won.
    pub price: i64,
    pub flags: &'a [String],
}

impl Seat<'_> {
    /// For a wheelchair or the person beside it.
    pub fn is_special(&self) -> bool {
        self.has("wheelchair") || self.has("companion")
    }

    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|own| own == flag)
    }
}

/// A plan, ready for questions.
#[derive(Debug)]
pub(super) struct Hall {
    pub prefix: String,
    pub grades: Vec<GradePrice>,
    /// What is shown at once.
    pub blocks: Vec<Block>,
    pub shapes: super::shapes::Shapes,
    /// In the order of their seats.
    rows: Vec<Row>,
}

impl Hall {
    pub fn new(plan: Plan) -> Self {
        let Plan { id_prefix, grades, sections, layout } = plan;
        let blocks = cut(&sections);
        let shapes = super::shapes::Shapes::new(&sections, &blocks, layout.and_then(|layout| layout.stage));
        let mut rows: Vec<Row> = sections.into_iter().flat_map(|section| section.rows).collect();
        rows.sort_by_key(|row| row.first);
        Self { prefix: id_prefix.to_lowercase(), grades, blocks, shapes, rows }
    }

    /// The seat with this index; none where there is no such seat.
    pub fn seat(&self, index: u32) -> Option<Seat<'_>> {
        let at = self.rows.partition_point(|row| row.first <= index).checked_sub(1)?;
        let row = self.rows.get(at)?;
        let place = index - row.first;
        if place >= row.count {
            return None;
        }
        let number = match &row.numbers {
            Some(numbers) => *numbers.get(place as usize)?,
            None => place + 1,
        };
        let flags = row.flags.get(&place).map(Vec::as_slice).unwrap_or_default();
        Some(Seat { index, row: &row.name, number, grade: &row.grade, price: self.price(&row.grade), flags })
    }

    /// What a seat of the grade costs, in won.
    pub fn price(&self, grade: &str) -> i64 {
        self.grades.iter().find(|one| one.grade == grade).map_or(0, |one| one.price)
    }

    /// The id of a seat.
    pub fn id(&self, index: u32) -> Option<String> {
        let digits = format!("{}{index:08x}", self.prefix);
        (digits.len() == 32 && self.seat(index).is_some() && digits.is_ascii()).then(|| {
            let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
            parts.join("-")
        })
    }

    /// The index of a seat's id; none for a seat of another schedule.
    pub fn index(&self, id: &str) -> Option<u32> {
        let digits = id.replace('-', "").to_lowercase();
        let index = digits.strip_prefix(&self.prefix).filter(|index| index.len() == 8)?;
        u32::from_str_radix(index, 16).ok().filter(|index| self.seat(*index).is_some())
    }

    /// Every seat with one of these flags, in order.
    pub fn flagged(&self, flags: &[&str]) -> Vec<Seat<'_>> {
        let of_row = |row: &Row| -> Vec<u32> {
            let is_wanted = |own: &Vec<String>| flags.iter().any(|flag| own.iter().any(|one| one == flag));
            row.flags.iter().filter(|(_, own)| is_wanted(own)).map(|(place, _)| row.first + place).collect()
        };
        self.rows.iter().flat_map(of_row).filter_map(|index| self.seat(index)).collect()
    }

    /// The block of a seat.
    pub fn block_of(&self, index: u32) -> Option<&Block> {
        self.blocks.iter().find(|block| block.has(index))
    }
}

/// Whether two seats that follow each other are side by side, as the server chooses: in one row, without a step in the numbers, and
/// not across an aisle.
pub(super) fn is_beside(seat: &Seat<'_>, next: &Seat<'_>) -> bool {
    let step = seat.number.abs_diff(next.number);
    let is_across_aisle = seat.has("aisle") && next.has("aisle");
    next.index == seat.index + 1 && seat.row == next.row && (step == 1 || step == 2) && !is_across_aisle
}
