//! Money given back: every rule of a cancellation, and calls that come twice.

use crate::support::{World, kind, until};
use serde_json::json;

const KEY: &str = "refund-0123456789-1";

#[test]
fn money_is_given_back_in_parts_and_whole() {
    let world = World::new();
    world.paid("p", 100);
    let part = world.cancel("p", &json!({"amount": 30, "reason": "part", "currentCancellableAmount": 100}), None).ok();
    assert_eq!(
        (&part["cancellation"]["status"], &part["cancellation"]["totalAmount"]),
        (&json!("SUCCEEDED"), &json!(30))
    );
    let looked = world.look("p").ok();
    assert_eq!(
        (&looked["status"], &looked["amount"]["paid"], &looked["amount"]["cancelled"]),
        (&json!("PARTIAL_CANCELLED"), &json!(100), &json!(30))
    );
    assert_eq!(looked["cancellations"][0]["id"], part["cancellation"]["id"]);
    world.cancel("p", &json!({"reason": "rest", "currentCancellableAmount": 70}), None).ok();
    let looked = world.look("p").ok();
    assert_eq!((&looked["status"], &looked["amount"]["cancelled"]), (&json!("CANCELLED"), &json!(100)));
    let books = world.books("p");
    assert_eq!(
        (&books["captured"], &books["refunded"], &books["calls"]["cancel"]),
        (&json!(100), &json!(100), &json!(2))
    );
}

#[test]
fn every_refusal_has_its_type_and_gives_nothing_back() {
    let world = World::new();
    let cancel = |key: &str, body| kind(&world.cancel(key, &body, None));
    assert_eq!(cancel("p", json!({"reason": "r"})), (404, "PAYMENT_NOT_FOUND".into()));
    world.registered("p", 100);
    assert_eq!(cancel("p", json!({"reason": "r"})), (409, "PAYMENT_NOT_PAID".into()));
    world.pay("p", &json!({})).ok();
    assert_eq!(cancel("p", json!({})), (400, "INVALID_REQUEST".into()));
    assert_eq!(cancel("p", json!({"reason": " "})), (400, "INVALID_REQUEST".into()));
    assert_eq!(cancel("p", json!({"reason": "r", "amount": 0})), (400, "INVALID_REQUEST".into()));
    assert_eq!(
        cancel("p", json!({"reason": "r", "amount": 101})),
        (409, "CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT".into())
    );
    let wrong = json!({"reason": "r", "currentCancellableAmount": 99});
    assert_eq!(cancel("p", wrong), (409, "CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN".into()));
    assert_eq!(world.books("p")["refunded"], 0);
    world.cancel("p", &json!({"reason": "r"}), None).ok();
    assert_eq!(cancel("p", json!({"reason": "r"})), (409, "PAYMENT_ALREADY_CANCELLED".into()));
    assert_eq!(world.books("p")["refunded"], 100);
}

#[test]
fn the_same_call_again_hears_the_same_and_gives_back_once() {
    let world = World::new();
    world.paid("p", 100);
    let body = json!({"reason": "r", "amount": 40, "currentCancellableAmount": 100});
    let first = world.cancel("p", &body, Some(KEY)).ok();
    assert_eq!(world.cancel("p", &body, Some(KEY)).ok(), first);
    assert_eq!(world.cancel("p", &body, Some(&format!("\"{KEY}\""))).ok(), first, "with quotes");
    assert_eq!(world.books("p")["refunded"], 40);
    let other = world.cancel("p", &json!({"reason": "r", "amount": 50}), Some(KEY));
    assert_eq!(kind(&other), (422, "IDEMPOTENCY_ALREADY_USED".into()));
    for bad in ["short", "with blanks in it all", "\u{e9}tranger-0123456789"] {
        assert_eq!(kind(&world.cancel("p", &body, Some(bad))), (400, "INVALID_REQUEST".into()), "{bad}");
    }
    let world = world.again();
    assert_eq!(world.cancel("p", &body, Some(KEY)).ok(), first, "after a restart, too");
}

#[test]
fn a_refusal_is_repeated_as_well() {
    let world = World::new();
    world.paid("p", 100);
    world.order(&json!({"mode": "failed", "count": 1}));
    let body = json!({"reason": "r"});
    let first = world.cancel("p", &body, Some(KEY)).ok();
    assert_eq!(first["cancellation"]["status"], "FAILED");
    assert_eq!(world.cancel("p", &body, Some(KEY)).ok(), first, "the same key hears its own failure for ever");
    assert_eq!(world.cancel("p", &body, Some("refund-0123456789-2")).ok()["cancellation"]["status"], "SUCCEEDED");
}

#[test]
fn a_cancellation_that_meets_another_one_is_refused_by_order() {
    let world = World::new();
    world.paid("p", 100);
    world.order(&json!({"mode": "broken", "count": 1}));
    let refused = world.cancel("p", &json!({"reason": "r"}), Some(KEY));
    assert_eq!(kind(&refused), (409, "CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN".into()));
    assert_eq!(world.books("p")["refunded"], 0);
    world.cancel("p", &json!({"reason": "r"}), Some("refund-0123456789-2")).ok();
}

#[test]
fn a_call_under_way_is_outstanding_until_its_answer_leaves() {
    let world = World::new();
    world.paid("p", 100);
    world.pay("p", &json!({"delayMs": 1_500}));
    let body = json!({"reason": "r"});
    let (first, second) = std::thread::scope(|scope| {
        let first = scope.spawn(|| world.cancel("p", &body, Some(KEY)));
        until("the first call has come", || world.books("p")["calls"]["cancel"] == 1);
        (world.cancel("p", &body, Some(KEY)), first.join().expect("an answer"))
    });
    assert_eq!(kind(&first), (409, "IDEMPOTENCY_OUTSTANDING_REQUEST".into()));
    let second = second.ok();
    assert_eq!(second["cancellation"]["status"], "SUCCEEDED");
    assert_eq!(world.cancel("p", &body, Some(KEY)).ok(), second);
    assert_eq!(world.books("p")["refunded"], 100);
}

#[test]
fn a_requested_cancellation_is_done_or_refused_later() {
    let world = World::new();
    for (key, then, status, refunded) in [("a", "SUCCEEDED", "CANCELLED", 100), ("b", "FAILED", "PAID", 0)] {
        world.paid(key, 100);
        world.order(&json!({"mode": "requested", "count": 1, "then": then, "afterMs": 400, "paymentKey": key}));
        let asked = world.cancel(key, &json!({"reason": "r", "currentCancellableAmount": 100}), None).ok();
        assert_eq!(asked["cancellation"]["status"], "REQUESTED");
        until("it is decided", || world.look(key).ok()["cancellations"][0]["status"] == then);
        let books = world.books(key);
        assert_eq!((&books["status"], &books["refunded"]), (&json!(status), &json!(refunded)));
    }
    world.paid("c", 100);
    world.order(&json!({"mode": "requested", "count": 1, "afterMs": 60_000}));
    world.cancel("c", &json!({"reason": "r", "amount": 60}), None).ok();
    assert_eq!(world.books("c")["refunded"], 0, "nothing is back yet");
    let again = world.cancel("c", &json!({"reason": "r", "amount": 60}), None);
    assert_eq!(
        kind(&again),
        (409, "CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT".into()),
        "what is on its way is not given twice"
    );
}

#[test]
fn an_operator_cancels_in_the_console() {
    let world = World::new();
    world.paid("p", 100);
    let cancel = |body| world.client().post_json("/sandbox/portone/payments/p/cancel", &body);
    assert_eq!(cancel(json!({"amount": 30})).ok()["status"], "PARTIAL_CANCELLED");
    cancel(json!({"amount": 71})).is_error(400, "INVALID_INPUT");
    assert_eq!(cancel(json!({})).ok()["status"], "CANCELLED");
    assert_eq!(world.books("p")["refunded"], 100);
    world.client().post_json("/sandbox/portone/payments/x/cancel", &json!({})).is_error(404, "NOT_FOUND");
}

#[test]
fn many_at_once_never_give_back_more_than_was_taken() {
    let world = World::new();
    world.paid("p", 100);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| world.cancel("p", &json!({"reason": "r", "amount": 30}), None));
        }
    });
    let books = world.books("p");
    assert_eq!((&books["refunded"], &books["calls"]["cancel"]), (&json!(90), &json!(16)));
}
