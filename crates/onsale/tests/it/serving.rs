//! The public document of a line: its fields, its state, who may read it; and what operators tell by it (amendments 7 and
//! 16 of the contract).

use super::site_lines::{address, end, entered, made};
use serde_json::{Value, json};
use testkit::http::{Event, Events, Reply};
use testkit::onsale::{World, wait_until};

fn serving(world: &World, line: &str) -> Value {
    world.anyone().get(&format!("/queue/serving/{line}")).ok()
}

fn control(world: &World, method: &str, path: &str, body: Option<&Value>) -> Reply {
    let body = body.map(Value::to_string);
    world.admin().call(method, &format!("/queue/admin/{path}"), body.as_ref().map(String::as_bytes))
}

#[test]
fn the_document_has_the_contracts_fields_and_the_stream_has_the_same() {
    let world = World::new();
    made(&world.admin(), &json!({"name": "shop", "ratePerSecond": 0}));
    let fields = [
        "line",
        "state",
        "opensAt",
        "serving",
        "last",
        "waiting",
        "ratePerSecond",
        "ticketsPerSecond",
        "left",
        "notice",
        "at",
        "now",
    ];
    let document = serving(&world, "shop");
    let mut found: Vec<&str> = document.as_object().expect("an object").keys().map(String::as_str).collect();
    found.sort_unstable();
    let mut wanted = fields.to_vec();
    wanted.sort_unstable();
    assert_eq!(found, wanted, "{document}");
    let now = document["now"].as_i64().expect("milliseconds");
    assert_eq!(domain::Timestamp(now).to_string(), document["at"].as_str().expect("a time"));
    let visitors: Vec<_> = (0..3).map(|_| entered(&world, "shop")).collect();
    wait_until("three are counted", || serving(&world, "shop")["waiting"] == 3);
    assert_eq!((&serving(&world, "shop")["last"], &serving(&world, "shop")["serving"]), (&json!(3), &json!(0)));
    let mut stream = Events::open(&world.anyone(), "/queue/stream/shop");
    let streamed: Value = loop {
        if let Event::Message { data, .. } = stream.event() {
            break serde_json::from_str(&data).expect("JSON");
        }
    };
    let undated = |mut document: Value| {
        for time in ["at", "now"] {
            document[time] = Value::Null;
        }
        document
    };
    assert_eq!(undated(streamed), undated(serving(&world, "shop")));
    drop(visitors);
    for bad in ["0", "1001", "-1", "x"] {
        world.anyone().get(&format!("/queue/serving/shop?ranges={bad}")).is_error(400, "INVALID_INPUT");
    }
    assert_eq!(world.anyone().get("/queue/serving/shop?ranges=1").ok()["left"], json!([]));
}

/// O22. A page of any site may read these two, without cookies, and nothing else.
#[test]
fn only_the_public_document_may_be_read_by_other_sites() {
    const ALLOWS: &str = "access-control-allow-origin";
    let world = World::new();
    made(&world.admin(), &json!({"name": "shop"}));
    let elsewhere = world.anyone().with("Origin", "https://other.example");
    for path in ["/queue/serving/shop", "/queue/serving/none", "/queue/serving/a%20b"] {
        let reply = elsewhere.get(path);
        assert_eq!(
            (reply.header(ALLOWS), reply.header("access-control-allow-credentials")),
            (Some("*"), None),
            "{path}"
        );
    }
    let stream = Events::open(&elsewhere, "/queue/stream/shop");
    assert_eq!(stream.head.header(ALLOWS), Some("*"));
    let admin = world.admin().with("Origin", "https://other.example");
    for path in
        ["/queue/admin/stats", "/queue/admin/lines", "/queue/place/shop", "/wait/shop", "/queue/check?line=shop"]
    {
        assert_eq!(admin.get(path).header(ALLOWS), None, "{path}");
    }
}

#[test]
fn states_follow_what_happens() {
    let world = World::new();
    let admin = world.admin();
    made(&admin, &json!({"name": "shop", "ratePerSecond": 100, "capacity": 1, "maxInside": 1}));
    let until = |state: &str| wait_until(state, || serving(&world, "shop")["state"] == state);
    until("OPEN");
    assert_eq!(control(&world, "POST", "shop/pause", None).status, 204);
    until("PAUSED");
    assert_eq!(control(&world, "POST", "queue:shop/resume", None).status, 204);
    until("OPEN");
    let inside = entered(&world, "shop");
    wait_until("inside", || super::site_lines::is_active(&inside, "shop"));
    let _waiting = entered(&world, "shop");
    until("FULL");
    admin.patch(&address("shop"), &json!({"opensAt": "2999-01-01T00:00:00"})).ok();
    until("SCHEDULED");
    admin.patch(&address("shop"), &json!({"closesAt": "2020-01-01T00:00:00", "opensAt": null})).ok();
    until("ENDED");
    assert_eq!(end(&admin, "shop").status, 204);
}

#[test]
fn a_gate_says_what_its_campaign_is() {
    let world = World::with(&[("ONSALE__COUPON__OPEN_ISSUE", "true")]);
    let admin = world.admin();
    let campaign = |event: &str, opens_at: Value| {
        admin.make_campaign(
            &json!({"event_id": event, "name": "Sale", "stock": 1, "gated": true, "opens_at": opens_at}),
        );
    };
    let until = |event: &str, state: &str| {
        let path = format!("/queue/serving/gate:{event}");
        wait_until(state, || {
            let reply = world.anyone().get(&path);
            reply.status == 200 && reply.json()["state"] == state
        });
    };
    campaign("later", json!("2999-01-01T00:00:00Z"));
    until("later", "SCHEDULED");
    assert_eq!(serving(&world, "gate:later")["opensAt"], "2999-01-01T00:00:00");
    campaign("sale", Value::Null);
    until("sale", "SCHEDULED");
    assert_eq!(serving(&world, "gate:sale")["opensAt"], Value::Null);
    admin.open_campaign("sale");
    until("sale", "OPEN");
    admin.post("/api/v1/admin/campaigns/sale/pause").ok();
    until("sale", "PAUSED");
    admin.post("/api/v1/admin/campaigns/sale/resume").ok();
    until("sale", "OPEN");
    world.anyone().post("/gate/events/sale/enqueue?userId=ann").ok();
    wait_until("she has it", || world.anyone().post("/issue/events/sale?userId=ann").ok()["result"] == "SUCCESS");
    until("sale", "SOLD_OUT");
    admin.post("/api/v1/admin/campaigns/sale/close").ok();
    until("sale", "ENDED");
    world.anyone().get("/queue/serving/sale").is_error(404, "NOT_FOUND");
}

#[test]
fn operators_tell_people_in_words() {
    let world = World::new();
    made(&world.admin(), &json!({"name": "shop"}));
    let until = |notice: Value| wait_until("the words", || serving(&world, "shop")["notice"] == notice);
    let text = "가😀".repeat(100);
    let words = json!({"notice": {"ko": text, "en": "back at 20:00 \"sharp\""}});
    assert_eq!(control(&world, "POST", "shop/pause", Some(&words)).status, 204);
    until(words["notice"].clone());
    assert_eq!(control(&world, "POST", "shop/pause", None).status, 204);
    assert_eq!(control(&world, "POST", "shop/pause", Some(&json!({}))).status, 204);
    until(words["notice"].clone());
    assert_eq!(control(&world, "PUT", "shop/notice", Some(&json!({"notice": {"en": "soon"}, "more": 1}))).status, 204);
    until(json!({"ko": null, "en": "soon"}));
    assert_eq!(control(&world, "POST", "shop/resume", None).status, 204);
    until(Value::Null);
    assert_eq!(control(&world, "PUT", "shop/notice", Some(&json!({"ko": "곧"}))).status, 204);
    until(json!({"ko": "곧", "en": null}));
    for nothing in [json!({"notice": null}), json!({"notice": {}}), json!({})] {
        assert_eq!(control(&world, "PUT", "shop/notice", Some(&json!({"ko": "곧"}))).status, 204);
        assert_eq!(control(&world, "PUT", "shop/notice", Some(&nothing)).status, 204);
        until(Value::Null);
    }
    for bad in [json!({"notice": {"ko": ""}}), json!({"notice": {"en": "a".repeat(201)}}), json!({"notice": "soon"})] {
        control(&world, "PUT", "shop/notice", Some(&bad)).is_error(400, "INVALID_INPUT");
        control(&world, "POST", "shop/pause", Some(&bad)).is_error(400, "INVALID_INPUT");
    }
    assert_eq!(world.admin().get(&address("shop")).ok()["paused"], false, "a refused pause pauses nothing");
}

#[test]
fn a_rate_that_another_has_changed_is_not_overwritten() {
    let world = World::new();
    made(&world.admin(), &json!({"name": "shop", "ratePerSecond": 10}));
    let rate = |body: Value| control(&world, "PUT", "shop/rate", Some(&body));
    assert_eq!(rate(json!({"ratePerSecond": 20, "was": 10, "more": 1})).status, 204);
    let refused = rate(json!({"ratePerSecond": 30, "was": 10}));
    refused.is_error(409, "RATE_CHANGED");
    assert_eq!(refused.json()["ratePerSecond"], 20);
    assert_eq!(rate(json!({"ratePerSecond": 30})).status, 204);
    rate(json!({"ratePerSecond": 1, "was": -1})).is_error(400, "INVALID_INPUT");
    assert_eq!(world.admin().get(&address("shop")).ok()["ratePerSecond"], 30);
}
