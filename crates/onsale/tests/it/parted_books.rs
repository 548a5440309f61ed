//! Hot state and ledger stay consistent when the journal is lost or replaced.

use serde_json::{Value, json};
use std::path::Path;
use testkit::onsale::{Server, make_key};

const EVENT: &str = "parted";

fn issue(client: &testkit::http::Client, user: &str) -> Value {
    client.issue(user, EVENT).ok()
}

fn revoke_path(answer: &Value) -> String {
    format!("/api/v1/coupons/{}/revoke", answer["coupon_id"].as_str().expect("a coupon"))
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
fn an_older_journal_put_back_issues_no_second_coupon() {
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
    let report = testkit::onsale::run(folder.path(), &["reconcile", "--json"]);
    assert_eq!(report.status.code(), Some(0), "{}", String::from_utf8_lossy(&report.stdout));
}
