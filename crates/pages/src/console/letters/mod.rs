//! Dead letters: `/console/letters`. Replay and drop act on the letters that were chosen, as they were seen, and on no other.

mod act;
mod list;
mod one;

use super::model::{Letter, List};
use super::operator::{Operator, to_form};
use super::words;
use crate::{Pages, Problem};
use axum::Router;
use axum::routing::get;
use web::Texts;

/// Letters on a page, and in one batch.
const SIZE: u64 = 50;
const PLACE: &str = "console-nav-letters";

/// The routes.
pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/console/letters", get(list::list).post(act::act))
        .route("/console/letters/sure", get(act::sure))
        .route("/console/letters/{id}", get(one::one))
        .route("/console/letters/outcome", get(act::outcome))
        .route("/console/letters/choose", get(to_form).post(act::choose))
}

/// Which letters a list has.
#[derive(Clone, Debug, Default)]
struct Filter {
    topic: String,
    reason: String,
    page: u64,
}

impl Filter {
    fn of(given: super::fields::Given<'_>) -> Self {
        Self {
            topic: given.text("topic").to_owned(),
            reason: given.text("reason").to_owned(),
            page: super::frame::page_number(given),
        }
    }

    fn pairs(&self) -> [(&str, &str); 2] {
        [("topic", &self.topic), ("reason", &self.reason)]
    }

    async fn ask(&self, pages: &Pages, operator: &Operator) -> Result<List<Letter>, Problem> {
        let (page, size) = (self.page.to_string(), SIZE.to_string());
        let pairs = [self.pairs()[0], self.pairs()[1], ("page", &page), ("size", &size)];
        let path = format!("/api/v1/admin/dead-letters?{}", super::frame::query(&pairs));
        pages.api.get(operator, &path).await
    }
}

/// A letter as lists have it.
#[derive(Clone, Debug)]
struct LetterRow {
    id: String,
    kind: String,
    key: String,
    topic: String,
    from: String,
    place: Option<String>,
    reason: String,
    error: String,
    at: String,
    failures: u64,
    is_requested: bool,
    trace: Option<String>,
}

fn letter_row(t: Texts, letter: &Letter) -> LetterRow {
    let place = letter.original_partition.zip(letter.original_offset).map(|(partition, offset)| {
        let args = [("partition", partition.to_string().into()), ("offset", offset.to_string().into())];
        t.with("console-letter-place", &args)
    });
    LetterRow {
        id: letter.id.clone(),
        kind: letter.event_type.clone().unwrap_or_else(|| t.get("console-letters-unknown-kind").to_owned()),
        key: letter.key.clone().unwrap_or_default(),
        topic: letter.topic.clone(),
        from: letter.original_topic.clone().unwrap_or_default(),
        place,
        reason: words::word(t, "letter-reason", &letter.reason),
        error: letter.error.clone().unwrap_or_default(),
        at: letter.at.map(|at| words::logged(t, at)).unwrap_or_default(),
        failures: letter.failures,
        is_requested: letter.replay_requested,
        trace: letter.trace_id.clone(),
    }
}
