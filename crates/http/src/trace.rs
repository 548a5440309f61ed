//! The id that follows one request through responses, errors, logs and messages (GW-009).

use http::HeaderValue;
use std::fmt;
use uuid::Uuid;

/// The header that carries the trace id, in requests and in every response.
pub const TRACE_HEADER: &str = "x-trace-id";

/// Longest id that is accepted from a caller, in bytes.
pub const TRACE_LENGTH_MAX: usize = 64;

/// A request's id: the caller's own if it is well-formed, else a new UUID. Needs no heap memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TraceId {
    text: [u8; TRACE_LENGTH_MAX],
    length: u8,
}

impl TraceId {
    /// A new unique id.
    pub fn fresh() -> Self {
        let mut text = [0; TRACE_LENGTH_MAX];
        let length = Uuid::new_v4().hyphenated().encode_lower(&mut text).len();
        Self { text, length: length as u8 }
    }

    /// Accepts an incoming id of the form `^[A-Za-z0-9-]{1,64}$`. Makes a new id if it is missing or has another form.
    pub fn from_header(incoming: Option<&[u8]>) -> Self {
        incoming.and_then(Self::accept).unwrap_or_else(Self::fresh)
    }

    fn accept(incoming: &[u8]) -> Option<Self> {
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        let well_formed = (1..=TRACE_LENGTH_MAX).contains(&incoming.len()) && incoming.iter().all(allowed);
        well_formed.then(|| {
            let mut text = [0; TRACE_LENGTH_MAX];
            text[..incoming.len()].copy_from_slice(incoming);
            Self { text, length: incoming.len() as u8 }
        })
    }

    /// The id's bytes: letters, digits and hyphens only.
    pub fn as_bytes(&self) -> &[u8] {
        &self.text[..usize::from(self.length)]
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The id as a header's value.
    pub fn header_value(&self) -> HeaderValue {
        HeaderValue::from_bytes(self.as_bytes()).unwrap_or_else(|_| HeaderValue::from_static("-"))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "TraceId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_well_formed_id_is_kept() {
        let longest = "a".repeat(TRACE_LENGTH_MAX);
        for text in ["a", "Order-7", longest.as_str()] {
            assert_eq!(TraceId::from_header(Some(text.as_bytes())).as_str(), text);
        }
    }

    #[test]
    fn a_malformed_or_missing_id_is_replaced_by_a_uuid() {
        let too_long = "a".repeat(TRACE_LENGTH_MAX + 1);
        for text in ["", "a b", "a_b", "\"", "a\r\nb", "추적", too_long.as_str()] {
            let made = TraceId::from_header(Some(text.as_bytes()));
            assert!(Uuid::parse_str(made.as_str()).is_ok(), "{text}");
        }
        assert_ne!(TraceId::from_header(None), TraceId::from_header(None));
    }
}
