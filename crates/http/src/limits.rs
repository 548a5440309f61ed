//! Rate limits per address and per user by token buckets, and the headers that show them (FCFS-011, FCFS-012).

use crate::error::{ApiError, RETRY_AFTER_SECONDS_DEFAULT};
use crate::extract::client_ip::{ClientIp, TrustedProxies};
use crate::number;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::ErrorCode;
use domain::limit::{Rate, RateDecision};
use hot::embedded::LimitTable;
use http::{HeaderMap, HeaderValue};
use std::net::IpAddr;
use std::sync::Arc;

/// Rate limits for all clients.
#[derive(Clone, Debug)]
pub struct LimitSettings {
    /// Whether the limits are on.
    pub enabled: bool,
    /// Requests a second from one address.
    pub per_ip_per_second: u32,
    /// Most requests at once from an address with a full bucket.
    pub per_ip_burst: u32,
    /// Coupon requests a second for one user. This is also the most at once.
    pub issue_per_user_per_second: u32,
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: TrustedProxies,
}

/// The buckets of one process.
pub struct Limits {
    enabled: bool,
    per_ip: LimitTable,
    per_user: LimitTable,
    trusted_proxies: TrustedProxies,
}

/// The state of one bucket, as the `RateLimit` headers show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateNote {
    /// `ip` or `user`.
    pub policy: &'static str,
    /// Units in a full bucket.
    pub burst: u32,
    /// Seconds in which an empty bucket fills.
    pub window_seconds: u64,
    /// Units left.
    pub remaining: u32,
    /// Seconds until the bucket is full again, rounded up.
    pub reset_seconds: u64,
}

impl RateNote {
    /// Appends `RateLimit-Policy` and `RateLimit` in the form of the IETF draft, each after a line end.
    pub(crate) fn write_headers(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\r\nratelimit-policy: ");
        self.push_policy(out);
        out.extend_from_slice(b"\r\nratelimit: ");
        self.push_state(out);
    }

    fn push_policy(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        out.extend_from_slice(self.policy.as_bytes());
        out.extend_from_slice(b"\";q=");
        number::push(out, self.burst);
        out.extend_from_slice(b";w=");
        number::push(out, self.window_seconds);
    }

    fn push_state(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        out.extend_from_slice(self.policy.as_bytes());
        out.extend_from_slice(b"\";r=");
        number::push(out, self.remaining);
        out.extend_from_slice(b";t=");
        number::push(out, self.reset_seconds);
    }

    /// The value of `RateLimit-Policy`.
    pub fn policy_value(&self) -> Vec<u8> {
        let mut value = Vec::new();
        self.push_policy(&mut value);
        value
    }

    /// The value of `RateLimit`.
    pub fn state_value(&self) -> Vec<u8> {
        let mut value = Vec::new();
        self.push_state(&mut value);
        value
    }
}

/// The decision of the limits on one request.
#[derive(Clone, Copy, Debug)]
pub struct LimitDecision {
    /// The state of the bucket for the `RateLimit` headers; none if limits are off.
    pub note: Option<RateNote>,
    /// Seconds to wait; none if the request is allowed.
    pub retry_after_seconds: Option<u32>,
}

impl LimitDecision {
    const OFF: Self = Self { note: None, retry_after_seconds: None };

    /// Whether the request exceeds the limit.
    pub fn refused(&self) -> bool {
        self.retry_after_seconds.is_some()
    }
}

fn seconds_rounded_up(us: u64) -> u64 {
    us.div_ceil(1_000_000)
}

fn limit_decision(policy: &'static str, rate: Rate, decision: RateDecision) -> LimitDecision {
    let note = RateNote {
        policy,
        burst: rate.burst,
        window_seconds: rate.window_seconds(),
        remaining: decision.remaining,
        reset_seconds: seconds_rounded_up(decision.reset_after_us),
    };
    let retry_after_seconds = (!decision.allowed).then(|| seconds_rounded_up(decision.retry_after_us).max(1) as u32);
    LimitDecision { note: Some(note), retry_after_seconds }
}

impl Limits {
    /// Starts with full buckets.
    pub fn new(settings: LimitSettings) -> Self {
        let per_user = settings.issue_per_user_per_second;
        Self {
            enabled: settings.enabled,
            per_ip: LimitTable::new(Rate::per_second(settings.per_ip_per_second, settings.per_ip_burst)),
            per_user: LimitTable::new(Rate::per_second(per_user, per_user)),
            trusted_proxies: settings.trusted_proxies,
        }
    }

    /// Takes one unit from the bucket of an address.
    pub fn take_ip(&self, client: ClientIp, now_us: u64) -> LimitDecision {
        if !self.enabled {
            return LimitDecision::OFF;
        }
        limit_decision("ip", self.per_ip.rate(), self.per_ip.take(&client.0, now_us))
    }

    /// Takes one unit from the bucket of a tenant's user.
    pub fn take_user(&self, tenant: &str, user: &str, now_us: u64) -> LimitDecision {
        if !self.enabled {
            return LimitDecision::OFF;
        }
        limit_decision("user", self.per_user.rate(), self.per_user.take(&(tenant, user), now_us))
    }

    /// The client's address: the peer's own, or the one that a trusted proxy forwards.
    pub fn client(&self, peer: IpAddr, forwarded_for: Option<&[u8]>) -> ClientIp {
        self.trusted_proxies.client_ip(peer, forwarded_for.into_iter())
    }
}

impl From<LimitDecision> for ApiError {
    fn from(decision: LimitDecision) -> Self {
        Self::new(ErrorCode::RateLimitExceeded)
            .retry_after(decision.retry_after_seconds.unwrap_or(RETRY_AFTER_SECONDS_DEFAULT))
    }
}

/// Limits every request of a router by its address, and adds the `RateLimit` headers to the response.
pub async fn limit_by_address(State(limits): State<Arc<Limits>>, request: Request, next: Next) -> Response {
    let Some(client) = request.extensions().get::<ClientIp>().copied() else { return next.run(request).await };
    let decision = limits.take_ip(client, clock::now_us());
    let refused = decision.refused();
    let mut response = if refused { ApiError::from(decision).into_response() } else { next.run(request).await };
    if let Some(note) = decision.note {
        put_headers(&note, response.headers_mut());
    }
    response
}

/// Adds the `RateLimit` headers to a response that has none yet.
pub fn put_headers(note: &RateNote, headers: &mut HeaderMap) {
    let values = [("ratelimit-policy", note.policy_value()), ("ratelimit", note.state_value())];
    for (name, value) in values {
        if let (false, Ok(value)) = (headers.contains_key(name), HeaderValue::from_bytes(&value)) {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(enabled: bool) -> Limits {
        Limits::new(LimitSettings {
            enabled,
            per_ip_per_second: 1,
            per_ip_burst: 2,
            issue_per_user_per_second: 1,
            trusted_proxies: TrustedProxies::default(),
        })
    }

    #[test]
    fn a_request_over_the_limit_is_refused_with_the_time_to_wait() {
        let (limits, ip) = (limits(true), ClientIp(IpAddr::from([127, 0, 0, 1])));
        assert!(!limits.take_ip(ip, 1).refused());
        assert_eq!(limits.take_ip(ip, 1).note.map(|note| note.remaining), Some(0));
        assert_eq!(limits.take_ip(ip, 1).retry_after_seconds, Some(1));
        assert!(!limits.take_user("a", "u", 1).refused());
        assert!(limits.take_user("a", "u", 1).refused());
        assert!(!limits.take_user("b", "u", 1).refused(), "each tenant has its own users");
    }

    #[test]
    fn disabled_limits_refuse_nothing_and_show_no_headers() {
        let limits = limits(false);
        for _ in 0..10 {
            let decision = limits.take_user("a", "u", 1);
            assert!(!decision.refused() && decision.note.is_none());
        }
    }
}
