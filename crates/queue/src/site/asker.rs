//! What asks for an address of a site: it decides on the form of a refusal.

use super::device::is_crawler;
use ::http::header::{ACCEPT, CONTENT_TYPE, UPGRADE, USER_AGENT};
use ::http::{HeaderMap, HeaderName, Method};

/// What asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// A browser that opens a page. It can be sent to the waiting page.
    Page,
    /// A script, a picture, a WebSocket: whatever takes no page in place of what it asked for.
    Script,
    /// A robot that says so. It keeps no cookie.
    Crawler,
}

impl Asker {
    /// By the method and headers of the request to the site. NGINX sends the template's `Accept` alone, which says the same.
    ///
    /// A browser that says nothing (`*/*`, as some programs do) counts as one that opens a page.
    pub fn of(method: &Method, headers: &HeaderMap) -> Self {
        let bytes =
            |name: HeaderName| headers.get(name).map_or(&b""[..], |value| value.as_bytes()).to_ascii_lowercase();
        if is_crawler(&bytes(USER_AGENT)) {
            return Self::Crawler;
        }
        let mode = bytes(HeaderName::from_static("sec-fetch-mode"));
        let is_script = *method == Method::OPTIONS
            || bytes(UPGRADE) == b"websocket"
            || bytes(HeaderName::from_static("x-requested-with")) == b"xmlhttprequest"
            || !mode.is_empty() && mode != b"navigate"
            || is_json(&bytes(CONTENT_TYPE))
            || !takes_pages(&bytes(ACCEPT));
        if is_script { Self::Script } else { Self::Page }
    }
}

/// A form of a page cannot send JSON.
fn is_json(content_type: &[u8]) -> bool {
    let kind = content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    kind.strip_prefix(b"application/").is_some_and(|kind| kind.ends_with(b"json"))
}

/// Whether HTML is named in `Accept`, or nothing but anything. `image/*,*/*` asks for a picture.
fn takes_pages(accept: &[u8]) -> bool {
    let kinds = || accept.split(|byte| *byte == b',').map(kind_of);
    let is_page = |kind: &[u8]| [&b"text/html"[..], b"application/xhtml+xml", b"text/*"].contains(&kind);
    kinds().any(is_page) || kinds().all(|kind| kind.is_empty() || kind == b"*/*")
}

fn kind_of(part: &[u8]) -> &[u8] {
    part.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::http::HeaderValue;

    fn asker(method: Method, headers: &[(&'static str, &str)]) -> Asker {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).expect("a header"));
        }
        Asker::of(&method, &map)
    }

    #[test]
    fn a_page_is_what_a_browser_opens() {
        for headers in [
            &[][..],
            &[("accept", "*/*")],
            &[("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8")],
            &[("accept", "TEXT/HTML"), ("sec-fetch-mode", "navigate")],
            &[("content-type", "application/x-www-form-urlencoded"), ("accept", "*/*")],
            &[("content-type", "multipart/form-data; boundary=json")],
        ] {
            assert_eq!(asker(Method::POST, headers), Asker::Page, "{headers:?}");
        }
    }

    #[test]
    fn whatever_takes_no_page_is_a_script() {
        for headers in [
            &[("accept", "application/json")][..],
            &[("accept", "application/json, text/plain, */*")],
            &[("accept", "image/avif,image/webp,*/*;q=0.8")],
            &[("accept", "*/*"), ("sec-fetch-mode", "cors")],
            &[("accept", "text/html"), ("sec-fetch-mode", "no-cors")],
            &[("accept", "*/*"), ("x-requested-with", "XMLHttpRequest")],
            &[("accept", "*/*"), ("content-type", "application/json; charset=utf-8")],
            &[("accept", "*/*"), ("content-type", "application/merge-patch+json")],
            &[("upgrade", "WebSocket")],
        ] {
            assert_eq!(asker(Method::GET, headers), Asker::Script, "{headers:?}");
        }
        assert_eq!(asker(Method::OPTIONS, &[("accept", "*/*")]), Asker::Script);
        assert_eq!(asker(Method::GET, &[("user-agent", "Googlebot/2.1")]), Asker::Crawler);
    }
}
