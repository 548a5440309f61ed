//! Rate limits per network and per user by token buckets, and the headers that show them (FCFS-011, FCFS-012).

use crate::error::{ApiError, RETRY_AFTER_SECONDS_DEFAULT};
use crate::extract::client_ip::{ClientIp, TrustedProxies};
use crate::network::{Network, NetworkPrefixes};
use crate::number;
use crate::shares::{Share, Shares};
use domain::ErrorCode;
use domain::limit::{Rate, RateDecision};
use hot::embedded::LimitTable;
use http::{HeaderMap, HeaderValue, Method};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Routes whose requests take nothing from a bucket, by the beginning of the route. Their answers are copies that are made
/// once for all, or they come from proxies and services that speak for many. `/internal` and its like count refused
/// callers alone.
const UNCOUNTED: [&str; 12] = [
    "/health",
    "/actuator/health",
    "/metrics",
    "/docs",
    "/openapi.json",
    "/assets/",
    "/time",
    "/queue/check",
    "/queue/serving/",
    "/sandbox/",
    "/internal/",
    "/payments/webhook",
];
/// The internal route with a name of its own (INT-001..006).
const INTERNAL_REPORT: &str = "/processing/complete";

/// The calls that a page makes in memory for one request of a person: together they take one from the person's bucket, as the
/// request has taken one from the network's. Clones are the same visit.
#[derive(Clone, Debug, Default)]
pub struct OneVisit(Arc<AtomicBool>);

impl OneVisit {
    /// Whether this call is the one that counts.
    pub fn counts(&self) -> bool {
        !self.0.swap(true, Ordering::Relaxed)
    }
}

/// Rate limits for all clients.
#[derive(Clone, Debug)]
pub struct LimitSettings {
    /// Whether the limits of rates are on.
    pub enabled: bool,
    /// Requests a second from one network.
    pub per_ip_per_second: u32,
    /// Most requests at once from a network with a full bucket.
    pub per_ip_burst: u32,
    /// Coupon requests a second for one user. This is also the most at once.
    pub issue_per_user_per_second: u32,
    /// Looks at the own place in a line for one visitor, in a minute. This is also the most at once.
    pub status_per_minute: u32,
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: TrustedProxies,
    /// The networks that count as one holder.
    pub prefixes: NetworkPrefixes,
    /// Most requests under way that trusted proxies forward for one network; 0: without a limit. Rates may be off: this
    /// holds all the same.
    pub forwarded_per_network: usize,
}

/// The limits of a program that nobody has configured.
impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            per_ip_per_second: 50,
            per_ip_burst: 100,
            issue_per_user_per_second: 5,
            status_per_minute: 15,
            trusted_proxies: TrustedProxies::default(),
            prefixes: NetworkPrefixes::default(),
            forwarded_per_network: 1_024,
        }
    }
}

/// The buckets and shares of one process.
pub struct Limits {
    enabled: bool,
    per_network: LimitTable,
    per_user: LimitTable,
    per_visitor: LimitTable,
    trusted_proxies: TrustedProxies,
    prefixes: NetworkPrefixes,
    forwarded: Shares,
    /// Whether somebody has forwarded an address whom no setting trusts.
    unknown_proxy: AtomicBool,
}

/// The state of one bucket, as the `RateLimit` headers show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateNote {
    /// `ip`, `user` or `queue-status`.
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
            per_network: LimitTable::new(Rate::per_second(settings.per_ip_per_second, settings.per_ip_burst)),
            per_user: LimitTable::new(Rate::per_second(per_user, per_user)),
            per_visitor: LimitTable::new(Rate::per_minute(settings.status_per_minute)),
            trusted_proxies: settings.trusted_proxies,
            prefixes: settings.prefixes,
            forwarded: Shares::new(settings.forwarded_per_network),
            unknown_proxy: AtomicBool::new(false),
        }
    }

    /// Takes one unit from the bucket of the client's network.
    pub fn take_ip(&self, client: ClientIp, now_us: u64) -> LimitDecision {
        if !self.enabled {
            return LimitDecision::OFF;
        }
        limit_decision("ip", self.per_network.rate(), self.per_network.take(&self.network(client), now_us))
    }

    /// Takes one unit from the bucket of a tenant's user.
    pub fn take_user(&self, tenant: &str, user: &str, now_us: u64) -> LimitDecision {
        if !self.enabled {
            return LimitDecision::OFF;
        }
        limit_decision("user", self.per_user.rate(), self.per_user.take(&(tenant, user), now_us))
    }

    /// Takes one unit from the bucket of a visitor who looks at the own place in a line (QUEUE-002).
    pub fn take_status(&self, line: &str, visitor: &str, now_us: u64) -> LimitDecision {
        if !self.enabled {
            return LimitDecision::OFF;
        }
        limit_decision("queue-status", self.per_visitor.rate(), self.per_visitor.take(&(line, visitor), now_us))
    }

    /// The client's address: the peer's own, or the one that a trusted proxy forwards.
    pub fn client(&self, peer: IpAddr, forwarded_for: Option<&[u8]>) -> ClientIp {
        self.client_of(peer, forwarded_for.into_iter())
    }

    /// As [`Limits::client`], for all values of the header in the order received.
    pub(crate) fn client_of<'a>(&self, peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a [u8]>) -> ClientIp {
        let mut forwarded = forwarded.peekable();
        if forwarded.peek().is_some() && !self.unknown_proxy.load(Ordering::Relaxed) && !self.is_proxy(peer) {
            self.unknown_proxy.store(true, Ordering::Relaxed);
        }
        self.trusted_proxies.client_ip(peer, forwarded)
    }

    /// Whether a peer that no setting trusts has forwarded an address: a proxy in front, or somebody who pretends to be one.
    pub fn has_seen_unknown_proxy(&self) -> bool {
        self.unknown_proxy.load(Ordering::Relaxed)
    }

    /// The network of a client: the holder of buckets and shares.
    pub fn network(&self, client: ClientIp) -> Network {
        self.prefixes.network(client.0)
    }

    /// Whether the peer is a trusted proxy: its connections are those of many, and only what it forwards is counted.
    pub fn is_proxy(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.trusts(peer)
    }

    /// A share for a request that a trusted proxy forwards, held until it is answered. A client's own connection has its
    /// share at the server instead.
    ///
    /// # Errors
    /// `RATE_LIMIT_EXCEEDED` when the network has its share of requests under way.
    pub fn hold_forwarded(&self, peer: IpAddr, client: ClientIp) -> Result<Option<Share>, ApiError> {
        if peer.to_canonical() == client.0 || !self.is_proxy(peer) {
            return Ok(None);
        }
        self.forwarded.take(self.network(client)).map(Some).ok_or_else(|| {
            let detail = format!("your network has {} requests under way", self.forwarded.max());
            ApiError::new(ErrorCode::RateLimitExceeded).detail(detail)
        })
    }
}

/// Whether a request for this route takes a unit of its network's bucket. `route`: as the router names it; none for an
/// address without a route, which always counts.
pub(crate) fn is_counted(method: &Method, route: Option<&str>) -> bool {
    let Some(route) = route else { return true };
    let is_uncounted = UNCOUNTED.iter().any(|start| route.starts_with(start)) || is_internal(route);
    !is_uncounted || (route.starts_with("/queue/serving/") && method != Method::GET)
}

/// Whether this is a route between our own services: a caller without its key takes a unit of the bucket.
pub(crate) fn is_internal(route: &str) -> bool {
    route.starts_with("/internal/") || route.ends_with(INTERNAL_REPORT)
}

impl From<LimitDecision> for ApiError {
    fn from(decision: LimitDecision) -> Self {
        Self::new(ErrorCode::RateLimitExceeded)
            .retry_after(decision.retry_after_seconds.unwrap_or(RETRY_AFTER_SECONDS_DEFAULT))
    }
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
            ..LimitSettings::default()
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

    #[test]
    fn a_network_of_ipv6_has_one_bucket() {
        let limits = limits(true);
        let client = |text: &str| ClientIp(text.parse().expect("an address"));
        let taken = (1..=5).filter(|n| !limits.take_ip(client(&format!("2001:db8:7:7::{n:x}")), 1).refused()).count();
        assert_eq!(taken, 2);
        assert!(!limits.take_ip(client("2001:db8:7:8::1"), 1).refused());
    }

    #[test]
    fn requests_of_proxies_are_held_for_the_network_that_they_forward() {
        let proxy: IpAddr = "10.0.0.1".parse().expect("an address");
        let trusted_proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().expect("a network")]);
        let limits =
            Limits::new(LimitSettings { trusted_proxies, forwarded_per_network: 1, ..LimitSettings::default() });
        let hold = |peer, client: &str| limits.hold_forwarded(peer, limits.client(peer, Some(client.as_bytes())));
        let held = hold(proxy, "[2001:db8::1]").expect("the first");
        assert!(held.is_some());
        assert!(hold(proxy, "2001:db8::2").is_err(), "the same /64");
        assert!(hold(proxy, "2001:db8:0:1::1").is_ok());
        let direct: IpAddr = "203.0.113.7".parse().expect("an address");
        assert!((0..5).all(|_| hold(direct, "2001:db8::1").is_ok_and(|share| share.is_none())));
        drop(held);
        assert!(hold(proxy, "2001:db8::2").is_ok());
    }

    #[test]
    fn every_route_is_counted_but_those_of_the_list() {
        for (method, route, counted) in [
            (Method::GET, None, true),
            (Method::GET, Some("/api/v1/coupons/status/{event_id}"), true),
            (Method::POST, Some("/api/v1/coupons/issue"), true),
            (Method::GET, Some("/health/ready"), false),
            (Method::GET, Some("/assets/{name}"), false),
            (Method::GET, Some("/queue/serving/{line}"), false),
            (Method::POST, Some("/queue/serving/{line}"), true),
            (Method::GET, Some("/queue/stream/{line}"), true),
            (Method::GET, Some("/queue/check/{line}"), false),
            (Method::POST, Some("/internal/keys/check"), false),
            (Method::POST, Some("/gate/events/{event_id}/processing/complete"), false),
        ] {
            assert_eq!(is_counted(&method, route), counted, "{method} {route:?}");
        }
    }
}
