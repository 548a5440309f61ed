//! `/me`: my bookings, what comes first on top.

use super::form::{Link, Notice};
use crate::visitor::Visitor;
use crate::{Pages, Problem};
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use domain::Timestamp;
use http::StatusCode;
use serde::Deserialize;
use web::{Caching, Policy, Shell, Texts};

/// Bookings on a page.
const PAGE_SIZE: u64 = 50;
/// So long after its beginning a show counts as over, in seconds: people come late, and look for their seats inside.
const OVER_AFTER_SECONDS: i64 = 6 * 3_600;

pub(super) fn routes() -> Router<Pages> {
    Router::new().route("/me", get(show))
}

/// Whether a show that began then is over.
pub(crate) fn is_over(began: Timestamp, now: Timestamp) -> bool {
    began.plus_seconds(OVER_AFTER_SECONDS) < now
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    page: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bookings {
    list: Vec<Booking>,
    total_elements: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Booking {
    reservation_id: String,
    event_title: Option<String>,
    schedule_date: Option<Timestamp>,
    status: String,
    seats: Vec<Seat>,
    payment_amount: i64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seat {
    seat_number: String,
    grade: String,
}

/// A moment as it is shown.
struct When {
    iso: String,
    said: String,
}

/// A booking as it is shown.
struct Card {
    state: &'static str,
    title: String,
    at: Option<When>,
    seats: String,
    won: String,
    said: String,
    note: &'static str,
    links: Vec<Link>,
}

struct Group {
    id: &'static str,
    title: &'static str,
    is_quiet: bool,
    list: Vec<Card>,
}

#[derive(Template)]
#[template(path = "people/me.html")]
struct MePage {
    shell: Shell,
    state: &'static str,
    menu: &'static str,
    notices: Vec<Notice>,
    groups: Vec<Group>,
    pages: Vec<Link>,
}

async fn show(State(pages): State<Pages>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let t = visitor.t();
    let path = format!("/reservations?page={}&size={PAGE_SIZE}", asked.page);
    let mut page = MePage {
        shell: Shell::new(&visitor, t.get("people-me-title")).style("people.css").script("me.js"),
        state: "bookings",
        menu: "tickets",
        notices: Vec::new(),
        groups: Vec::new(),
        pages: Vec::new(),
    };
    let status = match pages.api.get::<Bookings>(&visitor, &path).await {
        Ok(found) => {
            page.pages = turns(t, asked.page, found.total_elements);
            page.groups = groups(found.list, t, clock::now());
            page.state = if page.groups.is_empty() { "empty" } else { "bookings" };
            StatusCode::OK
        }
        Err(problem) if problem.status.is_server_error() => {
            page.state = "away";
            page.shell = page.shell.trace(problem.trace.as_str());
            page.notices.push(Notice::warn(t.get("people-me-away")));
            problem.status
        }
        Err(problem) => return Err(problem),
    };
    Ok(web::page(status, &page.shell, &Policy::Common, Caching::Private, &page))
}

/// The links to other pages of the list.
fn turns(t: Texts, page: u64, total: u64) -> Vec<Link> {
    let newer = page.checked_sub(1).map(|page| Link::new(format!("/me?page={page}"), t.get("people-me-newer")));
    let has_more = (page + 1).saturating_mul(PAGE_SIZE) < total;
    let older = has_more.then(|| Link::new(format!("/me?page={}", page + 1), t.get("people-me-more")));
    [newer, older].into_iter().flatten().collect()
}

/// What is to be paid, then what comes, then what was.
fn groups(mut list: Vec<Booking>, t: Texts, now: Timestamp) -> Vec<Group> {
    if list.is_empty() {
        return Vec::new();
    }
    let is_past = |one: &Booking| one.status == "CONFIRMED" && one.schedule_date.is_some_and(|at| is_over(at, now));
    let cancelled: Vec<Booking> = list.extract_if(.., |one| one.status == "CANCELLED").collect();
    let mut past: Vec<Booking> = list.extract_if(.., |one| is_past(one)).collect();
    past.sort_by_key(|one| std::cmp::Reverse(one.schedule_date));
    // Nobody knows when the ones without a time are: they come last.
    list.sort_by_key(|one| (one.status != "PENDING", one.schedule_date.unwrap_or(Timestamp(i64::MAX))));
    let group = |id, title, is_quiet, list: Vec<Booking>, is_over: bool| Group {
        id,
        title,
        is_quiet,
        list: list.into_iter().map(|one| card(one, t, is_over)).collect(),
    };
    let all = [
        group("coming", t.find("people-me-coming").unwrap_or_default(), false, list, false),
        group("past", t.find("people-me-past").unwrap_or_default(), true, past, true),
        group("cancelled", t.find("people-me-cancelled").unwrap_or_default(), true, cancelled, false),
    ];
    all.into_iter().filter(|group| group.id == "coming" || !group.list.is_empty()).collect()
}

fn card(one: Booking, t: Texts, is_over: bool) -> Card {
    let Booking { reservation_id: id, event_title, schedule_date, status, seats, payment_amount } = one;
    let link = |href: &str, text: &str| Link::new(format!("{href}{id}"), t.get(text));
    let ticket = |text: &str| link("/me/tickets/", text);
    let cancel = |text: &str| Link::new(format!("/me/reservations/{id}/cancel"), t.get(text));
    let (state, said, links) = match status.as_str() {
        "PENDING" => {
            let links = vec![link("/pay/", "people-me-pay").first(), cancel("people-me-release")];
            ("pending", "people-state-pending", links)
        }
        "CONFIRMED" if is_over => ("over", "people-state-over", vec![ticket("people-me-detail")]),
        "CONFIRMED" => {
            let links = vec![ticket("people-me-ticket").first(), cancel("people-me-cancel")];
            ("confirmed", "people-state-confirmed", links)
        }
        _ => ("cancelled", "people-state-cancelled", vec![ticket("people-me-detail")]),
    };
    Card {
        state,
        title: event_title.unwrap_or_else(|| t.get("people-me-unknown").to_owned()),
        at: schedule_date.map(|at| When { iso: t.iso(at), said: t.moment(at) }),
        seats: seats_said(seats.iter().map(|seat| (seat.seat_number.as_str(), seat.grade.as_str())), t),
        won: t.won(payment_amount),
        said: t.get(said).to_owned(),
        note: if state == "pending" { t.find("people-state-pending-note").unwrap_or_default() } else { "" },
        links,
    }
}

/// `VIP A열 1번, A열 2번 · 2석`: seats by their grades.
pub(crate) fn seats_said<'s>(seats: impl Iterator<Item = (&'s str, &'s str)>, t: Texts) -> String {
    let mut grades: Vec<(&str, Vec<String>)> = Vec::new();
    let mut count = 0_i64;
    for (number, grade) in seats {
        count += 1;
        let number = crate::seats::name_of(t, number);
        match grades.iter_mut().find(|(known, _)| *known == grade) {
            Some((_, numbers)) => numbers.push(number),
            None => grades.push((grade, vec![number])),
        }
    }
    let said: Vec<String> = grades.iter().map(|(grade, numbers)| format!("{grade} {}", numbers.join(", "))).collect();
    format!("{} · {}", said.join(" / "), t.with("people-me-seats", &[("count", count.into())]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use web::Language;

    fn booking(id: &str, status: &str, at: Option<&str>) -> Booking {
        Booking {
            reservation_id: id.into(),
            event_title: Some(id.into()),
            schedule_date: at.map(|at| Timestamp::parse(at).expect("a time")),
            status: status.into(),
            seats: vec![Seat { seat_number: "A-1".into(), grade: "VIP".into() }],
            payment_amount: 150_000,
        }
    }

    #[test]
    fn what_comes_first_stands_first() {
        let now = Timestamp::parse("2026-12-10T00:00:00Z").expect("a time");
        let list = vec![
            booking("later", "CONFIRMED", Some("2026-12-24T10:00:00")),
            booking("gone", "CANCELLED", Some("2026-12-11T10:00:00")),
            booking("unknown", "CONFIRMED", None),
            booking("past", "CONFIRMED", Some("2026-12-01T10:00:00")),
            booking("to pay", "PENDING", Some("2026-12-30T10:00:00")),
            booking("soon", "CONFIRMED", Some("2026-12-11T10:00:00")),
            booking("tonight", "CONFIRMED", Some("2026-12-09T20:00:00")),
        ];
        let groups = groups(list, Texts::of(Language::En), now);
        let titles = |at: usize| groups[at].list.iter().map(|card| card.title.as_str()).collect::<Vec<_>>();
        assert_eq!(titles(0), ["to pay", "tonight", "soon", "later", "unknown"]);
        assert_eq!((titles(1), titles(2)), (vec!["past"], vec!["gone"]));
        assert_eq!(groups[0].list[0].links[0].href, "/pay/to pay");
    }

    #[test]
    fn seats_are_said_by_grade() {
        let seats = [("A-1", "VIP"), ("A-2", "VIP"), ("F-9", "S")];
        assert_eq!(seats_said(seats.into_iter(), Texts::of(Language::Ko)), "VIP A열 1번, A열 2번 / S F열 9번 · 3석");
        assert_eq!(seats_said([("A-1", "VIP")].into_iter(), Texts::of(Language::En)), "VIP A-1 · 1 seat");
    }
}
