//! What the operator may set.

use crate::Service;
use crate::breaker::RULE;
use crate::routes::Row;
use domain::breaker::window::WindowRule;
use std::time::Duration;

/// The settings of the gateway.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// `http.public_url`: this site. Requests that cookies identify must come from its pages.
    pub public_url: String,
    /// The gateway's own service key (`internal.key.gateway`), for the user role's calls about sessions.
    pub service_key: String,
    /// `limits.enabled`.
    pub limits_enabled: bool,
    /// `limits.per_user_per_minute`: requests of one person; also the most at once.
    pub per_user_per_minute: u32,
    /// `limits.payments_per_user_per_minute`.
    pub payments_per_user_per_minute: u32,
    /// `limits.payments_per_ip_per_minute`: of one network.
    pub payments_per_ip_per_minute: u32,
    /// `limits.payments_per_second`: of all together.
    pub payments_per_second: u32,
    /// The payment provider's notices in a second, of all together.
    pub webhooks_per_second: u32,
    /// Largest body in bytes.
    pub body_bytes_max: u64,
    /// Largest body in bytes under `/auth`, `/users` and `/session`.
    pub account_body_bytes_max: u64,
    /// Longest waits for the head of an answer.
    pub time_limits: TimeLimits,
    /// When a service is given a rest.
    pub breaker: WindowRule,
}

/// Shows no key.
impl std::fmt::Debug for Settings {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Settings").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

/// Longest waits for the head of an answer (GW-007). Streams have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimits {
    /// Of most routes.
    pub usual: Duration,
    /// Under `/queue`.
    pub queue: Duration,
    /// Under `/payments`.
    pub payment: Duration,
    /// For the store of the blacklist and of the buckets; then a request is let through.
    pub store: Duration,
}

impl TimeLimits {
    /// The time of a route; none for a stream.
    pub(crate) fn of(&self, row: &Row) -> Option<Duration> {
        match row.service {
            _ if row.is_stream => None,
            Service::Queue => Some(self.queue),
            Service::Payment => Some(self.payment),
            _ => Some(self.usual),
        }
    }
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self {
            usual: Duration::from_secs(30),
            queue: Duration::from_secs(10),
            payment: Duration::from_secs(60),
            store: Duration::from_millis(500),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            service_key: String::new(),
            limits_enabled: true,
            per_user_per_minute: 300,
            payments_per_user_per_minute: 20,
            payments_per_ip_per_minute: 50,
            payments_per_second: 1_000,
            webhooks_per_second: 200,
            body_bytes_max: onsale_http::ROUTE_BODY_BYTES as u64,
            account_body_bytes_max: 10_240,
            time_limits: TimeLimits::default(),
            breaker: RULE,
        }
    }
}
