//! What the list of shows is filtered by. The address says it, in one order: whoever gets the link sees the same.

use super::escaped;
use serde::Deserialize;

/// Longest word that is looked for, in characters; the catalog takes no longer one.
const KEYWORD_MAX: usize = 100;
/// Longest name of a city, in characters.
const CITY_MAX: usize = 100;
/// Last page, as the catalog counts.
const PAGE_MAX: u64 = 1_000_000;
/// Shows on a page.
pub(super) const SIZE: u64 = 12;

/// A query as it came: anything may be in it, and nothing of it is refused.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    keyword: Vec<String>,
    city: Vec<String>,
    status: Vec<String>,
    page: Vec<String>,
}

/// Which shows by their state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Which {
    /// On sale or coming.
    #[default]
    Open,
    /// The sale has not begun.
    Upcoming,
    /// They are over.
    Ended,
    /// They do not take place.
    Cancelled,
}

impl Which {
    pub const ALL: [Self; 4] = [Self::Open, Self::Upcoming, Self::Ended, Self::Cancelled];

    /// As in the address.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Upcoming => "upcoming",
            Self::Ended => "ended",
            Self::Cancelled => "cancelled",
        }
    }

    /// As the catalog names it, with the order in which people look for these.
    fn query(self) -> &'static str {
        match self {
            Self::Open => "status=OPEN&sort=startDate,asc",
            Self::Upcoming => "status=UPCOMING&sort=saleStartAt,asc",
            Self::Ended => "status=ENDED&sort=startDate,desc",
            Self::Cancelled => "status=CANCELLED&sort=startDate,desc",
        }
    }
}

/// What the list is filtered by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filters {
    pub keyword: String,
    pub city: String,
    pub which: Which,
    /// From 0.
    pub page: u64,
}

impl Filters {
    /// Of a query. What makes no sense counts as not said.
    pub fn of(query: Option<&str>) -> Self {
        let asked: Asked = serde_html_form::from_str(query.unwrap_or_default()).unwrap_or_default();
        let first = |values: &[String], most: usize| -> String {
            let text = values.first().map(|value| value.trim()).unwrap_or_default();
            text.chars().filter(|letter| !letter.is_control()).take(most).collect()
        };
        let which = Which::ALL.into_iter().find(|which| asked.status.first().is_some_and(|name| name == which.name()));
        let page = asked.page.first().and_then(|page| page.parse::<u64>().ok()).unwrap_or(1);
        Self {
            keyword: first(&asked.keyword, KEYWORD_MAX),
            city: first(&asked.city, CITY_MAX),
            which: which.unwrap_or_default(),
            page: page.clamp(1, PAGE_MAX) - 1,
        }
    }

    /// The address of this list.
    pub fn here(&self) -> String {
        let mut pairs = Vec::new();
        if !self.keyword.is_empty() {
            pairs.push(format!("keyword={}", escaped(&self.keyword)));
        }
        if !self.city.is_empty() {
            pairs.push(format!("city={}", escaped(&self.city)));
        }
        if self.which != Which::Open {
            pairs.push(format!("status={}", self.which.name()));
        }
        if self.page > 0 {
            pairs.push(format!("page={}", self.page + 1));
        }
        if pairs.is_empty() { "/shows".to_owned() } else { format!("/shows?{}", pairs.join("&")) }
    }

    /// What the catalog is asked for.
    pub fn path(&self, size: u64) -> String {
        let mut path = format!("/events?{}", self.which.query());
        if !self.keyword.is_empty() {
            path.push_str(&format!("&keyword={}", escaped(&self.keyword)));
        }
        if !self.city.is_empty() {
            path.push_str(&format!("&city={}", escaped(&self.city)));
        }
        path.push_str(&format!("&page={}&size={size}", self.page));
        path
    }

    /// The same list at another page, from 0.
    pub fn at(&self, page: u64) -> Self {
        Self { page, ..self.clone() }
    }

    /// The first page without one of the filters, for each that is set: with the name of the filter.
    pub fn without_one(&self) -> Vec<(&'static str, Self)> {
        let first = self.at(0);
        let mut all = Vec::new();
        if !self.keyword.is_empty() {
            all.push(("keyword", Self { keyword: String::new(), ..first.clone() }));
        }
        if !self.city.is_empty() {
            all.push(("city", Self { city: String::new(), ..first.clone() }));
        }
        if self.which != Which::Open {
            all.push(("status", Self { which: Which::Open, ..first }));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_the_filters_in_one_order_and_nothing_else() {
        let filters = Filters::of(Some("page=3&utm=x&city=%EC%84%9C%EC%9A%B8&status=ended&keyword=+a%26b%3D%22+"));
        assert_eq!(filters.here(), "/shows?keyword=a%26b%3D%22&city=%EC%84%9C%EC%9A%B8&status=ended&page=3");
        assert_eq!(Filters::of(filters.here().split_once('?').map(|(_, query)| query)), filters);
        assert_eq!(
            filters.path(12),
            "/events?status=ENDED&sort=startDate,desc&keyword=a%26b%3D%22&city=%EC%84%9C%EC%9A%B8&page=2&size=12"
        );
        let named: Vec<&str> = filters.without_one().iter().map(|(name, _)| *name).collect();
        assert_eq!(named, ["keyword", "city", "status"]);
        assert!(filters.without_one().iter().all(|(_, filters)| filters.page == 0));
    }

    #[test]
    fn what_makes_no_sense_counts_as_not_said() {
        for query in [
            "",
            "page=0",
            "page=-1",
            "page=x&status=HACK",
            "status=&city=%20&keyword=%00",
            "%ff=%ff&&&=",
            "page=1&page=9",
        ] {
            assert_eq!(Filters::of(Some(query)), Filters::default(), "{query}");
        }
        assert_eq!(Filters::of(Some("page=99999999999999999999")).page, 0);
        assert_eq!(Filters::of(Some("page=99999999999")).page, PAGE_MAX - 1);
        let long = Filters::of(Some(&format!("keyword={}", "x".repeat(500))));
        assert_eq!(long.keyword.len(), KEYWORD_MAX);
    }
}
