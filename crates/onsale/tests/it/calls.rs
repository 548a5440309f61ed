//! The kind: a repeated call that acts twice, and a change that nobody can be asked about (SEC-003). The walk goes over
//! every unsafe operation of the API document: a new one is missing an example here, and turns the test red.

mod commands;
mod examples;
mod kill;

use examples::{EXAMPLES, EXEMPT, Example, Shown};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use testkit::http::{Client, Reply};
use testkit::onsale::{World, wait_until};

const UNSAFE: [&str; 4] = ["post", "put", "patch", "delete"];

/// Whether an operation is in the walk. Those that only a person's token opens are walked by the crates that own them, log-ins
/// and sessions change no row that an operator owns, and both have rules of their own (contract: "Idempotency").
fn is_walked(path: &str, operation: &Value) -> bool {
    let schemes = operation["security"].as_array().map_or(&[][..], Vec::as_slice);
    let takes = |scheme: &str| schemes.iter().any(|one| one.get(scheme).is_some());
    let is_of_people =
        ["/auth/", "/session", "/internal/", "/payments/webhook"].iter().any(|start| path.starts_with(start));
    takes("apiKey") || !(takes("accessToken") || is_of_people)
}

/// Every unsafe operation of the document, as `POST /path/{name}`.
fn operations(world: &World) -> BTreeSet<String> {
    let document = world.anyone().get("/openapi.json").ok();
    let paths = document["paths"].as_object().expect("paths");
    let of_path = |(path, operations): (&String, &Value)| {
        let walked = operations.as_object().expect("operations").iter().filter(|(_, one)| is_walked(path, one));
        let methods = walked.map(|(method, _)| method.clone()).collect::<Vec<_>>();
        let path = path.clone();
        methods
            .into_iter()
            .filter(|method| UNSAFE.contains(&method.as_str()))
            .map(move |method| format!("{} {path}", method.to_uppercase()))
    };
    paths.iter().flat_map(of_path).collect()
}

fn send(client: &Client, example: &Example, shown: &Shown, query: &str) -> Reply {
    let body = shown.body.as_ref().map(Value::to_string);
    client.call(example.method(), &format!("{}{query}", shown.path), body.as_deref().map(str::as_bytes))
}

/// The entries of the audit log with this trace id.
fn entries_of(world: &World, trace_id: &str) -> Vec<Value> {
    let page = world.admin().get("/api/v1/admin/audit?size=100").ok();
    assert!(page["totalElements"].as_u64().is_some_and(|total| total <= 100), "{page}");
    let list = page["list"].as_array().expect("a list").clone();
    list.into_iter().filter(|entry| entry["traceId"] == trace_id).collect()
}

fn told(reply: &Reply) -> (u16, String, Option<String>) {
    (reply.status, reply.text(), reply.header("location").map(str::to_owned))
}

#[test]
fn every_unsafe_operation_takes_a_key_and_every_operators_change_is_in_the_audit_log() {
    let world = World::new();
    let known: BTreeSet<String> =
        EXAMPLES.iter().map(|example| example.operation).chain(EXEMPT).map(str::to_owned).collect();
    assert_eq!(operations(&world), known, "each unsafe operation has an example, or a reason to be exempt");
    for (number, example) in EXAMPLES.iter().enumerate() {
        let is_operators = example.operation.contains("/admin/");
        assert!(
            example.action.is_some() || !is_operators,
            "{}: an operator's change without an entry",
            example.operation
        );
        let shown = (example.prepare)(&world, &format!("walk-{number}"));
        let (key, trace_id) = (format!("key-{number}"), format!("walk-{number}"));
        let keyed = world.admin().with("Idempotency-Key", &key);
        let first = send(&keyed.with("X-Trace-Id", &trace_id), example, &shown, "");
        assert!((200..300).contains(&first.status), "{}: {}", example.operation, first.text());
        assert_eq!(first.header("idempotency-replayed"), None, "{}", example.operation);

        let again = send(&keyed, example, &shown, "");
        assert_eq!(told(&again), told(&first), "{}", example.operation);
        assert_eq!(again.header("idempotency-replayed"), Some("true"), "{}", example.operation);
        assert_eq!(again.header("content-type"), first.header("content-type"), "{}", example.operation);

        let joiner = if shown.path.contains('?') { '&' } else { '?' };
        send(&keyed, example, &shown, &format!("{joiner}other=1")).is_error(422, "IDEMPOTENCY_KEY_REUSED");
        let long = "x".repeat(256);
        for malformed in ["", "a b", "\u{e9}", long.as_str()] {
            let client = world.admin().with("Idempotency-Key", malformed);
            send(&client, example, &shown, "").is_error(400, "INVALID_INPUT");
        }
        in_the_log(&world, example, &trace_id);
    }
    // Replays and refusals have left nothing.
    for (number, example) in EXAMPLES.iter().enumerate() {
        let entries = entries_of(&world, &format!("walk-{number}"));
        assert_eq!(entries.len(), usize::from(example.action.is_some()), "{}: {entries:?}", example.operation);
    }
    shown_by_the_command(&world);
}

fn in_the_log(world: &World, example: &Example, trace_id: &str) {
    let Some(action) = example.action else { return };
    wait_until(example.operation, || !entries_of(world, trace_id).is_empty());
    let entries = entries_of(world, trace_id);
    assert_eq!(entries.len(), 1, "{}: {entries:?}", example.operation);
    let entry = &entries[0];
    assert_eq!((&entry["action"], &entry["actor"]["kind"]), (&json!(action), &json!("key")), "{entry}");
    assert!(world.admin_key.contains(&entry["actor"]["id"].as_str().expect("an id").replace('-', "")), "{entry}");
    assert!(entry["at"].as_str().is_some_and(|at| at.ends_with('Z')), "{entry}");
    assert_eq!(entry["network"], "127.0.0.1");
    // Only a repair changes what no entry could list.
    assert!(action == "reconcile.repair" || entry["before"] != entry["after"], "{entry}");
    let fields: BTreeSet<&str> = entry.as_object().expect("an object").keys().map(String::as_str).collect();
    // The contract's, and which role has it.
    let wanted = ["id", "at", "actor", "action", "target", "before", "after", "traceId", "network", "role"];
    assert_eq!(fields, BTreeSet::from(wanted));
}

/// `onsale audit list` shows the same, and neither shows a key or a secret.
fn shown_by_the_command(world: &World) {
    let output = world.run(&["audit", "list", "--limit", "500", "--json"]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let list: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    assert_eq!(list.iter().filter(|entry| entry["action"] == "campaign.stock").count(), 1);
    let secret = world.admin_key.rsplit('_').next().expect("a secret");
    assert!(!text.contains(secret) && !text.contains("\"seed\"") && !text.contains("hash"), "{text}");
    assert!(text.contains("line.link") && !text.contains("onsale_link"), "whoever has a link passes: {text}");
    let paused = world.run(&["audit", "list", "--action", "campaign.pause"]);
    let paused = String::from_utf8(paused.stdout).expect("UTF-8");
    assert_eq!(paused.lines().filter(|line| line.contains("campaign.pause")).count(), 1 + pauses_of_preparations());
}

/// Campaigns that a preparation pauses, so that they can be resumed.
fn pauses_of_preparations() -> usize {
    EXAMPLES.iter().filter(|example| example.operation.ends_with("campaigns/{event_id}/resume")).count()
}

/// Filters narrow the list, and only administrators see it.
#[test]
fn the_audit_log_is_for_administrators_and_has_filters() {
    let world = World::new();
    let tenant = world.keyed(&["--tenant", "acme"]);
    tenant.get("/api/v1/admin/audit").is_error(403, "FORBIDDEN");
    world.anyone().get("/api/v1/admin/audit").is_error(401, "UNAUTHORIZED");
    tenant.make_campaign(&json!({"event_id": "own", "name": "Own", "stock": 1}));
    let found = |query: &str| {
        let page = world.admin().get(&format!("/api/v1/admin/audit?{query}")).ok();
        page["list"].as_array().expect("a list").iter().map(|entry| entry["target"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(found("target=campaign:acme/own"), ["campaign:acme/own"]);
    assert_eq!(found("target=campaign:acme/own&action=campaign.pause"), Vec::<Value>::new());
    assert_eq!(found("actor=admin%20keys&action=key.create").len(), 2, "both keys were made by the command");
    assert_eq!(found("to=1999-01-01T00:00:00Z"), Vec::<Value>::new());
    assert_eq!(found("from=1999-01-01T00:00:00Z&action=campaign.create&actor=serve").len(), 1, "the demonstration's");
    for wrong in ["from=yesterday", "from=2026-12-01T20:00:00", "size=0", "size=101", "page=-1"] {
        world.admin().get(&format!("/api/v1/admin/audit?{wrong}")).is_error(400, "INVALID_INPUT");
    }
}

/// Kind: a context with tables of its own is left out. An account is made by a command, and stands in the tables of accounts.
#[test]
fn the_command_lists_changes_of_every_context() {
    use std::io::Write;
    let world = World::new();
    let make = ["admin", "create-user", "--email", "boss@shop.example", "--role", "ADMIN"];
    let mut command = testkit::onsale::onsale(world.folder.path(), &make);
    let mut child = command.stdin(std::process::Stdio::piped()).spawn().expect("the program starts");
    child.stdin.take().expect("piped").write_all(b"correct horse 9 battery\n").expect("written");
    assert!(child.wait().expect("ends").success());
    let output = world.run(&["audit", "list", "--json", "--limit", "500"]);
    let list: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    let is_there = |action: &str| list.iter().any(|entry| entry["action"] == action);
    assert!(is_there("user.create") && is_there("campaign.create"), "{list:?}");
    let times: Vec<&str> = list.iter().filter_map(|entry| entry["at"].as_str()).collect();
    assert!(times.is_sorted_by(|one, next| one >= next), "newest first: {times:?}");
}

/// Kind: a change that is on its way is in no list. No server moves this one.
#[test]
fn the_command_lists_changes_that_are_in_no_table_yet() {
    let mut world = World::with(&[("ONSALE__QUEUE__LINES", "shop")]);
    assert_eq!(world.admin().post("/queue/admin/shop/pause").status, 204);
    let list = |world: &World, more: &[&str]| -> Value {
        let output = world.run(&[&["audit", "list", "--json"], more].concat());
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    wait_until("the change is in the table", || list(&world, &["--action", "line.pause"])[0]["target"] == "queue:shop");
    let mut entry = list(&world, &["--action", "line.pause"])[0].clone();
    world.server.terminate();
    let on_its_way = call::Entry {
        id: uuid::Uuid::new_v4(),
        at_ms: clock::now().millis(),
        actor_kind: "key".to_owned(),
        actor_id: "7".to_owned(),
        action: "line.resume".to_owned(),
        target: "queue:shop".to_owned(),
        before: None,
        after: None,
        trace_id: String::new(),
        network: None,
    };
    let keep = |entry: &call::Entry| {
        let journal = rusqlite::Connection::open(world.folder.path().join("lines.db")).expect("opens");
        let bytes = serde_json::to_vec(entry).expect("JSON");
        journal.execute("INSERT INTO audit_outbox (entry) VALUES (?1)", [bytes]).expect("kept");
    };
    keep(&on_its_way);
    // A move that was not finished: the same entry in both places.
    let id = entry["id"].take();
    keep(&call::Entry {
        id: id.as_str().expect("an id").parse().expect("an id"),
        action: "line.pause".to_owned(),
        ..on_its_way
    });
    let both = list(&world, &["--target", "queue:shop"]);
    let actions: Vec<&Value> = both.as_array().expect("a list").iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["line.resume", "line.pause"], "newest first, each once");
    assert_eq!(list(&world, &["--action", "line.resume"]).as_array().map(Vec::len), Some(1));
    assert_eq!(list(&world, &["--actor", "8"]).as_array().map(Vec::len), Some(0));
}

/// Of many calls with one key at once, one acts and all hear its answer.
#[test]
fn calls_with_one_key_at_once_act_once() {
    let world = World::new();
    world.admin().make_campaign(&json!({"event_id": "crowd", "name": "Crowd", "stock": 1}));
    let client = Arc::new(world.admin().with("Idempotency-Key", "crowd"));
    let callers = (0..16).map(|_| {
        let client = client.clone();
        std::thread::spawn(move || client.post_json("/api/v1/admin/campaigns/crowd/stock", &json!({"add": 1})))
    });
    let replies: Vec<Reply> = callers.collect::<Vec<_>>().into_iter().map(|one| one.join().expect("ran")).collect();
    let first = told(&replies[0]);
    assert!(replies.iter().all(|reply| told(reply) == first && reply.status == 200), "{first:?}");
    assert_eq!(replies.iter().filter(|reply| reply.header("idempotency-replayed").is_none()).count(), 1);
    assert_eq!(world.admin().get("/api/v1/admin/campaigns/crowd").ok()["stock"], 2);
}

/// A refusal is decided anew; a kept answer is told whatever has happened since; keys of two callers are two keys.
#[test]
fn refusals_are_not_kept_and_answers_are_told_whatever_has_happened_since() {
    let world = World::new();
    let (admin, other) = (world.admin(), world.keyed(&["--admin"]));
    let key = |client: &Client| client.with("Idempotency-Key", "same");
    let add = json!({"add": 10});
    key(&admin).post_json("/api/v1/admin/campaigns/later/stock", &add).is_error(404, "CAMPAIGN_NOT_FOUND");
    admin.make_campaign(&json!({"event_id": "later", "name": "Later", "stock": 1}));
    let first = key(&admin).post_json("/api/v1/admin/campaigns/later/stock", &add);
    assert_eq!(first.ok()["stock"], 11);
    assert_eq!(key(&other).post_json("/api/v1/admin/campaigns/later/stock", &add).ok()["stock"], 21);
    admin.post("/api/v1/admin/campaigns/later/close").ok();
    assert_eq!(told(&key(&admin).post_json("/api/v1/admin/campaigns/later/stock", &add)), told(&first));
    key(&world.anyone()).post_json("/api/v1/admin/campaigns/later/stock", &add).is_error(401, "UNAUTHORIZED");
    key(&admin).post_json("/api/v1/admin/campaigns/other/stock", &add).is_error(422, "IDEMPOTENCY_KEY_REUSED");
}

/// A line is controlled with a key as well: the retry of a pause does not pause again what was resumed since, also after a
/// restart.
#[test]
fn a_retry_of_a_pause_does_not_pause_again() {
    let mut world = World::new();
    crate::gate::make(&world, "calm", 1);
    let path = |action: &str| format!("/queue/admin/gate:calm/{action}");
    let pause = world.admin().with("Idempotency-Key", "pause");
    wait_until("the line is there", || pause.post(&path("pause")).status == 204);
    assert_eq!(world.admin().post(&path("resume")).status, 204);
    let is_paused = |world: &World| {
        let stats = world.admin().get("/queue/admin/stats").ok();
        let lines = stats["scheduleStats"].as_array().expect("lines").clone();
        lines.into_iter().find(|line| line["scheduleId"] == "gate:calm").expect("the line")["paused"].clone()
    };
    assert_eq!(pause.post(&path("pause")).header("idempotency-replayed"), Some("true"));
    assert_eq!(is_paused(&world), false);
    world.server.kill();
    world.server = testkit::onsale::Server::start(world.folder.path(), &[]);
    let pause = world.admin().with("Idempotency-Key", "pause");
    assert_eq!(pause.post(&path("pause")).header("idempotency-replayed"), Some("true"));
    assert_eq!(is_paused(&world), false);
    pause.post(&path("resume")).is_error(422, "IDEMPOTENCY_KEY_REUSED");
}

/// A caller who disconnects changes nothing: the call runs to its end and its answer is kept.
#[test]
fn a_caller_who_disconnects_finds_the_answer() {
    let world = World::new();
    world.admin().make_campaign(&json!({"event_id": "gone", "name": "Gone", "stock": 1}));
    let client = world.admin().with("Idempotency-Key", "gone");
    let body = json!({"add": 1}).to_string();
    let has_heard = AtomicBool::new(false);
    let mut connection = testkit::http::Connection::open(world.server.address);
    connection.send(client.request("POST", "/api/v1/admin/campaigns/gone/stock", Some(body.as_bytes())));
    drop(connection);
    wait_until("the answer is kept", || {
        let reply = client.call("POST", "/api/v1/admin/campaigns/gone/stock", Some(body.as_bytes()));
        has_heard.store(reply.header("idempotency-replayed").is_some(), Ordering::Relaxed);
        has_heard.load(Ordering::Relaxed)
    });
    assert_eq!(world.admin().get("/api/v1/admin/campaigns/gone").ok()["stock"], 2);
}
