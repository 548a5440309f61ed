//! A line is made in front of a site.

use super::super::fields::{Field, Given, made, refused, shown};
use super::super::frame::{Frame, shell, show};
use super::super::operator::Operator;
use super::super::words::Say;
use super::specs;
use crate::api::Nothing;
use crate::forms::{Fields, see_other};
use crate::{Pages, Problem};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::{Method, StatusCode};
use serde::Deserialize;
use web::{FieldError, Shell};

#[derive(Template)]
#[template(path = "console/line_new.html")]
struct NewPage {
    shell: Shell,
    frame: Frame,
    errors: Vec<FieldError>,
    fields: Vec<Field>,
}

fn new_page(operator: &Operator, status: StatusCode, errors: Vec<FieldError>, given: Option<Given<'_>>) -> Response {
    let t = operator.t();
    let template = NewPage {
        shell: shell(operator, t.get("console-line-new-title")).errors(!errors.is_empty()),
        frame: Frame::at("console-nav-lines", "line-new"),
        fields: shown(t, &specs::NEW, None, given, &errors),
        errors,
    };
    show(status, &template.shell, &template)
}

pub(super) async fn form(operator: Operator) -> Response {
    new_page(&operator, StatusCode::OK, Vec::new(), None)
}

#[derive(Deserialize)]
struct Made {
    name: String,
}

pub(super) async fn make(
    State(pages): State<Pages>,
    operator: Operator,
    fields: Fields<Nothing>,
) -> Result<Response, Problem> {
    let given = Given(&fields.all);
    let body = match made(operator.t(), &specs::NEW, given) {
        Ok(body) => body,
        Err(errors) => return Ok(new_page(&operator, StatusCode::BAD_REQUEST, errors, Some(given))),
    };
    match pages.api.send::<Made>(&operator, Method::POST, "/queue/admin/lines", &body, &fields.proof).await {
        Ok(reply) => Ok(see_other(&format!("/console/lines/{}?done=made", reply.body.name))),
        Err(problem) => match refused(&problem, &specs::NEW) {
            Some(error) => {
                // The only conflict with a name to mend.
                let field = if problem.code == "LINE_EXISTS" { "name".to_owned() } else { error.field };
                let errors = vec![FieldError { field, ..error }];
                Ok(new_page(&operator, problem.status, errors, Some(given)))
            }
            None => Err(problem),
        },
    }
}
