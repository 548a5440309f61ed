//! Invalid requests to lines: senseless rates, passes used twice or too late, closed lines, and polling without pause.

use crate::gate::{enqueue, issue, make, open_the_gate, rank};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::http::Reply;
use testkit::onsale::visitor::{Visitor, open_the_line};
use testkit::onsale::{Server, World, wait_until};

const LINES: [&str; 2] = ["gate:sense", "queue:shop"];

/// A campaign `sense` with its gate, and a line `shop`; neither admits users.
fn shut(more: &[(&str, &str)]) -> World {
    let mut environment = vec![
        ("ONSALE__QUEUE__LINES", "shop"),
        ("ONSALE__QUEUE__RATE_PER_SECOND", "0"),
        ("ONSALE__GATE__DISPATCH_PER_SECOND", "0"),
    ];
    environment.extend_from_slice(more);
    let world = World::with(&environment);
    make(&world, "sense", 400);
    world
}

fn put_rate(world: &World, line: &str, body: &str) -> Reply {
    world.admin().call("PUT", &format!("/queue/admin/{line}/rate"), Some(body.as_bytes()))
}

/// The operator's view of a line.
fn stats_of(world: &World, line: &str) -> Value {
    let stats = world.admin().get("/queue/admin/stats").ok();
    let name = line.strip_prefix("queue:").unwrap_or(line);
    let lines = stats["scheduleStats"].as_array().expect("lines").clone();
    lines.into_iter().find(|found| found["scheduleId"] == name).unwrap_or_else(|| panic!("{line} is not in {stats}"))
}

#[test]
fn invalid_rates_change_nothing() {
    let world = shut(&[]);
    enqueue(&world, "sense", "ann");
    let visitor = Visitor::new(&world);
    assert_eq!(visitor.wait().status, 200);
    for line in LINES {
        for value in
            ["-1", "1.5", "1e3", "\"10\"", "null", "[]", "{}", "true", "1000001", "4294967296", "99999999999999999999"]
        {
            put_rate(&world, line, &format!(r#"{{"ratePerSecond":{value}}}"#)).is_error(400, "INVALID_INPUT");
        }
        for body in [
            "",
            "{}",
            "10",
            "NaN",
            r#"{"ratePerSecond":NaN}"#,
            r#"{"ratePerSecond":Infinity}"#,
            r#"{"ratePerSecond":1,"ratePerSecond":2}"#,
            r#"{"rate":10}"#,
        ] {
            put_rate(&world, line, body).is_error(400, "INVALID_INPUT");
        }
        let stats = stats_of(&world, line);
        assert_eq!((&stats["ratePerSecond"], &stats["waitingCount"]), (&json!(0), &json!(1)), "{stats}");
    }
    assert_eq!(rank(&world, "sense", "ann"), json!({"status": "WAITING", "rank": 1}));
    assert_eq!(visitor.rank(), 1);
}

#[test]
fn a_rate_of_a_million_admits_everyone_and_a_rate_of_zero_no_one() {
    let world = shut(&[("ONSALE__GATE__ACTIVE_TTL_SECONDS", "3600")]);
    let people: Vec<String> = (0..200).map(|n| format!("user-{n}")).collect();
    for person in &people {
        enqueue(&world, "sense", person);
    }
    let visitors: Vec<Visitor> = (0..20).map(|_| Visitor::new(&world)).collect();
    for visitor in &visitors {
        assert_eq!(visitor.wait().status, 200);
    }
    for (line, count) in LINES.into_iter().zip([people.len(), visitors.len()]) {
        assert_eq!(put_rate(&world, line, r#"{"ratePerSecond":1000000}"#).status, 204);
        wait_until("all have gone on", || stats_of(&world, line)["activeCount"] == count);
        assert_eq!(put_rate(&world, line, r#"{"ratePerSecond":0}"#).status, 204);
    }
    assert!(people.iter().all(|person| rank(&world, "sense", person)["status"] == "ACTIVE"));
    enqueue(&world, "sense", "late");
    let late = Visitor::new(&world);
    assert_eq!(late.wait().status, 200);
    // Longer than the interval of schedulers.
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(rank(&world, "sense", "late"), json!({"status": "WAITING", "rank": 1}));
    assert_eq!(late.rank(), 1);
    assert_eq!(open_the_gate(&world, "sense", 1).status, 204);
    open_the_line(&world, 1);
    wait_until("both go on", || {
        rank(&world, "sense", "late")["status"] == "ACTIVE" && late.get("/queue/place/shop").ok()["status"] == "ACTIVE"
    });
}

/// A pass allows one attempt, regardless of concurrent calls and of the user's limit.
#[test]
fn one_pass_used_by_many_at_once_is_one_coupon() {
    let world = shut(&[]);
    let campaign = json!({"event_id": "pairs", "name": "Sale", "stock": 400, "gated": true, "per_user_limit": 2});
    world.admin().make_campaign(&campaign);
    world.admin().open_campaign("pairs");
    for (event, is_by_gate_alone) in [("pairs", true), ("sense", false)] {
        enqueue(&world, event, "ann");
        open_the_gate(&world, event, 1_000);
        wait_until("she may go on", || rank(&world, event, "ann")["status"] == "ACTIVE");
        let ask = |n: usize| match is_by_gate_alone || n.is_multiple_of(2) {
            true => issue(&world, event, "ann").as_str().expect("a result").to_owned(),
            false => world.anyone().issue("ann", event).code(),
        };
        let answers: Vec<String> = std::thread::scope(|scope| {
            let asking: Vec<_> = (0..24).map(|n| scope.spawn(move || ask(n))).collect();
            asking.into_iter().map(|one| one.join().expect("answered")).collect()
        });
        let is_yes = |answer: &&String| ["SUCCESS", "ISSUED"].contains(&answer.as_str());
        assert_eq!(answers.iter().filter(is_yes).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|answer| is_yes(&answer) || answer == "ALREADY_ISSUED"), "{answers:?}");
        let held = world.anyone().get(&format!("/api/v1/coupons/user/ann/event/{event}")).ok();
        assert_eq!(held["coupons"].as_array().map(Vec::len), Some(1), "{held}");
        assert_eq!(world.anyone().get(&format!("/api/v1/coupons/status/{event}")).field("remaining_stock"), 399);
    }
}

/// An unused pass does not delay later users, and an expired pass is refused.
#[test]
fn unused_passes_expire_and_the_next_visitors_are_admitted() {
    let world = World::with(&[("ONSALE__GATE__DISPATCH_PER_SECOND", "0"), ("ONSALE__GATE__ACTIVE_TTL_SECONDS", "1")]);
    make(&world, "sense", 3);
    let users: Vec<String> = (1..=6).map(|n| format!("user-{n}")).collect();
    for user in &users {
        enqueue(&world, "sense", user);
    }
    open_the_gate(&world, "sense", 1_000);
    wait_until("the first have let their passes run out", || {
        users[..3].iter().all(|user| rank(&world, "sense", user)["status"] == "UNKNOWN")
    });
    for user in &users[..3] {
        assert_eq!(issue(&world, "sense", user), "NOT_IN_ACTIVE_QUEUE");
        assert_eq!(world.anyone().issue(user, "sense").code(), "NOT_ADMITTED");
    }
    for user in &users[3..] {
        // A pass of one second may expire before its use; a returning user gets another one.
        wait_until("the next get theirs", || {
            enqueue(&world, "sense", user);
            ["SUCCESS", "ALREADY_ISSUED"].map(Value::from).contains(&issue(&world, "sense", user))
        });
    }
    let sold_out = json!({"status": "SOLD_OUT", "rank": null});
    wait_until("those who did not ask hear how it ended", || {
        users[..3].iter().all(|user| rank(&world, "sense", user) == sold_out)
    });
}

/// A gate holds as many users as the largest campaign; this test lowers the limit in storage.
#[test]
fn a_full_line_says_when_to_retry_and_a_freed_position_can_be_taken() {
    let mut world = shut(&[]);
    enqueue(&world, "sense", "ann");
    assert_eq!(world.server.terminate(), Some(0));
    let journal = rusqlite::Connection::open(world.folder.path().join("lines.db")).expect("opens");
    let narrow = "UPDATE lines SET rule = json_set(rule, '$.capacity', 2)";
    assert_eq!(journal.execute(narrow, []).expect("changed"), 2);
    drop(journal);
    let environment = [
        ("ONSALE__QUEUE__LINES", "shop"),
        ("ONSALE__QUEUE__RATE_PER_SECOND", "0"),
        ("ONSALE__GATE__DISPATCH_PER_SECOND", "0"),
        ("ONSALE__GATE__ACTIVE_TTL_SECONDS", "3600"),
    ];
    world.server = Server::start(world.folder.path(), &environment);
    assert_eq!(enqueue(&world, "sense", "bob"), json!({"status": "ENQUEUED", "rank": 2}));
    let full = world.anyone().post("/gate/events/sense/enqueue?userId=cho");
    full.is_error(503, "QUEUE_FULL");
    assert!(full.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok_and(|count| count > 0)));
    assert_eq!(enqueue(&world, "sense", "ann"), json!({"status": "ALREADY_ENQUEUED", "rank": 1}));
    assert_eq!(rank(&world, "sense", "cho"), json!({"status": "UNKNOWN", "rank": null}));
    open_the_gate(&world, "sense", 1_000);
    wait_until("ann has gone on", || rank(&world, "sense", "ann")["status"] == "ACTIVE");
    wait_until("there is a place", || enqueue_status(&world, "cho") == 200);
}

fn enqueue_status(world: &World, user: &str) -> u16 {
    world.anyone().post(&format!("/gate/events/sense/enqueue?userId={user}")).status
}

#[test]
fn a_closed_campaign_admits_no_one_and_tells_waiting_visitors() {
    let world = shut(&[]);
    enqueue(&world, "sense", "ann");
    assert_eq!(world.admin().post("/api/v1/admin/campaigns/sense/close").status, 200);
    let sold_out = json!({"status": "SOLD_OUT", "rank": null});
    // Users that enqueued before the gate knew of the end poll once each.
    let newcomers = std::sync::atomic::AtomicU32::new(0);
    let newcomer = || format!("late-{}", newcomers.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    wait_until("nobody comes in any more", || enqueue(&world, "sense", &newcomer()) == sold_out);
    // The closing of the line and the end of the sale are two events, and may arrive in either order.
    wait_until("who never came hears it, too", || rank(&world, "sense", "eve") == sold_out);
    open_the_gate(&world, "sense", 1_000);
    wait_until("she has her turn", || rank(&world, "sense", "ann")["status"] == "ACTIVE");
    assert_eq!(issue(&world, "sense", "ann"), "OUT_OF_STOCK");
    assert_eq!(rank(&world, "sense", "ann"), sold_out);
}

#[test]
fn only_a_visitor_that_polls_without_pause_is_slowed_down() {
    let world = shut(&[
        ("ONSALE__LIMITS__ENABLED", "true"),
        ("ONSALE__LIMITS__PER_IP_PER_SECOND", "1"),
        ("ONSALE__LIMITS__PER_IP_BURST", "10"),
        ("ONSALE__HTTP__TRUSTED_PROXIES", "127.0.0.1"),
    ]);
    let from = |number: u32| world.anyone().with("X-Forwarded-For", &format!("203.0.113.{number}"));
    let (enter, poll) = ("/gate/events/sense/enqueue?userId=", "/gate/events/sense/rank?userId=");
    assert_eq!(from(1).post(&format!("{enter}greedy")).ok()["rank"], 1);
    assert_eq!(from(2).post(&format!("{enter}patient")).ok()["rank"], 2);
    let heard: Vec<Reply> = (0..200).map(|_| from(1).get(&format!("{poll}greedy"))).collect();
    let refused = heard.iter().find(|answer| answer.status == 429).expect("one of them was too many");
    refused.is_error(429, "RATE_LIMIT_EXCEEDED");
    assert!(refused.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok_and(|count| count > 0)));
    assert!(heard.iter().all(|answer| [200, 429].contains(&answer.status)));
    for _ in 0..3 {
        let other = from(2).get(&format!("{poll}patient")).ok();
        assert_eq!(other, json!({"status": "WAITING", "rank": 2}));
    }
    let first = || from(1).get(&format!("{poll}greedy"));
    wait_until("the place is the same", || {
        let answer = first();
        answer.status == 200 && answer.json() == json!({"status": "WAITING", "rank": 1})
    });
}
