//! Heads that two readers could understand differently: one table, for every listener and every proxy.

/// The part of a head that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The path: normalising would change it.
    Path,
    /// Bytes beyond ASCII in the target.
    RawTarget,
    /// `Host` is missing, doubled or malformed.
    Host,
    /// A field that may stand once stands twice.
    Twice,
    /// Where the body ends is in doubt, or it is too long.
    Length,
    /// `Expect`.
    Expect,
    /// `Content-Encoding`.
    Coding,
}

/// A request that must be refused.
#[derive(Clone, Debug)]
pub struct BadHead {
    /// What is wrong.
    pub fault: Fault,
    /// The status of its refusal by the program.
    pub status: u16,
    /// The whole head.
    pub bytes: Vec<u8>,
}

impl BadHead {
    /// Whether hyper hides the fault from a router: it drops fragments, and judges lengths itself, with other answers.
    /// The server's own reader sees them all.
    #[must_use]
    pub fn is_hidden_by_hyper(&self) -> bool {
        self.fault == Fault::Length
            || self.bytes.split(|byte| *byte == b'\r').next().unwrap_or_default().contains(&b'#')
    }

    /// For messages of tests.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// Targets made of a good path: what is before it, and what is after it.
const PATHS: [(&str, &str); 30] = [
    ("/.", ""),
    ("/..", ""),
    ("/a/..", ""),
    ("/%2e", ""),
    ("/%2E%2e", ""),
    ("/.%2e", ""),
    ("/%2e.", ""),
    ("/", ""),
    ("//", ""),
    ("/%2f", ""),
    ("/%2F..", ""),
    ("/%5C", ""),
    ("/\\", ""),
    ("", "/."),
    ("", "/.."),
    ("", "/./"),
    ("", "/../"),
    ("", "/%2e"),
    ("", "/%2E%2E/a"),
    ("", "//"),
    ("", "//a"),
    ("", "%2f"),
    ("", "%2Fa"),
    ("", "%5ca"),
    ("", "\\a"),
    ("", "%00"),
    ("", "%0d%0aa"),
    ("", "%1F"),
    ("", "%7f"),
    ("", "#a"),
];

/// Bytes that must be escaped, after a good path.
const RAW: [&[u8]; 4] = [b"\xed\x99\x8d", b"\xc8\xab", b"?q=\xed\x99\x8d", b"?q=\xff"];

/// Lines of fields: the wrong ones beside a good `Host`.
const FIELDS: [(Fault, u16, &str); 37] = [
    (Fault::Host, 400, "Host: b"),
    (Fault::Host, 400, "host: localhost"),
    (Fault::Twice, 400, "X-Api-Key: a\r\nX-Api-Key: b"),
    (Fault::Twice, 400, "X-Api-Key: a\r\nx-api-key: a"),
    (Fault::Twice, 400, "Idempotency-Key: a\r\nIdempotency-Key: b"),
    (Fault::Twice, 400, "Content-Type: application/json\r\nContent-Type: text/plain"),
    (Fault::Twice, 400, "Authorization: a\r\nAuthorization: b"),
    (Fault::Twice, 400, "Origin: http://a\r\nOrigin: http://b"),
    (Fault::Twice, 400, "Referer: a\r\nReferer: b"),
    (Fault::Twice, 400, "Last-Event-ID: a\r\nLast-Event-ID: b"),
    (Fault::Twice, 400, "X-Original-URI: /a\r\nX-Original-URI: /b"),
    (Fault::Twice, 400, "X-Queue-Token: a\r\nX-Queue-Token: b"),
    (Fault::Twice, 400, "X-CSRF-Token: a\r\nX-CSRF-Token: b"),
    (Fault::Twice, 400, "Range: bytes=0-1\r\nRange: bytes=2-3"),
    (Fault::Twice, 400, "If-Modified-Since: a\r\nIf-Modified-Since: b"),
    (Fault::Length, 400, "Content-Length: 2\r\nContent-Length: 2"),
    (Fault::Length, 400, "Content-Length: 2\r\nContent-Length: 3"),
    (Fault::Length, 400, "Content-Length: +2"),
    (Fault::Length, 400, "Content-Length: -2"),
    (Fault::Length, 400, "Content-Length: 0x2"),
    (Fault::Length, 400, "Content-Length: 2, 2"),
    (Fault::Length, 400, "Content-Length:"),
    (Fault::Length, 413, "Content-Length: 9223372036854775808"),
    (Fault::Length, 413, "Content-Length: 18446744073709551613"),
    (Fault::Length, 413, "Content-Length: 18446744073709551614"),
    (Fault::Length, 413, "Content-Length: 18446744073709551615"),
    (Fault::Length, 413, "Content-Length: 18446744073709551616"),
    (Fault::Length, 413, "Content-Length: 99999999999999999999999999999999999999999"),
    (Fault::Length, 400, "Transfer-Encoding: gzip"),
    (Fault::Length, 400, "Transfer-Encoding: identity"),
    (Fault::Length, 400, "Transfer-Encoding: gzip, chunked"),
    (Fault::Length, 400, "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked"),
    (Fault::Length, 400, "Transfer-Encoding: chunked\r\nContent-Length: 2"),
    (Fault::Expect, 417, "Expect: 200-ok"),
    (Fault::Expect, 417, "Expect: 100-continue, tea"),
    (Fault::Coding, 415, "Content-Encoding: gzip"),
    (Fault::Coding, 415, "Content-Encoding: made-up"),
];

/// All of them, as requests with this method for this path and query. They have no body.
#[must_use]
pub fn bad_heads(method: &str, path: &str, query: &str) -> Vec<BadHead> {
    let head = |target: &[u8], fields: &str| {
        let is_sized = fields.contains("Content-Length") || fields.contains("Transfer-Encoding");
        let length = if method == "GET" || is_sized { "" } else { "Content-Length: 0\r\n" };
        let start = [method.as_bytes(), b" ", target, b" HTTP/1.1\r\n"].concat();
        [&start[..], fields.as_bytes(), length.as_bytes(), b"\r\n"].concat()
    };
    let good = format!("{path}{query}");
    let mut heads = Vec::new();
    let mut add = |fault, status, bytes| heads.push(BadHead { fault, status, bytes });
    for (before, after) in PATHS {
        let target = format!("{before}{path}{after}{query}");
        add(Fault::Path, 400, head(target.as_bytes(), "Host: localhost\r\n"));
    }
    for raw in RAW {
        add(Fault::RawTarget, 400, head(&[path.as_bytes(), raw].concat(), "Host: localhost\r\n"));
    }
    for host in ["", "Host:\r\n", "Host: a b\r\n", "Host: a/b\r\n", "Host: a@b\r\n", "Host: a, b\r\n"] {
        add(Fault::Host, 400, head(good.as_bytes(), host));
    }
    for (fault, status, lines) in FIELDS {
        add(fault, status, head(good.as_bytes(), &format!("Host: localhost\r\n{lines}\r\n")));
    }
    heads
}
