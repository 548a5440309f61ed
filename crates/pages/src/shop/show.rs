//! A show's page: prices, days and times with a button each, place.

use super::card;
use super::data::json_ld;
use super::last::{self, Answer};
use super::model::{Detail, Paged, Time, grade_order};
use super::times::{self, Day, State};
use crate::problem::Problem;
use crate::{Pages, Visitor};
use askama::Template;
use axum::extract::{Path, State as FromState};
use axum::response::Response;
use http::StatusCode;
use poster::Poster;
use std::time::Duration;
use uuid::Uuid;
use web::texts::Texts;
use web::{Caching, OpenGraph, Policy, Shell, page};

/// Seats left are a second old.
const KEPT_MAX: Duration = Duration::from_secs(1);
/// Most performances of a show.
const TIMES_MAX: usize = 100;
/// Longest description for links, in characters.
const DESCRIPTION_MAX: usize = 150;

#[derive(Template)]
#[template(path = "shop/show.html")]
struct Page {
    shell: Shell,
    state: &'static str,
    title: String,
    artist: String,
    /// An SVG element, made of numbers alone.
    poster: String,
    when: String,
    venue: String,
    hall: String,
    address: String,
    paragraphs: Vec<String>,
    prices: Vec<Price>,
    days: Vec<Day>,
    /// The address under which search engines know the page.
    url: String,
    /// JSON without `<`.
    json_ld: String,
    /// Whether any performance can be bought, or can be bought later.
    can_join: bool,
    has_soon: bool,
    old: Option<String>,
}

/// The price of a grade.
struct Price {
    grade: String,
    /// As people call it: `VIP석`.
    name: String,
    won: String,
}

/// `GET /shows/{id}`.
pub(super) async fn show(
    FromState(pages): FromState<Pages>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = Uuid::parse_str(&id).map_err(|_| Problem::not_found(&visitor))?;
    let make = |everybody: Visitor| {
        let pages = pages.clone();
        async move { render(&pages, &everybody, id).await }
    };
    pages.kept(&visitor, format!("/shows/{id}"), pages.settings.kept_for.min(KEPT_MAX), make).await
}

async fn render(pages: &Pages, visitor: &Visitor, id: Uuid) -> Result<Response, Problem> {
    let (detail, times) = (format!("/events/{id}"), format!("/events/{id}/schedules?size={TIMES_MAX}"));
    let (detail, times) =
        tokio::join!(last::read::<Detail>(pages, visitor, &detail), last::read::<Paged<Time>>(pages, visitor, &times),);
    let template = page_of(pages, visitor, &detail?, &times?);
    Ok(page(StatusCode::OK, &template.shell, &Policy::Common, Caching::Shared, &template))
}

fn page_of(pages: &Pages, visitor: &Visitor, detail: &Answer<Detail>, times: &Answer<Paged<Time>>) -> Page {
    let (show, t, now) = (&*detail.body, visitor.t(), clock::now());
    let times_now = &times.body.list;
    let poster = Poster::new(show.id.as_u128(), &show.title, &show.artist);
    let site = &pages.settings.public_url;
    let (url, image) =
        (format!("{site}/shows/{}", show.id), format!("{site}/assets/poster/{}.png?v={}", show.id, poster.tag()));
    let days = times::days(times_now, t, now);
    let has = |state: State| days.iter().flat_map(|day| &day.times).any(|time| time.state == state);
    let has_soon = has(State::Soon);
    let can_join = has_soon || has(State::Open) || has(State::InPayment);
    let when = when(times_now, t);
    let graph = OpenGraph { image: Some(image.clone()), url: Some(url.clone()), kind: "event" };
    let shell = Shell::new(visitor, &show.title).style("shop.css").describe(describe(show, &when)).open_graph(graph);
    Page {
        shell: if can_join { shell.script("shop.js").texts("shop-js-") } else { shell },
        can_join,
        has_soon,
        state: if show.status == "CANCELLED" { "cancelled" } else { state_of(&days) },
        title: show.title.clone(),
        artist: show.artist.clone(),
        poster: poster.inline(),
        venue: show.venue.name.clone(),
        hall: show.halls.name.clone(),
        address: show.venue.address.clone(),
        paragraphs: paragraphs(show.description.as_deref().unwrap_or_default()),
        prices: prices(show, t),
        json_ld: json_ld(show, times_now, (&url, &image), t, now),
        url,
        old: [detail.old, times.old].into_iter().flatten().min().map(|at| t.time(at)),
        when,
        days,
    }
}

/// What the whole page says: the best that any performance offers.
fn state_of(days: &[Day]) -> &'static str {
    let order = [State::Open, State::Soon, State::InPayment, State::SoldOut, State::Over];
    let has = |state: &State| days.iter().flat_map(|day| &day.times).any(|time| time.state == *state);
    order.into_iter().find(has).unwrap_or(State::Over).name()
}

fn when(times: &[Time], t: Texts) -> String {
    let start = times.iter().map(|time| time.event_start_at).min();
    let end = times.iter().map(|time| time.event_end_at).max();
    start.zip(end).map_or_else(String::new, |(start, end)| card::days(t, start, end))
}

fn describe(show: &Detail, when: &str) -> String {
    let facts = [show.artist.as_str(), when, show.venue.name.as_str(), show.venue.city.as_str()];
    let facts: Vec<&str> = facts.into_iter().filter(|fact| !fact.is_empty()).collect();
    facts.join(" · ").chars().take(DESCRIPTION_MAX).collect()
}

fn paragraphs(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn prices(show: &Detail, t: Texts) -> Vec<Price> {
    let mut all: Vec<(&String, &i64)> = show.price_by_grade.iter().collect();
    all.sort_by_key(|(grade, _)| (grade_order(grade), grade.as_str()));
    all.into_iter()
        .map(|(grade, won)| Price {
            grade: grade.clone(),
            name: t.fill("shop-grade", "grade", grade),
            won: t.won(*won),
        })
        .collect()
}
