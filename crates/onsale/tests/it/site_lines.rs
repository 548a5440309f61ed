//! Lines before sites, made, changed and ended while the server runs (QUEUE-014).

use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use testkit::http::{Client, Event, Events, Reply};
use testkit::onsale::visitor::Visitor;
use testkit::onsale::{Server, World, make_key, wait_until};

pub const LINES: &str = "/queue/admin/lines";

/// The address of a line for administrators.
pub fn address(name: &str) -> String {
    format!("{LINES}/{name}")
}

pub fn make(admin: &Client, definition: &Value) -> Reply {
    admin.post_json(LINES, definition)
}

pub fn made(admin: &Client, definition: &Value) -> Value {
    let reply = make(admin, definition);
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()
}

pub fn end(admin: &Client, name: &str) -> Reply {
    admin.call("DELETE", &address(name), None)
}

/// The proxy's question of a browser about a request.
pub fn check(visitor: &Visitor, name: &str, original: &str) -> Reply {
    visitor.get_with(&format!("/queue/check?line={name}"), &[("X-Original-URI", original)])
}

/// A browser that has a position.
pub fn entered(world: &World, name: &str) -> Visitor {
    let visitor = Visitor::new(world);
    assert_eq!(enter(&visitor, name).status, 200);
    visitor
}

/// Opens the waiting page, with the cookie.
pub fn enter(visitor: &Visitor, name: &str) -> Reply {
    let first = visitor.get(&format!("/wait/{name}?to=/cart"));
    let Some(to) = first.header("location").filter(|_| first.status == 303) else { return first };
    visitor.get(to)
}

pub fn place(visitor: &Visitor, name: &str) -> Reply {
    visitor.get(&format!("/queue/place/{name}"))
}

pub fn is_active(visitor: &Visitor, name: &str) -> bool {
    let place = place(visitor, name);
    place.status == 200 && place.json()["status"] == "ACTIVE"
}

#[test]
fn a_line_is_made_read_changed_and_ended() {
    let world = World::new();
    let (admin, people) = (world.admin(), world.anyone());
    people.get("/queue/serving/queue:spring").is_error(404, "NOT_FOUND");
    let reply = make(&admin, &json!({"name": "spring", "ratePerSecond": 0, "look": "acme", "unknown": 1}));
    assert_eq!((reply.status, reply.header("location")), (201, Some("/queue/admin/lines/spring")), "{}", reply.text());
    let line = reply.json();
    let expected = json!({"name": "spring", "line": "queue:spring", "ratePerSecond": 0, "paused": false,
        "capacity": 50_000, "maxInside": 0, "tokenTtlSeconds": 600, "opensAt": null, "closesAt": null, "switch": "on",
        "onAboveInside": null, "challenge": "none", "positionsPerNetwork": 0, "exceptions": [], "look": "acme"});
    assert_eq!(line, expected);
    assert_eq!(admin.get(&address("spring")).ok(), line);
    make(&admin, &json!({"name": "spring"})).is_error(409, "LINE_EXISTS");
    assert_eq!(people.get("/queue/serving/spring").ok()["state"], "PAUSED");
    let changed = admin.patch(&address("spring"), &json!({"capacity": 7, "name": "other"})).ok();
    assert_eq!(
        (&changed["capacity"], &changed["name"], &changed["look"]),
        (&json!(7), &json!("spring"), &json!("acme"))
    );
    let list = admin.get(&format!("{LINES}?page=0&size=1")).ok();
    assert_eq!((&list["list"], &list["totalElements"], &list["size"]), (&json!([changed]), &json!(1), &json!(1)));
    admin.get(&format!("{LINES}?size=101")).is_error(400, "INVALID_INPUT");
    assert_eq!(end(&admin, "spring").status, 204);
    for reply in [end(&admin, "spring"), admin.get(&address("spring")), admin.patch(&address("spring"), &json!({}))] {
        reply.is_error(404, "NOT_FOUND");
        assert_eq!(reply.json()["lines"], json!([]));
    }
    people.get("/queue/serving/queue:spring").is_error(404, "NOT_FOUND");
    assert_eq!(made(&admin, &json!({"name": "spring"}))["capacity"], 50_000, "nothing of the line before");
}

#[test]
fn strangers_make_nothing_and_bad_names_are_refused() {
    let world = World::new();
    let admin = world.admin();
    for (method, path) in
        [("GET", LINES), ("POST", LINES), ("PATCH", "/queue/admin/lines/x"), ("DELETE", "/queue/admin/lines/x")]
    {
        world.anyone().call(method, path, Some(b"{}")).is_error(401, "UNAUTHORIZED");
        world.keyed(&["--tenant", "acme"]).call(method, path, Some(b"{}")).is_error(403, "FORBIDDEN");
    }
    let long = "a".repeat(65);
    for name in ["lines", "stats", ".", "..", "gate:a", "queue:a", "", "a b", "a/b", "a:b", &long] {
        make(&admin, &json!({"name": name})).is_error(400, "INVALID_INPUT");
    }
    let uuid = "3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6a11";
    for form in
        [uuid.to_owned(), uuid.to_uppercase(), uuid.replace('-', ""), format!("{{{uuid}}}"), format!("urn:uuid:{uuid}")]
    {
        make(&admin, &json!({"name": form})).is_error(400, "INVALID_INPUT");
    }
    make(&admin, &json!({})).is_error(400, "INVALID_INPUT");
    admin.call("POST", LINES, Some(b"[]")).is_error(400, "INVALID_INPUT");
    made(&admin, &json!({"name": "a"}));
    let missing = admin.get(&address("nope"));
    missing.is_error(404, "NOT_FOUND");
    assert_eq!(missing.json()["lines"], json!(["queue:a"]));
}

#[test]
fn the_line_of_a_campaign_takes_three_fields_and_is_not_ended() {
    let world = World::new();
    let admin = world.admin();
    admin.make_campaign(&json!({"event_id": "shoes", "name": "Sale", "stock": 5, "gated": true}));
    wait_until("the line is there", || admin.get(&address("gate:shoes")).status == 200);
    let fields = json!({"ratePerSecond": 3, "capacity": 4, "challenge": "account"});
    let changed = admin.patch(&address("gate:shoes"), &fields).ok();
    for (name, value) in fields.as_object().expect("fields") {
        assert_eq!(&changed[name], value);
    }
    admin.patch(&address("gate:shoes"), &json!({"switch": "off"})).is_error(400, "INVALID_INPUT");
    end(&admin, "gate:shoes").is_error(400, "INVALID_INPUT");
    make(&admin, &json!({"name": "gate:shoes"})).is_error(400, "INVALID_INPUT");
    // The gate follows this, and keeps the rest.
    admin.post("/api/v1/admin/campaigns/shoes/open").ok();
    admin.post("/api/v1/admin/campaigns/shoes/pause").ok();
    let line = || world.anyone().get("/queue/serving/gate:shoes").ok();
    wait_until("the line has followed its campaign", || line()["state"] == "PAUSED");
    assert_eq!(admin.get(&address("gate:shoes")).ok()["capacity"], 4, "the gate that follows its campaign keeps it");
}

/// Kind: something of a line lives on after its end.
#[test]
fn after_the_end_passes_live_on_and_positions_do_not() {
    let world = World::new();
    let admin = world.admin();
    made(&admin, &json!({"name": "shop", "ratePerSecond": 100, "maxInside": 2, "tokenTtlSeconds": 3_600}));
    let (with_cookie, without) = (entered(&world, "shop"), entered(&world, "shop"));
    for visitor in [&with_cookie, &without] {
        wait_until("the visitor is inside", || is_active(visitor, "shop"));
    }
    assert_eq!(check(&with_cookie, "shop", "/cart").status, 200);
    let waiting = entered(&world, "shop");
    let mut stream = Events::open(&world.anyone(), "/queue/stream/shop");
    assert_eq!(end(&admin, "shop").status, 204);
    for visitor in [&with_cookie, &without, &waiting] {
        place(visitor, "shop").is_error(404, "NOT_FOUND");
        enter(visitor, "shop").is_error(404, "NOT_FOUND");
    }
    let restarted = |world: &World| {
        for visitor in [&with_cookie, &without] {
            let visitor = Visitor { client: world.anyone(), ..visitor.clone() };
            assert_eq!(check(&visitor, "shop", "/cart").status, 200, "a pass outlives its line");
        }
        let visitor = Visitor { client: world.anyone(), ..waiting.clone() };
        check(&visitor, "shop", "/cart").is_error(404, "NOT_FOUND");
        assert_eq!(world.admin().get("/queue/admin/stats").ok()["scheduleStats"], json!([]));
    };
    restarted(&world);
    while stream.event() != Event::End {}
    let mut world = world;
    world.server.kill();
    world.server = Server::start(world.folder.path(), &[]);
    restarted(&world);
    let left = |table: &str| {
        let journal = rusqlite::Connection::open(world.folder.path().join("lines.db")).expect("opens");
        journal.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, u32>(0)).expect("counted")
    };
    assert_eq!((left("lines"), left("places"), left("ended_passes")), (0, 0, 2));
    made(&world.admin(), &json!({"name": "shop", "ratePerSecond": 0}));
    let visitor = Visitor { client: world.anyone(), ..with_cookie.clone() };
    wait_until("the pass of the line before is over", || check(&visitor, "shop", "/cart").status == 401);
    assert_eq!(left("ended_passes"), 0);
}

/// What was confirmed is there after a `kill -9`, with every field; what was not may be there.
#[test]
fn a_kill_between_changes_loses_no_confirmed_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let admin_key = make_key(folder.path(), &["--admin"]);
    let mut world = World { server: Server::start(folder.path(), &[]), admin_key, folder };
    let mut confirmed: Vec<(String, Option<u64>)> = Vec::new();
    for round in 0..4 {
        let (admin, made) = (world.admin(), Arc::new(AtomicUsize::new(0)));
        let count = made.clone();
        let busy = std::thread::spawn(move || change_until_gone(&admin, round, &count));
        // Each time in the middle of another line.
        wait_until("some lines are confirmed", || made.load(Ordering::SeqCst) >= 3 + 2 * round);
        world.server.kill();
        confirmed.extend(busy.join().expect("the operator's thread"));
        world.server = Server::start(world.folder.path(), &[]);
        for (name, capacity) in &confirmed {
            let line = world.admin().get(&address(name));
            match capacity {
                Some(capacity) => assert!(line.ok()["capacity"].as_u64() >= Some(*capacity), "{name}"),
                None => line.is_error(404, "NOT_FOUND"),
            }
        }
    }
    assert!(confirmed.len() > 10, "only {} lines", confirmed.len());
}

/// Makes, changes and ends lines until the server is gone. The last confirmed capacity of each, none for one that was
/// ended; a line whose end was asked for and not confirmed is left out.
fn change_until_gone(admin: &Client, round: usize, made: &AtomicUsize) -> Vec<(String, Option<u64>)> {
    let limit = Duration::from_secs(10);
    let mut confirmed = Vec::new();
    for number in 0.. {
        let name = format!("line-{round}-{number}");
        let body = json!({"name": name, "capacity": 1}).to_string();
        let Ok(reply) = admin.try_call("POST", LINES, Some(body.as_bytes()), limit) else { return confirmed };
        assert_eq!(reply.status, 201, "{}", reply.text());
        confirmed.push((name.clone(), Some(1)));
        made.fetch_add(1, Ordering::SeqCst);
        let Ok(reply) = admin.try_call("PATCH", &address(&name), Some(br#"{"capacity":2}"#), limit) else {
            return confirmed;
        };
        assert_eq!(reply.status, 200, "{}", reply.text());
        confirmed.pop();
        confirmed.push((name.clone(), Some(2)));
        if number % 3 == 0 {
            confirmed.pop();
            let Ok(reply) = admin.try_call("DELETE", &address(&name), None, limit) else { return confirmed };
            assert_eq!(reply.status, 204, "{}", reply.text());
            confirmed.push((name, None));
        }
    }
    confirmed
}

/// A folder of the version before: its lines have neither terms nor a table of ended passes.
#[test]
fn a_folder_of_an_earlier_version_opens() {
    let environment = [("ONSALE__QUEUE__LINES", "shop"), ("ONSALE__QUEUE__RATE_PER_SECOND", "0")];
    let mut world = World::with(&environment);
    let visitor = entered(&world, "shop");
    world.server.terminate();
    let journal = rusqlite::Connection::open(world.folder.path().join("lines.db")).expect("opens");
    let rule: String = journal.query_row("SELECT rule FROM lines", [], |row| row.get(0)).expect("a rule");
    let mut rule: Value = serde_json::from_str(&rule).expect("JSON");
    for field in ["terms", "sale"] {
        assert!(rule.as_object_mut().expect("an object").remove(field).is_some(), "{field}");
    }
    journal.execute("UPDATE lines SET rule = ?1", [rule.to_string()]).expect("written");
    journal.execute("DROP TABLE ended_passes", []).expect("dropped");
    drop(journal);
    world.server = Server::start(world.folder.path(), &environment);
    let visitor = Visitor { client: world.anyone(), ..visitor };
    assert_eq!(place(&visitor, "shop").ok()["rank"], 1);
    assert_eq!(world.admin().get(&address("shop")).ok()["switch"], "on");
    assert_eq!(world.admin().patch(&address("shop"), &json!({"switch": "off"})).ok()["switch"], "off");
    assert_eq!(end(&world.admin(), "shop").status, 204);
}

/// `queue.lines` makes lines that are missing when a server starts, and changes none.
#[test]
fn the_configuration_changes_no_line() {
    let mut world = World::with(&[("ONSALE__QUEUE__LINES", "shop"), ("ONSALE__QUEUE__CAPACITY", "5")]);
    assert_eq!(world.admin().patch(&address("shop"), &json!({"ratePerSecond": 3})).ok()["capacity"], 5);
    world.server.terminate();
    let changed = [
        ("ONSALE__QUEUE__LINES", "shop,new"),
        ("ONSALE__QUEUE__CAPACITY", "6"),
        ("ONSALE__QUEUE__RATE_PER_SECOND", "9"),
    ];
    world.server = Server::start(world.folder.path(), &changed);
    let line = |name: &str| world.admin().get(&address(name)).ok();
    assert_eq!((&line("shop")["capacity"], &line("shop")["ratePerSecond"]), (&json!(5), &json!(3)));
    assert_eq!((&line("new")["capacity"], &line("new")["ratePerSecond"]), (&json!(6), &json!(9)));
}
