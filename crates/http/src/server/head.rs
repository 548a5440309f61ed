//! Parses a request's head just far enough to decide whether a hot route can answer it.

use crate::head::field::Field;
use crate::head::target::{self, TargetForm};
use crate::head::{Fields, HeadFault};
use domain::ErrorCode;
use http::Version;

/// Most headers in one request.
pub(super) const HEADERS_MAX: usize = 64;

/// Fields of requests that the router answers: it judges tokens, and what the gateway says about people, with all others
/// that find out the caller.
const FOR_ROUTER: [Field; 6] = [
    Field::Expect,
    Field::ContentEncoding,
    Field::TransferEncoding,
    Field::Authorization,
    Field::UserId,
    Field::UserRole,
];
/// In `Cookie`: a session of a page (WEB-009).
const SESSION_COOKIE: &[u8] = b"accessToken=";

/// Limits of a request that is answered here (GW-014).
#[derive(Clone, Copy, Debug)]
pub(super) struct SizeLimits {
    /// Request line and headers, in bytes.
    pub head_bytes: usize,
    /// Body, in bytes. The router serves larger requests: it knows the limit of each route.
    pub body_bytes: usize,
    /// Whether a request that names the page it comes from (`Origin`) is left to the router, which says what that page may
    /// read.
    pub leaves_origins: bool,
}

/// The parts of a head that the hot routes use.
#[derive(Clone, Copy, Debug, Default)]
pub struct HotHead<'a> {
    /// The method.
    pub method: &'a str,
    /// Path and query as sent.
    pub target: &'a str,
    /// `Content-Type`.
    pub content_type: Option<&'a [u8]>,
    /// `Accept-Language`.
    pub accept_language: Option<&'a [u8]>,
    /// `Accept-Encoding`.
    pub accept_encoding: Option<&'a [u8]>,
    /// `X-Trace-Id`.
    pub trace_id: Option<&'a [u8]>,
    /// `X-Api-Key`.
    pub api_key: Option<&'a [u8]>,
    /// `Idempotency-Key`.
    pub idempotency_key: Option<&'a [u8]>,
    /// `X-Queue-Challenge`.
    pub challenge: Option<&'a [u8]>,
    /// `X-Forwarded-For`.
    pub forwarded_for: Option<&'a [u8]>,
    /// Whether the client wants the connection to close after this response.
    pub close: bool,
}

/// The request at the front of the input.
#[derive(Debug)]
pub(super) enum Front<'a> {
    /// Not a whole request yet.
    Partial,
    /// The head of a request for the hot route, whose body has not arrived.
    Body { head: HotHead<'a> },
    /// A whole request for the hot route.
    Hot { head: HotHead<'a>, body: &'a [u8], length: usize },
    /// A request for another route, or in a form that only hyper handles.
    Other,
    /// Not a valid request. The connection closes after the error.
    Broken(ErrorCode, &'static str),
}

/// Parses the front of `bytes`. `knows` decides by method and target whether a request is hot.
///
/// A fault that the router's layers see as well is left to them: they answer in the caller's language, with a line in
/// the log. Those that hyper would hide from them are answered here.
pub(super) fn front(bytes: &[u8], knows: impl Fn(&str, &str) -> bool, limits: SizeLimits) -> Front<'_> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    let head_length = match request.parse(bytes) {
        Ok(httparse::Status::Complete(length)) if length <= limits.head_bytes => length,
        Ok(httparse::Status::Partial) if bytes.len() < limits.head_bytes => return Front::Partial,
        Ok(_) => return Front::Broken(ErrorCode::HeadersTooLarge, "the headers are too large"),
        Err(httparse::Error::TooManyHeaders) => {
            return Front::Broken(ErrorCode::HeadersTooLarge, "there must be at most 64 headers");
        }
        Err(_) => return Front::Broken(ErrorCode::InvalidInput, "this is not an HTTP/1.1 request"),
    };
    let (Some(method), Some(target), Some(version)) = (request.method, request.path, request.version) else {
        return Front::Other;
    };
    let version = if version == 1 { Version::HTTP_11 } else { Version::HTTP_10 };
    let read = match read(method, target, version, request.headers) {
        Ok(read) => read,
        Err(fault) if fault.is_hidden => return Front::Broken(fault.code, fault.detail),
        Err(_) => return Front::Other,
    };
    if !read.is_plain
        || (limits.leaves_origins && read.has_origin)
        || version != Version::HTTP_11
        || !knows(method, target)
    {
        return Front::Other;
    }
    // A GET needs no Content-Length. Any other request must have one.
    let Some(body_length) = read.body_length.or((method == "GET").then_some(0)) else { return Front::Other };
    if body_length > limits.body_bytes as u64 {
        return Front::Other;
    }
    let body_length = body_length as usize;
    match bytes.get(head_length..head_length + body_length) {
        Some(body) => Front::Hot { head: read.head, body, length: head_length + body_length },
        None => Front::Body { head: read.head },
    }
}

/// What a head says.
struct ReadHead<'a> {
    head: HotHead<'a>,
    /// The declared length of the body in bytes.
    body_length: Option<u64>,
    /// Whether the fast path can answer it. hyper serves all other forms.
    is_plain: bool,
    /// Whether it names the page it comes from.
    has_origin: bool,
}

fn read<'a>(
    method: &'a str,
    target: &'a str,
    version: Version,
    headers: &[httparse::Header<'a>],
) -> Result<ReadHead<'a>, HeadFault> {
    if method != "CONNECT" {
        target::check(target.as_bytes(), TargetForm::Whole)?;
    }
    let mut fields = Fields::default();
    let mut head = HotHead { method, target, ..HotHead::default() };
    let mut is_plain = true;
    for header in headers {
        let (name, value) = (header.name, header.value);
        // The length rules out most names before any byte is compared.
        match name.len() {
            // A session's cookie is a token.
            6 if name.eq_ignore_ascii_case("cookie") => {
                is_plain &= memchr::memmem::find(value, SESSION_COOKIE).is_none()
            }
            // A browser that goes to an address reads errors as pages.
            6 if name.eq_ignore_ascii_case("accept") => is_plain &= !value.starts_with(b"text/html"),
            7 if name.eq_ignore_ascii_case("upgrade") => is_plain = false,
            10 if name.eq_ignore_ascii_case("connection") => match value {
                v if v.eq_ignore_ascii_case(b"keep-alive") => {}
                v if v.eq_ignore_ascii_case(b"close") => head.close = true,
                _ => is_plain = false,
            },
            15 if name.eq_ignore_ascii_case("accept-language") => {
                is_plain &= head.accept_language.replace(value).is_none();
            }
            15 if name.eq_ignore_ascii_case("accept-encoding") => {
                is_plain &= head.accept_encoding.replace(value).is_none();
            }
            15 if name.eq_ignore_ascii_case("x-forwarded-for") => {
                is_plain &= head.forwarded_for.replace(value).is_none();
            }
            _ => fields.add(name, value)?,
        }
    }
    fields.check(version)?;
    is_plain &= FOR_ROUTER.into_iter().all(|field| fields.get(field).is_none());
    head.content_type = fields.get(Field::ContentType);
    head.trace_id = fields.get(Field::TraceId);
    head.api_key = fields.get(Field::ApiKey);
    head.idempotency_key = fields.get(Field::IdempotencyKey);
    head.challenge = fields.get(Field::QueueChallenge);
    let has_origin = fields.get(Field::Origin).is_some();
    Ok(ReadHead { head, body_length: fields.content_length()?, is_plain, has_origin })
}

/// The target of the request at the front of the input, whose head has been parsed.
pub(super) fn target(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii_start().split(|byte| *byte == b' ').nth(1).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_with(text: &str, leaves_origins: bool) -> Front<'_> {
        let knows = |method: &str, target: &str| [("POST", "/hot"), ("GET", "/hot?a=1")].contains(&(method, target));
        front(text.as_bytes(), knows, SizeLimits { head_bytes: 16 * 1024, body_bytes: 100, leaves_origins })
    }

    fn parse(text: &str) -> Front<'_> {
        parse_with(text, false)
    }

    #[test]
    fn a_page_of_another_origin_is_left_to_the_router_where_it_may_read() {
        let text = "GET /hot?a=1 HTTP/1.1\r\nHost: a\r\nOrigin: https://shop.example\r\n\r\n";
        assert!(matches!(parse_with(text, false), Front::Hot { .. }));
        assert!(matches!(parse_with(text, true), Front::Other));
    }

    #[test]
    fn a_plain_request_is_hot() {
        let text = "POST /hot HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nx-api-KEY: k\r\n\r\n{}POST";
        let Front::Hot { head, body, length } = parse(text) else { panic!("{:?}", parse(text)) };
        assert_eq!((body, head.api_key, length), (&b"{}"[..], Some(&b"k"[..]), text.len() - 4));
        for end in 0..length {
            let has_head = end >= length - 2;
            let is_right = match parse(&text[..end]) {
                Front::Partial => !has_head,
                // The caller may be judged before the body.
                Front::Body { head } => has_head && head.api_key == Some(b"k"),
                _ => false,
            };
            assert!(is_right, "cut at {end}");
        }
    }

    #[test]
    fn a_get_needs_no_content_length() {
        let text = "GET /hot?a=1 HTTP/1.1\r\nHost: a\r\n\r\nGET";
        let Front::Hot { head, body, length } = parse(text) else { panic!("{:?}", parse(text)) };
        assert_eq!((head.method, head.target, body, length), ("GET", "/hot?a=1", &b""[..], text.len() - 3));
    }

    #[test]
    fn unusual_requests_go_to_hyper() {
        for text in [
            "GET /hot HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST /cold HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
            "GET /hot?a=2 HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST /hot HTTP/1.0\r\nContent-Length: 0\r\n\r\n",
            "POST /hot HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST /hot HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST /hot HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nContent-Length: 2\r\n\r\n{}",
            "POST /hot HTTP/1.1\r\nHost: a\r\nX-User-Id: a\r\nContent-Length: 2\r\n\r\n{}",
            "POST /hot HTTP/1.1\r\nHost: a\r\nX-User-Role: ADMIN\r\nContent-Length: 2\r\n\r\n{}",
            "GET /hot?a=1 HTTP/1.1\r\nHost: a\r\nCookie: a=b; accessToken=c\r\n\r\n",
            "POST /hot HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 2\r\n\r\n{}",
            "POST /hot HTTP/1.1\r\nHost: a\r\nX-Api-Key: a\r\nX-Api-Key: b\r\nContent-Length: 2\r\n\r\n{}",
            "POST /hot HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
            "GET /hot//b HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST /hot HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n{}",
            "POST /hot HTTP/1.1\r\nContent-Length: 2\r\nConnection: upgrade\r\n\r\n{}",
            "POST /hot HTTP/1.1\r\nContent-Length: 101\r\n\r\n",
            "GET /hot?a=1 HTTP/1.1\r\nContent-Length: 101\r\n\r\n",
        ] {
            assert!(matches!(parse(text), Front::Other), "{text:?} {:?}", parse(text));
        }
    }

    #[test]
    fn invalid_requests_are_refused() {
        let flood = format!("POST /hot HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(HEADERS_MAX + 1));
        assert!(matches!(parse(&flood), Front::Broken(ErrorCode::HeadersTooLarge, _)));
        let long = format!("POST /hot HTTP/1.1\r\na: {}", "b".repeat(16 * 1024));
        assert!(matches!(parse(&long), Front::Broken(ErrorCode::HeadersTooLarge, _)));
        assert!(matches!(parse("\u{1}\u{2}\r\n\r\n"), Front::Broken(ErrorCode::InvalidInput, _)));
    }

    /// Kind: faults that hyper hides from the router's layers, or answers differently.
    #[test]
    fn faults_that_hyper_hides_are_answered_here() {
        for (line, fields, code) in [
            ("GET /hot#a", "", ErrorCode::InvalidInput),
            ("GET /cold?a=1#b", "", ErrorCode::InvalidInput),
            ("GET cold", "", ErrorCode::InvalidInput),
            ("POST /hot", "Content-Length: 18446744073709551615\r\n", ErrorCode::PayloadTooLarge),
            ("POST /cold", "Content-Length: 18446744073709551614\r\n", ErrorCode::PayloadTooLarge),
            ("POST /hot", "Content-Length: +2\r\n", ErrorCode::InvalidInput),
            ("POST /hot", "Content-Length: 2\r\nContent-Length: 2\r\n", ErrorCode::InvalidInput),
            ("POST /hot", "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", ErrorCode::InvalidInput),
            ("POST /hot", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", ErrorCode::InvalidInput),
            ("POST /cold", "Transfer-Encoding: gzip, chunked\r\n", ErrorCode::InvalidInput),
        ] {
            let text = format!("{line} HTTP/1.1\r\nHost: a\r\n{fields}\r\n{{}}");
            let Front::Broken(found, _) = parse(&text) else { panic!("{text}: {:?}", parse(&text)) };
            assert_eq!(found, code, "{text}");
        }
    }
}
