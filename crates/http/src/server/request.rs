//! What the answer to a hot request needs of it, and what every one of them goes through.

use super::head::HotHead;
use super::reply::{RateNote, Reply};
use crate::error::ApiError;
use crate::extract::client_ip::ClientIp;
use crate::limits::{Limited, Limits};
use crate::text::language::Language;
use crate::trace::TraceId;
use domain::ErrorCode;
use std::net::IpAddr;
use std::time::Duration;

/// What is kept of a hot request until its answer is there.
#[derive(Clone, Debug)]
pub struct HotRequest {
    /// The request's id.
    pub trace_id: TraceId,
    /// What its errors are told in.
    pub language: Language,
    /// The bucket that was asked last, if limits are on.
    pub rate: Option<RateNote>,
    /// Whether the connection ends after the answer.
    pub close: bool,
    /// Who asks.
    pub client: ClientIp,
    /// When the request was there, in microseconds of the clock.
    pub begun_us: u64,
}

/// One line of the access log for a request that was picked out of many.
#[derive(Clone, Copy, Debug)]
pub struct SampledLine {
    /// The request's method.
    pub method: &'static str,
    /// The route.
    pub path: &'static str,
    /// The answer's status.
    pub status: u16,
    /// Bytes of the answer's body.
    pub bytes: usize,
    /// Out of how many.
    pub one_in: u32,
}

impl HotRequest {
    /// Of a request from `peer`.
    pub fn new(limits: &Limits, peer: IpAddr, head: &HotHead<'_>) -> Self {
        Self {
            trace_id: TraceId::from_header(head.trace_id),
            language: Language::from_accept(head.accept_language, Language::En),
            rate: None,
            close: head.close,
            client: limits.client(peer, head.forwarded_for),
            begun_us: clock::now_us(),
        }
    }

    /// A request that came by the router, whose layers have found all of this out.
    pub fn of(trace_id: TraceId, language: Language, client: ClientIp) -> Self {
        Self { trace_id, language, rate: None, close: false, client, begun_us: clock::now_us() }
    }

    /// Takes a unit of the address's bucket.
    ///
    /// # Errors
    /// `RATE_LIMIT_EXCEEDED`.
    pub fn take_ip(&mut self, limits: &Limits) -> Result<(), ApiError> {
        let limited = limits.take_ip(self.client, self.begun_us);
        self.rate = limited.note;
        refused(limited)
    }

    /// Takes a unit of a user's bucket.
    ///
    /// # Errors
    /// `RATE_LIMIT_EXCEEDED`.
    pub fn take_user(&mut self, limits: &Limits, tenant: &str, user: &str) -> Result<(), ApiError> {
        let limited = limits.take_user(tenant, user, self.begun_us);
        if limited.refused() {
            self.rate = limited.note;
        }
        refused(limited)
    }

    /// Appends an error's body; returns its status and `Retry-After`.
    pub fn write_error(&self, error: &ApiError, out: &mut Vec<u8>) -> (u16, Option<u32>) {
        error.write_body(self.language, clock::at(self.begun_us), &self.trace_id, out);
        (error.code.status(), error.retry_after_header())
    }

    /// The head of the answer.
    pub fn reply(&self, (status, retry_after_seconds): (u16, Option<u32>), is_personal: bool) -> Reply<'_> {
        let (trace_id, rate, close) = (self.trace_id.as_str(), self.rate, self.close);
        let error_in = (status >= 400).then_some(self.language);
        Reply { status, trace_id, retry_after_seconds, rate, is_personal, error_in, close }
    }

    /// Time since the request was there.
    pub fn took(&self) -> Duration {
        Duration::from_micros(clock::now_us().saturating_sub(self.begun_us))
    }

    /// Writes a line of the access log.
    pub fn log(&self, line: &SampledLine) {
        let SampledLine { method, path, status, bytes, one_in } = *line;
        let duration_ms = self.took().as_micros() as f64 / 1e3;
        let peer = self.client.0;
        tracing::info!(target: "access", method, path, status, duration_ms,
            trace_id = %self.trace_id, %peer, bytes, one_in);
    }
}

/// Appends an error to a request that is refused before any route sees it; the connection ends afterwards.
pub fn refuse(limits: &Limits, code: ErrorCode, detail: &'static str, out: &mut Vec<u8>) {
    let head = HotHead { close: true, ..HotHead::default() };
    let request = HotRequest::new(limits, IpAddr::from([0, 0, 0, 0]), &head);
    let (mut error, mut body) = (ApiError::new(code), Vec::new());
    error.detail = (!detail.is_empty()).then(|| detail.to_owned());
    let status = request.write_error(&error, &mut body);
    request.reply(status, true).write(&body, out);
}

fn refused(limited: Limited) -> Result<(), ApiError> {
    if limited.refused() { Err(limited.into()) } else { Ok(()) }
}
