//! Opening draws with public randomness (SEC-005): an order that neither the operator nor a tenant can know or choose.

use super::drand::{Answer, Drand};
use super::draw::{
    announce, announced, enqueue, in_seconds, kept, make_opening, printed_by_guide, rank, serving, shut, told, verify,
    wait_for_draw,
};
use domain::line::{DrawPlan, LineRule, drawn_order};
use serde_json::{Value, json};
use testkit::http::Reply;
use testkit::onsale::{Server, World, make_key, wait_until};

fn announce_with(world: &World, event: &str, randomness: &Value) -> Reply {
    let body = json!({"randomness": randomness}).to_string();
    let client = world.admin().with("Content-Type", "application/json");
    client.call("PUT", &format!("/queue/admin/gate:{event}/draw"), Some(body.as_bytes()))
}

fn give(world: &World, event: &str, value: &str) -> Reply {
    world.admin().post_json(&format!("/queue/admin/gate:{event}/draw/value"), &json!({"value": value}))
}

fn wait_for_root(world: &World, event: &str) {
    wait_until("the entries are published", || serving(world, event)["draw"]["root"].is_string());
}

fn people(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("user-{number}")).collect()
}

/// The plan of the draw as it lies on the disk, seed included.
fn plan_on_the_disk(world: &World, event: &str) -> DrawPlan {
    let journal = rusqlite::Connection::open(world.folder.path().join("lines.db")).expect("opens");
    let select = "SELECT rule FROM lines WHERE name = ?1";
    let rule: String = journal.query_row(select, [format!("gate:{event}")], |row| row.get(0)).expect("a line");
    serde_json::from_str::<LineRule>(&rule).expect("a rule").draw.expect("a draw")
}

fn entries_by_rank(world: &World, event: &str, users: &[String]) -> Vec<u32> {
    let mut ranked: Vec<(u64, u32)> = users
        .iter()
        .zip(1..)
        .map(|(user, entry)| (rank(world, event, user)["rank"].as_u64().expect("a rank"), entry))
        .collect();
    ranked.sort_unstable();
    ranked.into_iter().map(|(_, entry)| entry).collect()
}

fn server_with(drand: &Drand) -> World {
    let gate = [("ONSALE__GATE__DISPATCH_PER_SECOND", "0"), ("ONSALE__COUPON__OPEN_ISSUE", "true")];
    World::with(&[&gate[..], &drand.settings()].concat())
}

/// The insider reads the seed from the disk and knows every entry and the root, and what drand will say decides.
#[test]
fn an_insider_with_the_disk_cannot_know_the_order_of_a_draw() {
    let drand = Drand::start();
    drand.set(Answer::NotYet);
    let world = server_with(&drand);
    make_opening(&world, "fair", Some(&in_seconds(20)));
    assert_eq!(announce(&world, "fair").status, 204);
    let announced = announced(&world, "fair");
    assert_eq!((&announced["randomness"]["kind"], &announced["trust"]), (&json!("drand"), &json!("operator")));
    assert_eq!(announced["notice"], "trusts the operator", "this chain is the test's own");
    let closes_at = domain::Timestamp::parse(announced["closesAt"].as_str().expect("a time")).expect("a time");
    let round = announced["randomness"]["round"].as_u64().expect("a round");
    assert!(Drand::at_ms(round) > closes_at.millis() + 29_000, "the round comes after the closing");
    let users = people(30);
    for user in &users {
        enqueue(&world, "fair", user);
    }
    wait_for_root(&world, "fair");
    wait_until("the round was asked for", || drand.asked() > 1);
    let plan = plan_on_the_disk(&world, "fair");
    let root = plan.root.expect("closed");
    assert_eq!(plan.order_key(), None, "the order does not exist yet");
    let known = drawn_order(&[&plan.seed.0[..], &root].concat(), 30);
    assert_eq!(rank(&world, "fair", "user-1"), json!({"status": "WAITING", "rank": null}));
    assert_eq!(serving(&world, "fair")["draw"]["seed"], Value::Null);
    drand.set(Answer::Right);
    wait_for_draw(&world, "fair");
    let drawn = entries_by_rank(&world, "fair", &users);
    assert_ne!(drawn, known, "what the insider computed");
    check_with_programs(&world, &drand, &drawn);
}

fn check_with_programs(world: &World, drand: &Drand, drawn: &[u32]) {
    let document = kept(world.folder.path(), "serving.json", &serving(world, "fair").to_string());
    let list = world.anyone().get("/queue/draw/gate:fair/entries").text();
    let entries = kept(world.folder.path(), "entries.txt", &list);
    let (serving, entries) = (document.to_str().expect("text"), entries.to_str().expect("text"));
    let found = |more: &[&str]| verify(world, &[&["--serving", serving, "--entries", entries], more].concat());
    let key = ["--drand-public-key", &drand.public_key];
    let order: String = drawn.iter().zip(1..).map(|(entry, ticket)| format!("{ticket} {entry}\n")).collect();
    assert_eq!(told(&found(&[&key[..], &["--order"]].concat()), 3), order);
    if let Some(printed) = printed_by_guide(world.folder.path(), &document) {
        assert_eq!(told(&printed, 0), order, "the guide's lines");
    }
    let known = told(&found(&key), 3);
    assert!(known.contains("signed by the chain") && known.contains("NOT ALL WERE MADE"), "{known}");
    assert!(!known.contains("all checks passed"), "{known}");
    assert!(told(&found(&[]), 3).contains("give its key with --drand-public-key"));
    // What an operator with a chain of its own would like to say.
    let mut public: Value = serde_json::from_str(&std::fs::read_to_string(&document).expect("there")).expect("JSON");
    public["draw"]["trust"] = json!("public");
    let public = kept(world.folder.path(), "public.json", &public.to_string());
    let public = ["--serving", public.to_str().expect("text"), "--entries", entries, key[0], key[1]];
    assert!(told(&verify(world, &public), 1).contains("SAYS PUBLIC"));
    // Another list: two entries swapped.
    let mut lines: Vec<&str> = list.lines().collect();
    lines.swap(3, 7);
    let swapped = kept(world.folder.path(), "swapped.txt", &lines.join("\n"));
    let swapped = ["--serving", serving, "--entries", swapped.to_str().expect("text"), key[0], key[1]];
    assert!(told(&verify(world, &swapped), 1).contains("DOES NOT HAVE this root"));
}

/// Kind: an operator whose chain says its rounds ahead of time.
#[test]
fn a_draw_takes_no_round_before_its_time() {
    let drand = Drand::start();
    drand.set(Answer::Right);
    let world = server_with(&drand);
    make_opening(&world, "early", Some(&in_seconds(12)));
    assert_eq!(announce(&world, "early").status, 204);
    let round = announced(&world, "early")["randomness"]["round"].as_u64().expect("a round");
    enqueue(&world, "early", "user-1");
    wait_for_draw(&world, "early");
    let now_ms = clock::now().millis();
    assert!(now_ms >= Drand::at_ms(round), "drawn {} ms before the time of the round", Drand::at_ms(round) - now_ms);
}

/// Whatever a broken or dishonest server says, the line stays undrawn until the right value is there.
#[test]
fn a_draw_waits_for_the_right_answer_of_drand() {
    let drand = Drand::start();
    let world = server_with(&drand);
    make_opening(&world, "wait", Some(&in_seconds(12)));
    assert_eq!(announce(&world, "wait").status, 204);
    for user in people(3) {
        enqueue(&world, "wait", &user);
    }
    wait_for_root(&world, "wait");
    let root = serving(&world, "wait")["draw"]["root"].clone();
    use Answer::{NotYet, Nothing, OtherKey, OtherRound, RoundBefore, Silence};
    for answer in [NotYet, OtherKey, OtherRound, RoundBefore, Nothing, Silence] {
        drand.set(answer);
        let asked = drand.asked();
        wait_until("it was asked again", || drand.asked() > asked + usize::from(answer == NotYet));
        assert_eq!(serving(&world, "wait")["draw"]["seed"], Value::Null, "{answer:?}");
        assert_eq!(rank(&world, "wait", "user-1"), json!({"status": "WAITING", "rank": null}), "{answer:?}");
    }
    drand.set(Answer::Right);
    wait_for_draw(&world, "wait");
    assert_eq!(serving(&world, "wait")["draw"]["root"], root);
}

/// What a tenant can do: move the opening, open early, announce again.
#[test]
fn the_terms_of_an_announced_draw_cannot_be_changed() {
    let world = shut();
    make_opening(&world, "fixed", Some(&in_seconds(25)));
    let manual = json!({"kind": "manual", "source": "Lottery 6 of 45, drawing 1,234"});
    for wrong in [
        json!({"kind": "manual"}),
        json!({"kind": "manual", "source": ""}),
        json!({"kind": "manual", "source": "a", "round": 7}),
        json!({"kind": "none", "source": "a"}),
        json!({"kind": "dice"}),
    ] {
        announce_with(&world, "fixed", &wrong).is_error(400, "INVALID_INPUT");
    }
    announce_with(&world, "fixed", &json!({"kind": "drand"})).is_error(409, "DRAW_NOT_POSSIBLE");
    assert_eq!(announce_with(&world, "fixed", &manual).status, 204);
    assert_eq!(announce_with(&world, "fixed", &manual).status, 204, "the same again");
    let announced = announced(&world, "fixed");
    announce_with(&world, "fixed", &json!({"kind": "none"})).is_error(409, "DRAW_ANNOUNCED");
    announce_with(&world, "fixed", &json!({"kind": "manual", "source": "another"})).is_error(409, "DRAW_ANNOUNCED");
    announce(&world, "fixed").is_error(409, "DRAW_ANNOUNCED");
    enqueue(&world, "fixed", "user-1");
    nothing_takes_it_away(&world, "fixed");
    give(&world, "fixed", "1 2 3").is_error(409, "DRAW_NOT_POSSIBLE");
    world
        .anyone()
        .post_json("/queue/admin/gate:fixed/draw/value", &json!({"value": "1"}))
        .is_error(401, "UNAUTHORIZED");
    let now = serving(&world, "fixed");
    assert_eq!((&now["draw"]["closesAt"], &now["opensAt"]), (&announced["closesAt"], &announced["closesAt"]));
    assert_eq!(enqueue(&world, "fixed", "user-2")["rank"], Value::Null);
    wait_for_root(&world, "fixed");
    assert_eq!(serving(&world, "fixed")["draw"]["count"], 2);
    give(&world, "fixed", " 1").is_error(400, "INVALID_INPUT");
    assert_eq!(give(&world, "fixed", "4 8 15 16 23 42").status, 204);
    assert_eq!(give(&world, "fixed", "4 8 15 16 23 42").status, 204, "the same again");
    give(&world, "fixed", "4 8 15 16 23 43").is_error(409, "DRAW_NOT_POSSIBLE");
    wait_for_draw(&world, "fixed");
    assert_eq!(serving(&world, "fixed")["draw"]["randomness"]["value"], "4 8 15 16 23 42");
    // It is over.
    assert_eq!(change(&world, "POST", "/api/v1/admin/campaigns/fixed/close", &json!({})).status, 200);
}

fn change(world: &World, method: &str, path: &str, body: &Value) -> Reply {
    let client = world.admin().with("Content-Type", "application/json");
    client.call(method, path, Some(body.to_string().as_bytes()))
}

/// Kind: a change of the campaign takes away the draw that people have entered.
fn nothing_takes_it_away(world: &World, event: &str) {
    let campaign = format!("/api/v1/admin/campaigns/{event}");
    let (later, sooner) = (in_seconds(3_600), in_seconds(60));
    let patches =
        [json!({"gated": false}), json!({"opens_at": later}), json!({"opens_at": null}), json!({"closes_at": sooner})];
    for patch in patches {
        let reply = change(world, "PATCH", &campaign, &patch);
        assert_eq!((reply.status, reply.code()), (409, "DRAW_ANNOUNCED".to_owned()), "{patch}: {}", reply.text());
    }
    for action in ["open", "close"] {
        change(world, "POST", &format!("{campaign}/{action}"), &json!({})).is_error(409, "DRAW_ANNOUNCED");
    }
    change(world, "DELETE", &campaign, &json!({})).is_error(409, "DRAW_ANNOUNCED");
    for harmless in [json!({"name": "Another"}), json!({"stock": 12})] {
        assert_eq!(change(world, "PATCH", &campaign, &harmless).status, 200, "{harmless}");
    }
    // A pause stops the sale, and moves no opening.
    for action in ["pause", "resume"] {
        assert_eq!(change(world, "POST", &format!("{campaign}/{action}"), &json!({})).status, 200);
    }
    let line = format!("/queue/admin/lines/gate:{event}");
    change(world, "PATCH", &line, &json!({"opensAt": later})).is_error(400, "INVALID_INPUT");
    change(world, "DELETE", &line, &json!({})).is_error(400, "INVALID_INPUT");
}

/// The same of a line before a site, and a start with another configuration.
#[test]
fn a_sites_line_keeps_its_opening_until_its_draw_is_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut world =
        World { server: Server::start(folder.path(), &[]), admin_key: make_key(folder.path(), &["--admin"]), folder };
    let new = json!({"name": "shop", "ratePerSecond": 0, "opensAt": in_seconds(25)});
    assert_eq!(change(&world, "POST", "/queue/admin/lines", &new).status, 201);
    let line = "/queue/admin/lines/shop";
    assert_eq!(
        change(&world, "PUT", "/queue/admin/queue:shop/draw", &json!({"randomness": {"kind": "none"}})).status,
        204
    );
    let opens_at = world.admin().get(line).ok()["opensAt"].clone();
    let (later, sooner) = (in_seconds(3_600), in_seconds(60));
    for away in [
        json!({"opensAt": later}),
        json!({"opensAt": null}),
        json!({"closesAt": sooner}),
        json!({"switch": "off"}),
        json!({"switch": "auto", "onAboveInside": 5}),
    ] {
        change(&world, "PATCH", line, &away).is_error(409, "DRAW_ANNOUNCED");
    }
    change(&world, "DELETE", line, &json!({})).is_error(409, "DRAW_ANNOUNCED");
    world.server.kill();
    let other = [("ONSALE__QUEUE__LINES", "shop"), ("ONSALE__QUEUE__RATE_PER_SECOND", "7")];
    world.server = Server::start(world.folder.path(), &other);
    assert_eq!(world.admin().get(line).ok()["opensAt"], opens_at);
    let draw = || world.anyone().get("/queue/serving/queue:shop").ok()["draw"].clone();
    wait_until("it is drawn", || draw()["seed"].is_string());
    assert_eq!(change(&world, "DELETE", line, &json!({})).status, 204);
}

/// A process that ends between closing and value, and between value and draw.
#[test]
fn a_kill_between_the_steps_of_a_draw_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let environment = [("ONSALE__GATE__DISPATCH_PER_SECOND", "0"), ("ONSALE__COUPON__OPEN_ISSUE", "true")];
    let mut world = World {
        server: Server::start(folder.path(), &environment),
        admin_key: make_key(folder.path(), &["--admin"]),
        folder,
    };
    make_opening(&world, "steps", Some(&in_seconds(15)));
    assert_eq!(announce_with(&world, "steps", &json!({"kind": "manual", "source": "a lottery"})).status, 204);
    let users = people(20);
    for user in &users {
        enqueue(&world, "steps", user);
    }
    wait_for_root(&world, "steps");
    let root = serving(&world, "steps")["draw"]["root"].clone();
    let list = world.anyone().get("/queue/draw/gate:steps/entries").text();
    world.server.kill();
    world.server = Server::start(world.folder.path(), &environment);
    assert_eq!(serving(&world, "steps")["draw"]["root"], root);
    assert_eq!(give(&world, "steps", "7").status, 204);
    world.server.kill();
    world.server = Server::start(world.folder.path(), &environment);
    wait_for_draw(&world, "steps");
    assert_eq!(world.anyone().get("/queue/draw/gate:steps/entries").text(), list);
    let plan = plan_on_the_disk(&world, "steps");
    let key = [&plan.seed.0[..], b"7", &plan.root.expect("closed")].concat();
    assert_eq!(entries_by_rank(&world, "steps", &users), drawn_order(&key, 20));
}
