//! Writes a response of a hot route directly into the connection's buffer.

use crate::limits::RateNote;
use crate::number;
use crate::text::language::Language;
use std::cell::RefCell;

/// The headers of every response (GW-011): `SECURITY_HEADERS` in one piece, and the name of the next header.
const ALWAYS: &[u8] = b"content-type: application/json\r\nx-content-type-options: nosniff\r\nx-frame-options: DENY\r\n\
    strict-transport-security: max-age=31536000; includeSubDomains\r\nx-xss-protection: 0\r\n\
    referrer-policy: strict-origin-when-cross-origin\r\ncontent-security-policy: default-src 'self'\r\n\
    x-trace-id: ";

/// The head of a response. The body is JSON and is passed separately.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// HTTP status.
    pub status: u16,
    /// For `X-Trace-Id`.
    pub trace_id: &'a str,
    /// For 429 and 503.
    pub retry_after_seconds: Option<u32>,
    /// The state of the bucket used for this request, if limits are on.
    pub rate: Option<RateNote>,
    /// Whether the response is for one person, so that caches must not store it. Errors are never stored.
    pub is_personal: bool,
    /// The language of an error; none for a response that is no error.
    pub error_language: Option<Language>,
    /// Further headers, each after a line end, of responses that are no errors; empty for none.
    pub extra: &'static [u8],
    /// The same of every response.
    pub always: &'static [u8],
    /// Whether the connection closes after this response.
    pub close: bool,
}

fn status_line(status: u16) -> &'static [u8] {
    match status {
        200 => b"HTTP/1.1 200 OK\r\n",
        400 => b"HTTP/1.1 400 Bad Request\r\n",
        401 => b"HTTP/1.1 401 Unauthorized\r\n",
        403 => b"HTTP/1.1 403 Forbidden\r\n",
        404 => b"HTTP/1.1 404 Not Found\r\n",
        405 => b"HTTP/1.1 405 Method Not Allowed\r\n",
        408 => b"HTTP/1.1 408 Request Timeout\r\n",
        409 => b"HTTP/1.1 409 Conflict\r\n",
        410 => b"HTTP/1.1 410 Gone\r\n",
        413 => b"HTTP/1.1 413 Content Too Large\r\n",
        415 => b"HTTP/1.1 415 Unsupported Media Type\r\n",
        417 => b"HTTP/1.1 417 Expectation Failed\r\n",
        422 => b"HTTP/1.1 422 Unprocessable Content\r\n",
        429 => b"HTTP/1.1 429 Too Many Requests\r\n",
        431 => b"HTTP/1.1 431 Request Header Fields Too Large\r\n",
        502 => b"HTTP/1.1 502 Bad Gateway\r\n",
        503 => b"HTTP/1.1 503 Service Unavailable\r\n",
        504 => b"HTTP/1.1 504 Gateway Timeout\r\n",
        _ => b"HTTP/1.1 500 Internal Server Error\r\n",
    }
}

thread_local! {
    /// The `Date` header's value, made once a second.
    static DATE: RefCell<(u64, String)> = const { RefCell::new((0, String::new())) };
}

/// Appends the `Date` header's value.
pub(super) fn push_date(out: &mut Vec<u8>) {
    let second = clock::now_us() / 1_000_000;
    DATE.with_borrow_mut(|(made_at, text)| {
        if *made_at != second {
            *made_at = second;
            *text = httpdate::fmt_http_date(clock::system_time());
        }
        out.extend_from_slice(text.as_bytes());
    });
}

impl Reply<'_> {
    /// Appends the whole response to `out`.
    pub fn write(&self, body: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(status_line(self.status));
        out.extend_from_slice(ALWAYS);
        out.extend_from_slice(self.trace_id.as_bytes());
        if let Some(seconds) = self.retry_after_seconds {
            out.extend_from_slice(b"\r\nretry-after: ");
            number::push(out, seconds);
        }
        if let Some(rate) = &self.rate {
            rate.write_headers(out);
        }
        if self.is_personal || self.error_language.is_some() {
            out.extend_from_slice(b"\r\ncache-control: no-store");
        }
        if let Some(language) = self.error_language {
            out.extend_from_slice(b"\r\ncontent-language: ");
            out.extend_from_slice(language.as_str().as_bytes());
        }
        out.extend_from_slice(self.always);
        if self.error_language.is_none() {
            out.extend_from_slice(self.extra);
        }
        if self.status == 401 {
            out.extend_from_slice(b"\r\nwww-authenticate: ApiKey");
        }
        if self.close {
            out.extend_from_slice(b"\r\nconnection: close");
        }
        out.extend_from_slice(b"\r\ncontent-length: ");
        number::push(out, body.len());
        out.extend_from_slice(b"\r\ndate: ");
        push_date(out);
        out.extend_from_slice(b"\r\n\r\n");
        out.extend_from_slice(body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SECURITY_HEADERS;

    #[test]
    fn every_error_code_has_its_status_line() {
        for code in domain::ErrorCode::ALL {
            let status = code.status();
            assert!(status_line(status).starts_with(format!("HTTP/1.1 {status} ").as_bytes()), "{status}");
        }
    }

    #[test]
    fn a_response_is_well_formed_http() {
        let rate = RateNote { policy: "ip", burst: 100, window_seconds: 2, remaining: 99, reset_seconds: 1 };
        let trace_id = "t-1";
        let reply = Reply {
            status: 429,
            trace_id,
            retry_after_seconds: Some(3),
            rate: Some(rate),
            is_personal: true,
            error_language: Some(Language::Ko),
            extra: b"",
            always: b"",
            close: true,
        };
        let mut out = Vec::new();
        reply.write(b"{}", &mut out);
        let mut headers = [httparse::EMPTY_HEADER; 16];
        let mut response = httparse::Response::new(&mut headers);
        let length = response.parse(&out).expect("parses").unwrap();
        assert_eq!((response.code, &out[length..]), (Some(429), &b"{}"[..]));
        let header = |name| response.headers.iter().find(|h| h.name == name).map(|h| String::from_utf8_lossy(h.value));
        assert_eq!(header("content-length").as_deref(), Some("2"));
        assert_eq!(header("retry-after").as_deref(), Some("3"));
        assert_eq!(header("ratelimit-policy").as_deref(), Some("\"ip\";q=100;w=2"));
        assert_eq!(header("ratelimit").as_deref(), Some("\"ip\";r=99;t=1"));
        assert_eq!(header("cache-control").as_deref(), Some("no-store"));
        assert_eq!(header("content-language").as_deref(), Some("ko"));
        assert_eq!(header("connection").as_deref(), Some("close"));
        for (name, value) in SECURITY_HEADERS {
            assert_eq!(header(name).as_deref(), Some(value), "{name}");
        }
        assert!(header("date").is_some_and(|date| date.ends_with("GMT")));
    }
}
