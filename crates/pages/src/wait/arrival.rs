//! What a request for the page brings, and whether the visit alone may enter the line.

use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;

/// The query of the page's address, and who made the visit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Arrival {
    pub query: Query,
    pub may_enter: bool,
}

/// The query. Other parameters are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    /// The rank at which the progress bar starts.
    pub from: String,
    /// `1`: only looks.
    pub look: String,
    /// `1`: asks whether to leave; `done`: has left.
    pub leave: String,
    /// `LATE`: was away for too long.
    pub returned: String,
    /// `1`: the seats' page says that the pass has ended.
    pub lapsed: String,
}

/// What the page's forms send.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Answer {
    /// `<nonce>.<answer>`.
    pub challenge: String,
    /// The nonce, where a service's own field has the answer.
    pub nonce: String,
    /// Under the name that reCAPTCHA's script gives it.
    #[serde(rename = "g-recaptcha-response")]
    pub recaptcha: String,
    /// Anything: the person leaves.
    pub leave: String,
}

impl Answer {
    /// As the API reads it; none where there is no answer.
    pub fn written(&self) -> Option<String> {
        match (self.challenge.as_str(), self.recaptcha.as_str()) {
            ("", "") => None,
            ("", recaptcha) => Some(format!("{}.{recaptcha}", self.nonce)),
            (answer, _) => Some(answer.to_owned()),
        }
    }
}

impl Arrival {
    pub fn of(parts: &Parts, public_url: &str) -> Self {
        let query = parts.uri.query().unwrap_or_default();
        let query: Query = serde_html_form::from_str(query).unwrap_or_default();
        Self { may_enter: may_enter(&parts.headers, public_url), query }
    }

    /// Whether this visit takes a place.
    pub fn enters(&self) -> bool {
        self.may_enter && self.query.look != "1"
    }

    /// The rank at which the bar starts, for who has this one now.
    pub fn first_rank(&self, rank: u64) -> u64 {
        self.query.from.parse().unwrap_or(rank).max(rank)
    }
}

/// Whether a visit may enter a line: a page of this site made it, or the person alone (an address that was typed, a bookmark), and
/// somebody is to see the answer. Browsers that do not say it are known by `Referer`.
fn may_enter(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: &str| headers.get(name).map(HeaderValue::as_bytes).unwrap_or_default();
    let is_fetched_ahead = ["sec-purpose", "purpose", "x-moz"]
        .into_iter()
        .any(|name| text(name).windows(8).any(|part| part.eq_ignore_ascii_case(b"prefetch")));
    if is_fetched_ahead {
        return false;
    }
    match text("sec-fetch-site") {
        b"" => {
            let origin = url::Url::parse(public_url).map(|url| url.origin());
            let from = std::str::from_utf8(text("referer")).ok().and_then(|from| url::Url::parse(from).ok());
            from.zip(origin.ok()).is_some_and(|(from, origin)| from.origin() == origin)
        }
        b"same-origin" | b"none" => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "https://tickets.example/";

    fn enters(headers: &[(&'static str, &'static str)]) -> bool {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        may_enter(&headers, HERE)
    }

    /// Kind: another site makes a browser enter.
    #[test]
    fn only_a_page_of_this_site_or_the_person_enters_by_a_visit() {
        assert!(enters(&[("sec-fetch-site", "same-origin")]));
        assert!(enters(&[("sec-fetch-site", "none")]));
        assert!(enters(&[("referer", "https://tickets.example/shows/1?a=b")]));
        for other in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            // What the browser says counts, not what a page can have it send.
            &[("sec-fetch-site", "cross-site"), ("referer", "https://tickets.example/")],
            &[("sec-fetch-site", "same-origin"), ("sec-purpose", "prefetch;prerender")],
            &[("sec-fetch-site", "same-origin"), ("purpose", "prefetch")],
            &[("referer", "https://tickets.example.evil.example/")],
            &[("referer", "http://tickets.example/")],
            &[],
        ] {
            assert!(!enters(other), "{other:?}");
        }
    }

    #[test]
    fn the_bar_starts_at_the_first_rank_that_was_shown() {
        let of = |from: &str| Arrival { query: Query { from: from.to_owned(), ..Query::default() }, may_enter: true };
        assert_eq!([of("90").first_rank(40), of("9").first_rank(40), of("x").first_rank(40)], [90, 40, 40]);
        assert!(!Arrival { query: Query { look: "1".into(), ..Query::default() }, may_enter: true }.enters());
    }
}
