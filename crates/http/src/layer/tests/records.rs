//! Metrics and logs of requests.

use super::*;
use std::io;
use std::sync::{LazyLock, Mutex};
use tracing::Dispatch;

#[tokio::test]
async fn every_response_is_counted_by_its_route() {
    let metrics = Arc::new(HttpMetrics::default());
    let settings = HttpSettings { metrics: metrics.clone(), ..HttpSettings::default() };
    let router = small_router(settings);
    for path in ["/wishes/1", "/wishes/2", "/wishes/x", "/a", "/b"] {
        let call = request("GET", path).body(Body::empty()).expect("a request");
        send_to(router.clone(), call).await;
    }
    let mut text = String::new();
    metrics.render(&mut text);
    for line in [
        r#"onsale_http_requests_total{method="GET",route="/wishes/{count}",status="200"} 2"#,
        r#"onsale_http_requests_total{method="GET",route="/wishes/{count}",status="400"} 1"#,
        r#"onsale_http_requests_total{method="GET",route="unmatched",status="404"} 2"#,
        r#"onsale_http_request_seconds_count{method="GET",route="/wishes/{count}"} 3"#,
    ] {
        assert!(text.contains(line), "{line} not in\n{text}");
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn read(&self) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().expect("not poisoned").clone()).expect("UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Lives as long as the test program. With a single subscriber, `tracing` caches for each callsite whether the first
/// thread that reaches it has a subscriber. That may be another test's thread without one. With two it asks every
/// subscriber.
static SECOND_SUBSCRIBER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(tracing_subscriber::registry()));

async fn logged(request: Request<Body>, access_log: bool) -> Vec<Value> {
    LazyLock::force(&SECOND_SUBSCRIBER);
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    send_to(small_router(HttpSettings { access_log, ..HttpSettings::default() }), request).await;
    drop(guard);
    lines.read()
}

fn call(path: &str) -> Request<Body> {
    request("GET", path)
        .header("x-trace-id", "t-1")
        .header("x-api-key", "hunter2")
        .body(Body::empty())
        .expect("a request")
}

#[tokio::test]
async fn every_request_is_one_line_without_secrets() {
    let lines = logged(call("/search?count=hunter2"), true).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line = &lines[0];
    assert_eq!((&line["target"], &line["method"], &line["path"]), (&"access".into(), &"GET".into(), &"/search".into()));
    assert_eq!((&line["status"], &line["code"]), (&400.into(), &"INVALID_INPUT".into()));
    assert_eq!(line["trace_id"], "t-1");
    assert!(line["bytes"].as_u64().is_some_and(|bytes| bytes > 0) && line["duration_ms"].is_number());
    assert!(!line.to_string().contains("hunter2"), "{line}");
    assert!(logged(call("/search?count=1"), false).await.is_empty(), "the log is off");
    for path in ["/wishes/hunter2", "/wishes/hunter2/", "/hunter2", "/nowhere/hunter2?a=b", "/a//hunter2"] {
        let line = logged(call(path), true).await.remove(0);
        assert!(!line.to_string().contains("hunter2"), "{line}");
    }
}

#[tokio::test]
async fn a_handlers_log_line_has_the_trace_id_and_a_panic_has_its_reason() {
    let lines = logged(call("/broken"), false).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["reason"], "the secret reason");
    assert_eq!(lines[0]["span"]["trace_id"], "t-1");
}
