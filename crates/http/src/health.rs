//! Health: for operators and load balancers, and for the orchestrator's liveness and readiness checks.
//!
//! Probes take nothing from a bucket, so their answer is a copy of the last second: asking often asks no part more often.
//! Outsiders hear the status alone. Why a part is down (a host, a disk) is for operators.

use crate::extract::json::Json;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::future::{BoxFuture, join_all};
use http::header::{CACHE_CONTROL, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// A part that does not answer within this time counts as unhealthy.
const CHECK_LIMIT: Duration = Duration::from_secs(2);

/// A copy of the checks is told for so long.
const COPY_FRESH: Duration = Duration::from_secs(1);

/// `Retry-After` of an unhealthy response, for load balancers.
const RETRY_AFTER_SECONDS: u32 = 2;

type Probe = Box<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

type Parts = BTreeMap<&'static str, PartHealth>;

/// Tells by a request's headers whether an operator asks.
pub type IsOperator = Arc<dyn Fn(HeaderMap) -> BoxFuture<'static, bool> + Send + Sync>;

/// Who hears why a part is down.
#[derive(Clone)]
pub enum Details {
    /// Everybody: the listener is for operators.
    ForAll,
    /// Operators, by their key.
    For(IsOperator),
    /// Nobody: there is no way to know an operator.
    ForNone,
}

impl Details {
    async fn are_for(&self, headers: HeaderMap) -> bool {
        match self {
            Self::ForAll => true,
            Self::For(is_operator) => is_operator(headers).await,
            Self::ForNone => false,
        }
    }
}

/// The parts of the program, each with its health check.
pub struct Health {
    version: &'static str,
    started: Instant,
    checks: Vec<(&'static str, Probe)>,
    copy: Mutex<Option<(Instant, Parts)>>,
    draining: AtomicBool,
}

/// The health of one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartHealth {
    /// Whether the part works.
    pub ok: bool,
    /// Why it does not work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// The body of `/health`.
#[derive(Clone, Debug, Serialize)]
pub struct HealthReport {
    /// `UP`, `DOWN` (a part does not work), or `OUT_OF_SERVICE` (draining).
    pub status: &'static str,
    /// The program's version.
    pub version: &'static str,
    /// Seconds since the program started.
    pub uptime_seconds: u64,
    /// Each part by name.
    pub parts: BTreeMap<&'static str, PartHealth>,
}

impl Health {
    /// A program that has no parts yet.
    pub fn new(version: &'static str) -> Self {
        Self {
            version,
            started: Instant::now(),
            checks: Vec::new(),
            copy: Mutex::default(),
            draining: AtomicBool::new(false),
        }
    }

    /// Adds a part. A failed check gives the reason in a few words without secrets. A check has two seconds.
    #[must_use]
    pub fn with<F>(mut self, part: &'static str, check: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.checks.push((part, Box::new(move || Box::pin(check()))));
        self
    }

    /// Makes readiness fail from now on, so that no new work arrives. This cannot be undone.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether [`Health::drain`] was called.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Checks all parts at the same time, at most once a second: who asks meanwhile waits for that check or hears its copy.
    pub async fn report(&self) -> HealthReport {
        let parts = self.parts().await;
        let status = if self.is_draining() {
            "OUT_OF_SERVICE"
        } else if parts.values().all(|part| part.ok) {
            "UP"
        } else {
            "DOWN"
        };
        HealthReport { status, version: self.version, uptime_seconds: self.started.elapsed().as_secs(), parts }
    }

    async fn parts(&self) -> Parts {
        let mut copy = self.copy.lock().await;
        if let Some((_, parts)) = copy.as_ref().filter(|(made_at, _)| made_at.elapsed() < COPY_FRESH) {
            return parts.clone();
        }
        let parts: Parts = join_all(self.checks.iter().map(check_part)).await.into_iter().collect();
        *copy = Some((Instant::now(), parts.clone()));
        parts
    }
}

async fn check_part((part, probe): &(&'static str, Probe)) -> (&'static str, PartHealth) {
    let answer = tokio::time::timeout(CHECK_LIMIT, probe()).await;
    let why = answer.unwrap_or_else(|_| Err(format!("no answer in {} s", CHECK_LIMIT.as_secs()))).err();
    (part, PartHealth { ok: why.is_none(), why })
}

/// `/health`, `/actuator/health` (the same), `/health/live`, `/health/ready`.
pub fn routes(health: Arc<Health>, details: Details) -> Router {
    Router::new()
        .route("/health", get(whole))
        .route("/actuator/health", get(whole))
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .with_state((health, details))
}

type Asked = State<(Arc<Health>, Details)>;

async fn whole(State((health, details)): Asked, headers: HeaderMap) -> Response {
    let report = health.report().await;
    let is_up = report.status == "UP";
    if details.are_for(headers).await {
        return answer(is_up, report);
    }
    answer(is_up, BTreeMap::from([("status", report.status)]))
}

/// Always succeeds: a part that is down is no reason to restart the program.
async fn live() -> Response {
    answer(true, BTreeMap::from([("status", "UP")]))
}

async fn ready(State((health, _)): Asked) -> Response {
    let status = health.report().await.status;
    answer(status == "UP", BTreeMap::from([("status", status)]))
}

fn answer(is_healthy: bool, body: impl Serialize) -> Response {
    let status = if is_healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut response = (status, Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if !is_healthy {
        headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
    }
    response
}
