//! The one reader of a request's head: its target, its fields and its cookies, as bytes.
//!
//! What comes from outside may be any bytes, and other programs (NGINX, hyper, a site) read the same bytes. A request
//! that two readers could understand differently is refused here, before any route: see [`target`] and [`field`]. A
//! foreign part that is none of our business, such as another site's cookie, is passed over as it is: see [`cookies`].
//!
//! The fast path reads the bytes of the connection with it, and the standard layers read what hyper made of them. So a
//! request is judged alike on every listener and every route.

pub mod cookies;
pub mod field;
pub mod target;

use crate::error::ApiError;
use domain::ErrorCode;
use field::Field;
use http::{HeaderMap, Method, Uri, Version};
use target::TargetForm;

/// Why a head is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadFault {
    /// `INVALID_INPUT`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE` or `EXPECTATION_FAILED`.
    pub code: ErrorCode,
    /// The mistake and its correction.
    pub detail: &'static str,
    /// Whether hyper would hide the fault from the layers, or answer it differently: the fast path answers itself.
    pub is_hidden: bool,
}

impl HeadFault {
    const fn invalid(detail: &'static str) -> Self {
        Self { code: ErrorCode::InvalidInput, detail, is_hidden: false }
    }

    const fn hidden(code: ErrorCode, detail: &'static str) -> Self {
        Self { code, detail, is_hidden: true }
    }
}

impl From<HeadFault> for ApiError {
    fn from(fault: HeadFault) -> Self {
        Self::new(fault.code).detail(fault.detail)
    }
}

/// Collects the fields of one head.
#[derive(Debug)]
pub struct Fields<'a> {
    values: [Option<&'a [u8]>; Field::COUNT],
}

impl Default for Fields<'_> {
    fn default() -> Self {
        Self { values: [None; Field::COUNT] }
    }
}

impl<'a> Fields<'a> {
    /// Adds a line of the head.
    ///
    /// # Errors
    /// The second line of a field that may stand once.
    pub fn add(&mut self, name: &str, value: &'a [u8]) -> Result<(), HeadFault> {
        let Some(field) = Field::of(name) else { return Ok(()) };
        let slot = &mut self.values[field as usize];
        if slot.is_some() {
            return Err(HeadFault { is_hidden: field.decides_length(), ..HeadFault::invalid(field.twice()) });
        }
        *slot = Some(value.trim_ascii());
        Ok(())
    }

    /// The value of a field.
    pub fn get(&self, field: Field) -> Option<&'a [u8]> {
        self.values[field as usize]
    }

    /// The body's declared length in bytes.
    ///
    /// # Errors
    /// For anything but digits; `PAYLOAD_TOO_LARGE` for more than any body can have.
    pub fn content_length(&self) -> Result<Option<u64>, HeadFault> {
        let Some(value) = self.get(Field::ContentLength) else { return Ok(None) };
        if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
            let detail = "Content-Length must be digits";
            return Err(HeadFault::hidden(ErrorCode::InvalidInput, detail));
        }
        let length = value.iter().try_fold(0_u64, |sum, digit| {
            sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')).filter(|sum| *sum <= LENGTH_MAX)
        });
        let too_large = HeadFault::hidden(ErrorCode::PayloadTooLarge, "Content-Length is more than any body may have");
        length.map(Some).ok_or(too_large)
    }

    /// Checks the fields against each other.
    ///
    /// # Errors
    /// See [`HeadFault`].
    pub fn check(&self, version: Version) -> Result<(), HeadFault> {
        match self.get(Field::Host) {
            None if version == Version::HTTP_11 => return Err(HeadFault::invalid("send a Host header")),
            Some(host) if !is_host(host) => return Err(HeadFault::invalid("Host must be a name and perhaps a port")),
            _ => {}
        }
        let length = self.content_length()?;
        if let Some(coding) = self.get(Field::TransferEncoding) {
            let fault = |detail| Err(HeadFault::hidden(ErrorCode::InvalidInput, detail));
            if length.is_some() {
                return fault("send either Content-Length or Transfer-Encoding");
            }
            if version != Version::HTTP_11 || !coding.eq_ignore_ascii_case(b"chunked") {
                return fault("Transfer-Encoding must be chunked, in HTTP/1.1");
            }
        }
        if self.get(Field::Expect).is_some_and(|value| !value.eq_ignore_ascii_case(b"100-continue")) {
            let detail = "Expect must be 100-continue";
            return Err(HeadFault { code: ErrorCode::ExpectationFailed, ..HeadFault::invalid(detail) });
        }
        if self.get(Field::ContentEncoding).is_some_and(|value| !value.eq_ignore_ascii_case(b"identity")) {
            let detail = "send the body without Content-Encoding";
            return Err(HeadFault { code: ErrorCode::UnsupportedMediaType, ..HeadFault::invalid(detail) });
        }
        Ok(())
    }
}

/// A larger length is refused at once. hyper counts lengths in 64 bits and keeps the highest for itself.
const LENGTH_MAX: u64 = i64::MAX as u64;

/// Whether `host` can be a name or an address with a port (RFC 9112, 3.2).
fn is_host(host: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+;=:[]%".contains(byte);
    !host.is_empty() && host.iter().all(allowed)
}

/// Checks a request that hyper has parsed.
///
/// # Errors
/// See [`HeadFault`].
pub fn check_parsed(method: &Method, uri: &Uri, version: Version, headers: &HeaderMap) -> Result<(), HeadFault> {
    if method != Method::CONNECT {
        target::check(uri.path().as_bytes(), TargetForm::Path)?;
        target::check(uri.query().unwrap_or_default().as_bytes(), TargetForm::Query)?;
    }
    let mut fields = Fields::default();
    for (name, value) in headers {
        fields.add(name.as_str(), value.as_bytes())?;
    }
    fields.check(version)
}

#[cfg(test)]
mod tests;
