//! Shows and their sales: `/console/shows`.

use super::fields::{Given, refused};
use super::frame::{Frame, Paging, asked, missing, page_number, plain, query, shell, show};
use super::model::{Event, EventDetail, GradeSales, List, Sales, ScheduleSales, away};
use super::operator::{Operator, to_form};
use super::words::Say;
use crate::api::Nothing;
use crate::forms::{Fields, see_other};
use crate::{Pages, Problem};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use http::{Method, StatusCode};
use serde_json::json;
use std::cmp::Reverse;
use web::{FieldError, Shell, Value};

/// Shows on a page.
const SIZE: u64 = 50;
/// Most characters of the reason of a cancellation.
const REASON_MAX: usize = 500;
const PLACE: &str = "console-nav-shows";

/// The routes.
pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/console/shows", get(list))
        .route("/console/shows/{id}", get(show_event))
        .route("/console/shows/{id}/open", get(to_form).post(open))
        .route("/console/shows/{id}/cancel", get(cancel_form).post(cancel))
}

#[derive(Template)]
#[template(path = "console/shows.html")]
struct ShowsPage {
    shell: Shell,
    frame: Frame,
    events: Vec<Event>,
    paging: Paging,
}

async fn list(State(pages): State<Pages>, operator: Operator) -> Result<Response, Problem> {
    let t = operator.t();
    let asked = asked(&operator);
    let page = page_number(Given(&asked));
    let path = format!("/events?sort=startDate,desc&page={page}&size={SIZE}");
    let events = pages.api.get::<List<Event>>(&operator, &path).await?;
    let template = ShowsPage {
        shell: shell(&operator, t.get("console-shows-title")),
        frame: Frame::at(PLACE, "shows"),
        paging: Paging::new("/console/shows", &[], page, SIZE, events.total_elements),
        events: events.list,
    };
    Ok(show(StatusCode::OK, &template.shell, &template))
}

/// An event with its sales; the sales are missing while catalog cannot say them.
struct Known {
    event: EventDetail,
    sales: Option<Sales>,
}

impl Known {
    /// Seats sold, over all schedules.
    fn sold(&self) -> Option<u64> {
        self.sales.as_ref().map(|sales| sales.schedules.iter().map(|one| one.sold).sum())
    }

    fn total(&self) -> u64 {
        self.schedules().iter().map(|one| one.total).sum()
    }

    fn schedules(&self) -> &[ScheduleSales] {
        self.sales.as_ref().map(|sales| sales.schedules.as_slice()).unwrap_or_default()
    }

    /// The grades of a schedule, the dearest first.
    fn grades<'s>(&self, schedule: &'s ScheduleSales) -> Vec<(&'s String, &'s GradeSales)> {
        let mut grades: Vec<_> = schedule.by_grade.iter().collect();
        grades.sort_by_key(|(_, sales)| Reverse(sales.price));
        grades
    }

    /// Whether it may still be cancelled.
    fn is_alive(&self) -> bool {
        !matches!(self.event.status.as_str(), "CANCELLED" | "ENDED" | "CLOSED")
    }
}

async fn known(pages: &Pages, operator: &Operator, id: &str) -> Result<Option<Known>, Problem> {
    let id = plain(operator, id)?;
    let event = match pages.api.get::<EventDetail>(operator, &format!("/events/{id}")).await {
        Ok(event) => event,
        Err(problem) if problem.status == StatusCode::NOT_FOUND => return Ok(None),
        Err(problem) => return Err(problem),
    };
    let sales = pages.api.get::<Sales>(operator, &format!("/api/v1/admin/sales?eventId={id}")).await.ok();
    Ok(Some(Known { event, sales }))
}

#[derive(Template)]
#[template(path = "console/show.html")]
struct ShowPage {
    shell: Shell,
    frame: Frame,
    errors: Vec<FieldError>,
    known: Known,
}

async fn show_event(
    State(pages): State<Pages>,
    operator: Operator,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    match known(&pages, &operator, &id).await? {
        Some(known) => Ok(show_page(&operator, known, StatusCode::OK, Vec::new())),
        None => Ok(missing(&operator, "show", PLACE)),
    }
}

fn show_page(operator: &Operator, known: Known, status: StatusCode, errors: Vec<FieldError>) -> Response {
    let t = operator.t();
    let asked = asked(operator);
    let done = match Given(&asked).get("done") {
        Some("open") => Some(t.get("console-show-opened").to_owned()),
        Some("cancel") => Some(t.get("console-show-cancelled").to_owned()),
        _ => None,
    };
    let gone = known.sales.as_ref().map_or_else(|| vec!["catalog".to_owned()], |sales| away(&sales.parts));
    let template = ShowPage {
        shell: shell(operator, known.event.title.clone()).errors(!errors.is_empty()),
        frame: Frame::at(PLACE, "show").done(done).without(gone),
        errors,
        known,
    };
    show(status, &template.shell, &template)
}

/// Publishes an event.
async fn open(
    State(pages): State<Pages>,
    operator: Operator,
    Path(id): Path<String>,
    fields: Fields<Nothing>,
) -> Result<Response, Problem> {
    let id = plain(&operator, &id)?;
    let path = format!("/events/{id}/open");
    let problem = match pages.api.send::<Nothing>(&operator, Method::POST, &path, &(), &fields.proof).await {
        Ok(_) => return Ok(see_other(&format!("/console/shows/{id}?{}", query(&[("done", "open")])))),
        Err(problem) => problem,
    };
    let Some(error) = refused(&problem, &[]) else { return Err(problem) };
    match known(&pages, &operator, id).await? {
        Some(known) => Ok(show_page(&operator, known, problem.status, vec![error])),
        None => Ok(missing(&operator, "show", PLACE)),
    }
}

#[derive(Template)]
#[template(path = "console/show_cancel.html")]
struct CancelPage {
    shell: Shell,
    frame: Frame,
    errors: Vec<FieldError>,
    known: Known,
    warning: String,
    question: String,
    reason: String,
    typed: String,
}

fn cancel_page(
    operator: &Operator,
    known: Known,
    status: StatusCode,
    errors: Vec<FieldError>,
    given: Given<'_>,
) -> Response {
    let t = operator.t();
    let title = ("title", Value::from(known.event.title.clone()));
    let warning = match known.sold() {
        Some(sold) => t.with("console-show-cancel-text", &[title.clone(), ("sold", Value::from(sold))]),
        None => t.with("console-show-cancel-text-unknown", std::slice::from_ref(&title)),
    };
    let template = CancelPage {
        shell: shell(operator, t.get("console-show-cancel-title")).errors(!errors.is_empty()),
        frame: Frame::at(PLACE, "show-cancel"),
        errors,
        warning,
        question: t.with("console-show-cancel-type", &[title]),
        reason: given.text("reason").to_owned(),
        typed: given.text("typed").to_owned(),
        known,
    };
    show(status, &template.shell, &template)
}

async fn cancel_form(
    State(pages): State<Pages>,
    operator: Operator,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    match known(&pages, &operator, &id).await? {
        Some(known) => Ok(cancel_page(&operator, known, StatusCode::OK, Vec::new(), Given(&[]))),
        None => Ok(missing(&operator, "show", PLACE)),
    }
}

/// Cancels an event, after its title was typed.
async fn cancel(
    State(pages): State<Pages>,
    operator: Operator,
    Path(id): Path<String>,
    fields: Fields<Nothing>,
) -> Result<Response, Problem> {
    let Some(known) = known(&pages, &operator, &id).await? else { return Ok(missing(&operator, "show", PLACE)) };
    let (t, given) = (operator.t(), Given(&fields.all));
    let reason = given.text("reason").replace("\r\n", "\n");
    let mut errors = Vec::new();
    let label = || ("field", Value::from(t.get("console-show-cancel-reason").to_owned()));
    if reason.is_empty() {
        errors.push(FieldError::new("reason", t.with("console-error-needed", &[label()])));
    } else if reason.chars().count() > REASON_MAX {
        let args = [label(), ("most", Value::from(REASON_MAX))];
        errors.push(FieldError::new("reason", t.with("console-error-length", &args)));
    }
    if given.text("typed") != known.event.title.trim() {
        errors.push(FieldError::new("typed", t.get("console-error-typed")));
    }
    if !errors.is_empty() {
        return Ok(cancel_page(&operator, known, StatusCode::BAD_REQUEST, errors, given));
    }
    let id = known.event.id.clone();
    let path = format!("/events/{id}/cancel");
    let body = json!({"reason": reason});
    match pages.api.send::<Nothing>(&operator, Method::POST, &path, &body, &fields.proof).await {
        Ok(_) => Ok(see_other(&format!("/console/shows/{id}?{}", query(&[("done", "cancel")])))),
        Err(problem) => match refused(&problem, &[]) {
            Some(error) => Ok(cancel_page(&operator, known, problem.status, vec![error], given)),
            None => Err(problem),
        },
    }
}
