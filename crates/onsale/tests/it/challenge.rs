//! What a line asks for before it gives a position (QUEUE-012).

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use testkit::http::{Client, Reply};
use testkit::onsale::visitor::{Visitor, shut};
use testkit::onsale::{World, wait_until};

const BITS: (&str, &str) = ("ONSALE__QUEUE__POW_BITS", "10");
const POW: (&str, &str) = ("ONSALE__QUEUE__CHALLENGE", "pow");

fn document(client: &Client, line: &str) -> Value {
    client.get(&format!("/queue/challenge/{line}")).ok()
}

/// `<nonce>.<answer>`, worked out as anybody can.
fn solved(document: &Value) -> String {
    let (nonce, bits) = (document["nonce"].as_str().expect("a nonce"), document["bits"].as_u64().expect("bits"));
    let is_right = |answer: &u64| {
        let digest = Sha256::digest(format!("{nonce}.{answer}"));
        let first = u64::from_be_bytes(digest[..8].try_into().expect("eight bytes"));
        u64::from(first.leading_zeros()) >= bits
    };
    format!("{nonce}.{}", (0u64..).find(is_right).expect("one is right"))
}

/// Posts to the waiting page as this browser.
fn post(visitor: &Visitor, accept: &str, header: Option<&str>, form: Option<&str>) -> Reply {
    let cookie = format!("onsale_visitor={}", visitor.cookie("onsale_visitor"));
    let mut client = visitor.client.with("User-Agent", &visitor.agent).with("Cookie", &cookie).with("Accept", accept);
    if let Some(answer) = header {
        client = client.with("X-Queue-Challenge", answer);
    }
    let body = form.map(|answer| format!("challenge={answer}&nonce=x"));
    let client = client.with("Content-Type", "application/x-www-form-urlencoded");
    client.call("POST", "/wait/shop?to=/cart", body.as_deref().map(str::as_bytes))
}

fn waiting(world: &World) -> Value {
    world.admin().get("/queue/admin/stats").ok()["totalWaiting"].clone()
}

#[test]
fn a_position_costs_a_proof_of_work_once_and_whoever_has_one_is_not_asked() {
    let world = shut(&[POW, BITS]);
    let visitor = Visitor::new(&world);
    let page = visitor.wait();
    assert_eq!(page.status, 200);
    assert!(page.text().contains("data-kind=\"pow\"") && page.text().contains("<noscript>"), "{}", page.text());
    assert_eq!(waiting(&world), 0);

    let asked = document(&visitor.client, "shop");
    assert_eq!((asked["kind"].as_str(), asked["bits"].as_u64()), (Some("pow"), Some(10)));
    assert!(asked["expiresAt"].is_string() && asked.get("siteKey").is_none(), "{asked}");
    for wrong in [None, Some("x"), Some("x.1"), asked["nonce"].as_str()] {
        let refused = post(&visitor, "*/*", wrong, None);
        refused.is_error(403, "CHALLENGE_REQUIRED");
        assert_eq!(refused.field("challenge")["kind"], "pow", "{}", refused.text());
    }
    assert_eq!(waiting(&world), 0);
    let answer = solved(&asked);
    let taken = post(&visitor, "*/*", Some(&answer), None);
    assert_eq!((taken.status, taken.header("location")), (303, Some("/wait/shop?to=/cart")), "{}", taken.text());
    assert_eq!(visitor.rank(), 1);
    assert_eq!(visitor.wait().status, 200, "not asked again");
    assert_eq!(post(&visitor, "*/*", None, None).status, 303, "nor here");

    let second = Visitor::new(&world);
    second.wait();
    post(&second, "*/*", Some(&answer), None).is_error(403, "CHALLENGE_REQUIRED");
    let again = post(&second, "text/html", None, Some(&answer));
    assert_eq!(again.status, 403, "used");
    assert!(again.text().contains("data-kind=\"pow\""), "a browser gets the page again: {}", again.text());
    let form = solved(&document(&second.client, "queue:shop"));
    assert_eq!(post(&second, "text/html", None, Some(&form)).status, 303);
    assert_eq!(second.rank(), 2);
}

#[test]
fn a_challenge_comes_before_a_full_line_and_is_of_one_network() {
    let proxy = ("ONSALE__HTTP__TRUSTED_PROXIES", "127.0.0.1");
    let world = shut(&[POW, BITS, proxy, ("ONSALE__QUEUE__CAPACITY", "1")]);
    let from = |address: &str| {
        let mut visitor = Visitor::new(&world);
        visitor.client = visitor.client.with("X-Forwarded-For", address);
        visitor.wait();
        visitor
    };
    let (ann, bob) = (from("203.0.113.7"), from("203.0.113.8"));
    let of_ann = solved(&document(&ann.client, "shop"));
    post(&bob, "*/*", Some(&of_ann), None).is_error(403, "CHALLENGE_REQUIRED");
    assert_eq!(post(&ann, "*/*", Some(&of_ann), None).status, 303);
    post(&bob, "*/*", None, None).is_error(403, "CHALLENGE_REQUIRED");
    post(&bob, "*/*", Some(&solved(&document(&bob.client, "shop"))), None).is_error(503, "QUEUE_FULL");
    assert_eq!(waiting(&world), 1);
}

#[test]
fn a_gate_asks_strangers_and_not_a_tenants_own_servers() {
    let world = World::with(&[
        POW,
        BITS,
        ("ONSALE__GATE__DISPATCH_PER_SECOND", "0"),
        ("ONSALE__GATE__EVENT_IDS", "sample_event"),
        ("ONSALE__COUPON__OPEN_ISSUE", "true"),
    ]);
    let key = world.keyed(&["--tenant", "default"]);
    let enqueue =
        |client: &Client, user: &str| client.post(&format!("/gate/events/sample_event/enqueue?userId={user}"));
    wait_until("the gate is there", || enqueue(&key, "ann").status == 200);
    let refused = enqueue(&world.anyone(), "bob");
    refused.is_error(403, "CHALLENGE_REQUIRED");
    let answer = solved(&refused.field("challenge"));
    let with_answer = world.anyone().with("X-Queue-Challenge", &answer);
    assert_eq!(enqueue(&with_answer, "bob").ok()["rank"], 2);
    enqueue(&with_answer, "carl").is_error(403, "CHALLENGE_REQUIRED");
    assert_eq!(enqueue(&world.anyone(), "bob").ok()["status"], "ALREADY_ENQUEUED", "not asked again");
    // The router answers the short form, and the fast path the long one.
    let short = serde_json::json!({"eventId": "sample_event", "userId": "dora"});
    world.anyone().post_json("/enqueue", &short).is_error(403, "CHALLENGE_REQUIRED");
    let answer = solved(&document(&world.anyone(), "gate:sample_event"));
    assert_eq!(world.anyone().with("X-Queue-Challenge", &answer).post_json("/enqueue", &short).ok()["rank"], 3);
}

/// The demonstration's sandbox judges what no real server is configured for; without it nobody could enter.
#[test]
fn recaptcha_is_asked_of_the_sandbox_or_refused_to_the_operator() {
    let world = World::with(&[("ONSALE__GATE__EVENT_IDS", "sample_event"), ("ONSALE__GATE__DISPATCH_PER_SECOND", "0")]);
    let change = |world: &World, line: &str, kind: &str| {
        let body = serde_json::json!({ "challenge": kind }).to_string();
        world.admin().call("PATCH", &format!("/queue/admin/lines/{line}"), Some(body.as_bytes()))
    };
    wait_until("the gate is there", || change(&world, "gate:sample_event", "recaptcha").status == 200);
    // Checks of requests know a rule a second later.
    let gate = || document(&world.anyone(), "gate:sample_event");
    wait_until("the line asks", || gate()["kind"] == "recaptcha");
    let tried = std::cell::Cell::new(0);
    // Each try is somebody else's: who has a place is not asked.
    let enqueue = |token: &str| {
        tried.set(tried.get() + 1);
        let answer = format!("{}.{token}", gate()["nonce"].as_str().expect("a nonce"));
        let stranger = world.anyone().with("X-Queue-Challenge", &answer);
        stranger.post(&format!("/gate/events/sample_event/enqueue?userId=user-{}", tried.get()))
    };
    wait_until("everybody asks", || enqueue("fail").status == 403);
    assert_eq!(enqueue("pass").ok()["status"], "ENQUEUED");
    assert!(gate()["siteKey"].is_string(), "{}", gate());

    let world = shut(&[("ONSALE__DEMO__ENABLED", "false"), ("ONSALE__COUPON__OPEN_ISSUE", "false")]);
    let refused = change(&world, "shop", "recaptcha");
    refused.is_error(400, "INVALID_INPUT");
    assert!(refused.text().contains("user.recaptcha"), "{}", refused.text());
    assert_eq!(change(&world, "shop", "pow").status, 200);
}

#[test]
fn an_account_is_asked_for_in_vain_until_there_are_accounts() {
    let world = shut(&[("ONSALE__QUEUE__CHALLENGE", "account")]);
    let visitor = Visitor::new(&world);
    assert_eq!(visitor.wait().status, 401);
    post(&visitor, "*/*", None, None).is_error(401, "UNAUTHORIZED");
    assert_eq!(document(&visitor.client, "shop")["kind"], "account");
    assert_eq!(waiting(&world), 0);
}

#[test]
fn a_line_without_a_challenge_says_so() {
    let world = shut(&[]);
    assert_eq!(document(&world.anyone(), "shop")["kind"], "none");
    world.anyone().get("/queue/challenge/nothing").is_error(404, "NOT_FOUND");
    let visitor = Visitor::new(&world);
    visitor.wait();
    assert_eq!(post(&visitor, "*/*", None, None).status, 303, "a position is taken here, too");
    assert_eq!(visitor.rank(), 1);
}

/// A server that speaks `siteverify`: it accepts the token `pass`. Returns its address.
fn siteverify() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut reader = BufReader::new(stream.try_clone().expect("a handle"));
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
                    break;
                }
                let lower = line.to_ascii_lowercase();
                length = lower.strip_prefix("content-length:").map_or(length, |n| n.trim().parse().unwrap_or(0));
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("a body");
            let body = String::from_utf8(body).expect("text");
            let is_right = head.starts_with("POST /base/recaptcha/api/siteverify ")
                && body.contains("secret=s3cret")
                && body.contains("response=pass")
                && body.contains("remoteip=127.0.0.1");
            let text = format!("{{\"success\":{is_right}}}");
            let reply = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
                text.len()
            );
            let _ = stream.write_all(reply.as_bytes());
        }
    });
    address
}

#[test]
fn recaptcha_is_asked_of_its_server() {
    let base = format!("{}/base", siteverify());
    let settings = |base: &str| {
        [
            ("ONSALE__QUEUE__CHALLENGE", "recaptcha".to_owned()),
            ("ONSALE__USER__RECAPTCHA__BASE_URL", base.to_owned()),
            ("ONSALE__USER__RECAPTCHA__SCRIPT_URL", format!("{base}/api.js")),
            ("ONSALE__USER__RECAPTCHA__SITE_KEY", "site-1".to_owned()),
            ("ONSALE__USER__RECAPTCHA__SECRET", "s3cret".to_owned()),
        ]
    };
    let here = settings(&base);
    let here: Vec<(&str, &str)> = here.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let world = shut(&here);
    let visitor = Visitor::new(&world);
    let page = visitor.wait();
    assert!(page.text().contains("data-sitekey=\"site-1\"") && page.text().contains(&base), "{}", page.text());
    let asked = document(&visitor.client, "shop");
    assert_eq!((asked["kind"].as_str(), asked["siteKey"].as_str()), (Some("recaptcha"), Some("site-1")));
    let nonce = asked["nonce"].as_str().expect("a nonce");
    post(&visitor, "*/*", Some(&format!("{nonce}.fail")), None).is_error(403, "CHALLENGE_REQUIRED");
    assert_eq!(post(&visitor, "*/*", Some(&format!("{nonce}.pass")), None).status, 303);
    assert_eq!(visitor.rank(), 1);

    // Nobody listens there.
    let away = settings("http://127.0.0.1:9");
    let away: Vec<(&str, &str)> = away.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let world = shut(&away);
    let visitor = Visitor::new(&world);
    visitor.wait();
    let asked = document(&visitor.client, "shop");
    let answer = format!("{}.pass", asked["nonce"].as_str().expect("a nonce"));
    post(&visitor, "*/*", Some(&answer), None).is_error(503, "SERVICE_UNAVAILABLE");
}
