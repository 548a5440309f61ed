//! Requests that are retried on another server after a failure, and requests that never are (FCFS-012).

use crate::edge::recorder::{Manner, Recorder};
use testkit::edge::{Edge, reserved};
use testkit::http::{Connection, Reply};
use testkit::onsale::ISSUE;

#[track_caller]
fn is_unavailable(answer: &Reply) {
    answer.is_error(503, "SERVICE_UNAVAILABLE");
    assert_eq!(answer.header("retry-after"), Some("1"));
}

fn two_that_hang_up() -> Option<([Recorder; 2], Edge)> {
    let recorders = [Recorder::start(Manner::HangUp), Recorder::start(Manner::HangUp)];
    let edge = Edge::before(&[recorders[0].address, recorders[1].address], "60s", &[])?;
    Some((recorders, edge))
}

fn received(recorders: &[Recorder], method: &str) -> usize {
    recorders.iter().map(|recorder| recorder.count(method)).sum()
}

#[test]
fn a_post_is_sent_once_even_when_it_fails() {
    let Some((recorders, edge)) = two_that_hang_up() else { return };
    is_unavailable(&edge.client().issue("ann", "shoes"));
    assert_eq!(received(&recorders, "POST"), 1);
    is_unavailable(&edge.client().post("/api/v1/admin/campaigns"));
    assert_eq!(received(&recorders, "POST"), 2);
    is_unavailable(&edge.client().with("Idempotency-Key", "k").post("/api/v1/coupons/c/redeem"));
    assert_eq!(received(&recorders, "POST"), 3, "the key counts for the issue call only");
    is_unavailable(&edge.client().with("Idempotency-Key", "").issue("ann", "shoes"));
    assert_eq!(received(&recorders, "POST"), 4, "an empty key is none");
}

#[test]
fn an_issue_call_with_an_idempotency_key_is_retried_on_another_server() {
    let Some((recorders, edge)) = two_that_hang_up() else { return };
    is_unavailable(&edge.client().with("Idempotency-Key", "k").issue("ann", "shoes"));
    for recorder in &recorders {
        assert_eq!(recorder.count(&format!("POST {ISSUE} ")), 1, "{:?}", recorder.heads());
    }
    // The first closes, the second responds: the client gets that response.
    let (silent, good) = (Recorder::start(Manner::HangUp), Recorder::start(Manner::Answer));
    let Some(edge) = Edge::before(&[silent.address, good.address], "60s", &[]) else { return };
    for number in 0..6 {
        let answer = edge.client().with("Idempotency-Key", &number.to_string()).issue("ann", "shoes");
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert_eq!(good.count("POST"), 6);
    assert!(silent.count("POST") >= 1, "the silent one had its turn");
}

#[test]
fn a_get_is_retried_on_another_server() {
    let Some((recorders, edge)) = two_that_hang_up() else { return };
    is_unavailable(&edge.client().get("/api/v1/coupons/status/shoes"));
    assert_eq!(received(&recorders, "GET"), 2);
}

#[test]
fn a_post_that_never_left_goes_to_the_next_server() {
    let good = Recorder::start(Manner::Answer);
    let (_nobody_there, dead) = reserved();
    let Some(edge) = Edge::before(&[dead, good.address], "60s", &[]) else { return };
    for number in 1..=6 {
        assert_eq!(edge.client().issue("ann", "shoes").status, 200);
        assert_eq!(good.count("POST"), number);
    }
}

/// A keep-alive connection that the server closes after it has read the request: it may have decided.
#[test]
fn a_post_on_a_kept_connection_is_sent_once_too() {
    let recorder = Recorder::start(Manner::AnswerThenHangUp);
    let Some(edge) = Edge::before_one(recorder.address, &[]) else { return };
    let client = edge.client();
    // One connection of the client uses one worker of nginx, and so that worker's keep-alive connections.
    let mut connection = Connection::open(edge.address);
    connection.send(client.request("GET", "/api/v1/coupons/status/shoes", None));
    assert_eq!(connection.reply().status, 200);
    connection.send(client.request("POST", ISSUE, Some(b"{}")));
    is_unavailable(&connection.reply());
    assert_eq!((recorder.count("GET"), recorder.count("POST")), (1, 1));
}
