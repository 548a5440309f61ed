//! Headers that belong to one connection (RFC 9110, 7.6.1): a proxy takes them away, also those that `Connection` names.

use http::HeaderMap;
use http::header::{
    CONNECTION, HeaderName, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};

/// Names that a `Connection` may not take away: they say who the caller is, or how long the body is. A client could hide
/// them from the service by naming them.
const KEPT: [&str; 6] = ["host", "content-length", "x-user-id", "x-user-role", "x-service-api-key", "x-forwarded-for"];
/// Names in one `Connection` that are looked at.
const NAMED_MAX: usize = 32;

/// Takes them away.
pub(super) fn remove(headers: &mut HeaderMap) {
    let mut named = Vec::new();
    for line in headers.get_all(CONNECTION) {
        for name in line.as_bytes().split(|byte| *byte == b',').take(NAMED_MAX) {
            if let Ok(name) = HeaderName::from_bytes(name.trim_ascii())
                && !KEPT.contains(&name.as_str())
            {
                named.push(name);
            }
        }
    }
    for name in named {
        headers.remove(name);
    }
    let always = [CONNECTION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE];
    for name in always {
        headers.remove(name);
    }
    for name in ["keep-alive", "proxy-connection", "http2-settings"] {
        headers.remove(name);
    }
}

/// Takes away the announcement of trailers, where they do not travel.
pub(super) fn remove_trailer(headers: &mut HeaderMap) {
    headers.remove(TRAILER);
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn what_belongs_to_the_connection_goes_and_all_else_stays() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Hop , host,content-length"),
            ("connection", "x-other;,, X-User-Id"),
            ("x-hop", "1"),
            ("x-stays", "1"),
            ("host", "a"),
            ("content-length", "3"),
            ("x-user-id", "1"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("proxy-authorization", "x"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("http2-settings", "x"),
        ] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        remove(&mut headers);
        let mut left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["content-length", "host", "x-stays", "x-user-id"]);
    }
}
