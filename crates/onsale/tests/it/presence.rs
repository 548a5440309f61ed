//! A position costs presence (QUEUE-012): the silent are passed over, come back for a while, and have a share for each
//! network.

use serde_json::Value;
use testkit::onsale::visitor::{Visitor, open_the_line, shut};
use testkit::onsale::{World, wait_until};

const PROXY: (&str, &str) = ("ONSALE__HTTP__TRUSTED_PROXIES", "127.0.0.1");

fn stats(world: &World) -> Value {
    world.admin().get("/queue/admin/stats").ok()["scheduleStats"][0].clone()
}

/// A visitor whose requests a proxy forwards for this address.
fn visitor_from(world: &World, address: &str) -> Visitor {
    let mut visitor = Visitor::new(world);
    visitor.client = visitor.client.with("X-Forwarded-For", address);
    visitor
}

/// B3: 1,400 requests filled a line of 600 for as long as it was paused.
#[test]
fn the_silent_do_not_fill_a_line_that_admits_nobody() {
    let world = shut(&[("ONSALE__QUEUE__ABANDON_AFTER_SECONDS", "10"), ("ONSALE__QUEUE__CAPACITY", "5")]);
    for _ in 0..5 {
        assert_eq!(Visitor::new(&world).wait().status, 200);
    }
    assert_eq!(Visitor::new(&world).wait().status, 503, "all of them may still be there");
    let honest = Visitor::new(&world);
    wait_until("there is room for whoever is there", || honest.wait().status == 200);
    wait_until("none of the silent is in front", || honest.rank() == 1);
}

#[test]
fn who_comes_back_in_time_has_the_old_ticket_and_later_a_greater_one_and_is_told_so_once() {
    let world = shut(&[("ONSALE__QUEUE__ABANDON_AFTER_SECONDS", "1"), ("ONSALE__QUEUE__RETURN_SECONDS", "8")]);
    let visitor = Visitor::new(&world);
    assert_eq!(visitor.wait().status, 200);
    let place = || visitor.get("/queue/place/shop").ok();
    assert_eq!(place()["ticket"], 1);
    // Whether the line still counts somebody is a look at the line, which is no sign of the visitor.
    wait_until("the visitor is passed over", || stats(&world)["waitingCount"] == 0);
    let back = place();
    assert_eq!((back["ticket"].as_u64(), back["rank"].as_u64(), &back["returned"]), (Some(1), Some(1), &Value::Null));
    let begun = std::time::Instant::now();
    while begun.elapsed().as_millis() < 9_500 {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let late = place();
    assert_eq!((late["ticket"].as_u64(), late["rank"].as_u64()), (Some(2), Some(1)));
    assert_eq!(late["returned"], "LATE");
    assert_eq!(place()["returned"], Value::Null, "once");
}

/// Kind: the call that makes the new position is silent about it. Whichever is first tells, and no other.
#[test]
fn every_call_that_hears_of_a_late_visitor_tells_it_once() {
    let world = shut(&[("ONSALE__QUEUE__ABANDON_AFTER_SECONDS", "3"), ("ONSALE__QUEUE__RETURN_SECONDS", "3")]);
    type Call = fn(&Visitor) -> String;
    let calls: [(&str, Call); 5] = [
        ("place", |visitor| visitor.get("/queue/place/shop").ok()["returned"].to_string()),
        ("page", |visitor| visitor.get("/wait/shop?to=/cart").text()),
        ("check of a page", |visitor| {
            let reply =
                visitor.get_with("/queue/check?line=shop", &[("X-Original-URI", "/cart"), ("Accept", "text/html")]);
            let to = reply.header("x-onsale-location").expect("an address").to_owned();
            let page = visitor.get(&to).text();
            assert_eq!(page.contains("id=\"late\""), reply.header("x-onsale-returned").is_some(), "{to}");
            to
        }),
        ("check of a script", |visitor| {
            let headers = [("X-Original-URI", "/data"), ("Accept", "application/json")];
            let reply = visitor.get_with("/queue/check?line=shop", &headers);
            reply.json().get("returned").map_or_else(String::new, ToString::to_string)
        }),
        ("check of Envoy", |visitor| {
            let reply = visitor.get_with("/queue/check/shop/cart", &[("Accept", "text/html")]);
            reply.header("location").expect("an address").to_owned()
        }),
    ];
    let visitors: Vec<Visitor> = calls.iter().map(|_| Visitor::new(&world)).collect();
    for visitor in &visitors {
        assert_eq!(visitor.wait().status, 200);
    }
    let said = |text: &str| text.contains("LATE") || text.contains("id=\"late\"");
    // Only time makes a visitor late.
    std::thread::sleep(std::time::Duration::from_secs(8));
    for ((name, call), visitor) in calls.iter().zip(&visitors) {
        let first = call(visitor);
        assert!(said(&first), "{name} was silent: {first}");
        assert!(!said(&call(visitor)), "{name} told it twice");
    }
}

#[test]
fn a_gate_tells_once_who_came_back_too_late() {
    let world = World::with(&[
        ("ONSALE__QUEUE__ABANDON_AFTER_SECONDS", "3"),
        ("ONSALE__QUEUE__RETURN_SECONDS", "3"),
        ("ONSALE__GATE__DISPATCH_PER_SECOND", "0"),
        ("ONSALE__GATE__EVENT_IDS", "sample_event"),
        ("ONSALE__COUPON__OPEN_ISSUE", "true"),
    ]);
    let anyone = world.anyone();
    let enqueue = |user: &str| anyone.post(&format!("/gate/events/sample_event/enqueue?userId={user}"));
    let rank = |user: &str| anyone.get(&format!("/gate/events/sample_event/rank?userId={user}"));
    let short = |user: &str| anyone.get(&format!("/rank?eventId=sample_event&userId={user}"));
    wait_until("the gate is there", || enqueue("ann").status == 200);
    for user in ["bob", "carl"] {
        assert_eq!(enqueue(user).ok().get("returned"), None);
    }
    // Only time makes a user late.
    std::thread::sleep(std::time::Duration::from_secs(8));
    for (user, first) in [("ann", rank("ann")), ("bob", enqueue("bob")), ("carl", short("carl"))] {
        assert_eq!(first.ok()["returned"], "LATE", "{user}");
        assert_eq!(rank(user).ok().get("returned"), None, "{user}, once");
    }
}

/// A network is one holder in the line, too, whatever its addresses.
#[test]
fn a_network_has_its_share_of_positions() {
    let world = shut(&[PROXY, ("ONSALE__QUEUE__POSITIONS_PER_NETWORK", "2")]);
    let held: Vec<Visitor> = (1..=2).map(|n| visitor_from(&world, &format!("2001:db8:7:7::{n}"))).collect();
    for visitor in &held {
        assert_eq!(visitor.wait().status, 200);
    }
    let beyond = visitor_from(&world, "[2001:db8:7:7:ffff::3]:4711");
    let refused = beyond.wait();
    assert_eq!(refused.status, 429, "{}", refused.text());
    assert!(refused.header("retry-after").is_some());
    assert_eq!(held[0].rank(), 1, "who has a position keeps it");
    assert_eq!(held[0].wait().status, 200);
    assert_eq!(visitor_from(&world, "2001:db8:7:8::1").wait().status, 200, "another customer");
    open_the_line(&world, 1_000);
    wait_until("who is inside holds no position", || beyond.wait().status != 429);
}

#[test]
fn a_network_has_its_share_before_a_campaign_and_a_tenants_own_servers_do_not_count() {
    let world = World::with(&[
        PROXY,
        ("ONSALE__QUEUE__POSITIONS_PER_NETWORK", "2"),
        ("ONSALE__GATE__DISPATCH_PER_SECOND", "0"),
        ("ONSALE__GATE__EVENT_IDS", "sample_event"),
        ("ONSALE__COUPON__OPEN_ISSUE", "true"),
    ]);
    let key = world.keyed(&["--tenant", "default"]);
    let enqueue = |client: &testkit::http::Client, user: &str| {
        client.with("X-Forwarded-For", "203.0.113.7").post(&format!("/gate/events/sample_event/enqueue?userId={user}"))
    };
    wait_until("the gate is there", || enqueue(&world.anyone(), "ann").status == 200);
    assert_eq!(enqueue(&world.anyone(), "bob").ok()["rank"], 2);
    let beyond = enqueue(&world.anyone(), "carl");
    beyond.is_error(429, "TOO_MANY_POSITIONS");
    assert!(beyond.header("retry-after").is_some());
    assert_eq!(enqueue(&world.anyone(), "bob").ok()["status"], "ALREADY_ENQUEUED");
    assert_eq!(enqueue(&key, "carl").ok()["rank"], 3);
    let short = serde_json::json!({"eventId": "sample_event", "userId": "dora"});
    world
        .anyone()
        .with("X-Forwarded-For", "203.0.113.7")
        .post_json("/enqueue", &short)
        .is_error(429, "TOO_MANY_POSITIONS");
}
