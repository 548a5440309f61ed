//! Token buckets per address and per user, and what the answer says of them (FCFS-011, FCFS-012).

use crate::error::{ApiError, RETRY_AFTER_SECONDS_DEFAULT};
use crate::extract::client_ip::{ClientIp, TrustedProxies};
use crate::server::RateNote;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::ErrorCode;
use domain::limit::{Rate, RateDecision};
use hot::embedded::LimitTable;
use http::{HeaderMap, HeaderValue};
use std::net::IpAddr;
use std::sync::Arc;

/// How much anyone may ask for.
#[derive(Clone, Debug)]
pub struct LimitSettings {
    /// Whether anything is limited at all.
    pub enabled: bool,
    /// Requests a second from one address.
    pub per_ip_per_second: u32,
    /// Requests at once from an address that was quiet.
    pub per_ip_burst: u32,
    /// Requests for a coupon a second for one user; as many at once.
    pub issue_per_user_per_second: u32,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
}

/// The buckets of one process.
pub struct Limits {
    enabled: bool,
    per_ip: LimitTable,
    per_user: LimitTable,
    trusted_proxies: TrustedProxies,
}

/// What the buckets said.
#[derive(Clone, Copy, Debug)]
pub struct Limited {
    /// For the `RateLimit` headers; none when limits are off.
    pub note: Option<RateNote>,
    /// Seconds to wait, when it was too much.
    pub retry_after_seconds: Option<u32>,
}

impl Limited {
    const OFF: Self = Self { note: None, retry_after_seconds: None };

    /// Whether it was too much.
    pub fn refused(&self) -> bool {
        self.retry_after_seconds.is_some()
    }
}

fn seconds_up(us: u64) -> u64 {
    us.div_ceil(1_000_000)
}

fn told(policy: &'static str, rate: Rate, verdict: RateDecision) -> Limited {
    let note = RateNote {
        policy,
        burst: rate.burst,
        window_seconds: rate.window_seconds(),
        remaining: verdict.remaining,
        reset_seconds: seconds_up(verdict.reset_after_us),
    };
    let retry_after_seconds = (!verdict.allowed).then(|| seconds_up(verdict.retry_after_us).max(1) as u32);
    Limited { note: Some(note), retry_after_seconds }
}

impl Limits {
    /// Full buckets.
    pub fn new(settings: LimitSettings) -> Self {
        let per_user = settings.issue_per_user_per_second;
        Self {
            enabled: settings.enabled,
            per_ip: LimitTable::new(Rate::per_second(settings.per_ip_per_second, settings.per_ip_burst)),
            per_user: LimitTable::new(Rate::per_second(per_user, per_user)),
            trusted_proxies: settings.trusted_proxies,
        }
    }

    /// Takes a unit of an address.
    pub fn take_ip(&self, client: ClientIp, now_us: u64) -> Limited {
        if !self.enabled {
            return Limited::OFF;
        }
        told("ip", self.per_ip.rate(), self.per_ip.take(&client.0, now_us))
    }

    /// Takes a unit of a user of a tenant.
    pub fn take_user(&self, tenant: &str, user: &str, now_us: u64) -> Limited {
        if !self.enabled {
            return Limited::OFF;
        }
        told("user", self.per_user.rate(), self.per_user.take(&(tenant, user), now_us))
    }

    /// The person's address: the peer's own, or what a trusted proxy says.
    pub fn client(&self, peer: IpAddr, forwarded_for: Option<&[u8]>) -> ClientIp {
        self.trusted_proxies.client_ip(peer, forwarded_for.into_iter())
    }
}

impl From<Limited> for ApiError {
    fn from(limited: Limited) -> Self {
        Self::new(ErrorCode::RateLimitExceeded)
            .retry_after(limited.retry_after_seconds.unwrap_or(RETRY_AFTER_SECONDS_DEFAULT))
    }
}

/// Limits every request of a router by its address, and tells the state of the bucket.
pub async fn limit_by_address(State(limits): State<Arc<Limits>>, request: Request, next: Next) -> Response {
    let Some(client) = request.extensions().get::<ClientIp>().copied() else { return next.run(request).await };
    let limited = limits.take_ip(client, clock::now_us());
    let refused = limited.refused();
    let mut response = if refused { ApiError::from(limited).into_response() } else { next.run(request).await };
    if let Some(note) = limited.note {
        put_headers(&note, response.headers_mut());
    }
    response
}

/// Adds the `RateLimit` headers to an answer that has none yet.
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
    fn too_much_is_refused_with_the_time_to_wait() {
        let (limits, ip) = (limits(true), ClientIp(IpAddr::from([127, 0, 0, 1])));
        assert!(!limits.take_ip(ip, 1).refused());
        assert_eq!(limits.take_ip(ip, 1).note.map(|note| note.remaining), Some(0));
        assert_eq!(limits.take_ip(ip, 1).retry_after_seconds, Some(1));
        assert!(!limits.take_user("a", "u", 1).refused());
        assert!(limits.take_user("a", "u", 1).refused());
        assert!(!limits.take_user("b", "u", 1).refused(), "a tenant's users are its own");
    }

    #[test]
    fn switched_off_nothing_is_refused_or_told() {
        let limits = limits(false);
        for _ in 0..10 {
            let told = limits.take_user("a", "u", 1);
            assert!(!told.refused() && told.note.is_none());
        }
    }
}
