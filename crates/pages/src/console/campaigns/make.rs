//! A campaign is made.

use super::super::fields::{Field, Given, made, needed, refused, shown};
use super::super::frame::{Frame, shell, show};
use super::super::operator::Operator;
use super::super::words::Say;
use super::{page_path, specs};
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
#[template(path = "console/campaign_new.html")]
struct NewPage {
    shell: Shell,
    frame: Frame,
    errors: Vec<FieldError>,
    fields: Vec<Field>,
}

fn new_page(operator: &Operator, status: StatusCode, errors: Vec<FieldError>, given: Option<Given<'_>>) -> Response {
    let t = operator.t();
    let template = NewPage {
        shell: shell(operator, t.get("console-campaign-new-title")).errors(!errors.is_empty()),
        frame: Frame::at("console-nav-campaigns", "campaign-new"),
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
    event_id: String,
}

pub(super) async fn make(
    State(pages): State<Pages>,
    operator: Operator,
    fields: Fields<Nothing>,
) -> Result<Response, Problem> {
    let given = Given(&fields.all);
    let body = match made(operator.t(), &specs::NEW, given) {
        Ok(body) if given.text("discount").is_empty() || body.contains_key("discount_value") => body,
        Ok(_) => {
            let value = specs::NEW.iter().filter(|spec| spec.id == "discount_value");
            let errors = value.map(|spec| needed(operator.t(), spec)).collect();
            return Ok(new_page(&operator, StatusCode::BAD_REQUEST, errors, Some(given)));
        }
        Err(errors) => return Ok(new_page(&operator, StatusCode::BAD_REQUEST, errors, Some(given))),
    };
    let mut body = specs::join(body, given);
    // A new campaign has no bound to take away.
    body.retain(|_, value| !value.is_null());
    match pages.api.send::<Made>(&operator, Method::POST, "/api/v1/admin/campaigns", &body, &fields.proof).await {
        Ok(reply) => Ok(see_other(&page_path(&reply.body.event_id, "", "", &[("done", "made")]))),
        Err(problem) => match refused(&problem, &specs::NEW) {
            Some(error) => {
                let field = if problem.code == "CAMPAIGN_EXISTS" { "event_id".to_owned() } else { error.field };
                let errors = vec![FieldError { field, ..error }];
                Ok(new_page(&operator, problem.status, errors, Some(given)))
            }
            None => Err(problem),
        },
    }
}
