//! Whether a form was sent by a page of this site.
//!
//! What the API changes, its filters judge. A step of a sign-up changes nothing there: it is only noted in a cookie, and this
//! check keeps other sites from filling it in. A log-out without a session asks the API nothing, yet it empties the device.

use crate::Settings;
use crate::problem::Problem;
use crate::visitor::Visitor;
use http::StatusCode;
use http::header::{ORIGIN, REFERER};
use url::{Host, Url};

/// Lets forms of this site pass.
///
/// # Errors
/// `CSRF_TOKEN_INVALID`.
pub(super) fn demand_own(visitor: &Visitor, settings: &Settings) -> Result<(), Problem> {
    let text = |name| visitor.headers.get(name).map(|value| std::str::from_utf8(value.as_bytes()).unwrap_or_default());
    let from = text(ORIGIN).or(text(REFERER)).and_then(|address| Url::parse(address).ok());
    let ours = Url::parse(&settings.public_url).ok();
    let is_ours = from.zip(ours).is_some_and(|(from, ours)| is_same(&from, &ours));
    if is_ours { Ok(()) } else { Err(Problem::new(visitor, StatusCode::FORBIDDEN, "CSRF_TOKEN_INVALID")) }
}

/// A loopback address has several names, and people type any of them.
fn is_same(from: &Url, ours: &Url) -> bool {
    let is_loopback = |url: &Url| match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let is_same_port = from.scheme() == ours.scheme() && from.port_or_known_default() == ours.port_or_known_default();
    from.origin() == ours.origin() || (is_same_port && is_loopback(from) && is_loopback(ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_site_are_its_own() {
        let same = |from: &str, ours: &str| {
            let read = |text: &str| Url::parse(text).expect("an address");
            is_same(&read(from), &read(ours))
        };
        assert!(same("https://tickets.example/signup?x=1", "https://tickets.example"));
        assert!(same("http://localhost:8080", "http://127.0.0.1:8080"));
        for bad in ["http://tickets.example", "https://tickets.example:8443", "https://tickets.example.evil.example"] {
            assert!(!same(bad, "https://tickets.example"), "{bad}");
        }
        assert!(
            !same("http://localhost:8081", "http://127.0.0.1:8080")
                && !same("https://localhost:8080", "http://127.0.0.1:8080")
        );
    }
}
