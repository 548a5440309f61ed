//! A campaign is opened, paused, resumed, given more stock, closed.

use super::super::fields::{Given, refused};
use super::super::frame::{Frame, plain, shell, show};
use super::super::operator::Operator;
use super::super::words::Say;
use super::show::{Known, Told, campaign_page, known, missing};
use super::{api_path, page_path};
use crate::api::Nothing;
use crate::forms::{Fields, see_other};
use crate::{Pages, Problem};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{Method, StatusCode};
use serde_json::json;
use web::{FieldError, Shell, Value};

/// Most coupons of a campaign.
const STOCK_MAX: u32 = 100_000_000;

fn tenant(operator: &Operator) -> String {
    let asked = super::super::frame::asked(operator);
    Given(&asked).text("tenant").to_owned()
}

/// Opens, pauses or resumes.
pub(super) async fn run(
    State(pages): State<Pages>,
    operator: Operator,
    Path(id): Path<String>,
    fields: Fields<Nothing>,
) -> Result<Response, Problem> {
    let (id, tenant) = (plain(&operator, &id)?, tenant(&operator));
    let act = Given(&fields.all).text("act");
    if !["open", "pause", "resume"].contains(&act) {
        return Err(Problem::not_found(&operator));
    }
    let path = api_path(id, &format!("/{act}"), &tenant);
    let sent = pages.api.send::<Nothing>(&operator, Method::POST, &path, &(), &fields.proof).await;
    finish(&pages, &operator, sent.map(drop), (id, &tenant), &[("done", act)]).await
}

/// The campaign's page with the outcome, or with what was refused.
async fn finish(
    pages: &Pages,
    operator: &Operator,
    sent: Result<(), Problem>,
    (id, tenant): (&str, &str),
    done: &[(&str, &str)],
) -> Result<Response, Problem> {
    let problem = match sent {
        Ok(()) => return Ok(see_other(&page_path(id, "", tenant, done))),
        Err(problem) => problem,
    };
    if problem.status == StatusCode::NOT_FOUND {
        return Ok(missing(operator));
    }
    let Some(error) = refused(&problem, &[]) else { return Err(problem) };
    let Some(known) = known(pages, operator, id).await? else { return Ok(missing(operator)) };
    Ok(campaign_page(operator, known, problem.status, Told { errors: vec![error], ..Told::default() }))
}

/// Adds to the stock.
pub(super) async fn stock(
    State(pages): State<Pages>,
    operator: Operator,
    Path(id): Path<String>,
    fields: Fields<Nothing>,
) -> Result<Response, Problem> {
    let (id, tenant) = (plain(&operator, &id)?, tenant(&operator));
    let given = Given(&fields.all).text("add");
    let Some(add) = given.parse::<u32>().ok().filter(|add| (1..=STOCK_MAX).contains(add)) else {
        let Some(known) = known(&pages, &operator, id).await? else { return Ok(missing(&operator)) };
        let t = operator.t();
        let args = [
            ("field", Value::from(t.get("console-campaign-stock-label").to_owned())),
            ("least", Value::from(1)),
            ("most", Value::from(STOCK_MAX)),
        ];
        let errors = vec![FieldError::new("add", t.with("console-error-number", &args))];
        let told = Told { errors, given: fields.all, ..Told::default() };
        return Ok(campaign_page(&operator, known, StatusCode::BAD_REQUEST, told));
    };
    let path = api_path(id, "/stock", &tenant);
    let sent = pages.api.send::<Nothing>(&operator, Method::POST, &path, &json!({"add": add}), &fields.proof).await;
    finish(&pages, &operator, sent.map(drop), (id, &tenant), &[("done", "stock"), ("add", &add.to_string())]).await
}

#[derive(Template)]
#[template(path = "console/campaign_close.html")]
struct ClosePage {
    shell: Shell,
    frame: Frame,
    errors: Vec<FieldError>,
    known: Known,
    question: String,
    typed: String,
}

fn close_page(operator: &Operator, known: Known, status: StatusCode, errors: Vec<FieldError>, typed: &str) -> Response {
    let t = operator.t();
    let template = ClosePage {
        shell: shell(operator, t.get("console-campaign-close-title")).errors(!errors.is_empty()),
        frame: Frame::at("console-nav-campaigns", "campaign-close"),
        errors,
        question: t.with("console-campaign-close-type", &[("id", Value::from(known.id.clone()))]),
        typed: typed.to_owned(),
        known,
    };
    show(status, &template.shell, &template)
}

pub(super) async fn close_form(
    State(pages): State<Pages>,
    operator: Operator,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    match known(&pages, &operator, &id).await? {
        Some(known) => Ok(close_page(&operator, known, StatusCode::OK, Vec::new(), "")),
        None => Ok(missing(&operator)),
    }
}

/// Closes it, after its id was typed.
pub(super) async fn close(
    State(pages): State<Pages>,
    operator: Operator,
    Path(id): Path<String>,
    fields: Fields<Nothing>,
) -> Result<Response, Problem> {
    let typed = Given(&fields.all).text("typed");
    if typed != id {
        let Some(known) = known(&pages, &operator, &id).await? else { return Ok(missing(&operator)) };
        let errors = vec![FieldError::new("typed", operator.t().get("console-error-typed"))];
        return Ok(close_page(&operator, known, StatusCode::BAD_REQUEST, errors, typed));
    }
    let (id, tenant) = (plain(&operator, &id)?, tenant(&operator));
    let path = api_path(id, "/close", &tenant);
    let sent = pages.api.send::<Nothing>(&operator, Method::POST, &path, &(), &fields.proof).await;
    finish(&pages, &operator, sent.map(drop), (id, &tenant), &[("done", "close")]).await
}
