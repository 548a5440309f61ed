//! The bytes of the error body, for the layers and for paths without layers.

use crate::text::error_message;
use crate::text::language::Language;
use crate::trace::TraceId;
use domain::{ErrorCode, Timestamp};

/// The fields of the body.
#[derive(Clone, Copy, Debug)]
pub struct BodyFields<'a> {
    /// The stable code.
    pub code: ErrorCode,
    /// The message's language.
    pub language: Language,
    /// Appended to the message.
    pub detail: Option<&'a str>,
    /// Further fields that are text.
    pub extra: &'a [(&'static str, String)],
    /// Further fields as JSON.
    pub extra_json: &'a [(&'static str, String)],
    /// The time of the error.
    pub timestamp: Timestamp,
    /// The request's id.
    pub trace_id: &'a TraceId,
}

/// Appends `{"code","message","timestamp","traceId"}` to `out` (`contract.md`, Conventions). Pure: no clock, no I/O.
pub fn error_body(
    code: ErrorCode,
    language: Language,
    detail: Option<&str>,
    timestamp: Timestamp,
    trace_id: &TraceId,
    out: &mut Vec<u8>,
) {
    write_error_body(&BodyFields { code, language, detail, extra: &[], extra_json: &[], timestamp, trace_id }, out);
}

/// Like [`error_body`], with further fields before the timestamp.
pub fn write_error_body(fields: &BodyFields<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"code\":\"");
    out.extend_from_slice(fields.code.as_str().as_bytes());
    out.extend_from_slice(b"\",\"message\":\"");
    write_message(error_message(fields.code, fields.language), fields.detail, out);
    for (name, value) in fields.extra {
        out.extend_from_slice(b"\",\"");
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":\"");
        write_escaped(value, out);
    }
    out.push(b'"');
    for (name, value) in fields.extra_json {
        out.extend_from_slice(b",\"");
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
        out.extend_from_slice(value.as_bytes());
    }
    out.extend_from_slice(b",\"timestamp\":\"");
    write_time(fields.timestamp, out);
    out.extend_from_slice(b"\",\"traceId\":\"");
    out.extend_from_slice(fields.trace_id.as_bytes());
    out.extend_from_slice(b"\"}");
}

/// `The request is not valid.`, or `The request is not valid: stock must be 1 to 100000000.`
fn write_message(message: &str, detail: Option<&str>, out: &mut Vec<u8>) {
    let Some(detail) = detail else { return write_escaped(message, out) };
    write_escaped(message.trim_end_matches('.'), out);
    out.extend_from_slice(b": ");
    write_escaped(detail.trim_end_matches('.'), out);
    out.push(b'.');
}

/// Appends text escaped for the inside of a JSON string.
pub fn write_escaped(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0..0x20 => {
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
            }
            _ => out.push(byte),
        }
    }
}

/// Appends `yyyy-MM-ddTHH:mm:ss` (UTC), digit by digit, since the general formatter costs ten times as much.
pub fn write_time(moment: Timestamp, out: &mut Vec<u8>) {
    let time = moment.civil();
    let year = time.year().unsigned_abs();
    let parts =
        [(b'-', time.month()), (b'-', time.day()), (b'T', time.hour()), (b':', time.minute()), (b':', time.second())];
    write_two_digits((year / 100 % 100) as u8, out);
    write_two_digits((year % 100) as u8, out);
    for (before, value) in parts {
        out.push(before);
        write_two_digits(value.unsigned_abs(), out);
    }
}

fn write_two_digits(value: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(&[b'0' + value / 10 % 10, b'0' + value % 10]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ApiError;
    use serde_json::{Value, json};

    const MOMENT: &str = "2026-12-01T20:00:09";

    fn moment() -> Timestamp {
        Timestamp::parse(MOMENT).expect("well formed")
    }

    fn body(error: &ApiError, language: Language) -> Value {
        let mut out = Vec::new();
        error.write_body(language, moment(), &TraceId::from_header(Some(b"trace-1")), &mut out);
        serde_json::from_slice(&out).expect("the body is JSON")
    }

    #[test]
    fn the_body_has_the_contracts_fields() {
        let mut out = Vec::new();
        let trace_id = TraceId::from_header(Some(b"trace-1"));
        error_body(ErrorCode::NotFound, Language::En, None, moment(), &trace_id, &mut out);
        assert_eq!(
            serde_json::from_slice::<Value>(&out).expect("the body is JSON"),
            json!({"code": "NOT_FOUND", "message": "This address does not exist.",
                   "timestamp": MOMENT, "traceId": "trace-1"})
        );
    }

    #[test]
    fn further_fields_keep_their_kind() {
        let error =
            ApiError::new(ErrorCode::NotFound).with("reason", "A").with_json("lines", &["a\"b"]).with_json("n", &7);
        let body = body(&error, Language::En);
        assert_eq!((&body["reason"], &body["lines"], &body["n"]), (&json!("A"), &json!(["a\"b"]), &json!(7)));
        assert_eq!(body["traceId"], "trace-1");
    }

    #[test]
    fn the_detail_follows_the_message() {
        let error = ApiError::invalid("stock must be 1 to 100000000");
        assert_eq!(body(&error, Language::En)["message"], "The request is not valid: stock must be 1 to 100000000.");
        assert_eq!(
            body(&error, Language::Ko)["message"],
            "요청 내용이 올바르지 않습니다: stock must be 1 to 100000000."
        );
    }

    #[test]
    fn special_characters_stay_inside_their_string() {
        let nasty = "a\"b\\c\nd\u{0}e\u{7f}<script>\u{2028}안녕";
        let error = ApiError::new(ErrorCode::CouponNotApplicable).detail(nasty).with("reason", nasty);
        let body = body(&error, Language::En);
        assert_eq!(body["reason"], nasty);
        assert!(body["message"].as_str().expect("a string").contains(nasty));
    }

    #[test]
    fn times_are_written_as_the_domain_writes_them() {
        for millis in [0, 1, 951_782_400_000, 1_795_000_000_999, 253_402_300_799_000] {
            let mut out = Vec::new();
            write_time(Timestamp(millis), &mut out);
            assert_eq!(String::from_utf8(out).expect("digits"), Timestamp(millis).to_string());
        }
    }
}
