//! Calls that go wrong by order.

use crate::support::{API, World};
use serde_json::json;
use std::io::ErrorKind;
use std::time::{Duration, Instant};
use testkit::http::Connection;

#[test]
fn errors_and_garbage_come_as_often_as_ordered_and_for_whom() {
    let world = World::new();
    world.paid("a", 10);
    world.paid("b", 10);
    world.order(&json!({"mode": "error", "count": 2, "call": "get", "paymentKey": "a"}));
    let statuses: Vec<u16> = ["a", "b", "a", "a"].iter().map(|key| world.look(key).status).collect();
    assert_eq!(statuses, [500, 200, 500, 200]);
    world.order(&json!({"mode": "garbage", "call": "get"}));
    for key in ["a", "b"] {
        let reply = world.look(key);
        assert!(reply.status == 200 && reply.json_or_null().is_null(), "{}", reply.text());
    }
    world.order(&json!({"mode": "none"}));
    world.look("a").ok();
}

#[test]
fn orders_are_met_in_their_order() {
    let world = World::new();
    world.paid("a", 10);
    world.order(&json!({"mode": "error", "count": 1}));
    world.order(&json!({"mode": "garbage", "count": 1}));
    assert_eq!(world.look("a").status, 500);
    assert!(world.look("a").json_or_null().is_null());
    world.look("a").ok();
}

#[test]
fn an_error_comes_before_the_effect_and_all_else_after_it() {
    let world = World::new();
    for (key, fault, refunded) in [
        ("a", json!({"mode": "error", "call": "cancel", "count": 1}), 0),
        ("b", json!({"mode": "garbage", "call": "cancel", "count": 1}), 100),
        ("c", json!({"mode": "error", "call": "cancel", "count": 1, "carriedOut": true}), 100),
        ("d", json!({"mode": "garbage", "call": "cancel", "count": 1, "carriedOut": false}), 0),
    ] {
        world.paid(key, 100);
        world.order(&fault);
        world.cancel(key, &json!({"reason": "r"}), None);
        assert_eq!(world.books(key)["refunded"], refunded, "{fault}");
    }
    world.order(&json!({"mode": "error", "call": "preRegister", "count": 1}));
    let reply = world.store().post_json(&format!("{API}/payments/e/pre-register"), &json!({"totalAmount": 1}));
    assert_eq!(reply.status, 500);
    assert_eq!(world.look("e").status, 404, "it was not registered");
    assert_eq!(world.books("e")["calls"]["preRegister"], 1, "and was called");
}

#[test]
fn slow_answers_come_late_and_hanging_ones_never() {
    let world = World::new();
    world.paid("a", 10);
    world.order(&json!({"mode": "slow", "count": 1}));
    let begun = Instant::now();
    world.look("a").ok();
    assert!(begun.elapsed() >= Duration::from_secs(3));
    world.order(&json!({"mode": "hang", "count": 1}));
    let mut connection = Connection::connect(world.http, Duration::from_secs(4)).expect("connects");
    connection.send(world.store().request("GET", &format!("{API}/payments/a"), None));
    let error = connection.try_reply().expect_err("no answer");
    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
    world.look("a").ok();
}

#[test]
fn a_delay_holds_for_each_later_answer_about_one_payment() {
    let world = World::new();
    world.registered("a", 10);
    world.paid("b", 10);
    world.pay("a", &json!({"delayMs": 300})).ok();
    for _ in 0..2 {
        let begun = Instant::now();
        world.look("a").ok();
        assert!(begun.elapsed() >= Duration::from_millis(300));
    }
    world.pay("a", &json!({"delayMs": 0}));
    world.look("a").ok();
}

#[test]
fn orders_that_cannot_be_are_refused() {
    let world = World::new();
    for body in [
        json!({}),
        json!({"mode": "explode"}),
        json!({"mode": "slow", "count": 0}),
        json!({"mode": "slow", "count": -1}),
        json!({"mode": "slow", "call": "pay"}),
        json!({"mode": "slow", "paymentKey": ""}),
        json!({"mode": "requested", "call": "get"}),
        json!({"mode": "requested", "then": "MAYBE"}),
        json!({"mode": "requested", "afterMs": -1}),
    ] {
        world.client().post_json("/sandbox/portone/faults", &body).is_error(400, "INVALID_INPUT");
    }
}
