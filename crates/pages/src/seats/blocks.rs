//! What is shown at once: a section, or a part of a great one. `assets/seats/hall.js` cuts in the same way, and a test compares.

use super::plan::{Row, Section};

/// Most seats that are shown at once.
pub(super) const BLOCK_SEATS_MAX: u32 = 1_200;

/// Seats of one row as they lie beside each other.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(super) struct Line {
    pub name: String,
    pub first: u32,
    pub count: u32,
}

/// A section, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub at: usize,
    /// The place of its section in the plan.
    pub section_at: usize,
    pub section: String,
    /// Which part of its section, of how many.
    pub part: (usize, usize),
    pub lines: Vec<Line>,
    pub seats: u32,
}

impl Block {
    /// Whether the section was too great to be shown at once.
    pub fn is_part(&self) -> bool {
        self.part.1 > 1
    }

    pub fn has(&self, index: u32) -> bool {
        self.lines.iter().any(|line| line.first <= index && index < line.first + line.count)
    }

    /// Its first and its last row.
    pub fn ends(&self) -> (&str, &str) {
        let first = self.lines.first().map_or("", |line| line.name.as_str());
        (first, self.lines.last().map_or("", |line| line.name.as_str()))
    }
}

/// Cuts all sections.
pub(super) fn cut(sections: &[Section]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (section_at, section) in sections.iter().enumerate() {
        let parts = cut_rows(&section.rows);
        let of = parts.len();
        for (part, lines) in parts.into_iter().enumerate() {
            let seats = lines.iter().map(|line| line.count).sum();
            let (at, section) = (blocks.len(), section.name.clone());
            blocks.push(Block { at, section_at, section, part: (part, of), lines, seats });
        }
    }
    blocks
}

/// No part has more than [`BLOCK_SEATS_MAX`] seats, and all have about as many.
fn cut_rows(rows: &[Row]) -> Vec<Vec<Line>> {
    let total: u32 = rows.iter().map(|row| row.count).sum();
    let parts = total.div_ceil(BLOCK_SEATS_MAX).max(1);
    let enough = total.div_ceil(parts);
    let mut out = Vec::new();
    let mut part: Vec<Line> = Vec::new();
    let mut seats = 0;
    for piece in rows.iter().flat_map(pieces) {
        if !part.is_empty() && (seats >= enough || seats + piece.count > BLOCK_SEATS_MAX) {
            out.push(std::mem::take(&mut part));
            seats = 0;
        }
        seats += piece.count;
        match part.last_mut() {
            Some(last) if last.name == piece.name && last.first + last.count == piece.first => {
                last.count += piece.count
            }
            _ => part.push(piece),
        }
    }
    if !part.is_empty() {
        out.push(part);
    }
    out
}

/// A row longer than a part is cut itself.
fn pieces(row: &Row) -> impl Iterator<Item = Line> + '_ {
    (0..row.count).step_by(BLOCK_SEATS_MAX as usize).map(|from| Line {
        name: row.name.clone(),
        first: row.first + from,
        count: BLOCK_SEATS_MAX.min(row.count - from),
    })
}
