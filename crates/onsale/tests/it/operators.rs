//! What those who run the evening see and do, in the built program: every route x everybody, dead letters, looks, appeals.

use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use testkit::http::{Client, Event, Events};
use testkit::onsale::{World, wait_until};

const PASSWORD: &str = "an administrator's own";

/// A world with an administrator and a user who can log in.
pub struct Evening {
    pub world: World,
    pub admin: Client,
    pub user: Client,
    pub user_id: String,
}

pub fn evening() -> Evening {
    let world = World::with(&[("ONSALE__DEMO__ADMIN_PASSWORD", PASSWORD), ("ONSALE__DEMO__USER_PASSWORD", PASSWORD)]);
    let anyone = world.anyone();
    let log_in = |email: &str| {
        let login = json!({"email": email, "password": PASSWORD, "recaptchaToken": "pass"});
        wait_until("the account is there", || anyone.post_json("/auth/login", &login).status == 200);
        let token = anyone.post_json("/auth/login", &login).ok()["accessToken"].as_str().expect("a token").to_owned();
        anyone.with("Authorization", &format!("Bearer {token}"))
    };
    let (admin, user) = (log_in("admin@onsale.local"), log_in("demo@onsale.local"));
    let user_id = user.get("/users/me").ok()["id"].as_str().expect("an id").to_owned();
    Evening { world, admin, user, user_id }
}

#[test]
fn every_route_of_operators_lets_in_administrators_alone() {
    let Evening { world, admin, user, .. } = evening();
    let (nobody, key) = (world.anyone(), world.admin());
    let tenant = world.keyed(&["--tenant", "acme"]);
    let event = nobody.get("/events").ok()["list"][0]["id"].as_str().expect("an event").to_owned();
    let campaign = admin.get("/api/v1/admin/campaigns").ok()["list"][0]["event_id"].as_str().expect("one").to_owned();
    let ids = json!({"ids": ["999999"]});
    let look = json!({"name": "A shop"});
    let routes: Vec<(&str, String, Option<&Value>)> = vec![
        ("GET", "/api/v1/admin/audit".to_owned(), None),
        ("GET", "/api/v1/admin/dead-letters".to_owned(), None),
        ("POST", "/api/v1/admin/dead-letters/replay".to_owned(), Some(&ids)),
        ("POST", "/api/v1/admin/dead-letters/drop".to_owned(), Some(&ids)),
        ("GET", "/api/v1/admin/reconcile".to_owned(), None),
        ("GET", "/api/v1/admin/reconcile?part=seats".to_owned(), None),
        ("GET", "/api/v1/admin/reconcile?part=payments".to_owned(), None),
        ("POST", "/api/v1/admin/reconcile?part=seats".to_owned(), Some(&ids)),
        ("POST", "/api/v1/admin/reconcile?part=coupons".to_owned(), Some(&ids)),
        ("GET", format!("/api/v1/admin/sales?eventId={event}"), None),
        ("GET", format!("/api/v1/admin/campaigns/{campaign}/sales"), None),
        ("GET", "/api/v1/admin/appeal?userId=nobody".to_owned(), None),
        ("PUT", "/api/v1/admin/looks/queue:shop".to_owned(), Some(&look)),
        ("POST", "/api/v1/admin/looks/queue:shop/preview".to_owned(), Some(&look)),
    ];
    for (method, path, body) in &routes {
        let bytes = body.map(|body| body.to_string().into_bytes());
        let ask = |client: &Client| client.call(method, path, bytes.as_deref());
        ask(&nobody).is_error(401, "UNAUTHORIZED");
        ask(&user).is_error(403, "FORBIDDEN");
        for allowed in [&admin, &key] {
            let reply = ask(allowed);
            assert_eq!(reply.status, 200, "{method} {path}: {}", reply.text());
            assert_eq!(reply.header("cache-control"), Some("no-store"), "{method} {path}");
        }
        // A tenant sees the sales of its own campaigns; this one is another's.
        let (status, code) =
            if path.contains("/campaigns/") { (404, "CAMPAIGN_NOT_FOUND") } else { (403, "FORBIDDEN") };
        ask(&tenant).is_error(status, code);
    }
}

/// Puts a message of which nobody can handle anything among the dead letters, as a consumer would.
fn bury(world: &World, key: &str, group: &str) -> i64 {
    let file = Connection::open(world.folder.path().join("bus.sqlite")).expect("the dead letters");
    file.busy_timeout(std::time::Duration::from_secs(10)).expect("patience");
    let value = json!({"eventId": "0190a1b2-0000-7000-8000-000000000001", "payload": {"userId": "kim@example.com", "amount": 5}});
    let headers = json!([["eventType", "PaymentSuccess"], ["traceId", "t-1"]]);
    file.execute(
        "INSERT INTO dead_letters (topic, consumer_group, reason, error, original_topic, original_partition, original_offset, key,
            headers, value, buried_at_ms) VALUES ('dlq.payment', ?1, 'INVALID', 'told by kim@example.com', 'payment.events', 0, 7, ?2, ?3, ?4,
            CAST(strftime('%s', 'now') AS INTEGER) * 1000)",
        (group, key, headers.to_string(), value.to_string().into_bytes()),
    )
    .expect("buried");
    file.last_insert_rowid()
}

fn listed(admin: &Client) -> Vec<Value> {
    admin.get("/api/v1/admin/dead-letters").ok()["list"].as_array().expect("a list").clone()
}

fn ids_of(list: &[Value]) -> BTreeSet<String> {
    list.iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn exactly_the_listed_letters_are_replayed_or_dropped_and_nobody_is_named() {
    let Evening { world, admin, .. } = evening();
    // Of a group that is not here: a replay waits for it.
    let ids: Vec<String> = ["a", "b", "c"].map(|key| bury(&world, key, "nobody").to_string()).into();
    let list = listed(&admin);
    assert_eq!(ids_of(&list), ids.iter().cloned().collect());
    let first = list.iter().find(|one| one["id"] == ids[0].as_str()).expect("listed");
    assert_eq!(
        [&first["reason"], &first["eventType"], &first["originalOffset"], &first["failures"], &first["error"]],
        [&json!("INVALID"), &json!("PaymentSuccess"), &json!(7), &json!(1), &json!("told by ***")]
    );
    let shown = admin.get(&format!("/api/v1/admin/dead-letters/{}", ids[0]));
    assert!(!shown.text().contains("kim@example.com"), "{}", shown.text());
    assert_eq!(shown.ok()["value"]["payload"], json!({"userId": "***", "amount": 5}));
    admin.get("/api/v1/admin/dead-letters/999999").is_error(404, "NOT_FOUND");
    assert!(
        admin.get("/api/v1/admin/dead-letters?topic=dlq.coupon").ok()["list"].as_array().expect("a list").is_empty()
    );

    let replayed =
        admin.post_json("/api/v1/admin/dead-letters/replay", &json!({"ids": [ids[0], "999999", ids[0]]})).ok();
    let outcomes: Vec<&Value> =
        replayed["results"].as_array().expect("results").iter().map(|one| &one["outcome"]).collect();
    assert_eq!(json!(outcomes), json!(["REPLAYED", "GONE", "GONE"]));
    let requested: Vec<Value> = listed(&admin).into_iter().filter(|one| one["replayRequested"] == true).collect();
    assert_eq!(ids_of(&requested), [ids[0].clone()].into());

    let dropped = admin
        .post_json("/api/v1/admin/dead-letters/drop", &json!({"ids": [ids[1].parse::<i64>().expect("a number")]}))
        .ok();
    assert_eq!(dropped["results"], json!([{"id": ids[1], "outcome": "DROPPED"}]));
    assert_eq!(ids_of(&listed(&admin)), [ids[0].clone(), ids[2].clone()].into());
    for wrong in [json!({"ids": []}), json!({"all": true}), json!({})] {
        admin.post_json("/api/v1/admin/dead-letters/drop", &wrong).is_error(400, "INVALID_INPUT");
    }

    let admin_id = admin.get("/users/me").ok()["id"].as_str().expect("an id").to_owned();
    let audit = admin.get(&format!("/api/v1/admin/audit?actor={admin_id}")).ok();
    let done: Vec<(&Value, &Value)> =
        audit["list"].as_array().expect("a list").iter().map(|one| (&one["action"], &one["target"])).collect();
    let target = |id: &str| json!(format!("dead-letter:{id}"));
    assert_eq!(json!(done), json!([["dead-letter.drop", target(&ids[1])], ["dead-letter.replay", target(&ids[0])]]));
}

#[test]
fn a_letter_that_fails_again_comes_back_and_says_how_often() {
    let Evening { world, admin, .. } = evening();
    let id = bury(&world, "a", "reservation-payment-consumer").to_string();
    for failures in 2..4 {
        let id = listed(&admin)[0]["id"].clone();
        admin.post_json("/api/v1/admin/dead-letters/replay", &json!({"ids": [id]})).ok();
        wait_until("it has failed again", || {
            let list = listed(&admin);
            list.len() == 1 && list[0]["failures"] == failures && list[0]["id"].as_str() != id.as_str()
        });
    }
    assert_ne!(listed(&admin)[0]["id"], id.as_str());
}

#[test]
fn who_was_told_what_is_found_by_the_trace_id_on_the_screen_and_by_the_person() {
    let Evening { world, admin, user, user_id } = evening();
    let schedule = "0190a1b2-0000-7000-8000-0000000000aa";
    let refused = user.post_json("/queue/enter", &json!({"scheduleId": schedule}));
    refused.is_error(404, &refused.code());
    let trace = refused.header("x-trace-id").expect("a trace id").to_owned();
    let by_trace = || admin.get(&format!("/api/v1/admin/appeal?traceId={trace}")).ok();
    wait_until("it is kept", || by_trace()["list"].as_array().is_some_and(|list| list.len() == 1));
    let told = by_trace()["list"][0].clone();
    assert_eq!(
        [
            &told["role"],
            &told["route"],
            &told["status"],
            &told["code"],
            &told["target"],
            &told["userId"],
            &told["times"]
        ],
        [
            &json!("queue"),
            &json!("POST /queue/enter"),
            &json!(404),
            &json!(refused.code()),
            &json!(schedule),
            &json!(user_id),
            &json!(1)
        ]
    );
    // A coupon's decision, on the fast path, for a shop's user.
    let campaign = admin.get("/api/v1/admin/campaigns").ok()["list"][0]["event_id"].clone();
    let body = json!({"user_id": "kim", "event_id": campaign});
    let issued = world.admin().post_json("/api/v1/coupons/issue", &body);
    issued.ok();
    let of_kim = || admin.get("/api/v1/admin/appeal?userId=kim").ok();
    wait_until("it is kept", || of_kim()["list"].as_array().is_some_and(|list| !list.is_empty()));
    let told = of_kim()["list"][0].clone();
    assert_eq!(
        [&told["role"], &told["status"], &told["code"], &told["target"], &told["traceId"]],
        [&json!("coupon"), &json!(200), &issued.field("code"), &campaign, &json!(issued.header("x-trace-id"))]
    );
    let page = of_kim();
    assert_eq!(
        (&page["keptDays"], &page["leftOut"], &page["parts"]),
        (&json!(30), &json!(0), &json!([{"role": "coupon"}]))
    );
    for wrong in ["", "?traceId=a&userId=b", "?traceId="] {
        admin.get(&format!("/api/v1/admin/appeal{wrong}")).is_error(400, "INVALID_INPUT");
    }
}

#[test]
fn the_sales_of_an_event_add_up() {
    let Evening { world, admin, .. } = evening();
    let event = world.anyone().get("/events").ok()["list"][0]["id"].as_str().expect("an event").to_owned();
    let sales = admin.get(&format!("/api/v1/admin/sales?eventId={event}")).ok();
    let schedules = sales["schedules"].as_array().expect("schedules");
    assert!(!schedules.is_empty());
    for schedule in schedules {
        let of = |field: &str| schedule[field].as_i64().expect("a number");
        assert_eq!(of("total"), of("sold") + of("held") + of("free"), "{schedule}");
        let grades = schedule["byGrade"].as_object().expect("grades");
        assert_eq!(of("total"), grades.values().map(|grade| grade["total"].as_i64().expect("a number")).sum::<i64>());
        assert_eq!((of("captured"), of("refunded")), (0, 0));
    }
    assert_eq!(sales["parts"], json!([{"role": "catalog"}, {"role": "reservation"}, {"role": "payment"}]));
    admin.get("/api/v1/admin/sales?eventId=0190a1b2-0000-7000-8000-0000000000aa").is_error(404, "NOT_FOUND");
    admin.get("/api/v1/admin/sales").is_error(400, "INVALID_INPUT");
}

#[test]
fn the_stream_shows_the_evening_in_two_kibibytes() {
    let Evening { world: _serves, admin, .. } = evening();
    let mut events = Events::open(&admin, "/api/v1/admin/stream");
    assert_eq!(events.head.header("content-type"), Some("text/event-stream"));
    let Event::Message { data, .. } = events.event() else { panic!("no frame") };
    assert!(data.len() <= 2_048, "{} bytes", data.len());
    let frame: Value = serde_json::from_str(&data).expect("JSON");
    assert!(frame["at"].as_str().is_some_and(|at| at.len() == 20 && at.ends_with('Z')), "{data}");
    for list in ["lines", "campaigns", "sales"] {
        assert!(frame[list].is_array(), "{list}: {data}");
    }
    assert_eq!((&frame["health"], &frame["deadLetters"]["count"]), (&json!({"status": "UP", "away": []}), &json!(0)));
    let mut second = Events::open(&admin, "/api/v1/admin/stream");
    assert!(matches!(second.event(), Event::Message { .. }), "the frame of this moment comes first");
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for part in bytes.chunks(3) {
        let bits = part.iter().enumerate().fold(0_u32, |bits, (at, byte)| bits | u32::from(*byte) << (16 - 8 * at));
        for at in 0..4 {
            let letter = char::from(LETTERS[(bits >> (18 - 6 * at)) as usize & 63]);
            text.push(if at <= part.len() { letter } else { '=' });
        }
    }
    text
}

#[test]
fn a_look_is_cleaned_judged_and_shown_to_everybody() {
    let Evening { world, admin, .. } = evening();
    let put = |of: &str, body: &Value| {
        admin.call("PUT", &format!("/api/v1/admin/looks/{of}"), Some(body.to_string().as_bytes()))
    };
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"><script>alert(2)</script><path d=\"M0 0\"/></svg>";
    let look = json!({"name": "하늘 상점", "logo": format!("data:image/svg+xml;base64,{}", base64(svg.as_bytes())),
        "colors": {"act": "#00407a", "dark": {"act": "#9ec5ff"}}, "words": {"ko": "어서 오십시오.", "en": "Welcome."}});
    let set = put("default", &look).ok();
    assert_eq!((&set["of"], &set["words"], &set["colors"]), (&json!("default"), &look["words"], &look["colors"]));
    let nobody = world.anyone();
    let text = |field: &str| set[field].as_str().expect("an address").to_owned();
    let logo = nobody.get(&text("logo"));
    assert_eq!((logo.status, logo.header("content-type")), (200, Some("image/svg+xml")));
    assert_eq!(logo.text(), "<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0\"></path></svg>");
    let css = nobody.get(&text("css"));
    assert_eq!(css.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert!(css.text().contains("--act:#00407a") && css.text().contains("--act:#9ec5ff"), "{}", css.text());
    // Everybody may read it; a line without a look of its own has its tenant's.
    assert_eq!(nobody.get("/api/v1/admin/looks/default").ok(), set);
    nobody.get("/api/v1/admin/looks/queue:shop").is_error(404, "NOT_FOUND");
    assert_eq!(nobody.get("/api/v1/admin/looks/queue:shop?effective=true").ok()["of"], "default");
    // What is absent stays, null takes away.
    let renamed = put("default", &json!({"name": "Sky", "words": null})).ok();
    assert_eq!((&renamed["name"], &renamed["logo"], &renamed["words"]), (&json!("Sky"), &set["logo"], &Value::Null));

    let pale = put("default", &json!({"name": "Sky", "colors": {"act": "#ffee88"}}));
    pale.is_error(422, "CONTRAST_TOO_LOW");
    let pairs = pale.field("pairs");
    assert_eq!(
        (&pairs[0]["scheme"], &pairs[0]["text"], &pairs[0]["needed"]),
        (&json!("light"), &json!("act"), &json!(4.5))
    );
    assert_eq!(nobody.get("/api/v1/admin/looks/default").ok(), renamed, "nothing was changed");
    for wrong in [
        json!({"name": " "}),
        json!({"name": "a", "colors": {"act": "red;}"}}),
        json!({"name": "a", "colors": {"background": "#ffffff"}}),
        json!({"name": "a", "logo": "data:text/html;base64,PGI+"}),
        json!({"name": "a", "script": "alert(1)"}),
        json!({"name": "a", "logo": format!("data:image/png;base64,{}", "A".repeat(100_000))}),
    ] {
        let reply = put("default", &wrong);
        assert!([400, 413].contains(&reply.status), "{wrong}: {}", reply.text());
    }
    let audit = admin.get("/api/v1/admin/audit?action=look.set").ok();
    assert_eq!((&audit["totalElements"], &audit["list"][0]["role"]), (&json!(2), &json!("coupon")));
}
