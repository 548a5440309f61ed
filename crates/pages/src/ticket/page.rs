//! `/me/tickets/{id}`: the ticket, and what has become of a booking.

use super::qr::Qr;
use super::{Detail, Payment};
use crate::people::{Link, Notice, is_over};
use crate::visitor::Visitor;
use crate::{Pages, Problem};
use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use serde::Deserialize;
use web::{Caching, Policy, Shell, Texts};

/// Characters of a person's id that tell one device's people apart: the random end.
const OWNER_LENGTH: usize = 12;

pub(super) fn routes() -> Router<Pages> {
    Router::new().route("/me/tickets/{reservationId}", get(show))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    done: Option<String>,
}

/// A line of what the ticket says.
struct Fact {
    name: &'static str,
    values: Vec<String>,
    is_large: bool,
}

#[derive(Template)]
#[template(path = "ticket/ticket.html")]
struct TicketPage {
    shell: Shell,
    state: &'static str,
    owner: String,
    notices: Vec<Notice>,
    is_good: bool,
    status: &'static str,
    title: String,
    artist: String,
    qr: Option<Qr>,
    number: String,
    facts: Vec<Fact>,
    notes: Vec<String>,
    links: Vec<Link>,
}

/// What a booking is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// To be paid, while the hold runs.
    Pending,
    /// Between payment and ticket.
    Waiting,
    Good,
    Used,
    Over,
    Cancelled,
}

impl Standing {
    fn of(detail: &Detail) -> Self {
        match detail.status.as_str() {
            "PENDING" if detail.hold_expires_in_ms.is_some() => Self::Pending,
            "PENDING" => Self::Waiting,
            "CONFIRMED" if detail.used_at.is_some() => Self::Used,
            "CONFIRMED" if detail.schedule_date.is_some_and(|at| is_over(at, clock::now())) => Self::Over,
            "CONFIRMED" => Self::Good,
            _ => Self::Cancelled,
        }
    }

    /// The state's name, and the id of its words.
    fn named(self) -> (&'static str, &'static str) {
        match self {
            Self::Pending => ("pending", "ticket-pending"),
            Self::Waiting => ("waiting", "ticket-waiting"),
            Self::Good => ("good", "ticket-good"),
            Self::Used => ("used", "ticket-used"),
            Self::Over => ("over", "ticket-over"),
            Self::Cancelled => ("cancelled", "ticket-cancelled"),
        }
    }
}

async fn show(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let user = visitor.require(&pages).await?;
    let detail = Detail::of(&pages, &visitor, &id).await?;
    // The ticket is good without its payment's lines.
    let payment = Payment::of(&pages, &visitor, &detail).await;
    let owner = user.id.chars().rev().take(OWNER_LENGTH).collect();
    let mut page = page(&visitor, &detail, payment, owner);
    if asked.done.as_deref() == Some("cancelled") && page.state == "cancelled" {
        page.notices.insert(0, Notice::good(visitor.t().get("people-cancel-done")));
    }
    Ok(web::page(StatusCode::OK, &page.shell, &Policy::Common, Caching::Private, &page))
}

fn page(visitor: &Visitor, detail: &Detail, payment: Result<Option<Payment>, Problem>, owner: String) -> TicketPage {
    let t = visitor.t();
    let state = Standing::of(detail);
    let (name, words) = state.named();
    let title = detail.event_title.clone().unwrap_or_else(|| t.get("people-me-unknown").to_owned());
    let shell = Shell::new(visitor, format!("{title} · {}", t.get("ticket-title"))).style("ticket.css");
    // Only what gets somebody in is worth keeping; a page that says otherwise takes the kept one's place by itself.
    let shell = shell.script("ticket.js");
    let number = detail.ticket_number.clone().unwrap_or_default();
    let label = t.with("ticket-qr", &[("number", number.clone().into())]);
    let is_good = state == Standing::Good;
    TicketPage {
        state: name,
        owner,
        notices: notices(t, state, detail, &payment),
        is_good,
        status: t.find(words).unwrap_or_default(),
        artist: detail.artist.clone().unwrap_or_default(),
        qr: detail.qr_data.as_deref().filter(|_| is_good).and_then(|text| Qr::of(text, label)),
        number,
        facts: facts(t, detail, payment.ok().flatten().as_ref()),
        notes: notes(t, state, detail),
        links: links(t, state, detail),
        title,
        shell,
    }
}

/// What has happened, and that nothing needs to be done.
fn notices(t: Texts, state: Standing, detail: &Detail, payment: &Result<Option<Payment>, Problem>) -> Vec<Notice> {
    let text = |id: &str| t.get(id).to_owned();
    match state {
        Standing::Pending => vec![Notice::warn(text("ticket-pending-note"))],
        Standing::Waiting => vec![Notice::warn(text("ticket-waiting-note"))],
        Standing::Good | Standing::Over => Vec::new(),
        Standing::Used => vec![Notice::plain(text("ticket-used-help"))],
        Standing::Cancelled => vec![Notice::plain(text(reason(detail))), refund(t, payment)],
    }
}

/// Why it was cancelled: the id of a text.
fn reason(detail: &Detail) -> &'static str {
    match detail.cancel_reason.as_deref().unwrap_or_default() {
        "USER_REQUEST" => "ticket-cancelled-user",
        "HOLD_EXPIRED" => "ticket-cancelled-expired",
        "PAYMENT_FAILED" => "ticket-cancelled-failed",
        "EVENT_CANCELLED" => "ticket-cancelled-event",
        "LATE_PAYMENT" => "ticket-cancelled-late",
        _ => "ticket-cancelled-refunded",
    }
}

/// Where the money is.
fn refund(t: Texts, payment: &Result<Option<Payment>, Problem>) -> Notice {
    let Ok(payment) = payment else { return Notice::warn(t.get("ticket-refund-unknown")) };
    let Some(payment) = payment else { return Notice::plain(t.get("ticket-refund-none")) };
    let with = |id: &str| t.with(id, &[("won", t.won(payment.amount).into())]);
    match (payment.status.as_str(), payment.refunded_at) {
        ("REFUNDED", Some(at)) => Notice::good(format!("{} ({})", with("ticket-refund-done"), t.moment(at))),
        ("REFUNDED", None) => Notice::good(with("ticket-refund-done")),
        ("SUCCESS", _) => Notice::warn(with("ticket-refund-running")),
        _ => Notice::plain(t.get("ticket-refund-failed")),
    }
}

fn facts(t: Texts, detail: &Detail, payment: Option<&Payment>) -> Vec<Fact> {
    let fact = |id: &str, value: Option<String>, is_large: bool| Fact {
        name: t.find(id).unwrap_or_default(),
        values: value.into_iter().collect(),
        is_large,
    };
    let when = detail.schedule_date.map_or_else(|| t.get("people-me-when-unknown").to_owned(), |at| t.moment(at));
    let place: Vec<&str> = [&detail.venue_name, &detail.hall_name].into_iter().flatten().map(String::as_str).collect();
    let seats = detail.seats.iter().map(|seat| {
        let grade = t.with("ticket-grade", &[("grade", seat.grade.clone().into())]);
        format!("{} · {grade}", crate::seats::name_of(t, &seat.seat_number))
    });
    let paid = payment.filter(|payment| payment.paid_at.is_some());
    let all = vec![
        fact("ticket-when", Some(when), true),
        fact("ticket-where", (!place.is_empty()).then(|| place.join(" ")), false),
        Fact { values: seats.collect(), ..fact("ticket-seats", None, true) },
        fact("ticket-used-at", detail.used_at.map(|at| t.moment(at)), true),
        fact("ticket-used-gate", detail.used_gate.clone(), true),
        fact("ticket-paid", paid.map(|payment| t.won(payment.amount)), false),
        fact("ticket-discount", paid.and_then(|payment| payment.discount_amount).map(|won| t.won(won)), false),
        fact("ticket-card", paid.and_then(Payment::card), false),
        fact("ticket-booked", Some(t.moment(detail.created_at)), false),
    ];
    all.into_iter().filter(|fact| !fact.values.is_empty()).collect()
}

fn notes(t: Texts, state: Standing, detail: &Detail) -> Vec<String> {
    if state != Standing::Good {
        return Vec::new();
    }
    let count = i64::try_from(detail.seats.len()).unwrap_or_default();
    let once = t.with("ticket-once", &[("count", count.into())]);
    vec![once, t.get("ticket-offline").to_owned(), t.get("ticket-print").to_owned()]
}

fn links(t: Texts, state: Standing, detail: &Detail) -> Vec<Link> {
    let id = &detail.reservation_id;
    let link = |href: String, text: &str| Link::new(href, t.get(text));
    let mine = link("/me".to_owned(), "ticket-back");
    let pay = || link(format!("/pay/{id}"), "ticket-pay").first();
    let cancel = || link(format!("/me/reservations/{id}/cancel"), "ticket-cancel");
    match state {
        Standing::Pending => vec![pay(), cancel(), mine],
        Standing::Waiting => vec![link(format!("/me/tickets/{id}"), "ticket-again").first(), mine],
        Standing::Good => vec![mine, cancel()],
        Standing::Used | Standing::Over => vec![mine],
        Standing::Cancelled => vec![link("/shows".to_owned(), "ticket-shows"), mine],
    }
}
