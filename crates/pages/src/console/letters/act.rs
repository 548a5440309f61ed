//! Letters are replayed or dropped: first asked ("these 37"), then done, then told one by one.

use super::super::fields::Given;
use super::super::frame::{Frame, asked, query, shell, show};
use super::super::operator::Operator;
use super::super::outcomes;
use super::super::words::{self, Say};
use super::list::letters_page;
use super::{Filter, LetterRow, PLACE, letter_row};
use crate::forms::{Fields, see_other};
use crate::{Nothing, Pages, Problem};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::Timestamp;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use web::{FieldError, Shell, Value};

/// Most letters of one batch: a page of the list.
const IDS_MAX: usize = 100;

/// Most letters that are looked for one by one.
const LOOKS_MAX: usize = 20;

/// What can be done to letters, as the API's address has it.
fn act_of(given: Given<'_>) -> Option<&'static str> {
    ["replay", "drop"].into_iter().find(|act| given.get("act") == Some(act))
}

/// The list's form: leads to the question, with exactly the chosen letters in its address.
pub(super) async fn choose(
    State(pages): State<Pages>,
    operator: Operator,
    fields: Fields<Nothing>,
) -> Result<Response, Problem> {
    let given = Given(&fields.all);
    let (Some(act), ids) = (act_of(given), given.all("ids")) else { return Err(Problem::not_found(&operator)) };
    let filter = Filter::of(given);
    if ids.is_empty() {
        let errors = vec![FieldError::new("letters", operator.t().get("console-letters-choose"))];
        return letters_page(&pages, &operator, filter, StatusCode::BAD_REQUEST, errors).await;
    }
    let page = filter.page.to_string();
    let mut pairs = vec![("act", act), ("at", given.text("at")), ("page", &page)];
    pairs.extend(filter.pairs());
    pairs.extend(ids.into_iter().take(IDS_MAX).map(|id| ("ids", id)));
    Ok(see_other(&format!("/console/letters/sure?{}", query(&pairs))))
}

#[derive(Template)]
#[template(path = "console/letters_sure.html")]
struct SurePage {
    shell: Shell,
    frame: Frame,
    act: &'static str,
    letters: Vec<LetterRow>,
    question: String,
    press: String,
    missing: usize,
    at: String,
}

/// "Replay these 37?": those of the chosen that are still there.
pub(super) async fn sure(State(pages): State<Pages>, operator: Operator) -> Result<Response, Problem> {
    let asked = asked(&operator);
    let given = Given(&asked);
    let Some(act) = act_of(given) else { return Err(Problem::not_found(&operator)) };
    let ids = given.all("ids");
    let t = operator.t();
    let letters = letters(&pages, &operator, &Filter::of(given), &ids).await?;
    if letters.is_empty() {
        let text = match ids.len() {
            0 => t.get("console-letters-choose").to_owned(),
            gone => t.fill("console-letters-sure-missing", "count", gone),
        };
        let errors = vec![FieldError::new("", text)];
        return letters_page(&pages, &operator, Filter::of(given), StatusCode::BAD_REQUEST, errors).await;
    }
    let at = given.text("at").parse().map_or_else(|_| clock::now(), Timestamp);
    let count = ("count", Value::from(letters.len()));
    let args = [count.clone(), ("time", Value::from(words::second(t, at)))];
    let template = SurePage {
        shell: shell(&operator, t.with(&format!("console-letters-sure-{act}"), std::slice::from_ref(&count))),
        frame: Frame::at(PLACE, "letters-sure"),
        act,
        question: t.with(&format!("console-letters-sure-{act}-text"), &args),
        press: t.with(&format!("console-letters-sure-{act}-press"), std::slice::from_ref(&count)),
        missing: ids.len().saturating_sub(letters.len()),
        at: at.millis().to_string(),
        letters,
    };
    Ok(show(StatusCode::OK, &template.shell, &template))
}

/// The chosen letters: from the page of the list they were chosen on; those that have left it by themselves.
async fn letters(pages: &Pages, operator: &Operator, filter: &Filter, ids: &[&str]) -> Result<Vec<LetterRow>, Problem> {
    let t = operator.t();
    let found = filter.ask(pages, operator).await?;
    let (mut chosen, mut looks): (Vec<LetterRow>, usize) = (Vec::new(), 0);
    for id in ids {
        if chosen.iter().any(|letter| letter.id == *id) {
            continue;
        }
        if let Some(letter) = found.list.iter().find(|letter| letter.id == *id) {
            chosen.push(letter_row(t, letter));
        } else if looks < LOOKS_MAX {
            looks += 1;
            let id = super::super::frame::plain(operator, id)?;
            let one = pages.api.get(operator, &format!("/api/v1/admin/dead-letters/{id}")).await;
            chosen.extend(one.ok().map(|letter| letter_row(t, &letter)));
        }
    }
    Ok(chosen)
}

/// Does it, to the ids of the form and to no other.
pub(super) async fn act(
    State(pages): State<Pages>,
    operator: Operator,
    fields: Fields<Nothing>,
) -> Result<Response, Problem> {
    let given = Given(&fields.all);
    let (Some(act), ids) = (act_of(given), given.all("ids")) else { return Err(Problem::not_found(&operator)) };
    if ids.is_empty() {
        return Ok(see_other("/console/letters"));
    }
    let path = format!("/api/v1/admin/dead-letters/{act}");
    let body = json!({"ids": ids});
    let reply = pages.api.send::<Json>(&operator, Method::POST, &path, &body, &fields.proof).await?;
    let key = outcomes::keep(reply.body);
    Ok(see_other(&format!("/console/letters/outcome?{}", query(&[("act", act), ("key", &key)]))))
}

#[derive(Debug, Deserialize)]
struct Outcomes {
    results: Vec<OneOutcome>,
}

#[derive(Debug, Deserialize)]
struct OneOutcome {
    id: String,
    outcome: String,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "console/letters_outcome.html")]
struct OutcomePage {
    shell: Shell,
    frame: Frame,
    act: &'static str,
    results: Option<Vec<OneOutcome>>,
    /// Outcome and number, those that are there.
    counts: Vec<(String, usize)>,
}

/// What became of each letter.
pub(super) async fn outcome(operator: Operator) -> Result<Response, Problem> {
    let asked = asked(&operator);
    let given = Given(&asked);
    let Some(act) = act_of(given) else { return Err(Problem::not_found(&operator)) };
    let t = operator.t();
    let kept = outcomes::find(given.text("key"));
    let results = kept.and_then(|kept| serde_json::from_value::<Outcomes>(kept).ok()).map(|kept| kept.results);
    let all = results.as_deref().unwrap_or_default();
    let count = |outcome: &str| all.iter().filter(|one| one.outcome == outcome).count();
    let counts = ["REPLAYED", "DROPPED", "FAILED", "GONE"].into_iter();
    let counts = counts.map(|outcome| (words::word(t, "letters-outcome", outcome), count(outcome)));
    let template = OutcomePage {
        shell: shell(&operator, t.get("console-letters-outcome-title")),
        frame: Frame::at(PLACE, "letters-outcome"),
        act,
        counts: counts.filter(|(_, count)| *count > 0).collect(),
        results,
    };
    Ok(show(StatusCode::OK, &template.shell, &template))
}

impl OutcomePage {
    fn word(&self, outcome: &str) -> String {
        words::word(self.shell.t, "letters-outcome", outcome)
    }
}
