//! A site's line is ended, after its name was typed.

use super::super::fields::{Given, refused};
use super::super::frame::{Frame, query, shell, show};
use super::super::operator::Operator;
use super::super::words::Say;
use super::show::{Line, line, missing};
use crate::api::Nothing;
use crate::forms::{Fields, see_other};
use crate::{Pages, Problem};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{Method, StatusCode};
use web::{FieldError, Shell, Value};

#[derive(Template)]
#[template(path = "console/line_end.html")]
struct EndPage {
    shell: Shell,
    frame: Frame,
    errors: Vec<FieldError>,
    line: Line,
    question: String,
    typed: String,
}

fn end_page(operator: &Operator, line: Line, status: StatusCode, errors: Vec<FieldError>, typed: &str) -> Response {
    let t = operator.t();
    let template = EndPage {
        shell: shell(operator, t.get("console-line-end-title")).errors(!errors.is_empty()),
        frame: Frame::at("console-nav-lines", "line-end"),
        errors,
        question: t.with("console-line-end-type", &[("line", Value::from(line.address.clone()))]),
        typed: typed.to_owned(),
        line,
    };
    show(status, &template.shell, &template)
}

pub(super) async fn form(
    State(pages): State<Pages>,
    operator: Operator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    match line(&pages, &operator, &name).await? {
        Some(line) => Ok(end_page(&operator, line, StatusCode::OK, Vec::new(), "")),
        None => Ok(missing(&operator)),
    }
}

pub(super) async fn end(
    State(pages): State<Pages>,
    operator: Operator,
    Path(name): Path<String>,
    fields: Fields<Nothing>,
) -> Result<Response, Problem> {
    let Some(line) = line(&pages, &operator, &name).await? else { return Ok(missing(&operator)) };
    let typed = Given(&fields.all).text("typed");
    if typed != line.address {
        let errors = vec![FieldError::new("typed", operator.t().get("console-error-typed"))];
        return Ok(end_page(&operator, line, StatusCode::BAD_REQUEST, errors, typed));
    }
    let path = format!("/queue/admin/lines/{}", line.address);
    match pages.api.send::<Nothing>(&operator, Method::DELETE, &path, &(), &fields.proof).await {
        Ok(_) => Ok(see_other(&format!("/console/lines?{}", query(&[("ended", &line.address)])))),
        Err(problem) => match refused(&problem, &[]) {
            Some(error) => Ok(end_page(&operator, line, problem.status, vec![error], typed)),
            None => Err(problem),
        },
    }
}
