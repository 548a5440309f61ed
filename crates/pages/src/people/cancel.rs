//! `/me/reservations/{id}/cancel`: says what comes back before anything is cancelled.

use super::bookings::seats_said;
use super::form::{Faults, Notice};
use super::trouble;
use crate::api::Nothing;
use crate::forms::see_other;
use crate::ticket::{Detail, Payment};
use crate::visitor::Visitor;
use crate::{Fields, Pages, Problem};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use domain::Timestamp;
use http::header::RETRY_AFTER;
use http::{HeaderValue, Method, StatusCode};
use serde::Deserialize;
use web::{Caching, FieldError, Policy, Shell};

pub(super) fn routes() -> Router<Pages> {
    Router::new().route("/me/reservations/{reservationId}/cancel", get(show).post(cancel))
}

#[derive(Debug, Default, Deserialize)]
struct Pressed {}

#[derive(Template)]
#[template(path = "people/cancel.html")]
struct CancelPage {
    shell: Shell,
    state: &'static str,
    back: String,
    notices: Vec<Notice>,
    errors: Vec<FieldError>,
    title: String,
    iso: String,
    at: String,
    seats: String,
    refund: String,
    lines: Vec<String>,
    is_possible: bool,
    action: String,
    key: String,
    go: String,
}

async fn show(State(pages): State<Pages>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let detail = Detail::of(&pages, &visitor, &id).await?;
    page(&pages, &visitor, &detail, None).await
}

async fn page(pages: &Pages, visitor: &Visitor, detail: &Detail, faults: Option<Faults>) -> Result<Response, Problem> {
    let (t, id) = (visitor.t(), &detail.reservation_id);
    let back = format!("/me/tickets/{id}");
    if detail.status == "CANCELLED" {
        return Ok(see_other(&back));
    }
    let is_paid = detail.status == "CONFIRMED";
    let payment = if is_paid { Payment::of(pages, visitor, detail).await? } else { None };
    let paid = payment.as_ref().map_or(if is_paid { detail.total_amount } else { 0 }, |payment| payment.amount);
    let until = detail.schedule_date.map(|at| pages.settings.day_zone.start_of_day(at));
    let obstacle = obstacle(detail, until);
    let faults = faults.unwrap_or_default();
    let go = match is_paid {
        true => t.with("people-cancel-go", &[("won", t.won(paid).into())]),
        false => t.get("people-cancel-go-free").to_owned(),
    };
    let mut page = CancelPage {
        shell: Shell::new(visitor, t.get("people-cancel-title"))
            .style("people.css")
            .script("me.js")
            .errors(!faults.errors.is_empty()),
        state: match (&obstacle, faults.errors.is_empty()) {
            (_, false) => "error",
            (Some(_), _) => "impossible",
            (None, _) => "ask",
        },
        back,
        notices: faults.notices,
        errors: faults.errors,
        title: detail.event_title.clone().unwrap_or_else(|| t.get("people-me-unknown").to_owned()),
        iso: detail.schedule_date.map(|at| t.iso(at)).unwrap_or_default(),
        at: detail.schedule_date.map(|at| t.moment(at)).unwrap_or_default(),
        seats: seats_said(detail.seats.iter().map(|seat| (seat.seat_number.as_str(), seat.grade.as_str())), t),
        refund: t.won(paid),
        lines: Vec::new(),
        is_possible: obstacle.is_none(),
        action: format!("/me/reservations/{id}/cancel"),
        key: String::new(),
        go,
    };
    page.key = page.shell.key();
    if let Some(text) = obstacle {
        page.notices.push(Notice::warn(t.get(text)));
    } else {
        page.lines = lines(visitor, is_paid, payment.as_ref(), until);
    }
    let status = if faults.status == StatusCode::OK { StatusCode::OK } else { faults.status };
    let mut response = web::page(status, &page.shell, &Policy::Common, Caching::Private, &page);
    if let Some(seconds) = faults.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}

/// Why it cannot be cancelled, as far as a page knows: the id of a text. The API has the last word. `until`: when the day of the
/// show begins.
fn obstacle(detail: &Detail, until: Option<Timestamp>) -> Option<&'static str> {
    if detail.used_at.is_some() {
        return Some("people-cancel-used");
    }
    until.filter(|until| *until <= clock::now()).map(|_| "people-cancel-too-late")
}

/// What happens, in sentences.
fn lines(visitor: &Visitor, is_paid: bool, payment: Option<&Payment>, until: Option<Timestamp>) -> Vec<String> {
    let t = visitor.t();
    let text = |id: &str| t.get(id).to_owned();
    if !is_paid {
        return vec![text("people-cancel-unpaid")];
    }
    let way = match payment.and_then(Payment::card) {
        Some(card) => t.with("people-cancel-card", &[("card", card.into())]),
        None => text("people-cancel-way"),
    };
    let mut lines = vec![text("people-cancel-refund-all"), way];
    if payment.is_some_and(|payment| payment.discount_amount.is_some()) {
        lines.push(text("people-cancel-coupon"));
    }
    lines.push(text("people-cancel-final"));
    // As a moment: midnight in the zone of the hall is another time of day in that of the page.
    lines.extend(until.map(|until| t.with("people-cancel-until", &[("moment", t.moment(until).into())])));
    lines
}

async fn cancel(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields<Pressed>,
) -> Result<Response, Problem> {
    visitor.require(&pages).await?;
    let detail = Detail::of(&pages, &visitor, &id).await?;
    let id = &detail.reservation_id;
    let path = format!("/reservations/{id}");
    let done = || see_other(&format!("/me/tickets/{id}?done=cancelled"));
    match pages.api.send::<Nothing>(&visitor, Method::DELETE, &path, &(), &fields.proof).await {
        Ok(_) => Ok(done()),
        // The first of two presses has done it.
        Err(problem) if problem.code == "RESERVATION_ALREADY_CANCELLED" => Ok(done()),
        Err(problem) => {
            let text = match problem.code.as_str() {
                "CANCELLATION_NOT_ALLOWED" if detail.used_at.is_some() => "people-cancel-used",
                "CANCELLATION_NOT_ALLOWED" => "people-cancel-too-late",
                "RESERVATION_IN_PROGRESS" => "people-cancel-running",
                _ => {
                    let faults = trouble::faults(problem, visitor.t())?;
                    return page(&pages, &visitor, &detail, Some(faults)).await;
                }
            };
            let mut faults = Faults { status: problem.status, ..Faults::default() };
            faults.add("", visitor.t().get(text));
            page(&pages, &visitor, &detail, Some(faults)).await
        }
    }
}
