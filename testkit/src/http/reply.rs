//! A reply, and what tests demand of it.

use serde_json::Value;

/// A reply with its whole body.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status, such as 200.
    pub status: u16,
    /// The headers in their order; names as they came.
    pub headers: Vec<(String, String)>,
    /// The body, without the framing of chunks.
    pub body: Vec<u8>,
}

impl Reply {
    /// The first header of that name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not JSON.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?} {}", self.text()))
    }

    /// The body as JSON; null when it is not JSON.
    #[must_use]
    pub fn json_or_null(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body's field `code`; empty when there is none.
    #[must_use]
    #[track_caller]
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// A field of the body; null when there is none.
    #[must_use]
    #[track_caller]
    pub fn field(&self, name: &str) -> Value {
        self.json()[name].clone()
    }

    /// Demands an error in the contract's form.
    ///
    /// # Panics
    /// When it is another status or code, or a field of the form is missing.
    #[track_caller]
    pub fn is_error(&self, status: u16, code: &str) {
        let body = self.json();
        assert_eq!((self.status, body["code"].as_str()), (status, Some(code)), "{body}");
        for field in ["message", "timestamp", "traceId"] {
            assert!(body[field].is_string(), "{field} in {body}");
        }
        assert_eq!(self.header("x-trace-id"), body["traceId"].as_str());
        assert_eq!(self.header("content-type"), Some("application/json"));
    }

    /// Demands 200, and returns the body.
    ///
    /// # Panics
    /// At any other status.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()
    }
}
