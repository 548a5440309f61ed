//! `kill -9` at random times between the effect of a call and its answer: each call has one effect, and its answer is told
//! again. `ONSALE_KILLS=20` kills 20 times; the default is three.

use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use testkit::http::{Client, Connection};
use testkit::onsale::{Server, make_key, wait_until};

const THREADS: u64 = 8;
const STOCK: u64 = 1;
const PATH: &str = "/api/v1/admin/campaigns/sale/stock";

/// A call, by the number in its key, and the body that was heard.
type Heard = Vec<(u64, Option<String>)>;

fn client(address: SocketAddr, admin_key: &str, number: u64) -> Client {
    Client::new(address).with("X-Api-Key", admin_key).with("Idempotency-Key", &format!("add-{number}"))
}

/// Adds stock, each time with another key, until the server is gone.
fn press(address: SocketAddr, admin_key: &str, next: &AtomicU64) -> Heard {
    let mut heard = Heard::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let body = json!({"add": 1}).to_string();
        let Ok(mut connection) = Connection::connect(address, Duration::from_secs(60)) else {
            heard.push((number, None));
            return heard;
        };
        let request = client(address, admin_key, number).request("POST", PATH, Some(body.as_bytes()));
        let answer = connection.try_send(&request).and_then(|()| connection.try_reply());
        let Ok(answer) = answer else {
            heard.push((number, None));
            return heard;
        };
        // Changes of one campaign come first each time to one of them: it may be told to come again.
        if answer.status == 503 {
            heard.push((number, None));
            continue;
        }
        answer.ok();
        heard.push((number, Some(answer.text())));
    }
}

fn check_calls(address: SocketAddr, admin_key: &str, calls: &Heard) {
    for (number, heard) in calls {
        let client = client(address, admin_key, *number);
        let answer = client.post_json(PATH, &json!({"add": 1}));
        answer.ok();
        if let Some(heard) = heard {
            assert_eq!(&answer.text(), heard, "add-{number}");
            assert_eq!(answer.header("idempotency-replayed"), Some("true"), "add-{number}");
        }
        let again = client.post_json(PATH, &json!({"add": 1}));
        assert_eq!((again.text(), again.header("idempotency-replayed")), (answer.text(), Some("true")), "add-{number}");
    }
}

fn one_effect_each(environment: &[(&str, &str)]) {
    let kills: u64 = std::env::var("ONSALE_KILLS").ok().map_or(3, |text| text.parse().expect("a number"));
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Server::start(folder.path(), environment);
    let admin_key = admin_key(folder.path(), environment);
    let admin = |server: &Server| server.client().with("X-Api-Key", &admin_key);
    wait_until("the key works", || admin(&server).get("/api/v1/admin/campaigns").status == 200);
    admin(&server).make_campaign(&json!({"event_id": "sale", "name": "Sale", "stock": STOCK}));
    let (next, mut calls) = (Arc::new(AtomicU64::new(0)), Heard::new());
    for kill in 0..kills {
        let begun = next.load(Ordering::Relaxed);
        let address = server.address;
        let crowd: Vec<_> = (0..THREADS)
            .map(|_| {
                let (next, admin_key) = (next.clone(), admin_key.clone());
                std::thread::spawn(move || press(address, &admin_key, &next))
            })
            .collect();
        let after = begun + fastrand::u64(THREADS..THREADS * 8);
        wait_until("the load is on", || next.load(Ordering::Relaxed) >= after);
        std::thread::sleep(Duration::from_micros(fastrand::u64(0..20_000)));
        server.kill();
        let heard: Heard = crowd.into_iter().flat_map(|one| one.join().expect("a thread")).collect();
        server = Server::start(folder.path(), environment);
        check_calls(server.address, &admin_key, &heard);
        calls.extend(heard);
        let campaign = admin(&server).get("/api/v1/admin/campaigns/sale").ok();
        assert_eq!(campaign["stock"], STOCK + calls.len() as u64, "kill {kill}: each call once");
        let left = admin(&server).get("/api/v1/coupons/status/sale").ok()["remaining_stock"].clone();
        assert_eq!(left, STOCK + calls.len() as u64, "kill {kill}: in the hot state, too");
    }
    let log = admin(&server).get("/api/v1/admin/audit?action=campaign.stock&size=1").ok();
    assert_eq!(log["totalElements"], calls.len(), "one entry each");
}

/// A key of the database in force.
fn admin_key(folder: &std::path::Path, environment: &[(&str, &str)]) -> String {
    if environment.is_empty() {
        return make_key(folder, &["--admin"]);
    }
    let mut command = testkit::onsale::onsale(folder, &["admin", "keys", "create", "--admin"]);
    let output = command.envs(environment.iter().copied()).output().expect("starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
}

#[test]
fn a_killed_server_has_one_effect_for_each_call() {
    one_effect_each(&[]);
}

#[test]
fn a_killed_server_on_postgres_has_one_effect_for_each_call() {
    let url = testkit::shared().postgres().and_then(|server| server.fresh_database("calls"));
    let Some(url) = testkit::available(url) else { return };
    one_effect_each(&[("ONSALE__LEDGER__URL", &url)]);
}

#[test]
fn a_killed_server_on_mariadb_has_one_effect_for_each_call() {
    let url = testkit::shared().mariadb().and_then(|server| server.fresh_database("calls"));
    let Some(url) = testkit::available(url) else { return };
    one_effect_each(&[("ONSALE__LEDGER__COUPON__URL", &url)]);
}
