//! Requests that pass the check of a line without a position (QUEUE-014).

use super::rule::LineRule;
use super::terms::Switch;
use crate::time::Timestamp;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Most exceptions of a line: each is compared with every request.
pub const EXCEPTIONS_MAX: usize = 100;
/// Longest path of an exception in bytes.
const PATH_MAX: usize = 512;
/// Lengths of the part of a `User-Agent` in bytes. A shorter one would be in everybody's.
const AGENT_BYTES: std::ops::RangeInclusive<usize> = 3..=200;

/// One exception.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Exception {
    /// Requests from this network.
    Network(IpNet),
    /// Requests for this path; with `*` at its end, for all paths that begin so.
    Path(String),
    /// Requests whose `User-Agent` contains this text, in capitals or not. Any client can send any text.
    Agent(String),
    /// Requests by a link that the line's operator has signed, and further ones of that browser.
    SignedLink,
}

/// Why an exception is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExceptionError {
    /// Not a network.
    #[error("network must be an address or a network such as 203.0.113.0/24 or 2001:db8::/48")]
    Network,
    /// Not a path.
    #[error(
        "path must begin with /, have at most 512 visible ASCII characters, and may end with *; it has no query, no // and no . or .. between slashes"
    )]
    Path,
    /// Too short, too long, or with other characters.
    #[error("agent must have 3 to 200 visible ASCII characters and spaces")]
    Agent,
}

impl Exception {
    /// Requests from a network, or from one address.
    ///
    /// # Errors
    /// [`ExceptionError::Network`].
    pub fn network(text: &str) -> Result<Self, ExceptionError> {
        let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(|network| Self::Network(network.trunc())).map_err(|_| ExceptionError::Network)
    }

    /// Requests for a path.
    ///
    /// # Errors
    /// [`ExceptionError::Path`].
    pub fn path(text: &str) -> Result<Self, ExceptionError> {
        let path = text.strip_suffix('*').unwrap_or(text);
        let is_good = text.len() <= PATH_MAX && is_plain(path) && !path.contains(['*', '?', '#']);
        is_good.then(|| Self::Path(text.to_owned())).ok_or(ExceptionError::Path)
    }

    /// Requests of agents whose name contains this text.
    ///
    /// # Errors
    /// [`ExceptionError::Agent`].
    pub fn agent(text: &str) -> Result<Self, ExceptionError> {
        let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') && text.trim() == text;
        let is_good = is_visible && AGENT_BYTES.contains(&text.len());
        is_good.then(|| Self::Agent(text.to_owned())).ok_or(ExceptionError::Agent)
    }

    fn lets_pass(&self, visit: &Visit<'_>) -> bool {
        match self {
            Self::Network(network) => visit.address.is_some_and(|address| network.contains(&address.to_canonical())),
            Self::Path(pattern) => {
                let path = visit.address_path();
                is_plain(path) && pattern.strip_suffix('*').map_or(path == pattern, |start| path.starts_with(start))
            }
            Self::Agent(part) => {
                let part = part.as_bytes();
                visit.agent.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
            }
            Self::SignedLink => visit.has_link,
        }
    }
}

/// Whether everybody reads the path alike: the site behind the line may resolve `..`, `//` or escapes of them to another
/// page than the one that the exception names.
fn is_plain(path: &str) -> bool {
    const ESCAPES: [&str; 6] = ["%2e", "%2f", "%5c", "%25", "%00", "%3b"];
    let lower = path.to_ascii_lowercase();
    let is_dots = |segment: &str| matches!(segment.split(';').next(), Some("." | ".."));
    path.starts_with('/')
        && !path.contains("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && !ESCAPES.iter().any(|escape| lower.contains(escape))
        && !path.split('/').any(is_dots)
}

/// A request to the site behind a line, as far as exceptions see it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Visit<'a> {
    /// The visitor's address, if it is known.
    pub address: Option<IpAddr>,
    /// The requested address: path and query.
    pub target: &'a str,
    /// `User-Agent`.
    pub agent: &'a [u8],
    /// Whether the request came by a signed link that is still valid.
    pub has_link: bool,
}

impl<'a> Visit<'a> {
    fn address_path(&self) -> &'a str {
        self.target.split(['?', '#']).next().unwrap_or_default()
    }
}

impl LineRule {
    /// Whether a request passes without a position: the line is switched off or has ended, or there is an exception for it.
    pub fn lets_pass(&self, visit: &Visit<'_>, now: Timestamp) -> bool {
        let terms = &self.terms;
        self.stands_aside(now) || terms.exceptions.iter().any(|exception| exception.lets_pass(visit))
    }

    /// Whether nobody has to wait in this line: it is switched off, or has ended by time.
    pub fn stands_aside(&self, now: Timestamp) -> bool {
        self.terms.switch == Switch::Off || self.terms.has_ended(now)
    }

    /// Whether links may be signed for this line.
    pub fn takes_links(&self) -> bool {
        self.terms.exceptions.contains(&Exception::SignedLink)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::LineTerms;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    fn rule(terms: LineTerms) -> LineRule {
        LineRule { terms, ..LineRule::new(1) }
    }

    fn passes(exception: Exception, visit: Visit<'_>) -> bool {
        rule(LineTerms { exceptions: vec![exception], ..LineTerms::default() }).lets_pass(&visit, NOW)
    }

    #[test]
    fn networks_pass_in_any_form_of_an_address() {
        let from = |network: &str, address: &str| {
            let address = Some(address.parse().expect("an address"));
            passes(Exception::network(network).expect("a network"), Visit { address, ..Visit::default() })
        };
        assert!(from("203.0.113.0/24", "203.0.113.7") && from("203.0.113.0/24", "::ffff:203.0.113.7"));
        assert!(from("203.0.113.7", "203.0.113.7") && from("2001:db8::/32", "2001:db8:7::1"));
        assert!(!from("203.0.113.0/24", "203.0.114.7") && !from("2001:db8::/32", "203.0.113.7"));
        assert!(!passes(Exception::network("0.0.0.0/0").expect("all"), Visit::default()), "an unknown address");
        for bad in ["", "shop", "203.0.113.7/33", "203.0.113", "*"] {
            assert_eq!(Exception::network(bad), Err(ExceptionError::Network), "{bad}");
        }
        assert_eq!(Exception::network("203.0.113.7/24"), Exception::network("203.0.113.0/24"));
    }

    /// Kind: an address that the exception and the site read differently.
    #[test]
    fn a_path_passes_only_as_everybody_reads_it() {
        let to = |pattern: &str, target: &str| {
            passes(Exception::path(pattern).expect("a path"), Visit { target, ..Visit::default() })
        };
        for target in ["/api/", "/api/a", "/api/a/b?c=/../d", "/api/a.b/..c", "/api/%EC%83%81"] {
            assert!(to("/api/*", target), "{target}");
        }
        for target in [
            "/ap",
            "/API/a",
            "/api/../cart",
            "/api/..",
            "/api/./a",
            "/api//a",
            "/api/%2e%2e/cart",
            "/api/.%2E/cart",
            "/api/..;/cart",
            "/api/..%3b/cart",
            "/api/a%2Fb",
            "/api/\\..\\cart",
            "/api/%5c..",
            "/api/%252e%252e/cart",
            "/api/a%00",
            "",
            "api/a",
            "//api/a",
            "/api/\u{e9}",
        ] {
            assert!(!to("/api/*", target), "{target}");
        }
        assert!(to("/health", "/health?a") && !to("/health", "/health/") && to("/*", "/"));
        for bad in
            ["", "api", "/a?b", "/a#b", "/*/a", "/a/../b", "//a", "/%2e", "*", &format!("/{}", "a".repeat(PATH_MAX))]
        {
            assert_eq!(Exception::path(bad), Err(ExceptionError::Path), "{bad}");
        }
    }

    #[test]
    fn agents_and_links_pass() {
        let of = |agent: &[u8]| {
            passes(Exception::agent("ExampleMonitor/").expect("an agent"), Visit { agent, ..Visit::default() })
        };
        assert!(of(b"Mozilla/5.0 (compatible; exampleMONITOR/2.1)") && !of(b"Mozilla/5.0") && !of(b""));
        for bad in ["", "ab", " abc", "abc\n", "\u{e9}abc", &"a".repeat(201)] {
            assert_eq!(Exception::agent(bad), Err(ExceptionError::Agent), "{bad}");
        }
        assert!(passes(Exception::SignedLink, Visit { has_link: true, ..Visit::default() }));
        assert!(!passes(Exception::SignedLink, Visit::default()));
    }

    #[test]
    fn a_line_that_is_off_or_has_ended_lets_everybody_pass() {
        let of = |terms: LineTerms| rule(terms).lets_pass(&Visit::default(), NOW);
        let closes_at = |at: i64| LineTerms { closes_at: Some(Timestamp(at)), ..LineTerms::default() };
        assert!(!of(LineTerms::default()) && of(LineTerms { switch: Switch::Off, ..LineTerms::default() }));
        assert!(of(closes_at(NOW.millis())) && !of(closes_at(NOW.millis() + 1)));
        assert!(!of(LineTerms { switch: Switch::Auto, on_above_inside: Some(1), ..LineTerms::default() }));
    }

    #[test]
    fn exceptions_are_written_as_the_contract_writes_them() {
        let all = [
            (Exception::network("203.0.113.0/24"), r#"{"network":"203.0.113.0/24"}"#),
            (Exception::path("/api/*"), r#"{"path":"/api/*"}"#),
            (Exception::agent("Monitor"), r#"{"agent":"Monitor"}"#),
        ];
        for (exception, text) in all {
            let exception = exception.expect("valid");
            assert_eq!(serde_json::to_string(&exception).expect("written"), text);
            assert_eq!(serde_json::from_str::<Exception>(text).expect("read"), exception);
        }
    }
}
