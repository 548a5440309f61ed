//! Writing an answer of the hot route straight into the connection's buffer.

use crate::text::language::Language;
use std::cell::RefCell;

/// What the `RateLimit` headers say of one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateNote {
    /// `ip` or `user`.
    pub policy: &'static str,
    /// Units in a full bucket.
    pub burst: u32,
    /// Seconds in which it fills.
    pub window_seconds: u64,
    /// Units left.
    pub remaining: u32,
    /// Seconds until it is full again, rounded up.
    pub reset_seconds: u64,
}

/// What stands in every answer (GW-011): `SECURITY_HEADERS` in one piece, and the name of the next header.
const ALWAYS: &[u8] = b"content-type: application/json\r\nx-content-type-options: nosniff\r\nx-frame-options: DENY\r\n\
    referrer-policy: no-referrer\r\ncontent-security-policy: default-src 'none'; frame-ancestors 'none'\r\n\
    x-trace-id: ";

/// The head of an answer; the body is JSON and stands apart.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// HTTP status.
    pub status: u16,
    /// For `X-Trace-Id`.
    pub trace_id: &'a str,
    /// For 429 and 503.
    pub retry_after_seconds: Option<u32>,
    /// The bucket that was asked, if limits are on.
    pub rate: Option<RateNote>,
    /// Whether nobody in between may keep it: it is one person's. Errors are never kept.
    pub is_personal: bool,
    /// What an error is told in; none for what is no error.
    pub error_in: Option<Language>,
    /// Whether the connection ends after this answer.
    pub close: bool,
}

/// Appends a number without going through the formatter.
fn push_number(out: &mut Vec<u8>, number: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

fn status_line(status: u16) -> &'static [u8] {
    match status {
        200 => b"HTTP/1.1 200 OK\r\n",
        400 => b"HTTP/1.1 400 Bad Request\r\n",
        401 => b"HTTP/1.1 401 Unauthorized\r\n",
        403 => b"HTTP/1.1 403 Forbidden\r\n",
        404 => b"HTTP/1.1 404 Not Found\r\n",
        408 => b"HTTP/1.1 408 Request Timeout\r\n",
        413 => b"HTTP/1.1 413 Content Too Large\r\n",
        415 => b"HTTP/1.1 415 Unsupported Media Type\r\n",
        422 => b"HTTP/1.1 422 Unprocessable Content\r\n",
        429 => b"HTTP/1.1 429 Too Many Requests\r\n",
        431 => b"HTTP/1.1 431 Request Header Fields Too Large\r\n",
        503 => b"HTTP/1.1 503 Service Unavailable\r\n",
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
    /// Appends the whole answer to `out`.
    pub fn write(&self, body: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(status_line(self.status));
        out.extend_from_slice(ALWAYS);
        out.extend_from_slice(self.trace_id.as_bytes());
        if let Some(seconds) = self.retry_after_seconds {
            out.extend_from_slice(b"\r\nretry-after: ");
            push_number(out, seconds);
        }
        if let Some(rate) = &self.rate {
            rate.write(out);
        }
        if self.is_personal || self.error_in.is_some() {
            out.extend_from_slice(b"\r\ncache-control: no-store");
        }
        if let Some(language) = self.error_in {
            out.extend_from_slice(b"\r\ncontent-language: ");
            out.extend_from_slice(language.as_str().as_bytes());
        }
        if self.status == 401 {
            out.extend_from_slice(b"\r\nwww-authenticate: ApiKey");
        }
        if self.close {
            out.extend_from_slice(b"\r\nconnection: close");
        }
        out.extend_from_slice(b"\r\ncontent-length: ");
        push_number(out, body.len());
        out.extend_from_slice(b"\r\ndate: ");
        push_date(out);
        out.extend_from_slice(b"\r\n\r\n");
        out.extend_from_slice(body);
    }
}

impl RateNote {
    /// `RateLimit-Policy` and `RateLimit`, as the IETF's draft writes them.
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\r\nratelimit-policy: ");
        self.push_policy(out);
        out.extend_from_slice(b"\r\nratelimit: ");
        self.push_state(out);
    }

    fn push_policy(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        out.extend_from_slice(self.policy.as_bytes());
        out.extend_from_slice(b"\";q=");
        push_number(out, self.burst);
        out.extend_from_slice(b";w=");
        push_number(out, self.window_seconds);
    }

    fn push_state(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        out.extend_from_slice(self.policy.as_bytes());
        out.extend_from_slice(b"\";r=");
        push_number(out, self.remaining);
        out.extend_from_slice(b";t=");
        push_number(out, self.reset_seconds);
    }

    /// The value of `RateLimit-Policy`.
    pub fn policy_value(&self) -> Vec<u8> {
        let mut value = Vec::new();
        self.push_policy(&mut value);
        value
    }

    /// The value of `RateLimit`.
    pub fn state_value(&self) -> Vec<u8> {
        let mut value = Vec::new();
        self.push_state(&mut value);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SECURITY_HEADERS;

    #[test]
    fn an_answer_is_well_formed_http() {
        let rate = RateNote { policy: "ip", burst: 100, window_seconds: 2, remaining: 99, reset_seconds: 1 };
        let trace_id = "t-1";
        let reply = Reply {
            status: 429,
            trace_id,
            retry_after_seconds: Some(3),
            rate: Some(rate),
            is_personal: true,
            error_in: Some(Language::Ko),
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
