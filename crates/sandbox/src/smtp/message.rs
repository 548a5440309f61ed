//! Reads a mail: its subject and its plain text. What it cannot read it shows as it is; a mail can do no harm.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Base64 as it comes, whatever its padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
/// Parts within parts that are looked into.
const DEPTH_MAX: usize = 4;
/// Longest subject that is kept, in characters.
const SUBJECT_MAX: usize = 1_000;

/// What a person would see.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Message {
    pub subject: String,
    /// Lines end with `\n`.
    pub text: String,
}

/// Reads the bytes between `DATA` and the dot.
pub fn read(bytes: &[u8]) -> Message {
    let source = String::from_utf8_lossy(bytes);
    let (head, body) = split(&source);
    let headers = headers(head);
    let subject = value(&headers, "subject").map_or_else(String::new, decode_words).chars().take(SUBJECT_MAX).collect();
    Message { subject, text: plain_text(&headers, body, DEPTH_MAX).unwrap_or_default() }
}

fn split(source: &str) -> (&str, &str) {
    source.strip_prefix("\r\n").map_or_else(|| source.split_once("\r\n\r\n").unwrap_or((source, "")), |body| ("", body))
}

/// Names in lower case, values on one line each.
fn headers(head: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in head.split("\r\n") {
        match (line.starts_with([' ', '\t']), found.last_mut()) {
            (true, Some((_, value))) => {
                value.push(' ');
                value.push_str(line.trim());
            }
            _ => {
                if let Some((name, value)) = line.split_once(':') {
                    found.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
                }
            }
        }
    }
    found
}

fn value<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
}

/// The first plain text of a mail or of one of its parts.
fn plain_text(headers: &[(String, String)], body: &str, depth: usize) -> Option<String> {
    let kind = value(headers, "content-type").unwrap_or("text/plain");
    let lower = kind.to_ascii_lowercase();
    if lower.starts_with("multipart/") {
        let boundary = format!("--{}", parameter(kind, "boundary")?);
        if depth == 0 {
            return None;
        }
        let mut parts = body.split(boundary.as_str()).skip(1);
        return parts.find_map(|part| {
            let (head, body) = split(part.strip_prefix("\r\n")?);
            plain_text(&self::headers(head), body.strip_suffix("\r\n").unwrap_or(body), depth - 1)
        });
    }
    if !lower.starts_with("text/plain") {
        return None;
    }
    let coding = value(headers, "content-transfer-encoding").unwrap_or_default().to_ascii_lowercase();
    let bytes = match coding.as_str() {
        "base64" => {
            let digits: Vec<u8> = body.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
            BASE64.decode(digits).unwrap_or_else(|_| body.as_bytes().to_vec())
        }
        "quoted-printable" => quoted_printable(body.as_bytes(), false),
        _ => body.as_bytes().to_vec(),
    };
    Some(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"))
}

/// A parameter such as `boundary="x"`.
fn parameter(kind: &str, name: &str) -> Option<String> {
    let found = kind.split(';').skip(1).find_map(|one| {
        let (given, value) = one.split_once('=')?;
        given.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    });
    found.filter(|value| !value.is_empty())
}

/// Bytes of quoted-printable (RFC 2045), or of the `Q` of a header (RFC 2047), where `_` is a blank.
fn quoted_printable(text: &[u8], is_header: bool) -> Vec<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).map(|digit| digit as u8);
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'=', [b'\r', b'\n', tail @ ..]) => rest = tail,
            (b'=', [high, low, tail @ ..]) if digit(high).is_some() && digit(low).is_some() => {
                out.push(digit(high).unwrap_or(0) * 16 + digit(low).unwrap_or(0));
                rest = tail;
            }
            (b'_', _) if is_header => out.push(b' '),
            (byte, _) => out.push(*byte),
        }
    }
    out
}

/// A header's text with its encoded words (`=?utf-8?B?...?=`) decoded. Blanks between two of them mean nothing.
fn decode_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut is_after_word) = (text, false);
    while let Some(start) = rest.find("=?") {
        let (before, from) = rest.split_at(start);
        let word = encoded_word(from);
        if !(is_after_word && word.is_some() && before.trim().is_empty()) {
            out.push_str(before);
        }
        match word {
            Some((decoded, length)) => {
                out.push_str(&decoded);
                rest = &from[length..];
                is_after_word = true;
            }
            None => {
                out.push_str("=?");
                rest = &from[2..];
                is_after_word = false;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The text and the length of an encoded word in UTF-8 or ASCII.
fn encoded_word(from: &str) -> Option<(String, usize)> {
    let inner = from.strip_prefix("=?")?;
    let mut parts = inner.splitn(3, '?');
    let (charset, coding, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let end = rest.find("?=")?;
    let bytes = match coding {
        "B" | "b" => BASE64.decode(&rest[..end]).ok()?,
        "Q" | "q" => quoted_printable(&rest.as_bytes()[..end], true),
        _ => return None,
    };
    let is_known = charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("us-ascii");
    let length = from.len() - rest.len() + end + 2;
    is_known.then(|| (String::from_utf8_lossy(&bytes).into_owned(), length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(source: &str) -> (String, String) {
        let Message { subject, text } = read(source.replace('\n', "\r\n").as_bytes());
        (subject, text)
    }

    #[test]
    fn subjects_and_texts_are_decoded() {
        let mail = "From: a@b.c\nSubject: =?utf-8?b?7J247Kad?=\n =?UTF-8?Q?_=EB=B2=88=ED=98=B8?= 12\n\
                    Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n7JWI64WV\nCuuwlOydtA==\n";
        assert_eq!(read_text(mail), ("인증 번호 12".to_owned(), "안녕\n바이".to_owned()));
        let mail = "Subject: plain =?broken\nContent-Transfer-Encoding: quoted-printable\n\na=3Db =\nc =EC=95=84\n";
        assert_eq!(read_text(mail), ("plain =?broken".to_owned(), "a=b c 아\n".to_owned()));
    }

    #[test]
    fn the_plain_part_of_several_is_shown() {
        let mail = "Subject: s\nContent-Type: multipart/mixed; boundary=\"x\"\n\nto be ignored\n--x\n\
                    Content-Type: multipart/alternative; boundary=y\n\n--y\nContent-Type: text/html\n\n<p>no</p>\n--y\n\n\
                    yes\n--y--\n--x--\n";
        assert_eq!(read_text(mail).1, "yes");
    }

    #[test]
    fn whatever_comes_is_read_somehow() {
        for source in [
            "",
            "\n",
            "\n\n",
            ":",
            "Subject:",
            "Subject: =?utf-8?B?",
            "Subject: =?utf-8?B?%%%?=",
            "Subject: =?x?y?z?=",
            "Content-Type: multipart/mixed\n\nbody",
            "Content-Type: multipart/mixed; boundary=\n\n--\n--\n",
            "Content-Transfer-Encoding: base64\n\n%%%",
            "Content-Transfer-Encoding: quoted-printable\n\n=\n=Z=4",
            " \n folded",
        ] {
            let _ = read_text(source);
        }
        assert_eq!(read(b"\xff\xfe\r\n\r\n\xff").subject, "");
        assert_eq!(read_text("\nbody").1, "body");
    }
}
