//! Which pages are this site's own: `Origin` or `Referer` against `http.public_url`.

use http::HeaderMap;
use http::header::{ORIGIN, REFERER};
use url::{Host, Origin, Url};

/// The origins of this site's pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sites(Vec<Origin>);

impl Sites {
    /// The origin of `http.public_url`. A loopback address has several names, and people type any of them.
    pub(crate) fn of(public_url: &str) -> Self {
        let Ok(url) = Url::parse(public_url) else { return Self(Vec::new()) };
        let mut origins = vec![url.origin()];
        if is_loopback(&url) {
            let names = ["localhost", "127.0.0.1", "[::1]"].into_iter().filter_map(|name| {
                let mut url = url.clone();
                url.set_host(Some(name)).ok()?;
                Some(url.origin())
            });
            origins.extend(names);
        }
        Self(origins)
    }

    /// Whether a page of this site sent the request. `Origin` decides where it is sent, else `Referer`; a browser sends one
    /// of them with every request that may change something.
    pub(crate) fn sent(&self, headers: &HeaderMap) -> bool {
        let text = |name| headers.get(name).map(|value| std::str::from_utf8(value.as_bytes()).unwrap_or_default());
        match (text(ORIGIN), text(REFERER)) {
            // As a browser writes it: nothing behind the port.
            (Some(origin), _) => self.0.iter().any(|own| own.ascii_serialization() == origin),
            (None, Some(referer)) => Url::parse(referer).is_ok_and(|url| self.0.contains(&url.origin())),
            (None, None) => false,
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn sent(public_url: &str, name: &'static str, value: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).expect("a value"));
        Sites::of(public_url).sent(&headers)
    }

    #[test]
    fn only_pages_of_this_site_are_its_own() {
        const SITE: &str = "https://tickets.example";
        for good in ["https://tickets.example", "https://tickets.example:443"] {
            assert!(sent(SITE, "referer", &format!("{good}/shows?x=1")), "{good}");
        }
        assert!(sent(SITE, "origin", SITE));
        for bad in [
            "null",
            "",
            "http://tickets.example",
            "https://tickets.example:8443",
            "https://tickets.example.evil.example",
            "https://evil.example/https://tickets.example",
            "https://tickets.example@evil.example",
            "https://eviltickets.example",
            "//tickets.example",
            "tickets.example",
            "https://tickets.example, https://evil.example",
        ] {
            assert!(!sent(SITE, "origin", bad) && !sent(SITE, "referer", bad), "{bad}");
        }
        for bad in ["https://tickets.example/", "HTTPS://tickets.example", "https://tickets.example#"] {
            assert!(!sent(SITE, "origin", bad), "{bad}: no browser writes that");
        }
        assert!(!Sites::of("no url").sent(&HeaderMap::new()) && !Sites::of(SITE).sent(&HeaderMap::new()));
        assert!(sent("http://127.0.0.1:8080", "origin", "http://localhost:8080"));
        assert!(!sent("http://127.0.0.1:8080", "origin", "http://localhost:8081"));
    }
}
