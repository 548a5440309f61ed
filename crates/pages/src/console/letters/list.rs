//! The list of dead letters.

use super::super::fields::Given;
use super::super::frame::{Frame, Paging, asked, shell, show};
use super::super::model::away;
use super::super::operator::Operator;
use super::super::words::{self, Say};
use super::{Filter, LetterRow, PLACE, SIZE, letter_row};
use crate::{Pages, Problem};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use web::{FieldError, Shell};

/// The topics of dead letters (`contract.md`, Messages).
const TOPICS: [&str; 4] = ["dlq.coupon", "dlq.reservation", "dlq.payment", "dlq.event"];
/// The reasons, as messages carry them.
const REASONS: [&str; 3] = ["MALFORMED", "INVALID", "MAX_RETRY_EXCEEDED"];

#[derive(Template)]
#[template(path = "console/letters.html")]
struct LettersPage {
    shell: Shell,
    frame: Frame,
    errors: Vec<FieldError>,
    filter: Filter,
    letters: Vec<LetterRow>,
    total: u64,
    is_more: bool,
    at: String,
    at_ms: i64,
    paging: Paging,
}

impl LettersPage {
    fn topics(&self) -> &'static [&'static str] {
        &TOPICS
    }

    fn reasons(&self) -> Vec<(&'static str, String)> {
        REASONS.iter().map(|reason| (*reason, words::word(self.shell.t, "letter-reason", reason))).collect()
    }
}

pub(super) async fn list(State(pages): State<Pages>, operator: Operator) -> Result<Response, Problem> {
    let asked = asked(&operator);
    let filter = Filter::of(Given(&asked));
    letters_page(&pages, &operator, filter, StatusCode::OK, Vec::new()).await
}

/// The list, with what a form lacked.
pub(super) async fn letters_page(
    pages: &Pages,
    operator: &Operator,
    filter: Filter,
    status: StatusCode,
    errors: Vec<FieldError>,
) -> Result<Response, Problem> {
    let t = operator.t();
    let found = filter.ask(pages, operator).await?;
    let at = found.at.unwrap_or_else(clock::now);
    let template = LettersPage {
        shell: shell(operator, t.get("console-letters-title"))
            .errors(!errors.is_empty())
            .script("console/letters.js")
            .texts("console-js-picked"),
        frame: Frame::at(PLACE, "letters").without(away(&found.parts)),
        errors,
        letters: found.list.iter().map(|letter| letter_row(t, letter)).collect(),
        total: found.total_elements,
        is_more: found.is_more,
        at: words::second(t, at),
        at_ms: at.millis(),
        paging: Paging::new("/console/letters", &filter.pairs(), filter.page, SIZE, found.total_elements),
        filter,
    };
    Ok(show(status, &template.shell, &template))
}
