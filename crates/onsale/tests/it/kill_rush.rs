//! `kill -9` of the server during `onsale rush`, with a restart on the same port and folder each time: in the end the
//! checks of the rush must pass.
//!
//! `ONSALE_KILLS=20` kills 20 times; the default is three.

use serde_json::Value;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use testkit::onsale::{PATIENCE, Server, make_key, onsale, wait_until};

/// Enough stock that the rush is still running at the last kill.
const USERS_PER_KILL: u64 = 12_000;
const STOCK_PER_KILL: u64 = 10_000;
const EVENT: &str = "killed";

fn start_rush(address: &str, key: &str, kills: u64, folder: &Path) -> Child {
    let (users, stock) = ((USERS_PER_KILL * kills).to_string(), (STOCK_PER_KILL * kills).to_string());
    let report = folder.join("report.html");
    let mut command = onsale(folder, &["rush", "--connections", "64", "--rate", "3000", "--campaign", EVENT]);
    command.args(["--url", address, "--key", key, "--users", &users, "--stock", &stock, "--report"]).arg(report);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the rush starts")
}

fn participants(server: &Server) -> u64 {
    let status = server.client().get(&format!("/api/v1/coupons/status/{EVENT}"));
    if status.status == 200 { status.ok()["total_participants"].as_u64().unwrap_or(0) } else { 0 }
}

#[test]
fn the_books_balance_after_repeated_kills_during_a_rush() {
    let kills: u64 = std::env::var("ONSALE_KILLS").ok().map_or(3, |text| text.parse().expect("a number"));
    let folder = tempfile::tempdir().expect("a folder");
    let key = make_key(folder.path(), &["--admin"]);
    // A reserved port outside the ephemeral range: no other program takes it while the server is down.
    let port = testkit::Port::free().expect("a free port");
    let address = format!("127.0.0.1:{}", port.number());
    let mut server = Server::start_at(&address, folder.path(), &[]);
    let mut rush = start_rush(&format!("http://{address}"), &key, kills, folder.path());
    let mut seen = 0;
    for kill in 0..kills {
        wait_until("somebody more was served", || participants(&server) > seen);
        std::thread::sleep(Duration::from_micros(fastrand::u64(0..800_000)));
        assert!(rush.try_wait().expect("ours to wait for").is_none(), "the rush ended before kill {kill}");
        seen = participants(&server);
        server.kill();
        server = Server::start_at(&address, folder.path(), &[]);
        assert!(participants(&server) >= seen, "what was there before the kill is there after it");
        println!("kill {}: {seen} people had coupons", kill + 1);
    }
    let deadline = Instant::now() + PATIENCE * 10;
    let status = loop {
        if let Some(status) = rush.try_wait().expect("ours to wait for") {
            break status;
        }
        assert!(Instant::now() < deadline, "the rush did not end");
        std::thread::sleep(Duration::from_millis(50));
    };
    let report = std::fs::read(folder.path().join("report.json")).expect("a report");
    let report: Value = serde_json::from_slice(&report).expect("JSON");
    assert!(status.success(), "{:#}", report["verdict"]);
    assert_eq!(report["verdict"]["balanced"], true, "{:#}", report["verdict"]);
    println!("{:#}", report["verdict"]);
}
