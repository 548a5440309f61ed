//! One dead letter with its content.

use super::super::frame::{Frame, missing, plain, shell, show};
use super::super::model::Letter;
use super::super::operator::Operator;
use super::super::words::Say;
use super::{LetterRow, PLACE, letter_row};
use crate::{Pages, Problem};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use serde_json::Value as Json;
use web::{Shell, Value};

#[derive(Template)]
#[template(path = "console/letter.html")]
struct LetterPage {
    shell: Shell,
    frame: Frame,
    row: LetterRow,
    group: Option<String>,
    content: String,
    headers: Vec<(String, String)>,
    at_ms: i64,
}

pub(super) async fn one(
    State(pages): State<Pages>,
    operator: Operator,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = plain(&operator, &id)?;
    let path = format!("/api/v1/admin/dead-letters/{id}");
    let letter = match pages.api.get::<Letter>(&operator, &path).await {
        Ok(letter) => letter,
        Err(problem) if problem.status == StatusCode::NOT_FOUND => return Ok(missing(&operator, "letter", PLACE)),
        Err(problem) => return Err(problem),
    };
    let t = operator.t();
    let row = letter_row(t, &letter);
    let title = t.with("console-letter-title", &[("id", Value::from(row.id.clone()))]);
    let headers = letter.headers.unwrap_or_default().into_iter();
    let template = LetterPage {
        shell: shell(&operator, title),
        frame: Frame::at(PLACE, "letter"),
        row,
        group: letter.group,
        content: letter.value.as_ref().map(written).unwrap_or_default(),
        headers: headers.map(|(name, value)| (name, written(&value))).collect(),
        at_ms: clock::now().millis(),
    };
    Ok(show(StatusCode::OK, &template.shell, &template))
}

/// JSON with indents; a text as it is.
fn written(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}
