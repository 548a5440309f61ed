//! A line is paused, resumed, and says something to the people in it.

use super::super::fields::Given;
use super::super::frame::plain;
use super::super::operator::Operator;
use super::show::{Told, line, line_page, missing};
use crate::api::Nothing;
use crate::forms::{Fields, see_other};
use crate::{Pages, Problem};
use axum::extract::{Path, State};
use axum::response::Response;
use http::{Method, StatusCode};
use serde_json::{Map, Value as Json, json};
use web::{FieldError, Value};

/// Most characters of the words in one language.
const WORDS_MAX: usize = 200;

/// Pauses the line, with or without words.
pub(super) async fn pause(
    State(pages): State<Pages>,
    operator: Operator,
    Path(name): Path<String>,
    fields: Fields<Nothing>,
) -> Result<Response, Problem> {
    let words = match words(&operator, Given(&fields.all), "pause-") {
        Ok(words) => words,
        Err(errors) => return told(&pages, &operator, &name, errors, fields.all).await,
    };
    let change = Change { method: Method::POST, act: "pause", body: json!({"notice": words}) };
    send(&pages, &operator, &name, change, &fields).await
}

/// Goes on. The words go away.
pub(super) async fn resume(
    State(pages): State<Pages>,
    operator: Operator,
    Path(name): Path<String>,
    fields: Fields<Nothing>,
) -> Result<Response, Problem> {
    send(&pages, &operator, &name, Change { method: Method::POST, act: "resume", body: Json::Null }, &fields).await
}

/// Shows other words, or none.
pub(super) async fn notice(
    State(pages): State<Pages>,
    operator: Operator,
    Path(name): Path<String>,
    fields: Fields<Nothing>,
) -> Result<Response, Problem> {
    let words = match words(&operator, Given(&fields.all), "") {
        Ok(words) => words,
        Err(errors) => return told(&pages, &operator, &name, errors, fields.all).await,
    };
    let change = Change { method: Method::PUT, act: "notice", body: json!({"notice": words}) };
    send(&pages, &operator, &name, change, &fields).await
}

struct Change {
    method: Method,
    act: &'static str,
    body: Json,
}

async fn send(
    pages: &Pages,
    operator: &Operator,
    name: &str,
    change: Change,
    fields: &Fields<Nothing>,
) -> Result<Response, Problem> {
    let name = plain(operator, name)?;
    let Change { method, act, body } = change;
    let path = format!("/queue/admin/{name}/{act}");
    match pages.api.send::<Nothing>(operator, method, &path, &body, &fields.proof).await {
        Ok(_) => Ok(see_other(&format!("/console/lines/{name}?done={act}"))),
        Err(problem) if problem.status == StatusCode::NOT_FOUND => Ok(missing(operator)),
        Err(problem) => Err(problem),
    }
}

/// The words of a form; `{}`, which takes them away, where both are empty.
fn words(operator: &Operator, given: Given<'_>, prefix: &str) -> Result<Map<String, Json>, Vec<FieldError>> {
    let t = operator.t();
    let (mut words, mut errors) = (Map::new(), Vec::new());
    for (language, label) in [("ko", "console-pause-ko"), ("en", "console-pause-en")] {
        let id = format!("{prefix}{language}");
        // Browsers send a line's end as two letters, and count it as one.
        let text = given.text(&id).replace("\r\n", "\n");
        if text.chars().count() > WORDS_MAX {
            let args = [("field", Value::from(t.get(label).to_owned())), ("most", Value::from(WORDS_MAX))];
            errors.push(FieldError::new(id, t.with("console-error-length", &args)));
        } else if !text.is_empty() {
            words.insert(language.to_owned(), text.into());
        }
    }
    if errors.is_empty() { Ok(words) } else { Err(errors) }
}

async fn told(
    pages: &Pages,
    operator: &Operator,
    name: &str,
    errors: Vec<FieldError>,
    given: Vec<(String, String)>,
) -> Result<Response, Problem> {
    match line(pages, operator, name).await? {
        Some(line) => Ok(line_page(operator, line, StatusCode::BAD_REQUEST, Told { errors, given, ..Told::default() })),
        None => Ok(missing(operator)),
    }
}
