//! Coupon requests and their responses (`contract.md`, Coupons; FCFS-001, FCFS-002, FCFS-012).

use serde_json::{Value, json};
use testkit::http::{Client, Reply};
use testkit::onsale::{ISSUE, World};

/// The code of a decision; asserts that `success` agrees.
#[track_caller]
fn decision(answer: &Reply) -> String {
    let body = answer.ok();
    assert_eq!(body["success"], json!(body["code"] == "ISSUED"), "{body}");
    let has_coupon = matches!(body["code"].as_str(), Some("ISSUED" | "ALREADY_ISSUED"));
    assert_eq!(body.get("coupon_id").is_some(), has_coupon, "{body}");
    assert_eq!(body.get("serial").is_some(), has_coupon, "{body}");
    answer.code()
}

fn campaign(admin: &Client, change: &Value) {
    let mut body = json!({"event_id": "sale", "name": "Sale", "stock": 2});
    for (name, value) in change.as_object().expect("an object") {
        body[name] = value.clone();
    }
    admin.make_campaign(&body);
}

fn act(admin: &Client, action: &str) {
    admin.post(&format!("/api/v1/admin/campaigns/sale/{action}")).ok();
}

#[test]
fn the_first_code_that_applies_is_returned() {
    let world = World::new();
    let (admin, people) = (world.admin(), world.anyone());
    campaign(&admin, &json!({}));
    let hears = |user: &str| decision(&people.issue(user, "sale"));
    assert_eq!(hears("ann"), "NOT_OPEN");
    act(&admin, "pause");
    assert_eq!(hears("ann"), "NOT_OPEN", "a pause before the sale is not what one waits for");
    act(&admin, "resume");
    act(&admin, "open");
    let first = people.issue("ann", "sale");
    assert_eq!(decision(&first), "ISSUED");
    assert_eq!((first.field("remaining_stock"), first.field("serial")), (json!(1), json!(1)));
    assert_eq!(hears("ann"), "ALREADY_ISSUED");
    act(&admin, "pause");
    assert_eq!((hears("ann"), hears("bob")), ("ALREADY_ISSUED".into(), "PAUSED".into()));
    act(&admin, "resume");
    let second = people.issue("bob", "sale");
    assert_eq!((decision(&second), second.field("remaining_stock")), ("ISSUED".into(), json!(0)));
    assert_eq!((hears("cid"), hears("ann")), ("SOLD_OUT".into(), "ALREADY_ISSUED".into()));
    act(&admin, "pause");
    assert_eq!(hears("cid"), "PAUSED", "before SOLD_OUT");
    act(&admin, "close");
    assert_eq!((hears("cid"), hears("ann")), ("CLOSED".into(), "ALREADY_ISSUED".into()));
    let again = people.issue("ann", "sale");
    for field in ["coupon_id", "serial"] {
        assert_eq!(again.field(field), first.field(field), "the coupon held is told");
    }
}

#[test]
fn more_stock_ends_sold_out() {
    let world = World::new();
    let (admin, people) = (world.admin(), world.anyone());
    people.post("/api/v1/admin/events/sale/stock?initial_stock=1").ok();
    assert_eq!(decision(&people.issue("ann", "sale")), "ISSUED");
    assert_eq!(decision(&people.issue("bob", "sale")), "SOLD_OUT");
    admin.post_json("/api/v1/admin/campaigns/sale/stock", &json!({"add": 1})).ok();
    let more = people.issue("bob", "sale");
    assert_eq!((decision(&more), more.field("serial")), ("ISSUED".into(), json!(2)));
}

#[test]
fn a_limit_above_one_issues_that_many_and_then_names_the_first() {
    let world = World::new();
    let people = world.anyone();
    campaign(&world.admin(), &json!({"per_user_limit": 2}));
    act(&world.admin(), "open");
    let first = people.issue("ann", "sale");
    let second = people.issue("ann", "sale");
    assert_eq!((decision(&first), decision(&second)), ("ISSUED".into(), "ISSUED".into()));
    assert_ne!(first.field("coupon_id"), second.field("coupon_id"));
    let third = people.issue("ann", "sale");
    assert_eq!(decision(&third), "ALREADY_ISSUED");
    assert_eq!(third.field("coupon_id"), first.field("coupon_id"));
}

#[test]
fn a_gated_campaign_asks_for_a_pass() {
    let world = World::new();
    campaign(&world.admin(), &json!({"gated": true}));
    assert_eq!(decision(&world.anyone().issue("ann", "sale")), "NOT_OPEN");
    act(&world.admin(), "open");
    assert_eq!(decision(&world.anyone().issue("ann", "sale")), "NOT_ADMITTED");
}

#[test]
fn a_sale_opens_and_closes_by_its_own_times() {
    let world = World::new();
    let (admin, people) = (world.admin(), world.anyone());
    campaign(&admin, &json!({"event_id": "past", "opens_at": "2020-01-01T00:00:00Z"}));
    admin.patch("/api/v1/admin/campaigns/past", &json!({"closes_at": "2020-01-02T00:00:00Z"})).ok();
    campaign(
        &admin,
        &json!({"event_id": "now", "opens_at": "2020-01-01T00:00:00Z", "closes_at": "2090-01-01T00:00:00Z"}),
    );
    campaign(&admin, &json!({"event_id": "future", "opens_at": "2090-01-01T00:00:00Z"}));
    for (event, code, status) in
        [("past", "CLOSED", "closed"), ("now", "ISSUED", "active"), ("future", "NOT_OPEN", "scheduled")]
    {
        assert_eq!(decision(&people.issue("ann", event)), code);
        assert_eq!(people.get(&format!("/api/v1/coupons/status/{event}")).field("status"), status);
    }
}

#[test]
fn an_idempotency_key_repeats_the_first_success() {
    let world = World::new();
    let (admin, people) = (world.admin(), world.anyone());
    campaign(&admin, &json!({}));
    campaign(&admin, &json!({"event_id": "other"}));
    act(&admin, "open");
    admin.post("/api/v1/admin/campaigns/other/open").ok();
    let keyed = people.with("Idempotency-Key", "try-1");
    let first = keyed.issue("ann", "sale");
    let again = keyed.issue("ann", "sale");
    assert_eq!((decision(&first), decision(&again)), ("ISSUED".into(), "ISSUED".into()));
    for field in ["coupon_id", "serial"] {
        assert_eq!(first.field(field), again.field(field));
    }
    assert_eq!(decision(&people.issue("ann", "sale")), "ALREADY_ISSUED", "without the key");
    assert_eq!(decision(&people.with("Idempotency-Key", "try-2").issue("ann", "sale")), "ALREADY_ISSUED");
    assert_eq!(decision(&keyed.issue("bob", "sale")), "ISSUED", "the key is the user's own");
    keyed.issue("ann", "other").is_error(422, "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(decision(&people.issue("ann", "other")), "ISSUED", "a refused key takes nothing");
}

#[test]
fn a_refusal_is_not_remembered_under_a_key() {
    let world = World::new();
    campaign(&world.admin(), &json!({}));
    let keyed = world.anyone().with("Idempotency-Key", "try-1");
    assert_eq!(decision(&keyed.issue("ann", "sale")), "NOT_OPEN");
    act(&world.admin(), "open");
    assert_eq!(decision(&keyed.issue("ann", "sale")), "ISSUED");
    for bad in ["", &"k".repeat(256), "a b"] {
        let answer = world.anyone().with("Idempotency-Key", bad).issue("bob", "sale");
        answer.is_error(400, "INVALID_INPUT");
    }
}

#[test]
fn an_idempotency_key_survives_a_restart() {
    let mut world = World::new();
    world.anyone().post("/api/v1/admin/events/sale/stock?initial_stock=1").ok();
    let first = world.anyone().with("Idempotency-Key", "k").issue("ann", "sale");
    assert_eq!(decision(&first), "ISSUED");
    world.server.kill();
    world.server = testkit::onsale::Server::start(world.folder.path(), &[]);
    let again = world.anyone().with("Idempotency-Key", "k").issue("ann", "sale");
    assert_eq!((decision(&again), again.field("coupon_id")), ("ISSUED".into(), first.field("coupon_id")));
}

#[test]
fn status_and_coupons_of_a_user_are_returned() {
    let world = World::new();
    let (admin, people) = (world.admin(), world.anyone());
    campaign(&admin, &json!({"valid_days_after_issue": 1}));
    let status = || people.get("/api/v1/coupons/status/sale").ok();
    let before = status();
    let shown = [&before["event_id"], &before["remaining_stock"], &before["total_participants"], &before["status"]];
    assert_eq!(shown, [&json!("sale"), &json!(2), &json!(0), &json!("scheduled")]);
    act(&admin, "open");
    assert_eq!(status()["status"], "active");
    let none = people.get("/api/v1/coupons/user/ann/event/sale").ok();
    assert_eq!(none, json!({"user_id": "ann", "event_id": "sale", "coupon_id": null, "coupons": []}));
    let given = people.issue("ann", "sale");
    let held = people.get("/api/v1/coupons/user/ann/event/sale").ok();
    assert_eq!(held["coupon_id"], given.field("coupon_id"));
    let coupon = &held["coupons"][0];
    assert_eq!((&coupon["coupon_id"], &coupon["serial"]), (&given.field("coupon_id"), &given.field("serial")));
    assert_eq!(coupon["status"], "ISSUED");
    assert!(coupon["expires_at"].as_str() > coupon["issued_at"].as_str(), "{coupon}");
    people.issue("bob", "sale");
    let after = status();
    let shown = [&after["event_id"], &after["remaining_stock"], &after["total_participants"], &after["status"]];
    assert_eq!(shown, [&json!("sale"), &json!(0), &json!(2), &json!("sold_out")]);
    for (action, word) in [("pause", "paused"), ("resume", "sold_out"), ("close", "closed")] {
        act(&admin, action);
        assert_eq!(status()["status"], word);
    }
    people.get("/api/v1/coupons/status/nothing").is_error(404, "CAMPAIGN_NOT_FOUND");
    people.get("/api/v1/coupons/user/ann/event/nothing").is_error(404, "CAMPAIGN_NOT_FOUND");
    people.issue("ann", "nothing").is_error(404, "CAMPAIGN_NOT_FOUND");
}

#[test]
fn messages_are_in_the_callers_language() {
    let world = World::new();
    let (korean, english) = (world.anyone().with("Accept-Language", "ko-KR,ko;q=0.9,en;q=0.5"), world.anyone());
    assert_eq!(korean.issue("ann", "sample_event").field("message"), "쿠폰이 발급되었습니다.");
    let again = english.issue("ann", "sample_event").field("message");
    // Clients of the systems that Onsale replaces look for these words.
    assert!(again.as_str().is_some_and(|text| text.contains("already has a coupon")), "{again}");
    assert_eq!(korean.issue("ann", "nothing").field("message"), "해당 캠페인을 찾을 수 없습니다.");
    assert_eq!(korean.get("/nowhere").field("message"), "요청하신 주소를 찾을 수 없습니다.");
    assert_eq!(english.get("/nowhere").field("message"), "This address does not exist.");
}

#[test]
fn a_well_formed_trace_id_is_kept_and_any_other_replaced() {
    let world = World::new();
    let people = world.anyone();
    for path in ["/api/v1/coupons/status/sample_event", "/nowhere"] {
        assert_eq!(people.with("X-Trace-Id", "Order-7").get(path).header("x-trace-id"), Some("Order-7"));
    }
    let kept = people.with("X-Trace-Id", "Order-7").issue("ann", "nothing");
    kept.is_error(404, "CAMPAIGN_NOT_FOUND");
    assert_eq!(kept.field("traceId"), "Order-7");
    for bad in ["", "a b", "a_b", "\"", &"x".repeat(65)] {
        let answer = people.with("X-Trace-Id", bad).issue("ann", "sample_event");
        let made = answer.header("x-trace-id").expect("always there");
        assert!(uuid::Uuid::parse_str(made).is_ok(), "{bad:?} became {made}");
    }
}

#[test]
fn outside_the_demo_the_issue_call_needs_a_key() {
    let world = World::with(&[("ONSALE__COUPON__OPEN_ISSUE", "false")]);
    let people = world.anyone();
    people.issue("ann", "sample_event").is_error(401, "UNAUTHORIZED");
    people.with("X-Api-Key", "onsale_nonsense").issue("ann", "sample_event").is_error(401, "UNAUTHORIZED");
    people.get("/api/v1/coupons/status/sample_event").is_error(401, "UNAUTHORIZED");
    people.get("/api/v1/coupons/user/ann/event/sample_event").is_error(401, "UNAUTHORIZED");
    people.post("/api/v1/admin/events/sale/stock?initial_stock=1").is_error(401, "UNAUTHORIZED");
    assert_eq!(decision(&world.admin().issue("ann", "sample_event")), "ISSUED");
    let service = testkit::onsale::make_key(world.folder.path(), &["--service", "gateway"]);
    let service = people.with("X-Api-Key", &service);
    testkit::onsale::wait_until("the service's key is known", || service.issue("ann", "sample_event").status == 403);
    service.issue("ann", "sample_event").is_error(403, "FORBIDDEN");
}

/// Concurrent users get the whole stock, no more, and one coupon each.
#[test]
fn a_crowd_gets_the_stock_and_no_coupon_more() {
    let world = World::new();
    world.anyone().post("/api/v1/admin/events/rush/stock?initial_stock=50").ok();
    let address = world.server.address;
    let crowd: Vec<_> = (0..16)
        .map(|thread| {
            std::thread::spawn(move || {
                let client = Client::new(address);
                let mut connection = testkit::http::Connection::open(address);
                let mut serials = Vec::new();
                // Every user sends requests from two threads.
                for user in 0..40 {
                    let body =
                        json!({"user_id": format!("user-{}-{user}", thread / 2), "event_id": "rush"}).to_string();
                    connection.send(client.request("POST", ISSUE, Some(body.as_bytes())));
                    let answer = connection.reply().ok();
                    if answer["code"] == "ISSUED" {
                        serials.push(answer["serial"].as_u64().expect("a number"));
                    }
                }
                serials
            })
        })
        .collect();
    let mut serials: Vec<u64> = crowd.into_iter().flat_map(|thread| thread.join().expect("runs")).collect();
    serials.sort_unstable();
    assert_eq!(serials, (1..=50).collect::<Vec<_>>());
}
