//! Payments: PortOne's answers, and the doors that play the buyer.

use crate::support::{API, World, kind, until};
use serde_json::{Value, json};
use testkit::http::Client;

#[test]
fn a_payment_is_registered_paid_and_looked_up_in_portones_form() {
    let world = World::new();
    world.registered("pay-1", 50_000);
    let ready = world.look("pay-1").ok();
    assert_eq!(
        (&ready["status"], &ready["amount"]["total"], &ready["amount"]["paid"]),
        (&json!("READY"), &json!(50_000), &json!(0))
    );
    let transaction = world.pay("pay-1", &json!({})).ok()["transactionId"].clone();
    let paid = world.look("pay-1").ok();
    for (field, value) in [
        ("status", json!("PAID")),
        ("id", json!("pay-1")),
        ("storeId", json!("store-sandbox")),
        ("currency", json!("KRW")),
        ("transactionId", transaction),
    ] {
        assert_eq!(paid[field], value, "{field}");
    }
    assert_eq!(paid["channel"]["type"], "TEST");
    assert_eq!((&paid["amount"]["paid"], &paid["amount"]["cancelled"]), (&json!(50_000), &json!(0)));
    assert_eq!(paid["method"]["card"]["number"], "123456******5678");
    let at = paid["paidAt"].as_str().expect("a time");
    assert!(at.len() == "2026-01-01T00:00:00.000Z".len() && at.ends_with('Z'), "{at}");
    let books = world.books("pay-1");
    assert_eq!(
        books,
        json!({"status": "PAID", "captured": 50_000, "refunded": 0, "calls": {"preRegister": 1, "get": 2, "cancel": 0}})
    );
}

#[test]
fn an_unknown_payment_has_zeros_at_the_door_and_404_in_the_api() {
    let world = World::new();
    let zeros =
        json!({"status": null, "captured": 0, "refunded": 0, "calls": {"preRegister": 0, "get": 0, "cancel": 0}});
    assert_eq!(world.books("nobody"), zeros);
    assert_eq!(kind(&world.look("nobody")), (404, "PAYMENT_NOT_FOUND".into()));
    assert_eq!(world.books("nobody")["calls"]["get"], 1, "the call counts all the same");
    assert_eq!(world.pay("nobody", &json!({})).status, 400, "without an amount");
    world.pay("nobody", &json!({"amount": 7})).ok();
    assert_eq!(world.books("nobody")["captured"], 7);
}

#[test]
fn the_outcome_is_as_the_buyer_wills_until_money_was_taken() {
    let world = World::new();
    world.registered("p", 100);
    for (outcome, status, captured) in [
        ("FAILED", "FAILED", 0),
        ("CANCELLED", "CANCELLED", 0),
        ("PAY_PENDING", "PAY_PENDING", 0),
        ("PAID", "PAID", 100),
    ] {
        world.pay("p", &json!({"outcome": outcome})).ok();
        let books = world.books("p");
        assert_eq!((&books["status"], &books["captured"]), (&json!(status), &json!(captured)));
        assert_eq!(world.look("p").ok()["status"], status);
    }
    let again = world.pay("p", &json!({"outcome": "FAILED"}));
    assert_eq!((again.status, again.code().as_str()), (409, "ALREADY_PAID"));
    assert_eq!(world.books("p")["captured"], 100);
    let registered = world.store().post_json(&format!("{API}/payments/p/pre-register"), &json!({"totalAmount": 1}));
    assert_eq!(kind(&registered), (409, "ALREADY_PAID".into()));
}

#[test]
fn amount_currency_and_transaction_may_be_wrong_by_order() {
    let world = World::new();
    world.registered("p", 100);
    let told = world.pay("p", &json!({"amount": 40, "currency": "USD", "transactionId": "tx-1"})).ok();
    assert_eq!(told["transactionId"], "tx-1");
    let looked = world.look("p").ok();
    assert_eq!(
        (&looked["amount"]["total"], &looked["currency"], &looked["transactionId"]),
        (&json!(40), &json!("USD"), &json!("tx-1"))
    );
}

#[test]
fn a_body_is_not_needed_where_nothing_must_be_said() {
    let world = World::new();
    world.registered("p", 100);
    assert_eq!(world.client().post("/sandbox/portone/payments/p/pay").status, 200);
    assert_eq!(world.client().post("/sandbox/portone/payments/p/webhook").status, 200);
}

#[test]
fn the_api_refuses_in_portones_words() {
    let world = World::new();
    let path = format!("{API}/payments/p?storeId=store-sandbox");
    for client in [
        world.client(),
        world.client().with("Authorization", "PortOne wrong"),
        world.client().with("Authorization", "\u{e9}"),
    ] {
        assert_eq!(kind(&client.get(&path)), (401, "UNAUTHORIZED".into()));
    }
    assert_eq!(world.books("p")["calls"]["get"], 0, "what is refused does not count");
    assert_eq!(kind(&world.store().get(&format!("{API}/payments/p?storeId=other"))), (403, "FORBIDDEN".into()));
    let register = |body: &[u8]| {
        let client: Client = world.store();
        kind(&client.call("POST", &format!("{API}/payments/p/pre-register"), Some(body)))
    };
    for body in [
        &b""[..],
        b"{",
        b"[]",
        b"{\"totalAmount\":\"1\"}",
        b"{\"totalAmount\":-1}",
        b"{\"totalAmount\":1,\"currency\":\"won\"}",
        b"\xff",
    ] {
        assert_eq!(register(body), (400, "INVALID_REQUEST".into()), "{body:?}");
    }
    assert_eq!(register(&vec![b' '; 200_000]).0, 400, "a body beyond the limit");
    assert_eq!(
        world.store().call("POST", &format!("{API}/payments/{}/cancel", "x".repeat(300)), Some(b"{}")).status,
        400
    );
}

#[test]
fn doors_refuse_what_cannot_be() {
    let world = World::new();
    world.registered("p", 100);
    for body in [
        json!({"outcome": "REFUNDED"}),
        json!({"amount": -1}),
        json!({"amount": 1.5}),
        json!({"amount": "1"}),
        json!({"currency": "won"}),
        json!({"delayMs": 1_000_000}),
        json!({"transactionId": ""}),
        json!([]),
    ] {
        world.pay("p", &body).is_error(400, "INVALID_INPUT");
    }
    assert_eq!(world.books("p")["status"], "READY");
}

#[test]
fn all_payments_are_listed_for_a_comparison() {
    let world = World::new();
    for key in ["a", "b", "c"] {
        world.paid(key, 10);
    }
    let asked = "%7B%22page%22%3A%7B%22number%22%3A1%2C%22size%22%3A2%7D%7D";
    let list = world.store().get(&format!("{API}/payments?requestBody={asked}")).ok();
    let ids: Vec<&Value> = list["items"].as_array().expect("items").iter().map(|item| &item["id"]).collect();
    assert_eq!(ids, [&json!("c")]);
    assert_eq!(list["page"], json!({"number": 1, "size": 2, "totalCount": 3}));
}

/// The names of the payments listed for this body, or the status of the refusal.
fn listed(world: &World, body: &Value) -> Result<Vec<String>, u16> {
    let escaped: String = body.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
    let reply = world.store().get(&format!("{API}/payments?requestBody={escaped}"));
    if reply.status != 200 {
        return Err(reply.status);
    }
    let list = reply.json();
    let id = |item: &Value| item["id"].as_str().expect("an id").to_owned();
    Ok(list["items"].as_array().expect("items").iter().map(id).collect())
}

#[test]
fn payments_are_listed_by_the_time_of_their_making_or_of_their_last_change() {
    let world = World::new();
    world.paid("old", 10);
    let between = world.look("old").ok()["requestedAt"].as_str().expect("a time").to_owned();
    until("time goes on", || {
        world.registered("new", 10);
        world.look("new").ok()["requestedAt"].as_str().expect("a time") > between.as_str()
    });
    world.pay("new", &json!({})).ok();
    let by = |kind: &str, bound: &str| {
        let mut filter = json!({"storeId": "store-sandbox", "timestampType": kind});
        filter[bound] = json!(between);
        listed(&world, &json!({"filter": filter}))
    };
    assert_eq!(by("CREATED_AT", "until"), Ok(vec!["old".to_owned()]));
    assert_eq!(by("CREATED_AT", "from"), Ok(vec!["old".to_owned(), "new".to_owned()]));
    world.cancel("old", &json!({"reason": "r"}), None).ok();
    assert_eq!(by("CREATED_AT", "until"), Ok(vec!["old".to_owned()]));
    assert_eq!(by("STATUS_CHANGED_AT", "until"), Ok(vec![]), "all have changed since");
    assert_eq!(listed(&world, &json!({"filter": {"storeId": "another"}})), Err(403));
    world.order(&json!({"mode": "error", "call": "list", "count": 1}));
    assert_eq!(listed(&world, &json!({})), Err(500));
    assert_eq!(listed(&world, &json!({})).map(|ids| ids.len()), Ok(2));
}

#[test]
fn money_can_be_taken_twice_by_order() {
    let world = World::new();
    world.paid("p", 100);
    let capture = |body| world.client().post_json("/sandbox/portone/payments/p/capture", &body);
    assert_eq!(capture(json!({"amount": 100})).ok()["captured"], 200);
    let looked = world.look("p").ok();
    assert_eq!(
        (&looked["status"], &looked["amount"]["total"], &looked["amount"]["paid"]),
        (&json!("PAID"), &json!(100), &json!(200))
    );
    let excess = json!({"reason": "r", "amount": 100, "currentCancellableAmount": 200});
    world.cancel("p", &excess, None).ok();
    assert_eq!(world.look("p").ok()["status"], "PARTIAL_CANCELLED");
    capture(json!({})).is_error(400, "INVALID_INPUT");
    world.client().post_json("/sandbox/portone/payments/x/capture", &json!({"amount": 1})).is_error(404, "NOT_FOUND");
}

#[test]
fn books_outlive_their_process() {
    let world = World::new();
    world.paid("p", 100);
    world.order(&json!({"mode": "error", "call": "get", "count": 1}));
    let world = world.again();
    assert_eq!(world.books("p")["captured"], 100);
    assert_eq!(world.look("p").status, 500, "an order is kept, too");
    assert_eq!(world.look("p").status, 200);
}
