//! Where a browser goes back to.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, LOCATION};
use http::{HeaderValue, StatusCode};
use url::{Host, Url};

/// Longest address in bytes.
const BYTES_MAX: usize = 2_048;
/// Stands for this site where an address is a path. It is no name of anybody (RFC 6761).
const HERE: &str = "http://here.invalid";

/// The address is none, or nobody may be sent there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotAllowed;

/// An address that a browser may be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReturnTo {
    url: Url,
    /// Whether it was a path of this site.
    is_here: bool,
}

impl ReturnTo {
    /// Reads an address: a path of this site, or one of another origin that is on loopback or among `origins`.
    ///
    /// # Errors
    /// [`NotAllowed`].
    pub fn read(text: &str, origins: &[String]) -> Result<Self, NotAllowed> {
        // Browsers read a backslash as a slash, and leave tabs and line ends out.
        if text.len() > BYTES_MAX || text.contains('\\') || text.contains(char::is_control) || text.trim() != text {
            return Err(NotAllowed);
        }
        if text.starts_with('/') {
            let here = Url::parse(HERE).map_err(|_| NotAllowed)?;
            let url = here.join(text).map_err(|_| NotAllowed)?;
            // Dot segments may leave a path that a browser reads as another site.
            let is_path = url.origin() == here.origin() && !url.path().starts_with("//");
            return if is_path { Ok(Self { url, is_here: true }) } else { Err(NotAllowed) };
        }
        let url = Url::parse(text).map_err(|_| NotAllowed)?;
        let is_web = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
        let is_loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        let is_known =
            || origins.iter().any(|origin| Url::parse(origin).is_ok_and(|known| known.origin() == url.origin()));
        if is_web && (is_loopback || is_known()) { Ok(Self { url, is_here: false }) } else { Err(NotAllowed) }
    }

    /// The origin, for the policy of a page whose form ends there; none for this site.
    pub fn origin(&self) -> Option<String> {
        (!self.is_here).then(|| self.url.origin().ascii_serialization())
    }

    /// Sends the browser there, with these fields added to the query.
    pub fn see_other(&self, fields: &[(&str, &str)]) -> Response {
        let mut url = self.url.clone();
        url.query_pairs_mut().extend_pairs(fields);
        let text = if self.is_here { url[url::Position::BeforePath..].to_owned() } else { url.to_string() };
        let Ok(location) = HeaderValue::from_str(&text) else { return StatusCode::BAD_REQUEST.into_response() };
        let no_store = HeaderValue::from_static("no-store");
        (StatusCode::SEE_OTHER, [(LOCATION, location), (CACHE_CONTROL, no_store)]).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(text: &str) -> Option<String> {
        let origins = ["https://shop.example".to_owned()];
        let response = ReturnTo::read(text, &origins).ok()?.see_other(&[("code", "a b&c")]);
        Some(String::from_utf8_lossy(response.headers()[LOCATION].as_bytes()).into_owned())
    }

    #[test]
    fn only_paths_loopback_and_known_origins_are_sent_to() {
        for (text, there) in [
            ("/pay/back?x=1", "/pay/back?x=1&code=a+b%26c"),
            ("/", "/?code=a+b%26c"),
            ("http://127.0.0.1:8080/pay", "http://127.0.0.1:8080/pay?code=a+b%26c"),
            ("http://localhost:3000/a#b", "http://localhost:3000/a?code=a+b%26c#b"),
            ("https://shop.example/done", "https://shop.example/done?code=a+b%26c"),
        ] {
            assert_eq!(location(text).as_deref(), Some(there), "{text}");
        }
        for text in [
            "",
            "//evil.example/",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/.//evil.example",
            "/a/..//evil.example",
            "https://evil.example/",
            "https://shop.example.evil.example/",
            "https://shop.example@evil.example/",
            "https://user@shop.example/",
            "http://shop.example/",
            "https://shop.example:444/",
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://127.0.0.1/",
            " /pay",
            "pay",
            "http://127.0.0.1.evil.example/",
        ] {
            assert_eq!(location(text), None, "{text:?}");
        }
    }
}
