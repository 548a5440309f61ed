//! The gate with an issuer (`gate.dispatch_mode = "kafka"`), here over the local bus.

use crate::gate::{enqueue, issue, make, open_the_gate, rank};
use serde_json::{Value, json};
use testkit::onsale::{Server, World, make_key, wait_until};

const KEY: &str = "0d4fb4d4-6d1c-4a43-b2f5-92f7e2e6f3aa";

fn world(more: &[(&str, &str)]) -> World {
    let base = [
        ("ONSALE__GATE__DISPATCH_MODE", "kafka"),
        ("ONSALE__GATE__DISPATCH_PER_SECOND", "0"),
        ("ONSALE__LIMITS__ENABLED", "false"),
        ("ONSALE__INTERNAL__KEY__ISSUER", KEY),
    ];
    World::with(&base.iter().chain(more).copied().collect::<Vec<_>>())
}

fn is_decided(world: &World, event: &str, user: &str) -> bool {
    ["ISSUED", "SOLD_OUT"].contains(&rank(world, event, user)["status"].as_str().unwrap_or_default())
}

#[test]
fn the_first_in_line_get_the_coupons_without_asking() {
    let world = world(&[]);
    make(&world, "work", 5);
    let users: Vec<String> = (1..=12).map(|n| format!("user-{n}")).collect();
    for user in &users {
        enqueue(&world, "work", user);
    }
    assert_eq!(issue(&world, "work", "user-1"), "NOT_IN_ACTIVE_QUEUE", "nobody gets past the line");
    assert_eq!(world.anyone().issue("user-1", "work").code(), "NOT_ADMITTED");
    assert_eq!(open_the_gate(&world, "work", 100).status, 204);
    wait_until("everybody has an answer", || users.iter().all(|user| is_decided(&world, "work", user)));
    for (place, user) in users.iter().enumerate() {
        let status = if place < 5 { "ISSUED" } else { "SOLD_OUT" };
        assert_eq!(rank(&world, "work", user), json!({"status": status, "rank": null}), "{user}");
    }
    let first = world.anyone().get("/api/v1/coupons/user/user-1/event/work").ok();
    assert_eq!(first["coupons"][0]["serial"], 1, "{first}");
    assert_eq!(world.anyone().get("/api/v1/coupons/status/work").field("remaining_stock"), 0);
    let again = json!({"status": "ALREADY_ENQUEUED", "rank": 0});
    assert_eq!(enqueue(&world, "work", "user-1"), again, "who was admitted cannot queue again");
    let books = world.admin().get("/api/v1/admin/reconcile").ok();
    assert!(books["balances"] == true, "{books}");
}

#[test]
fn only_internal_services_may_report() {
    let port = testkit::Port::free().expect("a port");
    let listen = format!("127.0.0.1:{}", port.number());
    let before = "5b8e2f60-91c4-4e0d-8d52-7a3c6f10b9e4";
    let world = world(&[("ONSALE__INTERNAL__PREVIOUS_KEY__ISSUER", before), ("ONSALE__INTERNAL__LISTEN", &listen)]);
    make(&world, "report", 1);
    let path = "/gate/events/report/processing/complete?userId=ann";
    let people = testkit::http::Client::local(port.number());
    people.post(path).is_error(401, "INTERNAL_API_UNAUTHORIZED");
    people.post("/gate/events/report/processing/complete").is_error(401, "INTERNAL_API_UNAUTHORIZED");
    people.with("X-Service-Api-Key", "guessed").post(path).is_error(401, "INTERNAL_API_UNAUTHORIZED");
    people.with("X-Api-Key", &world.admin_key).post(path).is_error(401, "INTERNAL_API_UNAUTHORIZED");
    let unknown = json!({"status": "UNKNOWN", "rank": null});
    for key in [KEY, before] {
        assert_eq!(people.with("X-Service-Api-Key", key).post(path).ok(), unknown);
    }
    let issuer = people.with("X-Service-Api-Key", KEY);
    issuer.post("/gate/events/report/processing/complete").is_error(400, "INVALID_INPUT");
    issuer.post(&format!("{path}&result=MAYBE")).is_error(400, "INVALID_INPUT");
    issuer.post("/gate/events/nothing/processing/complete?userId=ann").is_error(404, "CAMPAIGN_NOT_FOUND");
    enqueue(&world, "report", "ann");
    assert_eq!(issuer.post(path).ok(), json!({"status": "WAITING", "rank": 1}), "nothing was decided");
    let said = issuer.post(&format!("{path}&result=ISSUED")).ok();
    assert_eq!(said, json!({"status": "WAITING", "rank": 1}), "the rows know of no coupon");
}

#[test]
fn the_configuration_can_give_a_campaign_its_gate() {
    let world = world(&[("ONSALE__GATE__EVENT_IDS", "sample_event")]);
    let enqueue = || world.anyone().post("/gate/events/sample_event/enqueue?userId=ann");
    wait_until("the example has a gate", || enqueue().status == 200);
    assert_eq!(world.anyone().issue("bob", "sample_event").code(), "NOT_ADMITTED");
    assert_eq!(rank(&world, "sample_event", "ann"), json!({"status": "WAITING", "rank": 1}));
}

/// The process is killed at any point between the line, the message, the rows, and the report to the gate.
#[test]
fn a_kill_in_the_middle_loses_no_coupon_and_issues_none_twice() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let environment = [
        ("ONSALE__GATE__DISPATCH_MODE", "kafka"),
        ("ONSALE__GATE__DISPATCH_PER_SECOND", "200"),
        ("ONSALE__GATE__DISPATCH_INTERVAL_MS", "20"),
        ("ONSALE__GATE__STALE_TIMEOUT_MS", "500"),
        ("ONSALE__LIMITS__ENABLED", "false"),
        ("ONSALE__COUPON__OPEN_ISSUE", "true"),
    ];
    let mut server = Server::start(folder.path(), &environment);
    let key = make_key(folder.path(), &["--admin"]);
    let campaign = json!({"event_id": "killed", "name": "Sale", "stock": 100, "gated": true});
    let admin = server.client().with("X-Api-Key", &key);
    admin.make_campaign(&campaign);
    let user = |n: u32| format!("user-{n}");
    for n in 1..=150 {
        server.client().post(&format!("/gate/events/killed/enqueue?userId={}", user(n))).ok();
    }
    admin.post("/api/v1/admin/campaigns/killed/open").ok();
    for trial in 0..3 {
        let answered = move |server: &Server| {
            let status = server.client().get("/api/v1/coupons/status/killed");
            status.field("remaining_stock").as_u64().is_some_and(|left| left < 100 - 25 * trial)
        };
        wait_until("some were dealt with", || answered(&server));
        server.kill();
        server = Server::start(folder.path(), &environment);
    }
    let rank = |n: u32| server.client().get(&format!("/gate/events/killed/rank?userId={}", user(n))).ok();
    let is_decided = |answer: &Value| answer["status"] == "ISSUED" || answer["status"] == "SOLD_OUT";
    wait_until("everybody has an answer", || (1..=150).all(|n| is_decided(&rank(n))));
    let won: Vec<u32> = (1..=150).filter(|n| rank(*n)["status"] == "ISSUED").collect();
    assert_eq!(won, (1..=100).collect::<Vec<_>>(), "in the order of the line");
    let admin = server.client().with("X-Api-Key", &key);
    let books = admin.get("/api/v1/admin/reconcile").ok();
    assert!(books["balances"] == true, "{books}");
}
