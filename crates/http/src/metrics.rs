//! Metrics of every route (GW-012), cheap enough for the hottest one.
//!
//! A general histogram keeps every sample until it is read, which wastes memory and work at a hundred thousand samples
//! a second. These are plain counters, one set for each thread that records, added up when they are read.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Router, http::header::CONTENT_TYPE};
use http::Method;
use metrics_exporter_prometheus::PrometheusHandle;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Upper bounds of the histogram's buckets in seconds, from a tenth of a millisecond to the request's time limit.
pub const SECONDS_BUCKETS: [f64; 16] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// How often the exporter folds its samples.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// A copy of the page is shown for so long.
const COPY_FRESH: Duration = Duration::from_millis(500);

const STATUS_FIRST: u16 = 100;
const STATUS_COUNT: usize = 500;

/// Counts the responses of one route. Recording takes a few atomic additions, uncontended if each thread has its own
/// recorder.
#[derive(Debug)]
#[repr(align(128))]
pub struct RouteRecorder {
    /// One counter for each bucket, and one for durations above all bounds.
    buckets: [AtomicU64; SECONDS_BUCKETS.len() + 1],
    sum_us: AtomicU64,
    statuses: [AtomicU64; STATUS_COUNT],
}

impl RouteRecorder {
    fn new() -> Self {
        Self {
            buckets: [const { AtomicU64::new(0) }; SECONDS_BUCKETS.len() + 1],
            sum_us: AtomicU64::new(0),
            statuses: [const { AtomicU64::new(0) }; STATUS_COUNT],
        }
    }

    /// Counts one response. A status outside 100..=599 counts as 500.
    pub fn record(&self, status: u16, duration: Duration) {
        let index = usize::from(status.wrapping_sub(STATUS_FIRST));
        let index = if index < STATUS_COUNT { index } else { 400 };
        self.statuses[index].fetch_add(1, Ordering::Relaxed);
        let seconds = duration.as_secs_f64();
        let bucket = SECONDS_BUCKETS.iter().position(|bound| seconds <= *bound).unwrap_or(SECONDS_BUCKETS.len());
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

type Shards = Vec<Arc<RouteRecorder>>;

/// The metrics of all routes.
#[derive(Debug, Default)]
pub struct HttpMetrics {
    routes: RwLock<BTreeMap<String, BTreeMap<&'static str, Shards>>>,
}

impl HttpMetrics {
    /// Adds a recorder of the caller's own to those of the route. A thread asks for one once and keeps it.
    pub fn recorder(&self, method: &'static str, route: &str) -> Arc<RouteRecorder> {
        let recorder = Arc::new(RouteRecorder::new());
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        let shards = routes.entry(route.to_owned()).or_default().entry(method).or_default();
        shards.push(recorder.clone());
        recorder
    }

    /// Counts one response with the route's shared recorder.
    pub fn record(&self, method: &'static str, route: &str, status: u16, duration: Duration) {
        let shared = self.shared(method, route);
        shared.unwrap_or_else(|| self.recorder(method, route)).record(status, duration);
    }

    fn shared(&self, method: &str, route: &str) -> Option<Arc<RouteRecorder>> {
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        routes.get(route)?.get(method)?.first().cloned()
    }

    /// Appends all metrics in the Prometheus text format.
    pub fn render(&self, out: &mut String) {
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        let all = || {
            routes.iter().flat_map(|(route, methods)| {
                methods.iter().map(move |(method, shards)| (format!("method=\"{method}\",route=\"{route}\""), shards))
            })
        };
        out.push_str("# HELP onsale_http_requests_total Answers by route and status.\n");
        out.push_str("# TYPE onsale_http_requests_total counter\n");
        for (labels, shards) in all() {
            render_statuses(&labels, shards, out);
        }
        out.push_str("# HELP onsale_http_request_seconds From a request's head to its answer's head.\n");
        out.push_str("# TYPE onsale_http_request_seconds histogram\n");
        for (labels, shards) in all() {
            render_histogram(&labels, shards, out);
        }
    }
}

fn total(shards: &Shards, counter: impl Fn(&RouteRecorder) -> &AtomicU64) -> u64 {
    shards.iter().map(|shard| counter(shard).load(Ordering::Relaxed)).fold(0, u64::wrapping_add)
}

fn render_statuses(labels: &str, shards: &Shards, out: &mut String) {
    for index in 0..STATUS_COUNT {
        let count = total(shards, |shard| &shard.statuses[index]);
        if count > 0 {
            let status = index + usize::from(STATUS_FIRST);
            // Writing to a String cannot fail.
            let _ = writeln!(out, "onsale_http_requests_total{{{labels},status=\"{status}\"}} {count}");
        }
    }
}

fn render_histogram(labels: &str, shards: &Shards, out: &mut String) {
    let mut below = 0;
    for (index, bound) in SECONDS_BUCKETS.iter().enumerate() {
        below += total(shards, |shard| &shard.buckets[index]);
        let _ = writeln!(out, "onsale_http_request_seconds_bucket{{{labels},le=\"{bound}\"}} {below}");
    }
    below += total(shards, |shard| &shard.buckets[SECONDS_BUCKETS.len()]);
    let sum_seconds = total(shards, |shard| &shard.sum_us) as f64 / 1e6;
    let _ = writeln!(out, "onsale_http_request_seconds_bucket{{{labels},le=\"+Inf\"}} {below}");
    let _ = writeln!(out, "onsale_http_request_seconds_sum{{{labels}}} {sum_seconds}");
    let _ = writeln!(out, "onsale_http_request_seconds_count{{{labels}}} {below}");
}

/// A method as a label. Unknown methods are `other`: the number of labels must not depend on what clients send.
pub(super) fn method_label(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

/// `GET /metrics`: everything recorded through the `metrics` crate, and the metrics of the routes.
pub fn routes(exporter: PrometheusHandle, http: Arc<HttpMetrics>) -> Router {
    let page = Arc::new(Page { exporter, http, copy: Mutex::default() });
    Router::new().route("/metrics", get(async |State(page): State<Arc<Page>>| page.show())).with_state(page)
}

/// The text, and its copy of the last half second: asking often makes no more work.
struct Page {
    exporter: PrometheusHandle,
    http: Arc<HttpMetrics>,
    copy: Mutex<Option<(Instant, Bytes)>>,
}

impl Page {
    fn show(&self) -> impl IntoResponse + use<> {
        ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], self.text())
    }

    fn text(&self) -> Bytes {
        let mut copy = self.copy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, text)) = copy.as_ref().filter(|(made_at, _)| made_at.elapsed() < COPY_FRESH) {
            return text.clone();
        }
        let mut text = self.exporter.render();
        self.http.render(&mut text);
        let text = Bytes::from(text);
        *copy = Some((Instant::now(), text.clone()));
        text
    }
}

/// Folds the exporter's samples every few seconds, so that they do not pile up while `/metrics` is not read. Never
/// returns.
pub async fn run_upkeep(exporter: PrometheusHandle) {
    let mut ticks = tokio::time::interval(UPKEEP_EVERY);
    loop {
        ticks.tick().await;
        exporter.run_upkeep();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_added_up() {
        let metrics = HttpMetrics::default();
        let own = metrics.recorder("POST", "/issue");
        own.record(200, Duration::from_micros(200));
        metrics.recorder("POST", "/issue").record(200, Duration::from_millis(3));
        metrics.record("POST", "/issue", 429, Duration::from_secs(60));
        metrics.record("POST", "/issue", 9, Duration::ZERO);
        let mut text = String::new();
        metrics.render(&mut text);
        for line in [
            "onsale_http_requests_total{method=\"POST\",route=\"/issue\",status=\"200\"} 2",
            "onsale_http_requests_total{method=\"POST\",route=\"/issue\",status=\"429\"} 1",
            "onsale_http_requests_total{method=\"POST\",route=\"/issue\",status=\"500\"} 1",
            "onsale_http_request_seconds_bucket{method=\"POST\",route=\"/issue\",le=\"0.0001\"} 1",
            "onsale_http_request_seconds_bucket{method=\"POST\",route=\"/issue\",le=\"0.00025\"} 2",
            "onsale_http_request_seconds_bucket{method=\"POST\",route=\"/issue\",le=\"10\"} 3",
            "onsale_http_request_seconds_bucket{method=\"POST\",route=\"/issue\",le=\"+Inf\"} 4",
            "onsale_http_request_seconds_sum{method=\"POST\",route=\"/issue\"} 60.0032",
            "onsale_http_request_seconds_count{method=\"POST\",route=\"/issue\"} 4",
        ] {
            assert!(text.lines().any(|printed| printed == line), "{line} not in\n{text}");
        }
    }

    #[test]
    fn unknown_methods_share_a_label() {
        assert_eq!(method_label(&Method::GET), "GET");
        assert_eq!(method_label(&Method::from_bytes(b"BREW").expect("a token")), "other");
    }
}
