//! The role `queue`: it has no database, and an administrator controls its lines also while the coupon role is down.

use crate::ask::client;
use crate::settings::PATIENCE;
use crate::system::{Ack, System, with};
use testkit::until;

const LINE: &str = "faults_site";

/// Sets the rate of the line; the reply's status.
fn set_rate(port: u16, key: &str, rate: u32) -> u16 {
    let headers = [("X-Api-Key", key)];
    let body = format!("{{\"ratePerSecond\":{rate}}}");
    client(port).call("PUT", &format!("/queue/admin/{LINE}/rate"), &headers, &body).expect("answered").status
}

/// Asks until the coupon role answers in time (503: it has not), and demands this status then.
#[track_caller]
fn is_answered(ask: impl Fn() -> u16, status: u16) {
    let answered = until("the coupon role answers", PATIENCE, || match ask() {
        503 => Err("503".to_owned()),
        other => Ok(other),
    });
    assert_eq!(answered.expect("it answers"), status);
}

fn kill_and_restart(system: &System, while_down: impl FnOnce()) {
    for server in &system.coupon_servers {
        server.kill().expect("killed");
    }
    while_down();
    for server in &system.coupon_servers {
        server.restart().expect("starts again");
    }
    system.wait_until_whole();
}

#[test]
fn a_line_without_a_database_is_controlled_while_the_coupon_role_is_down() {
    with(Ack::Replica, |system| {
        let (_server, port) = system.queue_server(LINE);
        let health = client(port).call("GET", "/health", &[], "").expect("answered");
        assert_eq!((health.status, &health.json()["parts"]["ledger"]), (200, &serde_json::Value::Null));
        is_answered(|| set_rate(port, "onsale_unknown", 7), 401);
        is_answered(|| set_rate(port, &system.key, 7), 204);
        kill_and_restart(system, || {
            // Longer than an answer counts while the coupon role could be asked.
            std::thread::sleep(std::time::Duration::from_secs(3));
            assert_eq!(set_rate(port, &system.key, 8), 204, "a key that was in force a moment ago");
            let (head, last) = system.key.split_at(system.key.len() - 1);
            let unseen = format!("{head}{}", if last == "0" { "1" } else { "0" });
            assert_eq!(set_rate(port, &unseen, 9), 503, "nobody knows, and that is no refusal");
        });
        is_answered(|| set_rate(port, "onsale_unknown", 9), 401);
    });
}
