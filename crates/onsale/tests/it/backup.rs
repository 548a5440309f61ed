//! The drill of the operations guide: a backup is taken while people ask, everything is lost, the backup is put back, and
//! the books balance.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Output;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use testkit::http::KeptClient;
use testkit::onsale::{ISSUE, PATIENCE, Server, make_key, run, wait_until};

const EVENT: &str = "drill";
const STOCK: u32 = 1_500;
const CROWD: usize = 8;
/// Coupons before the backup, and after it.
const BEFORE: usize = 300;
const AFTER: usize = 100;

/// Who was told that a coupon is theirs, and which.
type Told = BTreeMap<String, String>;

/// Between two requests of one of the crowd, so that the stock outlasts the backup, however fast the machine is.
const PACE: Duration = Duration::from_millis(50);

/// People who ask, each once, for as long as they are let.
#[derive(Default)]
struct Crowd {
    pace: Duration,
    told: Mutex<Told>,
    next: AtomicU32,
    is_over: AtomicBool,
}

impl Crowd {
    fn told(&self) -> Told {
        self.told.lock().expect("nobody panicked").clone()
    }

    fn count(&self) -> usize {
        self.told.lock().expect("nobody panicked").len()
    }

    /// Asks for one person after the other. Ends when it is over, when everything is given, or when nobody answers.
    fn ask(&self, port: u16) {
        let mut client = KeptClient::local(port, PATIENCE);
        while !self.is_over.load(Ordering::Relaxed) {
            let user = format!("person-{}", self.next.fetch_add(1, Ordering::Relaxed));
            let body = json!({"user_id": user, "event_id": EVENT}).to_string();
            let Ok(reply) = client.call("POST", ISSUE, &[("Content-Type", "application/json")], &body) else { return };
            if reply.code() == "SOLD_OUT" {
                return;
            }
            assert_eq!(reply.code(), "ISSUED", "{}", reply.text());
            let coupon = reply.field("coupon_id").as_str().expect("a coupon").to_owned();
            self.told.lock().expect("nobody panicked").insert(user, coupon);
            std::thread::sleep(self.pace);
        }
    }

    /// Asks with many at once for as long as `meanwhile` takes.
    fn run(&self, server: &Server, meanwhile: impl FnOnce()) {
        let port = server.address.port();
        std::thread::scope(|scope| {
            for _ in 0..CROWD {
                scope.spawn(move || self.ask(port));
            }
            meanwhile();
            self.is_over.store(true, Ordering::Relaxed);
        });
    }
}

#[track_caller]
fn succeeds(output: &Output) -> String {
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{told}");
    told
}

/// The holders of all coupons, as an operator lists them; each serial once.
fn holders(folder: &Path) -> Told {
    let listed = run(folder, &["coupons", "export", EVENT]);
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let listed = String::from_utf8(listed.stdout).expect("text");
    // coupon, user, serial, status, time
    let lines: Vec<Vec<&str>> = listed.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let serials: BTreeSet<&str> = lines.iter().map(|line| line[2]).collect();
    assert_eq!(serials.len(), lines.len(), "a serial twice");
    lines.iter().map(|line| (line[1].to_owned(), line[0].to_owned())).collect()
}

/// Waits until each decision has its row, and the books balance.
fn books_balance(folder: &Path) {
    wait_until("the books balance and nothing is on its way", || {
        let report: Value = serde_json::from_slice(&run(folder, &["reconcile", "--json"]).stdout).unwrap_or_default();
        let campaigns = report["campaigns"].as_array().cloned().unwrap_or_default();
        report["balances"] == json!(true) && campaigns.iter().all(|campaign| campaign["in_flight"] == json!(0))
    });
}

#[test]
fn a_backup_taken_while_people_ask_is_put_back_after_everything_was_lost() {
    let outer = tempfile::tempdir().expect("a folder");
    let (data, out) = (outer.path().join("data"), outer.path().join("backup"));
    let key = make_key(&data, &["--admin"]);
    let mut server = Server::start(&data, &[]);
    let admin = server.client().with("X-Api-Key", &key);
    admin.make_campaign(&json!({"event_id": EVENT, "name": "Drill", "stock": STOCK}));
    admin.open_campaign(EVENT);
    let (crowd, mut before) = (Crowd { pace: PACE, ..Crowd::default() }, Told::new());
    crowd.run(&server, || {
        wait_until("people have coupons", || crowd.count() >= BEFORE);
        before = crowd.told();
        let told = succeeds(&run(&data, &["backup", "--out", out.to_str().expect("text")]));
        assert!(told.contains("writers waited"), "{told}");
        let taken = crowd.count();
        wait_until("more people have coupons", || crowd.count() >= taken + AFTER);
    });
    let told = crowd.told();
    assert!(told.len() < STOCK as usize, "it was sold out before the loss");
    server.kill();
    std::fs::remove_dir_all(&data).expect("everything is lost");

    succeeds(&run(&data, &["restore", "--from", out.to_str().expect("text")]));
    succeeds(&run(&data, &["reconcile"]));
    let mut server = Server::start(&data, &[]);
    let admin = server.client().with("X-Api-Key", &key);
    books_balance(&data);
    let kept = holders(&data);
    for (user, coupon) in &before {
        assert_eq!(kept.get(user), Some(coupon), "{user} was told before the backup began");
    }
    for (user, coupon) in told.iter().filter(|(user, _)| kept.contains_key(*user)) {
        assert_eq!(kept.get(user), Some(coupon), "{user} was told of another coupon");
    }
    // The honest part: what was told after the moment is gone, and the guide says so.
    let lost: Vec<&String> = told.keys().filter(|user| !kept.contains_key(*user)).collect();
    assert!(!lost.is_empty() && lost.iter().all(|user| !before.contains_key(*user)), "{} are lost", lost.len());

    // The sale goes on: those who lost theirs may ask again, and no coupon is given twice or beyond the stock.
    let again = server.client().issue(lost[0], EVENT).ok();
    assert_eq!(again["code"], "ISSUED");
    let later = Crowd { next: AtomicU32::new(crowd.next.load(Ordering::Relaxed)), ..Crowd::default() };
    later.run(&server, || {
        wait_until("it is sold out", || {
            let status = admin.get(&format!("/api/v1/coupons/status/{EVENT}")).ok();
            status["remaining_stock"] == json!(0)
        });
    });
    books_balance(&data);
    let all = holders(&data);
    assert_eq!(all.len(), STOCK as usize);
    assert!(kept.iter().all(|(user, coupon)| all.get(user) == Some(coupon)), "a restored coupon changed its holder");
    assert_eq!(server.terminate(), Some(0));
    succeeds(&run(&data, &["reconcile"]));
}

#[test]
fn a_restore_never_writes_over_a_server_and_a_half_restored_folder_is_refused() {
    let outer = tempfile::tempdir().expect("a folder");
    let (data, out, other) = (outer.path().join("data"), outer.path().join("backup"), outer.path().join("other"));
    assert_eq!(run(&data, &["migrate"]).status.code(), Some(0));
    let out = out.to_str().expect("text");
    succeeds(&run(&data, &["backup", "--out", out]));
    succeeds(&run(&other, &["restore", "--from", out, "--check"]));
    assert!(!other.exists(), "a check writes nothing");
    let refused = run(&data, &["restore", "--from", out]);
    assert_eq!(refused.status.code(), Some(2), "{}", String::from_utf8_lossy(&refused.stderr));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("there is data in"));
    succeeds(&run(&other, &["restore", "--from", out]));
    std::fs::write(other.join("restore.unfinished"), "").expect("as if it was cut short");
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["reconcile"], &["migrate"]] {
        let refused = run(&other, command);
        assert_eq!(refused.status.code(), Some(2), "{command:?}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains("cut short"), "{command:?}");
    }
}
