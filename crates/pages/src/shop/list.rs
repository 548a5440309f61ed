//! The list of shows.

use super::card::Card;
use super::filters::{Filters, SIZE, Which};
use super::last;
use super::model::{Listed, Paged, Place};
use crate::problem::Problem;
use crate::{Pages, Visitor};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::StatusCode;
use std::collections::BTreeSet;
use web::texts::Texts;
use web::{Caching, OpenGraph, Policy, Shell, page};

/// Most cities to choose from.
const CITIES_MAX: usize = 40;
const PLACES: &str = "/venues?size=100";

#[derive(Template)]
#[template(path = "shop/list.html")]
struct List {
    shell: Shell,
    filters: Filters,
    shows: Vec<Card>,
    cities: Vec<String>,
    choices: Vec<Choice>,
    found: String,
    /// What to drop where nothing fits.
    drops: Vec<Drop>,
    has_filters: bool,
    paging: Option<Paging>,
    old: Option<String>,
}

/// A state to filter by.
struct Choice {
    name: &'static str,
    text: &'static str,
    is_chosen: bool,
}

/// A filter that could be dropped, and what would be found then.
struct Drop {
    href: String,
    text: String,
}

struct Paging {
    before: Option<String>,
    after: Option<String>,
    text: String,
}

/// `GET /shows`.
pub(super) async fn show(
    State(pages): State<Pages>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let filters = Filters::of(query.as_deref());
    let make = |everybody: Visitor| {
        let (pages, filters) = (pages.clone(), filters.clone());
        async move { list(&pages, &everybody, filters).await }
    };
    pages.kept(&visitor, filters.here(), pages.settings.kept_for, make).await
}

async fn list(pages: &Pages, visitor: &Visitor, filters: Filters) -> Result<Response, Problem> {
    let (path, t) = (filters.path(SIZE), visitor.t());
    let (found, places) = tokio::join!(
        last::read::<Paged<Listed>>(pages, visitor, &path),
        last::read::<Paged<Place>>(pages, visitor, PLACES),
    );
    let found = found?;
    let (now, total) = (clock::now(), found.body.total_elements);
    let shows: Vec<Card> = found.body.list.iter().map(|show| Card::new(show, t, now)).collect();
    let drops = if shows.is_empty() { drops(pages, visitor, &filters).await } else { Vec::new() };
    // A list without a choice of cities is a list.
    let cities = places.map(|places| cities(&places.body.list, &filters.city)).unwrap_or_default();
    let url = format!("{}{}", pages.settings.public_url, filters.here());
    let graph = OpenGraph { image: None, url: Some(url), kind: "website" };
    let shell =
        Shell::new(visitor, title(t, &filters)).style("shop.css").describe(t.get("shop-list-about")).open_graph(graph);
    let template = List {
        shell,
        cities,
        choices: choices(t, filters.which),
        found: t.fill("shop-list-found", "count", total),
        drops,
        has_filters: !filters.without_one().is_empty(),
        paging: paging(t, &filters, total),
        old: found.old.map(|at| t.time(at)),
        shows,
        filters,
    };
    Ok(page(StatusCode::OK, &template.shell, &Policy::Common, Caching::Shared, &template))
}

fn title(t: Texts, filters: &Filters) -> String {
    let title = t.get("shop-list-title");
    let said = [filters.keyword.as_str(), filters.city.as_str()].into_iter().filter(|text| !text.is_empty());
    let said: Vec<&str> = said.collect();
    if said.is_empty() { title.to_owned() } else { format!("{} – {title}", said.join(", ")) }
}

fn choices(t: Texts, chosen: Which) -> Vec<Choice> {
    let text = |which: Which| match which {
        Which::Open => t.find("shop-which-open"),
        Which::Upcoming => t.find("shop-which-upcoming"),
        Which::Ended => t.find("shop-which-ended"),
        Which::Cancelled => t.find("shop-which-cancelled"),
    };
    let choice = |which: Which| Choice {
        name: which.name(),
        text: text(which).unwrap_or(which.name()),
        is_chosen: which == chosen,
    };
    Which::ALL.into_iter().map(choice).collect()
}

/// The cities of all places, and the one that is chosen, which may have none any more.
fn cities(places: &[Place], chosen: &str) -> Vec<String> {
    let chosen = Some(chosen.to_owned()).filter(|city| !city.is_empty());
    let all: BTreeSet<String> = places.iter().map(|place| place.city.clone()).take(CITIES_MAX).chain(chosen).collect();
    all.into_iter().collect()
}

/// What would be found without each of the filters: those that help, the most first.
async fn drops(pages: &Pages, visitor: &Visitor, filters: &Filters) -> Vec<Drop> {
    let t = visitor.t();
    let mut all = Vec::new();
    for (name, without) in filters.without_one() {
        let Ok(found) = pages.api.get::<Paged<Listed>>(visitor, &without.path(1)).await else { continue };
        if found.total_elements > 0 {
            all.push((found.total_elements, name, without));
        }
    }
    all.sort_by_key(|(count, ..)| std::cmp::Reverse(*count));
    let drop = |(count, name, without): (u64, &str, Filters)| {
        let value = match name {
            "keyword" => filters.keyword.clone(),
            "city" => filters.city.clone(),
            _ => choices(t, filters.which)
                .into_iter()
                .find(|one| one.is_chosen)
                .map_or_else(String::new, |one| one.text.to_owned()),
        };
        let args = [("value", value.as_str().into()), ("count", (count as i64).into())];
        Drop { href: without.here(), text: t.with("shop-list-drop", &args) }
    };
    all.into_iter().map(drop).collect()
}

fn paging(t: Texts, filters: &Filters, total: u64) -> Option<Paging> {
    let pages = total.div_ceil(SIZE);
    if pages <= 1 && filters.page == 0 {
        return None;
    }
    let number = filters.page + 1;
    let text = t.with("shop-list-page", &[("page", (number as i64).into()), ("pages", (pages as i64).into())]);
    let before = (filters.page > 0).then(|| filters.at(filters.page.min(pages).saturating_sub(1)).here());
    let after = (number < pages).then(|| filters.at(number).here());
    Some(Paging { before, after, text })
}
