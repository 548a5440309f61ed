//! Application servers that end, hang and return (FCFS-011).

use crate::edge::backend::Backend;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use testkit::edge::{Edge, Value, reserved};
use testkit::http::{Client, Reply};
use testkit::onsale::wait_until;

const STATUS: &str = "/api/v1/coupons/status/sample_event";

/// Servers with separate folders: these tests check which server responds, not its decisions.
fn three() -> Vec<Backend> {
    (0..3).map(|_| Backend::start(&[])).collect()
}

/// Time limit of a server: longer than a healthy server takes while the disk is busy.
fn hangs() -> Value {
    ("answer_seconds", "3".to_owned())
}

fn before(backends: &[Backend], fail_timeout: &str, values: &[Value]) -> Option<Edge> {
    let addresses: Vec<SocketAddr> = backends.iter().map(|backend| backend.address).collect();
    Edge::before(&addresses, fail_timeout, values)
}

#[track_caller]
fn come_again(answer: &Reply, status: u16, code: &str) {
    answer.is_error(status, code);
    assert_eq!(answer.header("retry-after"), Some("1"));
}

fn issue(client: &Client, number: usize) -> Reply {
    client.issue(&format!("user-{number}"), "sample_event")
}

#[test]
fn a_server_killed_under_load_costs_a_reader_nothing_and_a_writer_one_retry() {
    let mut backends = three();
    let Some(edge) = before(&backends, "60s", &[]) else { return };
    let (number, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let client = edge.client();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let number = number.fetch_add(1, Ordering::Relaxed);
                    assert_eq!(client.get(STATUS).status, 200, "reading is safe to repeat");
                    let keyed = issue(&client.with("Idempotency-Key", &number.to_string()), number);
                    assert_eq!(keyed.status, 200, "so is an issue call with a key: {}", keyed.text());
                    let answer = issue(&client, number);
                    if answer.status != 200 {
                        come_again(&answer, 503, "SERVICE_UNAVAILABLE");
                    }
                }
            });
        }
        wait_until("the load runs", || number.load(Ordering::Relaxed) > 100);
        backends[1].server.kill();
        let killed_at = number.load(Ordering::Relaxed);
        wait_until("it runs on", || number.load(Ordering::Relaxed) > killed_at + 200);
        is_over.store(true, Ordering::Relaxed);
    });
    for number in 0..30 {
        assert_eq!(issue(&client, number).status, 200, "nobody is sent to the dead one any more");
    }
}

#[test]
fn a_server_that_hangs_is_waited_for_in_bounded_time_and_then_left_out() {
    let backends = three();
    let Some(edge) = before(&backends, "60s", &[hangs()]) else { return };
    let client = edge.client();
    backends[0].server.stall();
    // It gets every third request. After three failures it is left out for a minute.
    let mut late = 0;
    for number in 0..60 {
        let answer = issue(&client, number);
        if answer.status != 200 {
            come_again(&answer, 504, "GATEWAY_TIMEOUT");
            late += 1;
        }
    }
    assert!((1..=3).contains(&late), "{late} were late");
    backends[0].server.resume();
}

#[test]
fn a_hanging_server_costs_a_safe_request_time_but_no_error() {
    let backends = three();
    let Some(edge) = before(&backends, "60s", &[hangs()]) else { return };
    let keyed = edge.client().with("Idempotency-Key", "k");
    backends[0].server.stall();
    for number in 0..12 {
        assert_eq!(edge.client().get(STATUS).status, 200);
        assert_eq!(issue(&keyed, number).status, 200);
    }
    let passed_on =
        |line: &serde_json::Value| line["upstream_status"].as_str().is_some_and(|all| all.contains("504, 200"));
    edge.log(|lines| lines.iter().any(passed_on));
    backends[0].server.resume();
}

#[test]
fn a_server_that_comes_back_is_asked_again() {
    let mut backends = three();
    let Some(edge) = before(&backends, "1s", &[]) else { return };
    backends[2].server.kill();
    let client = edge.client();
    let has_failed =
        |line: &serde_json::Value| line["upstream_status"].as_str().is_some_and(|all| all.contains("502, 200"));
    for _ in 0..10 {
        assert_eq!(client.get(STATUS).status, 200);
    }
    edge.log(|lines| lines.iter().any(has_failed));
    backends[2].start_again();
    wait_until("it has its turn again", || {
        assert_eq!(client.get(STATUS).status, 200);
        backends[2].server.client().get("/metrics").text().contains("status/{event_id}\",status=\"200\"}")
    });
}

#[test]
fn without_any_server_clients_are_told_to_retry() {
    let (nobody_here, nobody_there) = (reserved(), reserved());
    let Some(edge) = Edge::before(&[nobody_here.1, nobody_there.1], "60s", &[]) else { return };
    for number in 0..12 {
        come_again(&issue(&edge.client(), number), 503, "SERVICE_UNAVAILABLE");
        come_again(&edge.client().get(STATUS), 503, "SERVICE_UNAVAILABLE");
    }
    assert_eq!(edge.client().get("/edge/health").status, 200);
}

/// A restart of the only server: refusals in the contract's form, then normal service.
#[test]
fn a_restart_of_the_only_server_is_survived() {
    let mut backend = Backend::start(&[]);
    let Some(edge) = Edge::before(&[backend.address], "1s", &[]) else { return };
    let client = edge.client();
    assert_eq!(issue(&client, 1).code(), "ISSUED");
    assert_eq!(backend.server.terminate(), Some(0));
    come_again(&issue(&client, 2), 503, "SERVICE_UNAVAILABLE");
    backend.start_again();
    wait_until("it serves again", || client.get(STATUS).status == 200);
    assert_eq!(issue(&client, 1).code(), "ALREADY_ISSUED");
    assert_eq!(issue(&client, 2).code(), "ISSUED");
}

/// Refusals of the application reach the client unchanged.
#[test]
fn the_applications_own_refusals_pass_through() {
    let backend = Backend::start(&[]);
    let Some(edge) = Edge::before_one(backend.address, &[]) else { return };
    for (path, status, code) in [("/nowhere", 404, "NOT_FOUND"), ("/api/v1/admin/campaigns", 401, "UNAUTHORIZED")] {
        let answer = edge.client().with("X-Trace-Id", "t-1").get(path);
        answer.is_error(status, code);
        assert_eq!(answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("x-trace-id")).count(), 1);
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
    }
    edge.client().post_json(testkit::onsale::ISSUE, &serde_json::json!({})).is_error(400, "INVALID_INPUT");
}
