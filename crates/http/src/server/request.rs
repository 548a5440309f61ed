//! A hot request: the data that its response needs, and the steps that all hot requests share.

use super::head::HotHead;
use super::reply::Reply;
use crate::error::ApiError;
use crate::extract::client_ip::ClientIp;
use crate::limits::{LimitDecision, Limits, RateNote};
use crate::text::language::Language;
use crate::trace::TraceId;
use domain::ErrorCode;
use std::net::IpAddr;
use std::time::Duration;

/// The data of a hot request that is kept until its response is written.
#[derive(Clone, Debug)]
pub struct HotRequest {
    /// The request's id.
    pub trace_id: TraceId,
    /// The language of its error messages.
    pub language: Language,
    /// The state of the bucket used last, if limits are on.
    pub rate: Option<RateNote>,
    /// Whether the connection closes after the response.
    pub close: bool,
    /// The client's address.
    pub client: ClientIp,
    /// When the request was complete, in microseconds of the clock.
    pub begun_us: u64,
    /// Whether a unit of the network's bucket has been taken.
    is_counted: bool,
}

/// One line of the access log, for a sampled request.
#[derive(Clone, Copy, Debug)]
pub struct SampledLine {
    /// The request's method.
    pub method: &'static str,
    /// The route.
    pub path: &'static str,
    /// The response's status.
    pub status: u16,
    /// Length of the response's body in bytes.
    pub bytes: usize,
    /// One request in this many is logged.
    pub one_in: u32,
}

impl HotRequest {
    /// A request that the server received from `peer`.
    pub fn new(limits: &Limits, peer: IpAddr, head: &HotHead<'_>) -> Self {
        Self {
            trace_id: TraceId::from_header(head.trace_id),
            language: Language::from_accept(head.accept_language, Language::En),
            rate: None,
            close: head.close,
            client: limits.client(peer, head.forwarded_for),
            begun_us: clock::now_us(),
            is_counted: false,
        }
    }

    /// A request from the router, whose layers have determined these values and taken a unit of the network's bucket.
    pub fn of(trace_id: TraceId, language: Language, client: ClientIp) -> Self {
        Self { trace_id, language, rate: None, close: false, client, begun_us: clock::now_us(), is_counted: true }
    }

    /// Takes one unit from the network's bucket, once a request.
    ///
    /// # Errors
    /// `RATE_LIMIT_EXCEEDED`.
    pub fn take_ip(&mut self, limits: &Limits) -> Result<(), ApiError> {
        if std::mem::replace(&mut self.is_counted, true) {
            return Ok(());
        }
        let decision = limits.take_ip(self.client, self.begun_us);
        self.rate = decision.note;
        check(decision)
    }

    /// Takes one unit from a user's bucket.
    ///
    /// # Errors
    /// `RATE_LIMIT_EXCEEDED`.
    pub fn take_user(&mut self, limits: &Limits, tenant: &str, user: &str) -> Result<(), ApiError> {
        let decision = limits.take_user(tenant, user, self.begun_us);
        if decision.refused() {
            self.rate = decision.note;
        }
        check(decision)
    }

    /// Appends an error's body. Returns its status and `Retry-After` in seconds.
    pub fn write_error(&self, error: &ApiError, out: &mut Vec<u8>) -> (u16, Option<u32>) {
        error.write_body(self.language, clock::at(self.begun_us), &self.trace_id, out);
        (error.code.status(), error.retry_after_header())
    }

    /// The head of the response.
    pub fn reply(&self, (status, retry_after_seconds): (u16, Option<u32>), is_personal: bool) -> Reply<'_> {
        let (trace_id, rate, close) = (self.trace_id.as_str(), self.rate, self.close);
        let error_language = (status >= 400).then_some(self.language);
        Reply {
            status,
            trace_id,
            retry_after_seconds,
            rate,
            is_personal,
            error_language,
            extra: b"",
            always: b"",
            close,
        }
    }

    /// Time since the request was complete.
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

fn check(decision: LimitDecision) -> Result<(), ApiError> {
    if decision.refused() { Err(decision.into()) } else { Ok(()) }
}
