//! The HTTP parts that every service shares: errors and their texts, trace ids, limits, logs, metrics, health,
//! documents.
//!
//! Wrap a router of handlers in [`standard`] once, as the last step. Handlers return [`ApiError`] and take [`Json`],
//! [`Query`] and [`Path`] from here. A path without a router (the hot route) uses the same pieces directly:
//! [`error_body`], [`TraceId`], [`texts`], [`metrics::RouteRecorder`], [`SECURITY_HEADERS`], [`AccessLine`].

pub mod calls;
pub mod docs;
pub mod error;
pub mod extract;
pub mod failures;
pub mod head;
pub mod health;
pub mod layer;
pub mod limits;
pub mod metrics;
pub use domain::network;
mod number;
pub mod sampler;
pub mod server;
pub mod shares;
pub mod text;
pub mod told;
pub mod trace;
pub mod welcome;

pub use calls::{Calls, with_calls};
pub use error::ApiError;
pub use error::body::error_body;
pub use extract::json::ROUTE_BODY_BYTES;
pub use extract::{ClientIp, Form, Json, Path, Query, RequestBody, TrustedProxies};
pub use failures::Failures;
pub use layer::access::AccessLine;
pub use layer::budget::BodyBudget;
pub use layer::cors::Cors;
pub use layer::security::SECURITY_HEADERS;
pub use metrics::HttpMetrics;
pub use network::{Network, NetworkPrefixes};
pub use text::language::Language;
pub use trace::TraceId;

use crate::limits::{LimitSettings, Limits};
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use http::Method;
use std::sync::Arc;
use std::time::Duration;

/// Settings of the standard layers.
#[derive(Clone)]
pub struct HttpSettings {
    /// Largest request body in bytes; [`with_body_limit`] makes it tighter for some routes.
    pub body_limit_bytes: usize,
    /// Longest time from a request's head to its response's head. After it the client gets 408 if its body is still
    /// arriving, else 504.
    pub request_timeout: Duration,
    /// The time of a route that may take longer once its body has come; none for the time of all.
    pub time_of_route: fn(&Method, &str) -> Option<Duration>,
    /// Whether each request is logged.
    pub access_log: bool,
    /// The bytes of all bodies under way.
    pub body_budget: BodyBudget,
    /// The buckets and shares of all routes, and the proxies whose `X-Forwarded-For` is trusted.
    pub limits: Arc<Limits>,
    /// The language of callers without `Accept-Language`.
    pub default_language: Language,
    /// Collects the metrics of the routes.
    pub metrics: Arc<HttpMetrics>,
    /// Whose pages may call from a browser.
    pub cors: Cors,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            body_limit_bytes: 1024 * 1024,
            request_timeout: Duration::from_secs(10),
            time_of_route: |_, _| None,
            access_log: true,
            body_budget: BodyBudget::default(),
            limits: Arc::new(Limits::new(LimitSettings { enabled: false, ..LimitSettings::default() })),
            default_language: Language::En,
            metrics: Arc::default(),
            cors: Cors::default(),
        }
    }
}

/// Puts the standard layers around all routes and around the fallback. Call it once, as the last step. A route gets its
/// limits by this: it needs to ask for none.
///
/// Takes [`ClientIp`] and [`TraceId`] from the request's extensions if they are there, else from
/// `ConnectInfo<SocketAddr>` and the headers. Inserts [`ClientIp`], [`TraceId`] and [`Language`] for handlers.
pub fn standard(router: Router, settings: HttpSettings) -> Router {
    router.layer(from_fn_with_state(Arc::new(settings), layer::frame::frame))
}

/// Sets a lower body limit for these routes. A larger body gets 413 when it is read: the caller is judged first.
pub fn with_body_limit<S: Clone + Send + Sync + 'static>(router: Router<S>, limit_bytes: usize) -> Router<S> {
    router.layer(from_fn(move |mut request: Request, next: Next| async move {
        layer::body::bound(&mut request, limit_bytes, None);
        next.run(request).await
    }))
}
