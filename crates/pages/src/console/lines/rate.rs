//! The rate of a line: looked at, changed, put back.

use super::super::fields::Given;
use super::super::frame::{Frame, asked, plain, query, shell, show};
use super::super::operator::{Operator, to_form};
use super::super::words::Say;
use super::preview::{needs_second_press, times};
use super::show::{Line, Told, line, line_page, missing};
use super::specs::RATE_MAX;
use crate::api::Nothing;
use crate::forms::{Fields, see_other};
use crate::{Pages, Problem};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{Method, StatusCode};
use serde_json::{Value as Json, json};
use web::{FieldError, Shell, Value};

#[derive(Template)]
#[template(path = "console/rate.html")]
struct RatePage {
    shell: Shell,
    frame: Frame,
    line: Line,
    /// The rate in force.
    was: u32,
    /// The rate that is wished for.
    rate: u32,
    preview: String,
    /// What to think of before the second press.
    question: String,
    /// Somebody else was faster: in words.
    conflict: Option<String>,
}

/// What a rate would do, with the button that sets it.
pub(super) async fn form(
    State(pages): State<Pages>,
    operator: Operator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let Some(line) = line(&pages, &operator, &name).await? else { return Ok(missing(&operator)) };
    let asked = asked(&operator);
    match Given(&asked).text("to").parse() {
        Ok(rate) if u64::from(rate) <= RATE_MAX => Ok(rate_page(&operator, line, rate, None)),
        _ => Ok(to_form(operator).await),
    }
}

fn rate_page(operator: &Operator, line: Line, rate: u32, conflict: Option<(u32, u32)>) -> Response {
    let t = operator.t();
    let was = conflict.map_or_else(|| line.rate(), |(_, now)| now);
    let numbers = [("was", Value::from(was)), ("rate", Value::from(rate)), ("times", Value::from(times(t, was, rate)))];
    let question = match (needs_second_press(was, rate), rate) {
        (true, 0) => t.with("console-rate-sure-zero", &numbers),
        (true, _) => t.with("console-rate-sure-text", &numbers),
        (false, _) => t.with("console-rate-sure-plain", &numbers),
    };
    let told = |(saw, now): (u32, u32)| {
        t.with("console-rate-conflict", &[("was", Value::from(saw)), ("now", Value::from(now))])
    };
    let (id, state, status) = match conflict {
        Some(_) => ("console-rate-conflict-title", "conflict", StatusCode::CONFLICT),
        None => ("console-rate-sure-title", "sure", StatusCode::OK),
    };
    let template = RatePage {
        shell: shell(operator, t.get(id)),
        frame: Frame::at("console-nav-lines", state),
        was,
        rate,
        preview: line.figures.sentence(t, rate),
        question,
        conflict: conflict.map(told),
        line,
    };
    show(status, &template.shell, &template)
}

/// Changes the rate, unless it asks for a second press first.
pub(super) async fn change(
    State(pages): State<Pages>,
    operator: Operator,
    Path(name): Path<String>,
    fields: Fields<Nothing>,
) -> Result<Response, Problem> {
    let name = plain(&operator, &name)?;
    let given = Given(&fields.all);
    let Some(rate) = given.text("ratePerSecond").parse::<u32>().ok().filter(|rate| u64::from(*rate) <= RATE_MAX) else {
        let Some(line) = line(&pages, &operator, name).await? else { return Ok(missing(&operator)) };
        let errors = vec![wrong(&operator)];
        return Ok(line_page(
            &operator,
            line,
            StatusCode::BAD_REQUEST,
            Told { errors, given: fields.all, ..Told::default() },
        ));
    };
    let was = given.text("was").parse::<u32>().ok();
    let is_sure = given.get("sure").is_some();
    let is_asked = given.get("act") == Some("see");
    if is_asked || (!is_sure && was.is_none_or(|was| needs_second_press(was, rate))) {
        return Ok(see_other(&format!("/console/lines/{name}/rate?to={rate}")));
    }
    let body = match was {
        Some(was) => json!({"ratePerSecond": rate, "was": was}),
        None => json!({"ratePerSecond": rate}),
    };
    let path = format!("/queue/admin/{name}/rate");
    match pages.api.send::<Nothing>(&operator, Method::PUT, &path, &body, &fields.proof).await {
        Ok(_) => Ok(see_other(&done(name, was.unwrap_or(rate), rate))),
        Err(problem) if problem.code == "RATE_CHANGED" => {
            let now = problem.body.get("ratePerSecond").and_then(Json::as_u64);
            let now = now.and_then(|now| u32::try_from(now).ok()).unwrap_or_default();
            let Some(line) = line(&pages, &operator, name).await? else { return Ok(missing(&operator)) };
            Ok(rate_page(&operator, line, rate, Some((was.unwrap_or_default(), now))))
        }
        Err(problem) if problem.status == StatusCode::NOT_FOUND => Ok(missing(&operator)),
        Err(problem) => Err(problem),
    }
}

fn done(name: &str, was: u32, to: u32) -> String {
    let (was, to, at) = (was.to_string(), to.to_string(), clock::now().millis().to_string());
    format!("/console/lines/{name}?{}", query(&[("done", "rate"), ("was", &was), ("to", &to), ("at", &at)]))
}

fn wrong(operator: &Operator) -> FieldError {
    let t = operator.t();
    let args = [
        ("field", Value::from(t.get("console-rate-label").to_owned())),
        ("least", Value::from(0)),
        ("most", Value::from(RATE_MAX)),
    ];
    FieldError::new("ratePerSecond", t.with("console-error-number", &args))
}
