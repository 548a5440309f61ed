//! The opening draw over HTTP, and its verification by `onsale verify-draw` and by the guide's ten lines.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use testkit::onsale::{Server, World, make_key, onsale, wait_until};

const GUIDES: [&str; 2] = ["docs/guide.en.md", "docs/guide.ko.md"];

/// A server whose gates admit no user until the rate is set.
pub fn shut() -> World {
    World::with(&[("ONSALE__GATE__DISPATCH_PER_SECOND", "0"), ("ONSALE__COUPON__OPEN_ISSUE", "true")])
}

/// A moment so many seconds from now, as campaigns read it.
pub fn in_seconds(seconds: i64) -> String {
    format!("{}Z", clock::now().plus_seconds(seconds))
}

/// Creates a gated campaign without an opening time; returns when its line exists.
fn make(world: &World, event: &str) {
    make_opening(world, event, None);
}

/// The same with an opening time.
pub fn make_opening(world: &World, event: &str, opens_at: Option<&str>) {
    let campaign = json!({"event_id": event, "name": "Sale", "stock": 10, "gated": true, "opens_at": opens_at,
        "discount": {"type": "fixed", "value": 1_000}});
    world.admin().make_campaign(&campaign);
    wait_until("the line is there", || world.anyone().get(&format!("/queue/serving/gate:{event}")).status == 200);
}

pub fn announce(world: &World, event: &str) -> testkit::http::Reply {
    world.admin().call("PUT", &format!("/queue/admin/gate:{event}/draw"), None)
}

/// What `serving` says of a draw that was announced just now: a document may be a second old.
pub fn announced(world: &World, event: &str) -> Value {
    wait_until("it is public", || serving(world, event)["draw"] != Value::Null);
    serving(world, event)["draw"].clone()
}

pub fn enqueue(world: &World, event: &str, user: &str) -> Value {
    world.anyone().post(&format!("/gate/events/{event}/enqueue?userId={user}")).ok()
}

pub fn rank(world: &World, event: &str, user: &str) -> Value {
    world.anyone().get(&format!("/gate/events/{event}/rank?userId={user}")).ok()
}

pub fn serving(world: &World, event: &str) -> Value {
    world.anyone().get(&format!("/queue/serving/gate:{event}")).ok()
}

/// Waits for the closing and the draw.
pub fn wait_for_draw(world: &World, event: &str) {
    wait_until("it is drawn", || serving(world, event)["draw"]["seed"] != Value::Null);
}

pub fn verify(world: &World, arguments: &[&str]) -> Output {
    world.run(&[&["verify-draw"], arguments].concat())
}

#[track_caller]
pub fn told(output: &Output, status: i32) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{text}\n{errors}");
    text
}

pub fn kept(folder: &Path, name: &str, text: &str) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, text).expect("written");
    file
}

/// The ten lines of the guide.
fn program_of(guide: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(guide);
    let text = std::fs::read_to_string(&path).expect("the guide");
    let (_, rest) = text.split_once("```python\n").expect("a program");
    rest.split_once("```").expect("its end").0.to_owned()
}

/// The output of the guide's program for a document; `None` without Python.
pub fn printed_by_guide(folder: &Path, document: &Path) -> Option<Output> {
    let program = kept(folder, "recompute.py", &program_of(GUIDES[0]));
    match Command::new("python3").arg(&program).arg(document).output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            testkit::skip("python3 is missing: the guide's program was not run");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn both_guides_contain_the_same_program() {
    let programs = GUIDES.map(program_of);
    assert_eq!(programs[0], programs[1]);
    assert_eq!(programs[0].lines().count(), 10);
}

/// Most people in the draw that others verify.
const PEOPLE_MAX: usize = 120;
/// And fewest.
const PEOPLE_MIN: usize = 20;
/// When the line of that draw opens, and so the draw closes.
const OPENING_SECONDS: i64 = 30;
/// How long people come.
const COMING: Duration = Duration::from_secs(15);

#[test]
fn a_draw_can_be_verified_by_others() {
    let world = shut();
    let folder = tempfile::tempdir().expect("a folder");
    let begun = Instant::now();
    make_opening(&world, "drawn", Some(&in_seconds(OPENING_SECONDS)));
    assert_eq!(announce(&world, "drawn").status, 204);
    let announced = announced(&world, "drawn");
    assert_eq!(announce(&world, "drawn").status, 204, "once and for all");
    let (mut users, mut receipts) = (Vec::new(), Vec::new());
    for number in 1..=PEOPLE_MAX {
        // On a busy machine fewer come: what is asked before the closing below has to be answered before it, too.
        if number > PEOPLE_MIN && begun.elapsed() > COMING {
            break;
        }
        let user = format!("user-{number}");
        let answer = enqueue(&world, "drawn", &user);
        assert_eq!((&answer["status"], &answer["rank"]), (&json!("ENQUEUED"), &Value::Null), "{answer}");
        receipts.push(answer["receipt"].as_str().expect("a receipt").to_owned());
        users.push(user);
    }
    let people = users.len();
    let again = enqueue(&world, "drawn", "user-7");
    assert_eq!((&again["status"], &again["rank"]), (&json!("ALREADY_ENQUEUED"), &Value::Null));
    assert!(again["receipt"].is_string(), "whose answer was lost asks again: {again}");
    assert_eq!(rank(&world, "drawn", "user-7"), json!({"status": "WAITING", "rank": null}));
    let before = serving(&world, "drawn");
    let terms = json!({"commitment": announced["commitment"], "closesAt": announced["closesAt"],
        "randomness": {"kind": "none", "source": null, "round": null, "value": null}, "root": null, "seed": null,
        "count": null, "trust": "operator", "notice": "trusts the operator"});
    assert_eq!(before["draw"], terms);
    world.anyone().get("/queue/draw/gate:drawn/entries").is_error(409, "DRAW_NOT_POSSIBLE");
    let document = kept(folder.path(), "before.json", &before.to_string());
    let document = document.to_str().expect("text");
    assert!(told(&verify(&world, &["--serving", document]), 1).contains("NOT PUBLISHED YET"));

    wait_for_draw(&world, "drawn");
    let after = serving(&world, "drawn");
    assert_eq!((&after["draw"]["commitment"], &after["draw"]["count"]), (&announced["commitment"], &json!(people)));
    let late = enqueue(&world, "drawn", "late");
    assert_eq!((&late["status"], &late["rank"]), (&json!("ENQUEUED"), &json!(people + 1)));
    let document = kept(folder.path(), "serving.json", &after.to_string());
    let entries = format!("http://{}/queue/draw/gate:drawn/entries", world.server.address);
    assert_eq!(world.anyone().get("/queue/draw/gate:drawn/entries").text().lines().count(), people);
    let document_text = document.to_str().expect("text");
    let order = verify(&world, &["--serving", document_text, "--entries", &entries, "--order"]);
    let order_told = told(&order, 0);
    if let Some(printed) = printed_by_guide(folder.path(), &document) {
        assert_eq!(told(&printed, 0), order_told, "another program, the same order");
    }
    // The engine agrees with both.
    for (line, ticket) in order_told.lines().zip(1..) {
        let entry: usize = line.strip_prefix(&format!("{ticket} ")).expect("the ticket").parse().expect("an entry");
        let rank = rank(&world, "drawn", &users[entry - 1]);
        assert_eq!(rank, json!({"status": "WAITING", "rank": ticket}), "{line}");
    }
    check_receipts(&world, folder.path(), &document, (&users, &receipts), late["receipt"].as_str().expect("a receipt"));
}

/// Every receipt shows the queue number of its holder, and belongs to no other user.
fn check_receipts(world: &World, folder: &Path, document: &Path, given: (&[String], &[String]), late: &str) {
    let key = world.anyone().get("/queue/receipt-key").ok()["publicKey"].as_str().expect("a key").to_owned();
    let url = format!("http://{}/queue/serving/gate:drawn", world.server.address);
    let document = document.to_str().expect("text");
    let check = |serving: &str, receipt: &str, user: &str| {
        verify(world, &["--json", "--serving", serving, "--receipt", receipt, "--receipt-key", &key, "--user", user])
    };
    let mut tickets = BTreeSet::new();
    for (user, receipt) in given.0.iter().zip(given.1).step_by(17) {
        // Without the list, which is not checked then.
        let found: Value = serde_json::from_str(&told(&check(document, receipt, user), 3)).expect("JSON");
        assert_eq!(found["receipt"]["ticket"], rank(world, "drawn", user)["rank"], "{found}");
        tickets.insert(found["receipt"]["ticket"].as_u64());
    }
    assert_eq!(tickets.len(), given.0.len().div_ceil(17), "one each");
    let file = kept(folder, "receipt.txt", &format!("{}\n", given.1[0]));
    told(&check(&url, file.to_str().expect("text"), &given.0[0]), 3);
    told(&check(document, &given.1[0], &given.0[1]), 1);
    let found: Value = serde_json::from_str(&told(&check(document, late, "late"), 3)).expect("JSON");
    assert_eq!((&found["receipt"]["ticket"], &found["receipt"]["isLate"]), (&json!(given.0.len() + 1), &json!(true)));
    let (json, signature) = given.1[0].split_once('.').expect("two parts");
    let (other, _) = given.1[1].split_once('.').expect("two parts");
    told(&check(document, &format!("{other}.{signature}"), &given.0[1]), 1);
    told(&check(document, json, &given.0[0]), 1);
    let seedless = ["--serving", document, "--receipt", &given.1[0], "--receipt-key", "short"];
    told(&verify(world, &seedless), 2);
    told(&verify(world, &["--serving", "/no/such/file"]), 2);
    told(&verify(world, &["--serving", "https://shop.example/"]), 2);
    // A different seed than the announced one.
    let mut forged: Value = serde_json::from_str(&std::fs::read_to_string(document).expect("there")).expect("JSON");
    forged["draw"]["seed"] = json!("0".repeat(64));
    let forged = kept(folder, "forged.json", &forged.to_string());
    assert!(told(&verify(world, &["--serving", forged.to_str().expect("text")]), 1).contains("DOES NOT MATCH"));
    if let Some(printed) = printed_by_guide(folder, &forged) {
        told(&printed, 1);
    }
}

#[test]
fn a_draw_that_comes_too_late_is_refused() {
    let world = shut();
    make(&world, "early");
    assert_eq!(enqueue(&world, "early", "ann"), json!({"status": "ENQUEUED", "rank": 1}), "nothing new without a draw");
    announce(&world, "early").is_error(409, "DRAW_NOT_POSSIBLE");
    make(&world, "sometime");
    announce(&world, "sometime").is_error(409, "DRAW_NOT_POSSIBLE");
    world.anyone().get("/queue/draw/gate:early/entries").is_error(404, "NOT_FOUND");
    assert_eq!(serving(&world, "early").get("draw"), None);
    make_opening(&world, "opened", Some("2020-01-01T00:00:00Z"));
    announce(&world, "opened").is_error(409, "DRAW_NOT_POSSIBLE");
    announce(&world, "nothing").is_error(404, "NOT_FOUND");
    world.anyone().call("PUT", "/queue/admin/gate:early/draw", None).is_error(401, "UNAUTHORIZED");
    let document = kept(world.folder.path(), "plain.json", &serving(&world, "early").to_string());
    told(&verify(&world, &["--serving", document.to_str().expect("text")]), 2);
}

#[test]
fn a_kill_around_the_draw_changes_neither_order_nor_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let environment = [("ONSALE__GATE__DISPATCH_PER_SECOND", "0"), ("ONSALE__COUPON__OPEN_ISSUE", "true")];
    let mut world = World {
        server: Server::start(folder.path(), &environment),
        admin_key: make_key(folder.path(), &["--admin"]),
        folder,
    };
    make_opening(&world, "kept", Some(&in_seconds(30)));
    assert_eq!(announce(&world, "kept").status, 204);
    let announced = announced(&world, "kept");
    for number in 0..50 {
        enqueue(&world, "kept", &format!("user-{number}"));
    }
    let key = world.anyone().get("/queue/receipt-key").ok();
    world.server.kill();
    world.server = Server::start(world.folder.path(), &environment);
    assert_eq!(rank(&world, "kept", "user-3"), json!({"status": "WAITING", "rank": null}));
    wait_for_draw(&world, "kept");
    let ranks = |world: &World| (0..50).map(|n| rank(world, "kept", &format!("user-{n}"))).collect::<Vec<_>>();
    let (before, drawn) = (ranks(&world), serving(&world, "kept")["draw"].clone());
    assert_eq!((&drawn["commitment"], &drawn["count"]), (&announced["commitment"], &json!(50)));
    world.server.kill();
    world.server = Server::start(world.folder.path(), &environment);
    assert_eq!(ranks(&world), before);
    assert_eq!(serving(&world, "kept")["draw"], drawn);
    assert_eq!(world.anyone().get("/queue/receipt-key").ok(), key);
}

#[test]
fn verify_draw_prints_its_help_anywhere() {
    let nowhere = tempfile::tempdir().expect("a folder");
    let help = onsale(nowhere.path(), &["verify-draw", "--help"]).output().expect("the program starts");
    assert!(told(&help, 0).contains("SHA-256(seed, value, root, then e as four bytes"));
    let alone = onsale(nowhere.path(), &["verify-draw", "--serving", "-", "--receipt", "x"]).output();
    told(&alone.expect("the program starts"), 2);
}
