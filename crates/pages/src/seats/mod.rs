//! Seats: `/seats/{scheduleId}`.
//!
//! Three layers: the whole hall as a picture with a list below it, a section, and its rows. What the server writes works without
//! script: sections are pages, seats are checkboxes, and one form holds them. The script (`assets/seats.js`) draws sections as
//! buttons and follows the state.
//!
//! ```text
//! load     what the API is asked for: hall and names (kept for seconds), the state, own holds
//! plan     the hall: each seat by its index, ids from prefix and index
//! blocks   what is shown at once: at most 1,200 seats
//! shapes   outlines for the picture
//! board    how the seats stand
//! names    what seats are called
//! view     the page
//! submit   forms: hold, best together, change, let go
//! ```

mod blocks;
mod board;
mod load;
mod names;
#[cfg(test)]
mod page_tests;
mod plan;
mod shapes;
#[cfg(test)]
pub(crate) mod stand_in;
mod submit;
#[cfg(test)]
mod tests;
mod view;

use crate::forms::see_other;
use crate::{Pages, Problem, Visitor};
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use std::collections::BTreeSet;
use uuid::Uuid;
use view::{Asked, Part, Scene};

/// How many people buy together, where nobody has said it.
const PARTY: u32 = 2;

/// A seat as people say it, from the number that the API has: `7열-12` or `B-7`.
pub(crate) fn name_of(t: web::Texts, seat_number: &str) -> String {
    match seat_number.rsplit_once('-') {
        Some((row, number)) => {
            t.with("seats-js-short", &[("row", names::row_of(row).into()), ("number", number.into())])
        }
        None => seat_number.to_owned(),
    }
}

/// The routes.
pub(crate) fn routes() -> Router<Pages> {
    Router::new().route("/seats/{id}", get(show).post(submit::submit))
}

async fn show(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let id = schedule(&visitor, &id)?;
    let board = match load::board(&pages, &visitor, id).await {
        Ok(board) => board,
        Err(problem) => return without_pass(id, problem),
    };
    let show = load::show(&pages, &visitor, id).await?;
    let holds = load::holds(&pages, &visitor, id, &show.hall).await;
    let asked = asked(query.as_deref().unwrap_or_default(), show.hall.blocks.len(), pages.settings.seats_max);
    let scene = Scene { id, show: &show, board: &board, holds: &holds };
    Ok(scene.page(&pages, &visitor, &asked, None))
}

/// # Errors
/// 404 for what is no id of a schedule.
fn schedule(visitor: &Visitor, id: &str) -> Result<Uuid, Problem> {
    let is_plain = id.len() == 36;
    Uuid::try_parse(id).ok().filter(|_| is_plain).ok_or_else(|| Problem::not_found(visitor))
}

/// A visitor without a pass joins the line; one whose pass has ended is told so first, and joins by a press.
fn without_pass(id: Uuid, problem: Problem) -> Result<Response, Problem> {
    if is_without_pass(&problem) {
        let why = if problem.code == "QUEUE_TOKEN_EXPIRED" { "?lapsed=1" } else { "" };
        return Ok(see_other(&format!("/wait/{id}{why}")));
    }
    Err(problem)
}

fn is_without_pass(problem: &Problem) -> bool {
    problem.status == StatusCode::UNAUTHORIZED && problem.code.starts_with("QUEUE_TOKEN_")
}

/// What the address asks for; what it asks for wrongly is passed over.
fn asked(query: &str, blocks: usize, seats_max: u32) -> Asked {
    let mut asked = Asked {
        part: Part::Overview,
        chosen: BTreeSet::new(),
        party: PARTY.min(seats_max),
        grade: String::new(),
        is_wheelchair: false,
        is_change: false,
        is_released: false,
    };
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "section" => {
                let block = value.parse().ok().filter(|at| *at < blocks);
                asked.part = block.map_or(asked.part, Part::Block);
            }
            "wheelchair" => asked.part = Part::Wheelchair,
            "seats" => {
                let seats = value.split(',').filter_map(|index| index.parse::<u32>().ok());
                asked.chosen.extend(seats.take(seats_max as usize));
            }
            "party" => {
                let party = value.parse().ok().filter(|party| (1..=seats_max).contains(party));
                asked.party = party.unwrap_or(asked.party);
            }
            "change" => asked.is_change = true,
            "released" => asked.is_released = true,
            _ => {}
        }
    }
    asked
}
