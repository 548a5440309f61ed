//! A campaign's terms are changed.

use super::super::fields::{Changes, Given, changes, refused};
use super::super::operator::Operator;
use super::show::{Told, campaign_page, known, missing};
use super::{api_path, page_path, specs};
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
    Path(id): Path<String>,
    fields: Fields<Nothing>,
) -> Result<Response, Problem> {
    let Some(known) = known(&pages, &operator, &id).await? else { return Ok(missing(&operator)) };
    let given = Given(&fields.all);
    let all = fields.all.clone();
    let told = |known, status, errors, conflicts| {
        Ok(campaign_page(&operator, known, status, Told { errors, conflicts, given: all }))
    };
    let send = match changes(operator.t(), &specs::CHANGE, given, &known.campaign) {
        Changes::Faulty(errors) => return told(known, StatusCode::BAD_REQUEST, errors, Vec::new()),
        Changes::Meanwhile(conflicts) => return told(known, StatusCode::CONFLICT, Vec::new(), conflicts),
        Changes::Send(send) => specs::join(send, given),
    };
    let back = |done: &str| see_other(&page_path(&known.id, "", &known.tenant, &[("done", done)]));
    if send.is_empty() {
        return Ok(back("unchanged"));
    }
    let path = api_path(&known.id, "", &known.tenant);
    match pages.api.send::<Nothing>(&operator, Method::PATCH, &path, &send, &fields.proof).await {
        Ok(_) => Ok(back("changed")),
        Err(problem) => match refused(&problem, &specs::CHANGE) {
            Some(error) => told(known, problem.status, vec![error], Vec::new()),
            None => Err(problem),
        },
    }
}
