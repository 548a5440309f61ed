//! What seats and blocks are called, in the words that the script uses, too.

use super::blocks::Block;
use super::plan::{Hall, Seat, is_beside};
use web::Texts;

/// A row without the word for it, which stands in the text already: the hall may call it `7열`.
pub(super) fn row_of(name: &str) -> &str {
    match name.strip_suffix('열') {
        Some(row) if !row.trim().is_empty() => row.trim_end(),
        _ => name,
    }
}

/// `B-7`, as people say it.
pub(super) fn short(t: Texts, seat: &Seat<'_>) -> String {
    let number = seat.number.to_string();
    t.with("seats-js-short", &[("row", row_of(seat.row).into()), ("number", number.into())])
}

/// Several seats by their indices.
pub(super) fn several(t: Texts, hall: &Hall, indices: &[u32]) -> String {
    let mut names: Vec<String> =
        indices.iter().filter_map(|index| hall.seat(*index)).map(|seat| short(t, &seat)).collect();
    let last = names.pop().unwrap_or_default();
    match names.join(&format!("{} ", t.get("seats-js-and"))) {
        none if none.is_empty() => last,
        names => format!("{names} {} {last}", t.get("seats-js-last")),
    }
}

/// A section, or a part of one with its rows.
pub(super) fn block(t: Texts, block: &Block) -> String {
    let (from, to) = block.ends();
    if !block.is_part() {
        return block.section.clone();
    }
    let args = [("section", block.section.as_str().into()), ("from", row_of(from).into()), ("to", row_of(to).into())];
    t.with("seats-part", &args)
}

/// What people should know of a seat before they take it.
pub(super) fn flags(t: Texts, seat: &Seat<'_>) -> String {
    let known = ["aisle", "wheelchair", "companion", "obstructed"].into_iter().filter(|flag| seat.has(flag));
    let names: Vec<&str> = known.filter_map(|flag| t.find(&format!("seats-flag-{flag}"))).collect();
    names.join(&format!("{} ", t.get("seats-js-and")))
}

/// Groups of two and more seats side by side, as `5–9, 12–13`.
pub(super) fn groups(seats: &[Seat<'_>]) -> String {
    let mut all: Vec<(&Seat<'_>, &Seat<'_>)> = Vec::new();
    for seat in seats.iter().filter(|seat| !seat.is_special()) {
        match all.last_mut() {
            Some((_, last)) if is_beside(last, seat) => *last = seat,
            _ => all.push((seat, seat)),
        }
    }
    let names = all.iter().filter(|(first, last)| first.index != last.index);
    let names: Vec<String> = names.map(|(first, last)| format!("{}–{}", first.number, last.number)).collect();
    names.join(", ")
}
