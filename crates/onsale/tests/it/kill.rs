//! `kill -9` under load, at random times: confirmed coupons are stored, none is duplicated, none exceeds the stock.
//!
//! `ONSALE_KILLS=20` kills 20 times; the default is three.

use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use testkit::http::{Client, Connection};
use testkit::onsale::{ISSUE, Server, make_key};

const THREADS: u64 = 16;
const STOCK_PER_KILL: u64 = 2_000;
const EVENT: &str = "rush";

/// The confirmed coupon and serial of each user.
type Heard = HashMap<String, (String, u64)>;

/// Requests coupons over one connection until the server is gone or the campaign is sold out.
fn press(client: &Client, mut connection: Connection, next_user: &AtomicU64, answers: &AtomicU64) -> Heard {
    let mut heard = Heard::new();
    loop {
        let user = format!("user-{}", next_user.fetch_add(1, Ordering::Relaxed));
        let body = json!({"user_id": user, "event_id": EVENT}).to_string();
        connection.send(client.request("POST", ISSUE, Some(body.as_bytes())));
        let Ok(answer) = connection.try_reply() else { return heard };
        answers.fetch_add(1, Ordering::Relaxed);
        let answer = answer.ok();
        match answer["code"].as_str() {
            Some("ISSUED") => {
                let id = answer["coupon_id"].as_str().expect("an id").to_owned();
                heard.insert(user, (id, answer["serial"].as_u64().expect("a number")));
            }
            Some("SOLD_OUT") => return heard,
            _ => panic!("{answer}"),
        }
    }
}

fn crowd(
    address: SocketAddr,
    next_user: &Arc<AtomicU64>,
    answers: &Arc<AtomicU64>,
) -> Vec<std::thread::JoinHandle<Heard>> {
    // All connect before the first request, because the server may be killed at the first response.
    let connections: Vec<Connection> = (0..THREADS).map(|_| Connection::open(address)).collect();
    let person = |connection| {
        let (client, next_user, answers) = (Client::new(address), next_user.clone(), answers.clone());
        std::thread::spawn(move || press(&client, connection, &next_user, &answers))
    };
    connections.into_iter().map(person).collect()
}

fn hear(crowd: Vec<std::thread::JoinHandle<Heard>>) -> Heard {
    crowd.into_iter().flat_map(|person| person.join().expect("a person's thread")).collect()
}

/// Every user with a confirmed coupon holds exactly that coupon.
fn check_held(address: SocketAddr, heard: &Heard) {
    let client = Client::new(address);
    let mut connection = Connection::open(address);
    for (user, (coupon_id, serial)) in heard {
        connection.send(client.request("GET", &format!("/api/v1/coupons/user/{user}/event/{EVENT}"), None));
        let held = connection.reply().ok();
        let coupons = held["coupons"].as_array().expect("a list");
        assert_eq!(coupons.len(), 1, "{user}: {held}");
        assert_eq!(
            (coupons[0]["coupon_id"].as_str(), coupons[0]["serial"].as_u64()),
            (Some(coupon_id.as_str()), Some(*serial))
        );
    }
}

fn check_books(data: &Path, stock: u64) {
    let output = testkit::onsale::run(data, &["reconcile", "--campaign", EVENT, "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let campaign = &report["campaigns"][0];
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert_eq!(
        (campaign["hot_count"].as_u64(), campaign["ledger_count"].as_u64()),
        (Some(stock), Some(stock)),
        "{campaign}"
    );
}

#[test]
fn a_server_killed_under_load_keeps_every_promise() {
    let kills: u64 = std::env::var("ONSALE_KILLS").ok().map_or(3, |text| text.parse().expect("a number"));
    let stock = STOCK_PER_KILL * kills;
    let folder = tempfile::tempdir().expect("a folder");
    make_key(folder.path(), &["--admin"]);
    let mut server = Server::start(folder.path(), &[]);
    server.client().post(&format!("/api/v1/admin/events/{EVENT}/stock?initial_stock={stock}")).ok();
    let (next_user, mut heard) = (Arc::new(AtomicU64::new(0)), Heard::new());
    for kill in 0..kills {
        let answers = Arc::new(AtomicU64::new(0));
        let crowd = crowd(server.address, &next_user, &answers);
        // Under full load: after this many responses, at a random time within a commit or between two.
        let after = fastrand::u64(1..STOCK_PER_KILL / 2);
        testkit::onsale::wait_until("the load is on", || answers.load(Ordering::Relaxed) >= after);
        std::thread::sleep(Duration::from_micros(fastrand::u64(0..5_000)));
        server.kill();
        heard.extend(hear(crowd));
        server = Server::start(folder.path(), &[]);
        check_held(server.address, &heard);
        println!("kill {}: {} acknowledged so far, all there", kill + 1, heard.len());
    }
    heard.extend(hear(crowd(server.address, &next_user, &Arc::default())));
    check_held(server.address, &heard);
    let serials: HashSet<u64> = heard.values().map(|(_, serial)| *serial).collect();
    assert_eq!(serials.len(), heard.len(), "no number twice");
    assert!(serials.iter().all(|serial| (1..=stock).contains(serial)), "none beyond stock");
    let status = server.client().get(&format!("/api/v1/coupons/status/{EVENT}")).ok();
    assert_eq!((&status["status"], &status["remaining_stock"]), (&json!("sold_out"), &json!(0)));
    assert_eq!(status["total_participants"].as_u64(), Some(stock));
    // Issued but unconfirmed coupons, whose response was lost with the server: at most one per connection.
    assert!(stock - heard.len() as u64 <= kills * THREADS, "{} of {stock} were heard", heard.len());
    assert_eq!(server.terminate(), Some(0));
    check_books(folder.path(), stock);
}
