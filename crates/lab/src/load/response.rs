//! Parses HTTP/1.1 responses, as far as a load test needs it.

use std::mem::MaybeUninit;

/// Maximum number of header lines.
const HEADERS_MAX: usize = 64;
/// Maximum size of the head (status line and headers), in bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// A complete response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// HTTP status.
    pub status: u16,
    /// `Retry-After` in seconds, if present as a number.
    pub retry_after_seconds: Option<u32>,
    /// Whether the connection may be reused.
    pub keep_alive: bool,
    /// The body, without transfer coding.
    pub body: &'a [u8],
}

/// The bytes are not a supported HTTP response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The head is invalid.
    #[error("not an HTTP response: {0}")]
    Head(#[from] httparse::Error),
    /// The head or the body exceeds its limit.
    #[error("the response is larger than {0} bytes")]
    TooLarge(usize),
    /// Neither `Content-Length` nor chunks determine the end of the body.
    #[error("the response has no length")]
    NoLength,
    /// The length is not a number, or a chunk is broken.
    #[error("the length of the response is invalid")]
    BadLength,
}

struct Head {
    status: u16,
    retry_after_seconds: Option<u32>,
    keep_alive: bool,
    length: BodyLength,
    head_bytes: usize,
}

enum BodyLength {
    Known(usize),
    Chunked,
    Unknown,
}

/// Parses the response at the beginning of `bytes`. Returns it with its length in bytes, or `None` while it is
/// incomplete. A chunked body is joined in `joined`; any other body is borrowed from `bytes`.
///
/// # Errors
/// When the bytes cannot become a response: see [`Malformed`].
pub fn parse<'a>(
    bytes: &'a [u8],
    body_bytes_max: usize,
    joined: &'a mut Vec<u8>,
) -> Result<Option<(Answer<'a>, usize)>, Malformed> {
    let Some(head) = parse_head(bytes)? else {
        return if bytes.len() > HEAD_BYTES_MAX { Err(Malformed::TooLarge(HEAD_BYTES_MAX)) } else { Ok(None) };
    };
    let rest = &bytes[head.head_bytes..];
    let (body, body_bytes) = match head.length {
        BodyLength::Known(length) if length > body_bytes_max => return Err(Malformed::TooLarge(body_bytes_max)),
        BodyLength::Known(length) => match rest.get(..length) {
            Some(body) => (body, length),
            None => return Ok(None),
        },
        BodyLength::Chunked => match join_chunks(rest, body_bytes_max, joined)? {
            Some(taken) => (&joined[..], taken),
            None => return Ok(None),
        },
        BodyLength::Unknown => return Err(Malformed::NoLength),
    };
    let Head { status, retry_after_seconds, keep_alive, .. } = head;
    Ok(Some((Answer { status, retry_after_seconds, keep_alive, body }, head.head_bytes + body_bytes)))
}

fn parse_head(bytes: &[u8]) -> Result<Option<Head>, Malformed> {
    let mut space = [const { MaybeUninit::uninit() }; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut []);
    let config = httparse::ParserConfig::default();
    let httparse::Status::Complete(head_bytes) =
        config.parse_response_with_uninit_headers(&mut response, bytes, &mut space)?
    else {
        return Ok(None);
    };
    let status = response.code.unwrap_or_default();
    let bodiless = matches!(status, 100..=199 | 204 | 304);
    let mut head = Head {
        status,
        retry_after_seconds: None,
        keep_alive: response.version == Some(1),
        length: if bodiless { BodyLength::Known(0) } else { BodyLength::Unknown },
        head_bytes,
    };
    for header in response.headers.iter() {
        read_header(&mut head, header.name, header.value, bodiless)?;
    }
    Ok(Some(head))
}

fn read_header(head: &mut Head, name: &str, value: &[u8], bodiless: bool) -> Result<(), Malformed> {
    // The length of the name excludes nearly all headers without comparing letters.
    match name.len() {
        10 if name.eq_ignore_ascii_case("connection") => {
            head.keep_alive = match value {
                value if value.eq_ignore_ascii_case(b"close") => false,
                value if value.eq_ignore_ascii_case(b"keep-alive") => true,
                _ => head.keep_alive,
            };
        }
        11 if name.eq_ignore_ascii_case("retry-after") => head.retry_after_seconds = number(value),
        14 if !bodiless && name.eq_ignore_ascii_case("content-length") => {
            let length = number::<usize>(value).ok_or(Malformed::BadLength)?;
            // Chunks override a length (RFC 9112, 6.3).
            if !matches!(head.length, BodyLength::Chunked) {
                head.length = BodyLength::Known(length);
            }
        }
        17 if !bodiless && name.eq_ignore_ascii_case("transfer-encoding") => {
            if !value.eq_ignore_ascii_case(b"chunked") {
                return Err(Malformed::BadLength);
            }
            head.length = BodyLength::Chunked;
        }
        _ => {}
    }
    Ok(())
}

fn number<T: std::str::FromStr>(value: &[u8]) -> Option<T> {
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

/// Joins the chunks. Returns their length in bytes, or `None` while the last one is missing. Trailers are skipped.
fn join_chunks(bytes: &[u8], body_bytes_max: usize, joined: &mut Vec<u8>) -> Result<Option<usize>, Malformed> {
    joined.clear();
    let mut at = 0;
    loop {
        let (start, size) = match httparse::parse_chunk_size(&bytes[at..]) {
            Ok(httparse::Status::Complete((taken, size))) => {
                (at + taken, usize::try_from(size).map_err(|_| Malformed::BadLength)?)
            }
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(Malformed::BadLength),
        };
        if size == 0 {
            return Ok(end_of_trailers(&bytes[start..]).map(|taken| start + taken));
        }
        if size > body_bytes_max - joined.len() {
            return Err(Malformed::TooLarge(body_bytes_max));
        }
        let Some(chunk) = bytes.get(start..start + size + 2) else { return Ok(None) };
        let (data, end) = chunk.split_at(size);
        if end != b"\r\n" {
            return Err(Malformed::BadLength);
        }
        joined.extend_from_slice(data);
        at = start + size + 2;
    }
}

fn end_of_trailers(bytes: &[u8]) -> Option<usize> {
    if bytes.starts_with(b"\r\n") {
        return Some(2);
    }
    memchr::memmem::find(bytes, b"\r\n\r\n").map(|at| at + 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 1_000;

    fn whole(bytes: &[u8]) -> (u16, Option<u32>, bool, Vec<u8>, usize) {
        let mut joined = Vec::new();
        let (answer, taken) = parse(bytes, LIMIT, &mut joined).expect("well formed").expect("whole");
        (answer.status, answer.retry_after_seconds, answer.keep_alive, answer.body.to_vec(), taken)
    }

    #[test]
    fn a_response_is_returned_only_when_it_is_complete() {
        let plain: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 3\r\nCONTENT-length: 5\r\n\r\nhello";
        let chunked: &[u8] =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\nX: y\r\n\r\n";
        for bytes in [plain, chunked] {
            for cut in 0..bytes.len() {
                assert_eq!(parse(&bytes[..cut], LIMIT, &mut Vec::new()), Ok(None), "cut at {cut}");
            }
            let mut and_more = bytes.to_vec();
            and_more.extend_from_slice(b"HTTP/1.1 200");
            let (_, _, keep_alive, body, taken) = whole(&and_more);
            assert_eq!((keep_alive, &body[..], taken), (true, &b"hello"[..], bytes.len()));
        }
        assert_eq!(whole(plain).0, 429);
        assert_eq!(whole(plain).1, Some(3));
    }

    #[test]
    fn the_end_of_a_connection_and_a_missing_body_are_recognized() {
        assert!(!whole(b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n").2);
        assert!(!whole(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").2);
        assert!(whole(b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n").2);
        assert_eq!(whole(b"HTTP/1.1 204 No Content\r\n\r\n").3, b"");
    }

    #[test]
    fn bytes_that_cannot_become_a_response_are_refused() {
        let refusal = |bytes: &[u8]| parse(bytes, LIMIT, &mut Vec::new()).expect_err("malformed");
        assert!(matches!(refusal(b"SSH-2.0-OpenSSH"), Malformed::Head(_)));
        assert_eq!(refusal(b"HTTP/1.1 200 OK\r\n\r\n"), Malformed::NoLength);
        assert_eq!(refusal(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"), Malformed::BadLength);
        assert_eq!(refusal(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"), Malformed::TooLarge(LIMIT));
        let chunked = |chunks: &str| format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
        assert_eq!(refusal(chunked("zz\r\n").as_bytes()), Malformed::BadLength);
        assert_eq!(refusal(chunked("2\r\nabcd").as_bytes()), Malformed::BadLength);
        assert_eq!(refusal(chunked("fffffff\r\n").as_bytes()), Malformed::TooLarge(LIMIT));
        let endless = [b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &[b'a'; HEAD_BYTES_MAX]].concat();
        assert_eq!(refusal(&endless), Malformed::TooLarge(HEAD_BYTES_MAX));
    }
}
