//! The gate before a campaign over HTTP: positions in order, passes at the rate, coupons for admitted users.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use testkit::http::Reply;
use testkit::onsale::{Server, World, make_key, wait_until};

/// A server whose gates admit no user until the rate is set.
fn shut() -> World {
    World::with(&[("ONSALE__GATE__DISPATCH_PER_SECOND", "0"), ("ONSALE__LIMITS__ENABLED", "false")])
}

pub fn make(world: &World, event: &str, stock: u32) {
    make_with_limit(world, event, stock, 1);
}

/// Creates and opens a gated campaign with this limit per user.
pub fn make_with_limit(world: &World, event: &str, stock: u32, per_user_limit: u32) {
    let campaign = json!({"event_id": event, "name": "Sale", "stock": stock, "gated": true,
        "per_user_limit": per_user_limit, "discount": {"type": "fixed", "value": 1_000}});
    world.admin().make_campaign(&campaign);
    world.admin().open_campaign(event);
}

pub fn enqueue(world: &World, event: &str, user: &str) -> Value {
    world.anyone().post(&format!("/gate/events/{event}/enqueue?userId={user}")).ok()
}

pub fn rank(world: &World, event: &str, user: &str) -> Value {
    world.anyone().get(&format!("/gate/events/{event}/rank?userId={user}")).ok()
}

pub fn issue(world: &World, event: &str, user: &str) -> Value {
    world.anyone().post(&format!("/issue/events/{event}?userId={user}")).ok()["result"].clone()
}

pub fn open_the_gate(world: &World, event: &str, rate: u32) -> Reply {
    let path = format!("/queue/admin/gate:{event}/rate");
    let body = json!({ "ratePerSecond": rate }).to_string();
    world.admin().call("PUT", &path, Some(body.as_bytes()))
}

fn is_active(world: &World, event: &str, user: &str) -> bool {
    rank(world, event, user)["status"] == "ACTIVE"
}

/// QUEUE-015: the pass is made in the same call, never above the rate, and the next look tells it.
#[test]
fn where_nobody_waits_the_next_look_finds_the_pass() {
    let world = World::with(&[("ONSALE__GATE__DISPATCH_PER_SECOND", "1"), ("ONSALE__LIMITS__ENABLED", "false")]);
    make(&world, "calm", 10);
    let placed = enqueue(&world, "calm", "first");
    assert_eq!(placed, json!({"status": "ENQUEUED", "rank": 1}));
    assert_eq!(rank(&world, "calm", "first"), json!({"status": "ACTIVE", "rank": null}));
    assert_eq!(enqueue(&world, "calm", "first"), json!({"status": "ALREADY_ENQUEUED", "rank": 0}));
    assert_eq!(issue(&world, "calm", "first"), "SUCCESS");
    // The rate has given its one: the next people wait.
    let crowd: Vec<Value> = (0..20).map(|number| enqueue(&world, "calm", &format!("later-{number}"))).collect();
    assert!(crowd.iter().all(|placed| placed["status"] == "ENQUEUED"), "{crowd:?}");
    assert!(crowd.iter().any(|placed| placed["rank"].as_u64() > Some(1)), "{crowd:?}");
}

/// A campaign of `gate.event_ids` that is made while the server runs has its gate before its first coupon, however it is
/// made.
#[test]
fn a_configured_gate_is_there_before_its_campaign_gives_anything() {
    let names: Vec<String> = (0..20).map(|number| format!("late-{number}")).collect();
    let settings = [("ONSALE__GATE__EVENT_IDS", names.join(",")), ("ONSALE__LIMITS__ENABLED", "false".to_owned())];
    let world = World::with(&settings.each_ref().map(|(name, value)| (*name, value.as_str())));
    for (number, name) in names.iter().enumerate() {
        if number % 2 == 0 {
            world.anyone().post(&format!("/api/v1/admin/events/{name}/stock?initial_stock=5")).ok();
        } else {
            world.admin().make_campaign(&json!({"event_id": name, "name": "Late", "stock": 5, "gated": false}));
            world.admin().patch(&format!("/api/v1/admin/campaigns/{name}"), &json!({"gated": false})).ok();
            world.admin().open_campaign(name);
        }
        assert_eq!(world.anyone().issue("ann", name).code(), "NOT_ADMITTED", "{name}");
        assert_eq!(enqueue(&world, name, "ann")["status"], "ENQUEUED", "{name}");
    }
}

/// The same for campaigns that were there before they were configured: at a start the gate comes before the first request.
#[test]
fn a_gate_that_is_configured_later_is_there_before_anybody_is_served() {
    let mut world = World::with(&[("ONSALE__LIMITS__ENABLED", "false")]);
    let names: Vec<String> = (0..100).map(|number| format!("open-{number}")).collect();
    for name in &names {
        world.anyone().post(&format!("/api/v1/admin/events/{name}/stock?initial_stock=5")).ok();
    }
    assert_eq!(world.server.terminate(), Some(0));
    let events = names.join(",");
    let settings = [("ONSALE__GATE__EVENT_IDS", events.as_str()), ("ONSALE__LIMITS__ENABLED", "false")];
    world.server = Server::start(world.folder.path(), &settings);
    for name in names.iter().rev() {
        assert_eq!(world.anyone().issue("ann", name).code(), "NOT_ADMITTED", "{name}");
    }
}

#[test]
fn positions_are_in_order_and_returned_again() {
    let world = shut();
    make(&world, "line", 10);
    for (place, user) in ["ann", "bob", "cho"].into_iter().enumerate() {
        assert_eq!(enqueue(&world, "line", user), json!({"status": "ENQUEUED", "rank": place + 1}));
    }
    assert_eq!(enqueue(&world, "line", "bob"), json!({"status": "ALREADY_ENQUEUED", "rank": 2}));
    let short = world.anyone().post_json("/enqueue", &json!({"eventId": "line", "userId": "dan"})).ok();
    assert_eq!(short, json!({"status": "ENQUEUED", "rank": 4}));
    assert_eq!(rank(&world, "line", "cho"), json!({"status": "WAITING", "rank": 3}));
    assert_eq!(world.anyone().get("/rank?eventId=line&userId=dan").ok(), json!({"status": "WAITING", "rank": 4}));
    assert_eq!(rank(&world, "line", "eve"), json!({"status": "UNKNOWN", "rank": null}));
    let serving = world.anyone().get("/queue/serving/gate:line");
    assert_eq!(serving.header("cache-control"), Some("public, max-age=1"));
    assert_eq!((&serving.ok()["serving"], &serving.ok()["left"]), (&json!(0), &json!([])));
}

#[test]
fn only_an_admitted_visitor_gets_the_coupon() {
    let world = shut();
    make(&world, "pass", 1);
    assert_eq!(world.anyone().issue("ann", "pass").code(), "NOT_ADMITTED");
    for user in ["ann", "bob"] {
        enqueue(&world, "pass", user);
        assert_eq!(issue(&world, "pass", user), "NOT_IN_ACTIVE_QUEUE");
        assert_eq!(world.anyone().issue(user, "pass").code(), "NOT_ADMITTED");
    }
    assert_eq!(open_the_gate(&world, "pass", 1_000).status, 204);
    wait_until("both may go on", || is_active(&world, "pass", "ann") && is_active(&world, "pass", "bob"));
    assert_eq!(enqueue(&world, "pass", "ann"), json!({"status": "ALREADY_ENQUEUED", "rank": 0}));
    assert_eq!(issue(&world, "pass", "ann"), "SUCCESS");
    assert_eq!(issue(&world, "pass", "ann"), "ALREADY_ISSUED");
    assert_eq!(rank(&world, "pass", "ann"), json!({"status": "ISSUED", "rank": null}));
    assert_eq!(world.anyone().issue("bob", "pass").code(), "SOLD_OUT", "the pass counts on the coupon route too");
    assert_eq!(rank(&world, "pass", "bob"), json!({"status": "SOLD_OUT", "rank": null}));
    assert_eq!(issue(&world, "pass", "bob"), "OUT_OF_STOCK");
    let sold_out = json!({"status": "SOLD_OUT", "rank": null});
    // Users that enqueued before the gate knew of the end poll once each.
    let newcomers = AtomicU32::new(0);
    let newcomer = || format!("late-{}", newcomers.fetch_add(1, Ordering::Relaxed));
    wait_until("newcomers are told", || enqueue(&world, "pass", &newcomer()) == sold_out);
    assert_eq!(rank(&world, "pass", "eve"), sold_out);
    assert_eq!(world.anyone().issue("ann", "pass").code(), "ALREADY_ISSUED");
}

#[test]
fn a_pass_on_the_coupon_route_is_enough() {
    let world = shut();
    make(&world, "direct", 5);
    enqueue(&world, "direct", "ann");
    open_the_gate(&world, "direct", 1_000);
    wait_until("she may go on", || is_active(&world, "direct", "ann"));
    assert_eq!(world.anyone().issue("ann", "direct").code(), "ISSUED");
    assert_eq!(rank(&world, "direct", "ann")["status"], "ISSUED");
}

#[test]
fn no_visitor_is_admitted_before_the_campaign_opens() {
    let world = World::with(&[("ONSALE__GATE__DISPATCH_PER_SECOND", "1000")]);
    let campaign = json!({"event_id": "early", "name": "Sale", "stock": 5, "gated": true,
        "discount": {"type": "fixed", "value": 1_000}});
    world.admin().make_campaign(&campaign);
    assert_eq!(enqueue(&world, "early", "ann")["status"], "ENQUEUED");
    // Longer than schedulers take to find new lines and admit users.
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(rank(&world, "early", "ann"), json!({"status": "WAITING", "rank": 1}));
    world.admin().open_campaign("early");
    wait_until("she goes on", || is_active(&world, "early", "ann"));
}

#[test]
fn positions_survive_a_kill() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let environment = [
        ("ONSALE__GATE__DISPATCH_PER_SECOND", "0"),
        ("ONSALE__LIMITS__ENABLED", "false"),
        ("ONSALE__COUPON__OPEN_ISSUE", "true"),
    ];
    let mut server = Server::start(folder.path(), &environment);
    let admin = server.client().with("X-Api-Key", &make_key(folder.path(), &["--admin"]));
    let campaign = json!({"event_id": "kept", "name": "Sale", "stock": 5, "gated": true,
        "discount": {"type": "fixed", "value": 1_000}});
    admin.make_campaign(&campaign);
    for number in 0..200 {
        let answer = server.client().post(&format!("/gate/events/kept/enqueue?userId=user-{number}")).ok();
        assert_eq!(answer["rank"], json!(number + 1));
    }
    server.kill();
    let server = Server::start(folder.path(), &environment);
    for number in (0..200).rev() {
        let answer = server.client().get(&format!("/gate/events/kept/rank?userId=user-{number}")).ok();
        assert_eq!(answer, json!({"status": "WAITING", "rank": number + 1}));
    }
    let newcomer = server.client().post("/gate/events/kept/enqueue?userId=late").ok();
    assert_eq!(newcomer, json!({"status": "ENQUEUED", "rank": 201}));
}

/// The gate's rate; `None` before the gate exists.
fn rate_of(world: &World, event: &str) -> Option<Value> {
    let stats = world.admin().get("/queue/admin/stats").ok();
    let lines = stats["scheduleStats"].as_array().expect("lines").clone();
    let line = lines.into_iter().find(|line| line["scheduleId"] == format!("gate:{event}"))?;
    Some(line["ratePerSecond"].clone())
}

/// Returns when every existing gate has been processed: a gate created after another one was observed is processed in a
/// later round.
fn pass_a_round(world: &World, round: usize) {
    for event in [format!("first-{round}"), format!("second-{round}")] {
        make(world, &event, 1);
        wait_until("a gate is made", || rate_of(world, &event).is_some());
    }
}

#[test]
fn an_administrators_rate_holds_until_the_configuration_changes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let start = |data: &Path, rate| {
        let limits = ("ONSALE__LIMITS__ENABLED", "false");
        Server::start(data, &[("ONSALE__GATE__DISPATCH_PER_SECOND", rate), limits])
    };
    let admin_key = make_key(folder.path(), &["--admin"]);
    let mut world = World { server: start(folder.path(), "100"), admin_key, folder };
    make(&world, "kept", 5);
    wait_until("the gate is made", || rate_of(&world, "kept") == Some(json!(100)));
    let starts = [("200", 200, 7), ("200", 7, 9), ("200", 9, 200), ("300", 300, 0)];
    for (round, (configured, then, set)) in starts.into_iter().enumerate() {
        world.server.kill();
        world.server = start(world.folder.path(), configured);
        pass_a_round(&world, round);
        assert_eq!(rate_of(&world, "kept"), Some(json!(then)), "configured {configured}");
        assert_eq!(open_the_gate(&world, "kept", set).status, 204);
    }
}

#[test]
fn invalid_requests_are_refused_with_a_reason() {
    let world = shut();
    make(&world, "sense", 5);
    let people = world.anyone();
    people.post("/gate/events/nothing/enqueue?userId=ann").is_error(404, "CAMPAIGN_NOT_FOUND");
    people.get("/gate/events/nothing/rank?userId=ann").is_error(404, "CAMPAIGN_NOT_FOUND");
    people.post("/gate/events/sample_event/enqueue?userId=ann").is_error(404, "NOT_FOUND");
    people.post("/gate/events/sense/enqueue?userId=a%20b").is_error(400, "INVALID_INPUT");
    people.post("/gate/events/sense/enqueue").is_error(400, "INVALID_INPUT");
    people.get("/queue/serving/nothing").is_error(404, "NOT_FOUND");
    people.get("/queue/admin/stats").is_error(401, "UNAUTHORIZED");
    let put = |rate: &str| world.admin().call("PUT", "/queue/admin/gate:sense/rate", Some(rate.as_bytes()));
    enqueue(&world, "sense", "ann");
    put(r#"{"ratePerSecond":1000001}"#).is_error(400, "INVALID_INPUT");
    put(r#"{"ratePerSecond":-1}"#).is_error(400, "INVALID_INPUT");
    put(r#"{"ratePerSecond":"many"}"#).is_error(400, "INVALID_INPUT");
    assert_eq!(rank(&world, "sense", "ann"), json!({"status": "WAITING", "rank": 1}), "nobody went on");
}

#[test]
fn operators_pause_resume_and_see_statistics() {
    let world = shut();
    make(&world, "watched", 5);
    enqueue(&world, "watched", "ann");
    assert_eq!(world.admin().post("/queue/admin/gate:watched/pause").status, 204);
    assert_eq!(open_the_gate(&world, "watched", 500).status, 204);
    let stats = world.admin().get("/queue/admin/stats").ok();
    assert_eq!((&stats["totalWaiting"], &stats["scheduleStats"][0]["waitingCount"]), (&json!(1), &json!(1)), "{stats}");
    let line = &stats["scheduleStats"][0];
    assert_eq!((&line["scheduleId"], &line["paused"]), (&json!("gate:watched"), &json!(true)));
    assert_eq!(line["ratePerSecond"], 500);
    assert_eq!(rank(&world, "watched", "ann")["status"], "WAITING");
    assert_eq!(world.admin().post("/queue/admin/gate:watched/resume").status, 204);
    wait_until("she may go on", || is_active(&world, "watched", "ann"));
}

#[test]
fn four_hundred_visitors_are_admitted_in_order_and_all_get_a_reply() {
    let world = World::with(&[
        ("ONSALE__GATE__DISPATCH_PER_SECOND", "400"),
        ("ONSALE__GATE__ACTIVE_TTL_SECONDS", "3600"),
        ("ONSALE__LIMITS__ENABLED", "false"),
    ]);
    make(&world, "crowd", 100);
    let users: Vec<String> = (0..400).map(|number| format!("user-{number}")).collect();
    for user in &users {
        enqueue(&world, "crowd", user);
    }
    let mut results = Vec::new();
    for user in &users {
        wait_until("the user goes on, or hears that all are gone", || {
            let status = rank(&world, "crowd", user)["status"].clone();
            status == "ACTIVE" || status == "SOLD_OUT"
        });
        results.push(issue(&world, "crowd", user).as_str().unwrap_or_default().to_owned());
    }
    assert_eq!(results.iter().filter(|result| *result == "SUCCESS").count(), 100);
    assert!(results[..100].iter().all(|result| result == "SUCCESS"), "in the order in which they asked");
    let others: BTreeSet<&str> = results[100..].iter().map(String::as_str).collect();
    assert_eq!(others, BTreeSet::from(["OUT_OF_STOCK"]));
}
