//! What all pages of the console have.

use super::fields::Given;
use super::operator::Operator;
use super::words::Say;
use crate::Problem;
use askama::Template;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use web::{Caching, Policy, Shell, page};

/// The last page that lists have.
const PAGE_MAX: u64 = 1_000_000;

/// Around the content: where it stands in the menu, and what was just done.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame {
    /// The id of the menu's entry.
    pub place: &'static str,
    /// For `main[data-state]`.
    pub state: &'static str,
    /// The outcome of the form that led here.
    pub done: Option<String>,
    /// Roles that gave no answer: their part is missing.
    pub away: Vec<String>,
}

impl Frame {
    /// At an entry of the menu.
    pub fn at(place: &'static str, state: &'static str) -> Self {
        Self { place, state, ..Self::default() }
    }

    /// The menu: text, address, and whether it is here.
    pub fn places(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> + '_ {
        super::PLACES.into_iter().map(|(id, href)| (id, href, id == self.place))
    }

    /// With the outcome of the last form.
    #[must_use]
    pub fn done(mut self, done: Option<String>) -> Self {
        self.done = done;
        self
    }

    /// Without the parts of these roles.
    #[must_use]
    pub fn without(mut self, mut away: Vec<String>) -> Self {
        away.sort();
        away.dedup();
        self.away = away;
        self
    }
}

/// The head, header and footer of a page of the console.
pub(super) fn shell(operator: &Operator, title: impl Into<String>) -> Shell {
    Shell::new(operator, title).style("console.css")
}

/// A page of the console. Nobody keeps it: it may name people.
pub(super) fn show(status: StatusCode, shell: &Shell, template: &impl Template) -> Response {
    let mut response = page(status, shell, &Policy::Common, Caching::Private, template);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The query of the page's address.
pub(super) fn asked(operator: &Operator) -> Vec<(String, String)> {
    let query = operator.here.split_once('?').map_or("", |(_, query)| query);
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// The number of the page of a list that the address asks for, from 0.
pub(super) fn page_number(asked: Given<'_>) -> u64 {
    asked.text("page").parse().unwrap_or(0).min(PAGE_MAX)
}

/// A name that may stand in an address as it is: the API knows no other form of it.
///
/// # Errors
/// 404 for any other.
pub(super) fn plain<'n>(operator: &Operator, name: &'n str) -> Result<&'n str, Problem> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_.:~-".contains(letter);
    match !name.is_empty() && name.len() <= 300 && !name.starts_with('.') && name.chars().all(is_plain) {
        true => Ok(name),
        false => Err(Problem::not_found(operator)),
    }
}

/// A query of the API.
pub(super) fn query(pairs: &[(&str, &str)]) -> String {
    let mut written = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        written.append_pair(name, value);
    }
    written.finish()
}

/// An address with a query, if there is one.
pub(super) fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let query = query(pairs);
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// The pages of a list.
#[derive(Clone, Debug, Default)]
pub(super) struct Paging {
    /// From 1, as people count.
    pub number: u64,
    /// All pages.
    pub of: u64,
    /// The address of the page before.
    pub newer: Option<String>,
    /// The address of the page after.
    pub older: Option<String>,
}

impl Paging {
    /// Of a list at an address, with the filters it was asked by.
    pub fn new(path: &str, filters: &[(&str, &str)], page: u64, size: u64, total: u64) -> Self {
        let of = total.div_ceil(size.max(1)).max(1);
        let address = |page: u64| {
            let page = page.to_string();
            let mut pairs = filters.to_vec();
            pairs.push(("page", &page));
            format!("{path}?{}", query(&pairs))
        };
        Self {
            number: page + 1,
            of,
            newer: page.checked_sub(1).map(|before| address(before.min(of - 1))),
            older: (page + 1 < of).then(|| address(page + 1)),
        }
    }
}

#[derive(Template)]
#[template(path = "console/missing.html")]
struct MissingPage {
    shell: Shell,
    frame: Frame,
    text: &'static str,
    href: &'static str,
}

/// 404 within the console: `console-<what>-missing-title` and `-text`, and the list to go back to.
pub(super) fn missing(operator: &Operator, what: &str, place: &'static str) -> Response {
    let t = operator.t();
    let href = super::PLACES.iter().find(|(id, _)| *id == place).map_or("/console", |(_, href)| href);
    let template = MissingPage {
        shell: shell(operator, t.get(&format!("console-{what}-missing-title"))).trace(operator.trace()),
        frame: Frame::at(place, "missing"),
        text: t.find(&format!("console-{what}-missing-text")).unwrap_or_default(),
        href,
    };
    show(StatusCode::NOT_FOUND, &template.shell, &template)
}
