//! Campaigns by operators (FCFS-017, GATE-008).

use serde_json::{Value, json};
use testkit::http::Client;
use testkit::onsale::{CAMPAIGNS, World};

fn whole() -> Value {
    json!({
        "event_id": "autumn", "name": "가을 세일", "stock": 10, "per_user_limit": 2, "gated": false,
        "opens_at": "2090-01-01T00:00:00Z", "closes_at": "2090-02-01T00:00:00Z",
        "discount": {"type": "percent", "value": 15, "max_amount": 5000}, "min_order_amount": 10000,
        "valid_from": "2090-01-01T00:00:00Z", "valid_until": "2090-12-31T23:59:59Z", "valid_days_after_issue": 30,
    })
}

#[test]
fn a_campaign_is_made_and_read_back() {
    let world = World::new();
    let admin = world.admin();
    let made = admin.post_json(CAMPAIGNS, &whole());
    assert_eq!((made.status, made.header("location")), (201, Some("/api/v1/admin/campaigns/autumn")));
    let made = made.json();
    for (name, value) in whole().as_object().expect("an object") {
        assert_eq!(&made[name], value, "{name}");
    }
    assert_eq!((&made["status"], &made["remaining_stock"]), (&json!("scheduled"), &json!(10)));
    assert_eq!(admin.get("/api/v1/admin/campaigns/autumn").ok(), made);
    admin.post_json(CAMPAIGNS, &whole()).is_error(409, "CAMPAIGN_EXISTS");
    admin.get("/api/v1/admin/campaigns/nothing").is_error(404, "CAMPAIGN_NOT_FOUND");
}

#[test]
fn campaigns_are_listed_in_pages_newest_first() {
    let world = World::new();
    let admin = world.admin();
    for number in 0..3 {
        let body = json!({"event_id": format!("c{number}"), "name": "C", "stock": 1});
        assert_eq!(admin.post_json(CAMPAIGNS, &body).status, 201);
    }
    let page = |query: &str| admin.get(&format!("{CAMPAIGNS}{query}")).ok();
    let first = page("?page=0&size=2");
    assert_eq!((&first["page"], &first["size"], &first["totalElements"]), (&json!(0), &json!(2), &json!(4)));
    let mut seen: Vec<String> = Vec::new();
    for number in 0..3 {
        let list = page(&format!("?page={number}&size=2"))["list"].clone();
        seen.extend(
            list.as_array().expect("a list").iter().map(|one| one["event_id"].as_str().expect("a name").into()),
        );
    }
    seen.sort();
    assert_eq!(seen, ["c0", "c1", "c2", "sample_event"], "each once");
    assert_eq!(page("?page=18446744073709551615&size=100")["list"], json!([]));
    for bad in ["?size=0", "?size=101", "?page=-1", "?page=x", "?page=18446744073709551616"] {
        admin.get(&format!("{CAMPAIGNS}{bad}")).is_error(400, "INVALID_INPUT");
    }
}

#[test]
fn a_campaign_changes_freely_before_the_sale_and_only_for_the_better_during_it() {
    let world = World::new();
    let admin = world.admin();
    admin.post_json(CAMPAIGNS, &whole());
    let path = "/api/v1/admin/campaigns/autumn";
    let changed =
        admin.patch(path, &json!({"name": "Autumn", "opens_at": null, "discount": {"type": "fixed", "value": 3000}}));
    let changed = changed.ok();
    assert_eq!((&changed["name"], &changed["opens_at"]), (&json!("Autumn"), &Value::Null));
    assert_eq!(changed["discount"], json!({"type": "fixed", "value": 3000}));
    admin.patch(path, &json!({"stock": 9})).is_error(409, "CAMPAIGN_NOT_MODIFIABLE");
    for field in ["name", "stock", "per_user_limit", "gated", "min_order_amount"] {
        let refused = admin.patch(path, &json!({ field: null }));
        refused.is_error(400, "INVALID_INPUT");
        assert!(refused.field("message").as_str().is_some_and(|text| text.contains(field)), "{field}");
    }
    admin
        .patch(path, &json!({"valid_until": "2020-01-01T00:00:00Z", "valid_from": null}))
        .is_error(400, "INVALID_INPUT");
    admin.post(&format!("{path}/open")).ok();
    for worse in [
        json!({"discount": {"type": "fixed", "value": 2000}}),
        json!({"min_order_amount": 10001}),
        json!({"valid_until": "2090-12-31T23:59:58Z"}),
        json!({"valid_days_after_issue": 29}),
        json!({"per_user_limit": 1}),
        json!({"opens_at": "2080-01-01T00:00:00Z"}),
        json!({"gated": true}),
        json!({"stock": 9}),
    ] {
        admin.patch(path, &worse).is_error(409, "CAMPAIGN_NOT_MODIFIABLE");
    }
    for better in [
        json!({"stock": 11}),
        json!({"per_user_limit": 3}),
        json!({"min_order_amount": 0}),
        json!({"valid_until": null}),
        json!({"valid_days_after_issue": 31}),
        json!({"closes_at": "2090-03-01T00:00:00Z"}),
        json!({}),
    ] {
        admin.patch(path, &better).ok();
    }
    admin.patch("/api/v1/admin/campaigns/nothing", &json!({"stock": 5})).is_error(404, "CAMPAIGN_NOT_FOUND");
}

/// Kind: a sale that is over before it was made. Of a campaign that there is, a closing in the past means now.
#[test]
fn a_new_sale_may_not_be_over_and_a_closing_in_the_past_closes_now() {
    let world = World::new();
    let admin = world.admin();
    let past = "2020-01-02T00:00:00Z";
    let over = json!({"event_id": "over", "name": "Over", "stock": 1, "closes_at": past});
    let refused = admin.post_json(CAMPAIGNS, &over);
    refused.is_error(400, "INVALID_INPUT");
    assert!(refused.text().contains("closes_at must be in the future"), "{}", refused.text());
    for opened in [true, false] {
        let event = format!("sale-{opened}");
        let path = format!("{CAMPAIGNS}/{event}");
        admin.make_campaign(&json!({"event_id": event, "name": "Sale", "stock": 1}));
        if opened {
            admin.open_campaign(&event);
        }
        assert_eq!(admin.patch(&path, &json!({"closes_at": past})).ok()["status"], "closed");
        assert_eq!(world.anyone().issue("ann", &event).code(), "CLOSED");
        let again = if opened { "active" } else { "scheduled" };
        assert_eq!(admin.patch(&path, &json!({"closes_at": null})).ok()["status"], again, "not for good");
    }
}

#[test]
fn the_status_says_all_that_a_page_of_the_campaign_shows() {
    let world = World::new();
    let admin = world.admin();
    let made = json!({"event_id": "autumn", "name": "가을 세일", "stock": 10, "per_user_limit": 2, "gated": true,
        "opens_at": "2090-01-01T09:00:00+09:00", "closes_at": "2090-02-01T00:00:00Z",
        "discount": {"type": "fixed", "value": 3000}, "min_order_amount": 10000});
    admin.make_campaign(&made);
    let mut status = world.anyone().get("/api/v1/coupons/status/autumn").ok();
    let now = status.as_object_mut().and_then(|fields| fields.remove("now")).expect("the time");
    assert!(now.as_i64().is_some_and(|now| (now - clock::now().millis()).abs() < 600_000), "{now}");
    let expected = json!({"event_id": "autumn", "name": "가을 세일", "remaining_stock": 10, "total_participants": 0,
        "status": "scheduled", "opens_at": "2090-01-01T00:00:00Z", "closes_at": "2090-02-01T00:00:00Z", "gated": true,
        "per_user_limit": 2, "discount": {"type": "fixed", "value": 3000}, "min_order_amount": 10000});
    assert_eq!(status, expected);
    let bare = world.anyone().get("/api/v1/coupons/status/sample_event").ok();
    assert_eq!(
        (&bare["opens_at"], &bare["discount"], &bare["per_user_limit"]),
        (&Value::Null, &Value::Null, &json!(1))
    );
}

#[test]
fn everybody_may_list_what_gives_coupons_now_or_soon() {
    let world = World::with(&[("ONSALE__COUPON__OPEN_ISSUE", "false"), ("ONSALE__DEMO__ENABLED", "false")]);
    let admin = world.admin();
    let names = |query: &str| -> Vec<String> {
        let reply = world.anyone().get(&format!("/api/v1/coupons/campaigns{query}"));
        assert_eq!(reply.header("cache-control"), Some("public, max-age=1"));
        let list = reply.ok()["list"].as_array().expect("a list").clone();
        list.iter().map(|one| one["event_id"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(""), Vec::<String>::new());
    let in_days = |days| format!("{}Z", clock::now().plus_days(days));
    let make = |event: &str, more: Value| {
        let mut body = json!({"event_id": event, "name": event, "stock": 1});
        for (field, value) in more.as_object().expect("an object") {
            body[field] = value.clone();
        }
        admin.make_campaign(&body);
    };
    make("late", json!({"opens_at": in_days(40)}));
    make("soon", json!({"opens_at": in_days(20)}));
    make("sooner", json!({"opens_at": in_days(10)}));
    make("by-hand", json!({}));
    assert_eq!(names(""), ["sooner", "soon"], "a campaign that nobody has opened or timed is in no list");
    admin.open_campaign("by-hand");
    assert_eq!(names(""), ["by-hand", "sooner", "soon"], "a change is seen at once");
    admin.post(&format!("{CAMPAIGNS}/by-hand/pause")).ok();
    assert_eq!(names("?tenant=default"), ["sooner", "soon"]);
    admin.post(&format!("{CAMPAIGNS}/by-hand/resume")).ok();
    let one = world.anyone().get("/api/v1/coupons/campaigns").ok()["list"][0].clone();
    let status = admin.get("/api/v1/coupons/status/by-hand").ok();
    for (field, value) in status.as_object().expect("an object").iter().filter(|(field, _)| *field != "now") {
        assert_eq!(&one[field], value, "{field}");
    }
    admin.post(&format!("{CAMPAIGNS}/by-hand/close")).ok();
    assert_eq!(names(""), ["sooner", "soon"]);
    assert_eq!(names("?tenant=acme"), Vec::<String>::new());
    world.anyone().get("/api/v1/coupons/campaigns?tenant=a%20b").is_error(400, "INVALID_INPUT");
    let shut = World::with(&[("ONSALE__COUPON__PUBLIC_LIST", "false")]);
    shut.anyone().get("/api/v1/coupons/campaigns").is_error(404, "NOT_FOUND");
}

#[test]
fn a_sale_is_opened_paused_resumed_and_closed_for_good() {
    let world = World::new();
    let admin = world.admin();
    admin.post_json(CAMPAIGNS, &json!({"event_id": "sale", "name": "Sale", "stock": 1}));
    let act = |action: &str| admin.post(&format!("{CAMPAIGNS}/sale/{action}"));
    for (action, status) in [
        ("open", "active"),
        ("open", "active"),
        ("pause", "paused"),
        ("pause", "paused"),
        ("resume", "active"),
        ("close", "closed"),
        ("close", "closed"),
    ] {
        assert_eq!(act(action).ok()["status"], status, "{action}");
    }
    for action in ["open", "pause", "resume"] {
        act(action).is_error(409, "CAMPAIGN_NOT_MODIFIABLE");
    }
    admin.post_json(&format!("{CAMPAIGNS}/sale/stock"), &json!({"add": 1})).is_error(409, "CAMPAIGN_NOT_MODIFIABLE");
    for action in ["open", "pause", "resume", "close"] {
        admin.post(&format!("{CAMPAIGNS}/nothing/{action}")).is_error(404, "CAMPAIGN_NOT_FOUND");
    }
}

#[test]
fn stock_is_added_within_bounds() {
    let world = World::new();
    let admin = world.admin();
    let add = |amount: Value| admin.post_json(&format!("{CAMPAIGNS}/sample_event/stock"), &json!({"add": amount}));
    let more = add(json!(5)).ok();
    assert_eq!((&more["stock"], &more["remaining_stock"]), (&json!(1005), &json!(1005)));
    for bad in [json!(0), json!(-1), json!(100_000_000), json!(4_294_967_296_u64), json!(1.5), json!("5"), Value::Null]
    {
        add(bad).is_error(400, "INVALID_INPUT");
    }
    admin.post_json(&format!("{CAMPAIGNS}/nothing/stock"), &json!({"add": 1})).is_error(404, "CAMPAIGN_NOT_FOUND");
}

#[test]
fn the_short_form_makes_an_open_campaign_once() {
    let world = World::new();
    let people = world.anyone();
    let make = |query: &str| people.post(&format!("/api/v1/admin/events/quick/stock{query}"));
    let made = make("?initial_stock=3").ok();
    assert_eq!((&made["event_id"], &made["initial_stock"]), (&json!("quick"), &json!(3)));
    let again = make("?initial_stock=9").ok();
    assert_eq!(again["initial_stock"], 3, "what it has, not what was asked");
    assert_ne!(again["message"], made["message"]);
    assert_eq!(people.get("/api/v1/coupons/status/quick").field("status"), "active");
    for bad in ["", "?initial_stock=0", "?initial_stock=-1", "?initial_stock=x", "?initial_stock=100000001"] {
        people.post(&format!("/api/v1/admin/events/bad/stock{bad}")).is_error(400, "INVALID_INPUT");
    }
}

/// The response names the invalid field.
#[test]
fn invalid_policies_are_refused_by_name() {
    let world = World::new();
    let admin = world.admin();
    let cases = [
        ("event_id", json!("")),
        ("event_id", json!("a b")),
        ("event_id", json!("e".repeat(129))),
        ("event_id", json!(7)),
        ("name", json!("")),
        ("name", json!("a\u{7}b")),
        ("name", json!("n".repeat(201))),
        ("stock", json!(0)),
        ("stock", json!(-5)),
        ("stock", json!(100_000_001)),
        ("stock", json!(1e300)),
        ("per_user_limit", json!(0)),
        ("per_user_limit", json!(1001)),
        ("gated", json!("yes")),
        ("opens_at", json!("tomorrow")),
        ("opens_at", json!("2090-01-01T00:00:00")),
        ("opens_at", json!("2090-01-01 20:00")),
        ("closes_at", json!("2090-01-01T00:00:00[Asia/Seoul]")),
        ("valid_from", json!("2090-01-01")),
        ("valid_until", json!("10000-01-01T00:00:00Z")),
        ("valid_until", json!("1969-12-31T23:59:59Z")),
        ("valid_until", json!("2090-01-01T00:00:00Z")),
        ("name", json!(" \u{3000}")),
        ("name", json!("\u{202e}elas")),
        ("min_order_amount", json!(30_000.0)),
        ("min_order_amount", Value::Null),
        ("stock", Value::Null),
        ("opens_at", json!("2090-13-01T00:00:00Z")),
        ("closes_at", json!("2089-12-31T00:00:00Z")),
        ("discount", json!({"type": "percent", "value": 101})),
        ("discount", json!({"type": "fixed", "value": 0})),
        ("discount", json!({"type": "gift", "value": 1})),
        ("min_order_amount", json!(-1)),
        ("min_order_amount", json!(1_000_000_000_001_i64)),
        ("valid_until", json!("2089-01-01T00:00:00Z")),
        ("valid_days_after_issue", json!(0)),
        ("colour", json!("red")),
    ];
    for (field, value) in cases {
        let mut body = whole();
        body[field] = value.clone();
        let answer = admin.post_json(CAMPAIGNS, &body);
        answer.is_error(400, "INVALID_INPUT");
        let message = answer.field("message");
        assert!(message.as_str().is_some_and(|text| text.contains(field)), "{field} = {value}: {message}");
    }
    for field in ["event_id", "name", "stock"] {
        let mut body = whole();
        body.as_object_mut().expect("an object").remove(field);
        admin.post_json(CAMPAIGNS, &body).is_error(400, "INVALID_INPUT");
    }
    admin.get(&format!("{CAMPAIGNS}/autumn")).is_error(404, "CAMPAIGN_NOT_FOUND");
}

#[test]
fn admin_calls_need_a_key() {
    let world = World::new();
    let service = world.keyed(&["--service", "gateway"]);
    let calls: [(&str, &str); 11] = [
        ("GET", CAMPAIGNS),
        ("POST", CAMPAIGNS),
        ("GET", "/api/v1/admin/campaigns/sample_event"),
        ("PATCH", "/api/v1/admin/campaigns/sample_event"),
        ("POST", "/api/v1/admin/campaigns/sample_event/close"),
        ("POST", "/api/v1/admin/campaigns/sample_event/stock"),
        ("GET", "/api/v1/admin/cache/stats"),
        ("GET", "/api/v1/admin/reconcile"),
        ("POST", "/api/v1/admin/reconcile"),
        ("POST", "/api/v1/coupons/00000000-0000-4000-8000-000000000000/redeem"),
        ("POST", "/api/v1/coupons/00000000-0000-4000-8000-000000000000/revoke"),
    ];
    let body = |path: &str| match path {
        CAMPAIGNS => whole(),
        path if path.ends_with("redeem") => json!({"order_id": "o", "amount": 1}),
        path if path.ends_with("stock") => json!({"add": 1}),
        _ => json!({}),
    };
    let call = |client: &Client, method: &str, path: &str| {
        let body = body(path).to_string();
        client.call(method, path, (method != "GET").then_some(body.as_bytes()))
    };
    for (method, path) in calls {
        call(&world.anyone(), method, path).is_error(401, "UNAUTHORIZED");
        call(&world.anyone().with("X-Api-Key", "wrong"), method, path).is_error(401, "UNAUTHORIZED");
        call(&service, method, path).is_error(403, "FORBIDDEN");
    }
}
