//! The HTTP parts that every service shares: errors and their texts, trace ids, limits, logs, metrics, health,
//! documents.
//!
//! Wrap a router of handlers in [`standard`] once, as the last step. Handlers return [`ApiError`] and take [`Json`],
//! [`Query`] and [`Path`] from here. A path without a router (the hot route) uses the same pieces directly:
//! [`error_body`], [`TraceId`], [`texts`], [`metrics::RouteRecorder`], [`SECURITY_HEADERS`], [`AccessLine`].

pub mod docs;
pub mod error;
pub mod extract;
pub mod failures;
pub mod health;
pub mod layer;
pub mod limits;
pub mod metrics;
mod number;
pub mod server;
pub mod text;
pub mod trace;
pub mod welcome;

pub use error::ApiError;
pub use error::body::error_body;
pub use extract::{ClientIp, Json, Path, Query, TrustedProxies};
pub use failures::Failures;
pub use layer::access::AccessLine;
pub use layer::security::SECURITY_HEADERS;
pub use metrics::HttpMetrics;
pub use text::language::Language;
pub use trace::TraceId;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::Duration;

/// Settings of the standard layers.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Largest request body in bytes; [`with_body_limit`] makes it tighter for some routes.
    pub body_limit_bytes: usize,
    /// Longest time from a request's head to its response's head. After it the client gets 408 if its body is still
    /// arriving, else 504.
    pub request_timeout: Duration,
    /// Whether each request is logged.
    pub access_log: bool,
    /// The proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: TrustedProxies,
    /// The language of callers without `Accept-Language`.
    pub default_language: Language,
    /// Collects the metrics of the routes.
    pub metrics: Arc<HttpMetrics>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            body_limit_bytes: 1024 * 1024,
            request_timeout: Duration::from_secs(10),
            access_log: true,
            trusted_proxies: TrustedProxies::default(),
            default_language: Language::En,
            metrics: Arc::default(),
        }
    }
}

/// Puts the standard layers around all routes and around the fallback. Call it once, as the last step.
///
/// Takes [`ClientIp`] and [`TraceId`] from the request's extensions if they are there, else from
/// `ConnectInfo<SocketAddr>` and the headers. Inserts [`ClientIp`], [`TraceId`] and [`Language`] for handlers.
pub fn standard(router: Router, settings: HttpSettings) -> Router {
    router.layer(from_fn_with_state(Arc::new(settings), layer::frame::frame))
}

/// Sets a lower body limit for these routes. A larger body gets 413.
pub fn with_body_limit<S: Clone + Send + Sync + 'static>(router: Router<S>, limit_bytes: usize) -> Router<S> {
    router.layer(from_fn(move |mut request: Request, next: Next| async move {
        let bounded: Result<_, ApiError> = layer::body::bound(&mut request, limit_bytes);
        let answer: Response = match bounded {
            Ok(_) => next.run(request).await,
            Err(refusal) => refusal.into_response(),
        };
        answer
    }))
}
