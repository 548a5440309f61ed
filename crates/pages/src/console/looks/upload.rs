//! A form with a file in it (`multipart/form-data`): what a browser sends for a logo, without script.

use crate::forms::Fields;
use crate::visitor::Visitor;
use crate::{Nothing, Pages, Problem};
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use std::ops::Range;

/// Largest form, in bytes: a logo that is too large is still read, to say so.
const BYTES_MAX: usize = 512 * 1024;
/// Most fields.
const FIELDS_MAX: usize = 64;
const URLENCODED: &str = "application/x-www-form-urlencoded";

/// The fields of a form, and the content of its file if one was chosen.
pub(super) struct Upload {
    pub fields: Fields<Nothing>,
    pub file: Option<Bytes>,
}

impl FromRequest<Pages> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, pages: &Pages) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let kind = parts.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        let Some(boundary) = boundary_of(&String::from_utf8_lossy(kind)) else {
            let fields = Fields::from_request(Request::from_parts(parts, body), pages).await?;
            return Ok(Self { fields, file: None });
        };
        let visitor = Visitor::of(&parts);
        let refused = |status, code| Problem::new(&visitor, status, code);
        let bytes = to_bytes(body, BYTES_MAX).await;
        let bytes = bytes.map_err(|_| refused(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"))?;
        let read = read(&bytes, &boundary).ok_or_else(|| refused(StatusCode::BAD_REQUEST, "INVALID_INPUT"))?;
        let (written, file) = written(&bytes, read);
        // What is left is a form like any other, and is judged like any other.
        parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(URLENCODED));
        let fields = Fields::from_request(Request::from_parts(parts, Body::from(written)), pages).await?;
        Ok(Self { fields, file })
    }
}

struct FormPart {
    name: String,
    is_file: bool,
    content: Range<usize>,
}

/// The fields as any other form has them, and the file.
fn written(bytes: &Bytes, parts: Vec<FormPart>) -> (String, Option<Bytes>) {
    let mut written = url::form_urlencoded::Serializer::new(String::new());
    let mut file = None;
    for part in parts {
        match part.is_file {
            true if part.content.is_empty() => {}
            true => file = Some(bytes.slice(part.content)),
            false => {
                written.append_pair(&part.name, &String::from_utf8_lossy(&bytes[part.content]));
            }
        }
    }
    (written.finish(), file)
}

fn boundary_of(kind: &str) -> Option<String> {
    let rest = kind.strip_prefix("multipart/form-data")?;
    let boundary = rest.split(';').find_map(|parameter| parameter.trim().strip_prefix("boundary="))?;
    let boundary = boundary.trim_matches('"');
    (1..=70).contains(&boundary.len()).then(|| boundary.to_owned())
}

fn find(bytes: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.windows(wanted.len()).position(|window| window == wanted).map(|at| at + from)
}

/// The parts of a form; none where it is not one.
fn read(bytes: &[u8], boundary: &str) -> Option<Vec<FormPart>> {
    let first = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let mut at = bytes.starts_with(first.as_bytes()).then_some(first.len())?;
    let mut parts = Vec::new();
    loop {
        let rest = bytes.get(at..)?;
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        let head = rest.starts_with(b"\r\n").then_some(at + 2)?;
        // A head may be empty only in a form that no browser sends.
        let content = find(bytes, b"\r\n\r\n", head)? + 4;
        let end = find(bytes, between.as_bytes(), content)?;
        let (name, is_file) = named(&String::from_utf8_lossy(&bytes[head..content]))?;
        if parts.len() == FIELDS_MAX {
            return None;
        }
        parts.push(FormPart { name, is_file, content: content..end });
        at = end + between.len();
    }
}

/// The name of a field, and whether it is a file's, of the part's head.
fn named(head: &str) -> Option<(String, bool)> {
    let is_it = |line: &&str| line.to_ascii_lowercase().starts_with("content-disposition:");
    let line = head.lines().find(is_it)?;
    let (_, name) = line.split_once(" name=\"")?;
    Some((name.split('"').next()?.to_owned(), line.contains("filename=")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &[u8] = b"--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n\xea\xb0\x80\xea\xb2\x8c\r\n\
        --x\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\
        \x89PNG\r\n--y\r\n\r\n--x--\r\n";

    #[test]
    fn fields_and_a_file_are_told_apart() {
        let parts = read(FORM, "x").expect("good");
        assert_eq!(parts.len(), 2);
        assert_eq!((parts[0].name.as_str(), parts[0].is_file), ("name", false));
        assert_eq!(&FORM[parts[0].content.clone()], "가게".as_bytes());
        assert_eq!((parts[1].name.as_str(), parts[1].is_file), ("logo", true));
        // What looks like another boundary is content.
        assert_eq!(&FORM[parts[1].content.clone()], b"\x89PNG\r\n--y\r\n");
    }

    #[test]
    fn what_is_cut_off_anywhere_is_no_form() {
        let whole = FORM.len() - 4;
        for end in 0..whole {
            assert!(read(&FORM[..end], "x").is_none(), "cut at {end}");
        }
        assert!(read(&FORM[..whole + 2], "x").is_some());
    }

    #[test]
    fn a_boundary_is_read_with_and_without_quotes() {
        assert_eq!(boundary_of("multipart/form-data; boundary=\"a b\""), Some("a b".to_owned()));
        assert_eq!(boundary_of("multipart/form-data; charset=utf-8; boundary=x"), Some("x".to_owned()));
        assert_eq!(boundary_of("application/x-www-form-urlencoded"), None);
        assert_eq!(boundary_of("multipart/form-data; boundary="), None);
    }
}
