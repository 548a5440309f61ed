//! Hot state and ledger stay together whatever goes away in between: the caller, or the journal.

use crate::server::{Server, World, make_key};
use serde_json::{Value, json};
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;

const EVENT: &str = "parted";

fn issue(client: &crate::http::Client, user: &str) -> Value {
    client.issue(user, EVENT).ok()
}

fn revoke_path(answer: &Value) -> String {
    format!("/api/v1/coupons/{}/revoke", answer["coupon_id"].as_str().expect("a coupon"))
}

#[test]
fn a_caller_who_goes_away_does_not_leave_half_a_revocation() {
    let world = World::new();
    world.admin().post(&format!("/api/v1/admin/events/{EVENT}/stock?initial_stock=60")).ok();
    let given: Vec<Value> = (0..60).map(|n| issue(&world.anyone(), &format!("user-{n}"))).collect();
    for (n, coupon) in given.iter().enumerate() {
        let body = json!({"return_to_stock": true}).to_string();
        let mut stream = TcpStream::connect(world.server.address).expect("connects");
        write!(
            stream,
            "POST {} HTTP/1.1\r\nHost: it\r\nX-Api-Key: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            revoke_path(coupon),
            world.admin_key,
            body.len()
        )
        .expect("sent");
        std::thread::sleep(std::time::Duration::from_micros(n as u64 * 100));
    }
    let report = world.admin().get("/api/v1/admin/reconcile?event_id=parted").ok();
    assert_eq!(report["balances"], true, "{report}");
}

fn copy_journal(from: &Path, to: &Path) {
    for name in ["hot.sqlite", "hot.sqlite-wal", "hot.sqlite-shm"] {
        let _ = std::fs::remove_file(to.join(name));
        if from.join(name).exists() {
            std::fs::copy(from.join(name), to.join(name)).expect("copied");
        }
    }
}

#[test]
fn an_older_journal_put_back_gives_nobody_a_second_coupon() {
    let (folder, copy) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let key = make_key(folder.path(), &["--admin"]);
    let mut server = Server::start(folder.path(), &[]);
    server.client().post(&format!("/api/v1/admin/events/{EVENT}/stock?initial_stock=2")).ok();
    let first = issue(&server.client(), "alice");
    server.terminate();
    copy_journal(folder.path(), copy.path());
    let mut server = Server::start(folder.path(), &[]);
    let admin = server.client().with("X-Api-Key", &key);
    admin.post_json(&revoke_path(&first), &json!({"return_to_stock": true})).ok();
    let second = issue(&server.client(), "bob");
    assert_eq!(second["serial"], 1, "the number that came back is given again");
    server.terminate();
    copy_journal(copy.path(), folder.path());
    let mut server = Server::start(folder.path(), &[]);
    let again = issue(&server.client(), "bob");
    assert_eq!((&again["code"], &again["coupon_id"]), (&json!("ALREADY_ISSUED"), &second["coupon_id"]));
    assert_eq!(issue(&server.client(), "carol")["serial"], 2);
    assert_eq!(server.terminate(), Some(0));
    let report = crate::server::run(folder.path(), &["reconcile", "--json"]);
    assert_eq!(report.status.code(), Some(0), "{}", String::from_utf8_lossy(&report.stdout));
}
