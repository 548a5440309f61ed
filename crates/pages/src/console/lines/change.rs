//! The settings of a line are changed.

use super::super::fields::{Changes, Given, Spec, changes, refused};
use super::super::operator::Operator;
use super::show::{Told, line, line_page, missing};
use super::specs;
use crate::api::Nothing;
use crate::forms::{Fields, see_other};
use crate::{Pages, Problem};
use axum::extract::{Path, State};
use axum::response::Response;
use http::{Method, StatusCode};

/// Sends the fields that differ from what the operator saw.
pub(super) async fn change(
    State(pages): State<Pages>,
    operator: Operator,
    Path(name): Path<String>,
    fields: Fields<Nothing>,
) -> Result<Response, Problem> {
    let Some(line) = line(&pages, &operator, &name).await? else { return Ok(missing(&operator)) };
    let all: Vec<Spec> = match line.is_of_site() {
        true => specs::SITE.into_iter().chain(specs::SCHEDULE).collect(),
        false => specs::OTHER.to_vec(),
    };
    let t = operator.t();
    let given = fields.all.clone();
    let told =
        |line, status, errors, conflicts| Ok(line_page(&operator, line, status, Told { errors, conflicts, given }));
    let send = match changes(t, &all, Given(&fields.all), &line.definition) {
        Changes::Faulty(errors) => return told(line, StatusCode::BAD_REQUEST, errors, Vec::new()),
        Changes::Meanwhile(conflicts) => return told(line, StatusCode::CONFLICT, Vec::new(), conflicts),
        Changes::Send(send) if send.is_empty() => {
            return Ok(see_other(&format!("/console/lines/{}?done=unchanged", line.address)));
        }
        Changes::Send(send) => send,
    };
    let path = format!("/queue/admin/lines/{}", line.address);
    match pages.api.send::<Nothing>(&operator, Method::PATCH, &path, &send, &fields.proof).await {
        Ok(_) => Ok(see_other(&format!("/console/lines/{}?done=changed", line.address))),
        Err(problem) => match refused(&problem, &all) {
            Some(error) => told(line, problem.status, vec![error], Vec::new()),
            None => Err(problem),
        },
    }
}
