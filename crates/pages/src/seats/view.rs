//! The page as its template takes it.

use super::blocks::Block;
use super::board::Board;
use super::load::{Hold, Show};
use super::names;
use super::plan::Seat;
use super::shapes::Shape;
use crate::{Pages, Visitor};
use askama::Template;
use axum::response::Response;
use http::StatusCode;
use std::collections::BTreeSet;
use uuid::Uuid;
use web::{Caching, FieldError, Policy, Shell, Texts, page};

/// What of the hall is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Overview,
    Block(usize),
    /// Seats for wheelchairs and those beside them.
    Wheelchair,
}

/// What the address asks for, and what a form brought back.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub part: Part,
    /// Indices of chosen seats.
    pub chosen: BTreeSet<u32>,
    pub party: u32,
    pub grade: String,
    pub is_wheelchair: bool,
    /// Whether the seats of a hold are to be changed.
    pub is_change: bool,
    pub is_released: bool,
}

/// What went wrong with a form, and what can be had instead.
#[derive(Clone, Debug, Default)]
pub(super) struct Trouble {
    pub status: Option<StatusCode>,
    pub text: String,
    /// Indices of seats that are free instead.
    pub instead: Vec<u32>,
}

/// Everything that the page shows.
pub(super) struct Scene<'a> {
    pub id: Uuid,
    pub show: &'a Show,
    pub board: &'a Board,
    pub holds: &'a [Hold],
}

#[derive(Template)]
#[template(path = "seats/page.html")]
struct SeatsPage<'a> {
    shell: Shell,
    errors: Vec<FieldError>,
    id: Uuid,
    title: &'a str,
    venue: &'a str,
    when: String,
    free: String,
    held: Option<String>,
    is_sold_out: bool,
    holds: Vec<HoldView>,
    changing: Option<HoldView>,
    released: bool,
    instead: Option<Instead>,
    overview: Option<Overview<'a>>,
    section: Option<SectionView>,
    at: Option<usize>,
    chosen: String,
    most: u32,
    parties: Vec<Choice>,
    grades: Vec<Choice>,
    is_wheelchair: bool,
    key: String,
}

/// A radio button or an option.
struct Choice {
    value: String,
    text: String,
    is_chosen: bool,
}

#[derive(Clone)]
struct HoldView {
    reservation: String,
    seats: String,
    /// Indices for the script.
    indices: String,
    until: String,
    until_iso: String,
    left_ms: i64,
    is_paying: bool,
    is_deciding: bool,
    boxes: Vec<SeatBox>,
}

struct Instead {
    seats: Vec<u32>,
    text: String,
}

struct Overview<'a> {
    view_box: &'a str,
    stage: Option<&'a Shape>,
    blocks: Vec<BlockView<'a>>,
    is_dense: bool,
    has_wheelchair: bool,
}

struct BlockView<'a> {
    at: usize,
    name: String,
    left: String,
    step: u32,
    prices: String,
    grade: String,
    shape: &'a Shape,
}

struct SectionView {
    name: String,
    rows: Vec<RowView>,
    left: String,
    is_empty: bool,
}

struct RowView {
    legend: String,
    groups: String,
    seats: Vec<SeatBox>,
}

#[derive(Clone)]
struct SeatBox {
    index: u32,
    label: String,
    note: String,
    is_chosen: bool,
}

/// Sections more than this are too many for words on a small screen.
const DENSE: usize = 24;
/// Steps of how full a section is.
const STEPS: u32 = 4;

impl Scene<'_> {
    /// The page. With trouble the status is that of the refusal.
    pub fn page(&self, pages: &Pages, visitor: &Visitor, asked: &Asked, trouble: Option<Trouble>) -> Response {
        let t = visitor.t();
        let trouble = trouble.unwrap_or_default();
        let status = trouble.status.unwrap_or(StatusCode::OK);
        let errors = if trouble.text.is_empty() { Vec::new() } else { vec![FieldError::new("", trouble.text)] };
        let counts = self.board.all(&self.show.hall.blocks);
        let count = |id: &str, count: u32| t.with(id, &[("count", count.into())]);
        let changing = self.holds.iter().find(|hold| asked.is_change && !hold.is_paying && hold.left_ms.is_some());
        let mut chosen = asked.chosen.clone();
        if let Some(hold) = changing.filter(|_| chosen.is_empty()) {
            chosen.extend(&hold.seats);
        }
        let shell = Shell::new(visitor, t.get("seats-title")).script("seats.js").style("seats.css");
        let template = SeatsPage {
            shell: shell.texts("seats-js-").errors(!errors.is_empty()),
            errors,
            id: self.id,
            title: &self.show.title,
            venue: &self.show.venue,
            when: self.when(t),
            free: match (counts.free, counts.held) {
                (0, 0) => t.get("seats-all-sold").to_owned(),
                (0, held) => count("seats-none-now", held),
                (free, _) => count("seats-free-now", free),
            },
            held: (counts.free > 0 && counts.held > 0).then(|| count("seats-held-now", counts.held)),
            is_sold_out: counts.free == 0,
            holds: self.holds.iter().map(|hold| self.hold(t, hold, &chosen)).collect(),
            changing: changing.map(|hold| self.hold(t, hold, &chosen)),
            released: asked.is_released,
            instead: self.instead(t, &trouble.instead),
            overview: (asked.part == Part::Overview).then(|| self.overview(t)),
            section: self.section(t, asked.part, &chosen),
            at: if let Part::Block(at) = asked.part { Some(at) } else { None },
            chosen: chosen.iter().map(u32::to_string).collect::<Vec<_>>().join(","),
            most: pages.settings.seats_max,
            parties: parties(t, pages.settings.seats_max, asked.party),
            grades: self.grades(t, &asked.grade),
            is_wheelchair: asked.is_wheelchair,
            key: Uuid::new_v4().to_string(),
        };
        page(status, &template.shell, &Policy::Common, Caching::Private, &template)
    }

    fn when(&self, t: Texts) -> String {
        let Some(at) = self.show.starts_at else { return String::new() };
        t.with("seats-when", &[("date", t.date(at).into()), ("time", t.time(at).into())])
    }

    fn hold(&self, t: Texts, hold: &Hold, chosen: &BTreeSet<u32>) -> HoldView {
        let named = names::several(t, &self.show.hall, &hold.seats);
        let seats = if named.is_empty() { hold.numbers.join(", ") } else { named };
        let boxes = hold.seats.iter().filter_map(|index| self.show.hall.seat(*index));
        HoldView {
            reservation: hold.reservation.clone(),
            seats,
            indices: hold.seats.iter().map(u32::to_string).collect::<Vec<_>>().join(","),
            until: hold.until.map(|at| t.with("seats-mine-until", &[("time", t.time(at).into())])).unwrap_or_default(),
            until_iso: hold.until.map(|at| t.iso(at)).unwrap_or_default(),
            left_ms: hold.left_ms.unwrap_or(0),
            is_paying: hold.is_paying,
            is_deciding: hold.left_ms.is_none(),
            boxes: boxes.map(|seat| seat_box(t, &seat, names::short(t, &seat), chosen)).collect(),
        }
    }

    fn instead(&self, t: Texts, seats: &[u32]) -> Option<Instead> {
        let text = names::several(t, &self.show.hall, seats);
        (!seats.is_empty())
            .then(|| Instead { seats: seats.to_vec(), text: t.with("seats-instead", &[("seats", text.into())]) })
    }

    fn overview(&self, t: Texts) -> Overview<'_> {
        let hall = &self.show.hall;
        let views = hall.blocks.iter().zip(&hall.shapes.blocks);
        Overview {
            view_box: &hall.shapes.view_box,
            stage: hall.shapes.stage.as_ref(),
            blocks: views.map(|(block, shape)| self.block(t, block, shape)).collect(),
            is_dense: hall.blocks.len() > DENSE,
            has_wheelchair: !hall.flagged(&["wheelchair"]).is_empty(),
        }
    }

    fn block<'b>(&self, t: Texts, block: &Block, shape: &'b Shape) -> BlockView<'b> {
        let hall = &self.show.hall;
        let counts = self.board.counts(block);
        let grades: BTreeSet<&str> =
            block.lines.iter().filter_map(|line| hall.seat(line.first)).map(|seat| seat.grade).collect();
        let ordered = hall.grades.iter().filter(|grade| grades.contains(grade.grade.as_str()));
        let price = |grade: &super::plan::GradePrice| {
            let args = [("grade", grade.grade.as_str().into()), ("price", t.won(grade.price).into())];
            t.with("seats-grade-of", &args)
        };
        BlockView {
            at: block.at,
            name: names::block(t, block),
            left: left(t, counts.free, counts.held),
            // None is 0; a single seat is a step.
            step: if counts.free == 0 { 0 } else { (counts.free * STEPS).div_ceil(block.seats.max(1)).max(1) },
            prices: ordered.clone().map(price).collect::<Vec<_>>().join(", "),
            grade: ordered.map(|grade| grade.grade.as_str()).next().unwrap_or_default().to_owned(),
            shape,
        }
    }

    /// The list of a block, or of all seats for wheelchairs: only free seats, so that a page stays small.
    fn section(&self, t: Texts, part: Part, chosen: &BTreeSet<u32>) -> Option<SectionView> {
        let hall = &self.show.hall;
        let (name, lines): (String, Vec<Vec<Seat<'_>>>) = match part {
            Part::Overview => return None,
            Part::Block(at) => {
                let block = hall.blocks.get(at)?;
                let seats = |line: &super::blocks::Line| {
                    (line.first..line.first + line.count).filter_map(|index| hall.seat(index)).collect()
                };
                (names::block(t, block), block.lines.iter().map(seats).collect())
            }
            Part::Wheelchair => {
                let seats = hall.flagged(&["wheelchair", "companion"]);
                let rows = seats.chunk_by(|one, next| one.row == next.row).map(<[_]>::to_vec);
                (t.get("seats-flag-wheelchair").to_owned(), rows.collect())
            }
        };
        let free = lines.iter().flatten().filter(|seat| self.board.is_free(seat.index)).count();
        let rows: Vec<RowView> = lines.into_iter().filter_map(|seats| self.row(t, seats, chosen)).collect();
        let left = t.with("seats-section-left", &[("count", (free as u64).into())]);
        Some(SectionView { name, is_empty: rows.is_empty(), rows, left })
    }

    fn row(&self, t: Texts, seats: Vec<Seat<'_>>, chosen: &BTreeSet<u32>) -> Option<RowView> {
        let (first, last) = (*seats.first()?, *seats.last()?);
        let is_shown = |seat: &Seat<'_>| self.board.is_free(seat.index) || chosen.contains(&seat.index);
        let free: Vec<Seat<'_>> = seats.into_iter().filter(is_shown).collect();
        if free.is_empty() {
            return None;
        }
        let row = names::row_of(first.row);
        let is_mixed = free.iter().any(|seat| seat.grade != first.grade) || last.grade != first.grade;
        let price = |seat: &Seat<'_>| {
            t.with("seats-grade-of", &[("grade", seat.grade.into()), ("price", t.won(seat.price).into())])
        };
        let legend = match is_mixed {
            true => t.with("seats-row", &[("row", row.into())]),
            false => {
                let args = [("row", row.into()), ("grade", first.grade.into()), ("price", t.won(first.price).into())];
                t.with("seats-row-line", &args)
            }
        };
        // A seat that was chosen and has gone is still shown, and beside nobody.
        let open: Vec<Seat<'_>> = free.iter().filter(|seat| self.board.is_free(seat.index)).copied().collect();
        let groups = names::groups(&open);
        let boxes = free.iter().map(|seat| {
            let label = t.with("seats-seat", &[("number", seat.number.to_string().into())]);
            let label = if is_mixed { format!("{label} {}", price(seat)) } else { label };
            seat_box(t, seat, label, chosen)
        });
        Some(RowView {
            legend,
            groups: if groups.is_empty() { groups } else { t.with("seats-row-groups", &[("groups", groups.into())]) },
            seats: boxes.collect(),
        })
    }

    fn grades(&self, t: Texts, chosen: &str) -> Vec<Choice> {
        let any =
            Choice { value: String::new(), text: t.get("seats-grade-any").to_owned(), is_chosen: chosen.is_empty() };
        let grades = self.show.hall.grades.iter().map(|grade| Choice {
            value: grade.grade.clone(),
            text: t.with(
                "seats-grade-of",
                &[("grade", grade.grade.as_str().into()), ("price", t.won(grade.price).into())],
            ),
            is_chosen: grade.grade == chosen,
        });
        std::iter::once(any).chain(grades).collect()
    }
}

fn parties(t: Texts, most: u32, chosen: u32) -> Vec<Choice> {
    let party = |count: u32| Choice {
        value: count.to_string(),
        text: t.with("seats-party-of", &[("count", count.into())]),
        is_chosen: count == chosen,
    };
    (1..=most).map(party).collect()
}

fn left(t: Texts, free: u32, held: u32) -> String {
    match (free, held) {
        (0, 0) => t.get("seats-section-none").to_owned(),
        (0, held) => t.with("seats-section-held", &[("count", held.into())]),
        (free, _) => t.with("seats-section-left", &[("count", free.into())]),
    }
}

fn seat_box(t: Texts, seat: &Seat<'_>, label: String, chosen: &BTreeSet<u32>) -> SeatBox {
    SeatBox { index: seat.index, label, note: names::flags(t, seat), is_chosen: chosen.contains(&seat.index) }
}
