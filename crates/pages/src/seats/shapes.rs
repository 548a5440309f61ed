//! Outlines for the picture of the whole hall: those of the layout, or a plain order of boxes where there is none. Everything is
//! brought to one width, so that the style sheet knows how large letters are.

use super::blocks::Block;
use super::plan::{Corner, Section};
use std::fmt::Write as _;

/// The width of every picture.
const WIDTH: f64 = 1_000.0;
/// Around it.
const MARGIN: f64 = 6.0;
/// Height of the stage and of a box, where there is no layout.
const STAGE_HEIGHT: f64 = 60.0;
const BOX_HEIGHT: f64 = 110.0;
/// A shape so much wider than high has its words in one line.
const WIDE: f64 = 3.4;

/// The picture.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    /// `x y width height`.
    pub view_box: String,
    pub stage: Option<Shape>,
    /// In the order of the blocks.
    pub blocks: Vec<Shape>,
}

/// One outline.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Shape {
    /// For `points`.
    pub points: String,
    /// Where its words stand.
    pub x: f64,
    pub y: f64,
    /// Whether name and number stand in one line.
    pub is_wide: bool,
}

impl Shapes {
    pub fn new(sections: &[Section], blocks: &[Block], stage: Option<Vec<Corner>>) -> Self {
        let outlines: Option<Vec<Vec<Corner>>> = blocks.iter().map(|block| outline(sections, block)).collect();
        let (outlines, stage) = match outlines.filter(|outlines| !outlines.is_empty()) {
            Some(outlines) => (outlines, stage),
            None => boxes(blocks.len()),
        };
        drawn(&outlines, stage.as_deref())
    }
}

/// The outline of a block: its section's, or a band of it.
fn outline(sections: &[Section], block: &Block) -> Option<Vec<Corner>> {
    let shape = sections.get(block.section_at)?.shape.as_ref()?;
    let (part, of) = block.part;
    if of < 2 {
        return Some(shape.clone());
    }
    let heights = || shape.iter().map(|corner| corner[1]);
    let (top, bottom) = (heights().fold(f64::MAX, f64::min), heights().fold(f64::MIN, f64::max));
    let line = |part: usize| top + (bottom - top) * part as f64 / of as f64;
    let band = half(&half(shape, line(part), 1.0), line(part + 1), -1.0);
    (band.len() > 2).then_some(band)
}

/// What of an outline lies below a level line (`side` 1), or above it (-1).
fn half(corners: &[Corner], y: f64, side: f64) -> Vec<Corner> {
    let is_in = |corner: &Corner| (corner[1] - y) * side >= 0.0;
    let mut out = Vec::new();
    for (at, corner) in corners.iter().enumerate() {
        let Some(next) = corners.get((at + 1) % corners.len()) else { continue };
        if is_in(corner) {
            out.push(*corner);
        }
        if is_in(corner) != is_in(next) {
            let share = (y - corner[1]) / (next[1] - corner[1]);
            out.push([corner[0] + share * (next[0] - corner[0]), y]);
        }
    }
    out
}

/// Boxes in rows, below a stage.
fn boxes(count: usize) -> (Vec<Vec<Corner>>, Option<Vec<Corner>>) {
    let columns = match count {
        0..=3 => 1,
        4..=12 => 3,
        13..=40 => 5,
        _ => 8,
    };
    let width = WIDTH / columns as f64;
    let rectangle = |x: f64, y: f64, width: f64, height: f64| {
        vec![[x, y], [x + width, y], [x + width, y + height], [x, y + height]]
    };
    let of = |at: usize| {
        let (column, row) = ((at % columns) as f64, (at / columns) as f64);
        rectangle(column * width + 8.0, row * (BOX_HEIGHT + 16.0) + STAGE_HEIGHT + 30.0, width - 16.0, BOX_HEIGHT)
    };
    let stage = rectangle(WIDTH * 0.3, 0.0, WIDTH * 0.4, STAGE_HEIGHT);
    ((0..count).map(of).collect(), Some(stage))
}

fn drawn(outlines: &[Vec<Corner>], stage: Option<&[Corner]>) -> Shapes {
    let all = || outlines.iter().flatten().chain(stage.into_iter().flatten());
    let least = |axis: usize| all().map(|corner| corner[axis]).fold(f64::MAX, f64::min);
    let most = |axis: usize| all().map(|corner| corner[axis]).fold(f64::MIN, f64::max);
    let (left, top) = (least(0), least(1));
    // A layout may be a line; then it is drawn as it is.
    let scale = WIDTH / (most(0) - left).max(1e-6);
    let scale = if scale.is_finite() { scale.min(1e6) } else { 1.0 };
    let place = |corner: &Corner| [(corner[0] - left) * scale, (corner[1] - top) * scale];
    let shape = |corners: &[Corner]| shape_of(&corners.iter().map(place).collect::<Vec<_>>());
    let height = ((most(1) - top) * scale).max(1.0);
    let height = if height.is_finite() { height } else { 1.0 };
    Shapes {
        view_box: format!("-{MARGIN} -{MARGIN} {} {:.0}", WIDTH + 2.0 * MARGIN, height + 2.0 * MARGIN),
        stage: stage.map(shape),
        blocks: outlines.iter().map(|outline| shape(outline)).collect(),
    }
}

fn shape_of(corners: &[Corner]) -> Shape {
    let mut points = String::new();
    for [x, y] in corners {
        // Whole units of a thousandth of the width are finer than a pixel.
        let _ = write!(points, "{}{x:.0},{y:.0}", if points.is_empty() { "" } else { " " });
    }
    let of = |axis: usize| corners.iter().map(move |corner| corner[axis]);
    let (low, high) = (of(1).fold(f64::MAX, f64::min), of(1).fold(f64::MIN, f64::max));
    let y = (low + high) / 2.0;
    let (left, right) = span(corners, y);
    Shape { points, x: (left + right) / 2.0, y, is_wide: right - left > WIDE * (high - low) }
}

/// Where a level line enters and leaves an outline.
fn span(corners: &[Corner], y: f64) -> (f64, f64) {
    let mut met = (f64::MAX, f64::MIN);
    for (at, [x, top]) in corners.iter().enumerate() {
        let Some([other, bottom]) = corners.get((at + 1) % corners.len()) else { continue };
        if (*top <= y) != (*bottom <= y) {
            let cut = x + (y - top) / (bottom - top) * (other - x);
            met = (met.0.min(cut), met.1.max(cut));
        }
    }
    if met.0 <= met.1 {
        return met;
    }
    corners.first().map_or((0.0, 0.0), |corner| (corner[0], corner[0]))
}
