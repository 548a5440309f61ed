//! The id that follows one request through answers, errors, logs and messages (GW-009).

use http::HeaderValue;
use std::fmt;
use uuid::Uuid;

/// The header that carries it, in requests and in every answer.
pub const TRACE_HEADER: &str = "x-trace-id";

/// Longest id that is taken over from a caller.
pub const TRACE_LENGTH_MAX: usize = 64;

/// A request's id: the caller's own when it is well-formed, else a fresh UUID. Lives without the heap.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TraceId {
    text: [u8; TRACE_LENGTH_MAX],
    length: u8,
}

impl TraceId {
    /// A new one, nobody's before.
    pub fn fresh() -> Self {
        let mut text = [0; TRACE_LENGTH_MAX];
        let length = Uuid::new_v4().hyphenated().encode_lower(&mut text).len();
        Self { text, length: length as u8 }
    }

    /// Keeps an incoming id of the form `^[A-Za-z0-9-]{1,64}$`; makes a fresh one in place of any other or none.
    pub fn from_header(incoming: Option<&[u8]>) -> Self {
        incoming.and_then(Self::keep).unwrap_or_else(Self::fresh)
    }

    fn keep(incoming: &[u8]) -> Option<Self> {
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
    fn keeps_what_is_well_formed() {
        let longest = "a".repeat(TRACE_LENGTH_MAX);
        for text in ["a", "Order-7", longest.as_str()] {
            assert_eq!(TraceId::from_header(Some(text.as_bytes())).as_str(), text);
        }
    }

    #[test]
    fn replaces_all_else_by_a_uuid() {
        let too_long = "a".repeat(TRACE_LENGTH_MAX + 1);
        for text in ["", "a b", "a_b", "\"", "a\r\nb", "추적", too_long.as_str()] {
            let made = TraceId::from_header(Some(text.as_bytes()));
            assert!(Uuid::parse_str(made.as_str()).is_ok(), "{text}");
        }
        assert_ne!(TraceId::from_header(None), TraceId::from_header(None));
    }
}
