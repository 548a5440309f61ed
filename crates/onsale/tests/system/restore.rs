//! The drill of the operations guide where the rows are on a server: the database is dumped and the data folder is backed up
//! while people ask, both are lost, both are put back, and what the older of the two lacks is repaired.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use testkit::http::KeptClient;
use testkit::onsale::{ISSUE, PATIENCE, Server, onsale, wait_until};
use testkit::{Kit, Postgres, PostgresVersion, available, skip};

const EVENT: &str = "drill";
/// Coupons before the dump, between dump and backup, and after the backup.
const PART: usize = 60;

/// Who was told that a coupon is theirs, and which.
type Told = BTreeMap<String, String>;

/// A program of the server's own package.
fn tool(name: &str) -> Option<PathBuf> {
    let path = Path::new("/usr/lib/postgresql/15/bin").join(name);
    if !path.is_file() {
        skip(&format!("{name} is missing"));
    }
    Some(path).filter(|path| path.is_file())
}

#[track_caller]
fn succeeds(command: &mut Command) {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{command:?}: {}", text_of(&output));
}

fn text_of(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A data folder whose rows are in this database.
struct Place<'a> {
    folder: &'a Path,
    url: String,
}

impl Place<'_> {
    fn settings(&self) -> [(&str, &str); 3] {
        [("ONSALE__LEDGER__URL", &self.url), ("ONSALE__DEMO__ENABLED", "false"), ("ONSALE__COUPON__OPEN_ISSUE", "true")]
    }

    fn run(&self, arguments: &[&str]) -> Output {
        onsale(self.folder, arguments).envs(self.settings()).output().expect("it starts")
    }

    #[track_caller]
    fn succeeds(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text_of(&output));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn holders(&self) -> Told {
        let listed = self.succeeds(&["coupons", "export", EVENT]);
        let lines = listed.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
        lines.map(|line| (line[1].to_owned(), line[0].to_owned())).collect()
    }
}

/// Ends the crowd when this is dropped, also by a failed assertion.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One person after the other asks, until it is over.
fn ask(port: u16, told: &Mutex<Told>, is_over: &AtomicBool) {
    let mut client = KeptClient::local(port, PATIENCE);
    for number in 0.. {
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        let user = format!("person-{number}");
        let body = json!({"user_id": user, "event_id": EVENT}).to_string();
        let reply = client.call("POST", ISSUE, &[("Content-Type", "application/json")], &body).expect("an answer");
        assert_eq!(reply.code(), "ISSUED", "{}", reply.text());
        let coupon = reply.field("coupon_id").as_str().expect("a coupon").to_owned();
        told.lock().expect("nobody panicked").insert(user, coupon);
    }
}

#[test]
fn a_database_and_a_folder_of_different_moments_are_put_back_and_balance() {
    let (Some(dump), Some(load)) = (tool("pg_dump"), tool("psql")) else { return };
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some(postgres) = available(Postgres::start(&kit, PostgresVersion::V15)) else { return };
    let outer = tempfile::tempdir().expect("a folder");
    let (data, dumped, out) = (outer.path().join("data"), outer.path().join("rows.sql"), outer.path().join("backup"));
    let out = out.to_str().expect("text");
    let place = Place { folder: &data, url: postgres.fresh_database("lost").expect("a database") };
    let key = place.succeeds(&["admin", "keys", "create", "--admin"]);
    let mut server = Server::start(&data, &place.settings());
    let admin = server.client().with("X-Api-Key", &key);
    admin.make_campaign(&json!({"event_id": EVENT, "name": "Drill", "stock": 1_000_000}));
    admin.open_campaign(EVENT);
    let (told, is_over, mut before) = (Mutex::new(Told::new()), AtomicBool::new(false), Told::new());
    let more = || {
        let seen = told.lock().expect("nobody panicked").len();
        wait_until("more people have coupons", || told.lock().expect("nobody panicked").len() >= seen + PART);
    };
    std::thread::scope(|scope| {
        let _ending = Ending(&is_over);
        scope.spawn(|| ask(server.address.port(), &told, &is_over));
        more();
        succeeds(Command::new(&dump).args(["--no-owner", "--file"]).arg(&dumped).arg(&place.url));
        more();
        before = told.lock().expect("nobody panicked").clone();
        place.succeeds(&["backup", "--out", out]);
        more();
    });
    server.kill();
    std::fs::remove_dir_all(&data).expect("everything is lost");

    // Another database on another day: of the old one nothing is left but its dump.
    let place = Place { folder: &data, url: postgres.fresh_database("found").expect("a database") };
    succeeds(Command::new(&load).args(["--quiet", "--set", "ON_ERROR_STOP=1", "--file"]).arg(&dumped).arg(&place.url));
    place.succeeds(&["restore", "--from", out]);
    // Decisions that were on their way when the backup was taken go first, which takes a server; then it knows what is missing.
    let mut server = Server::start(&data, &place.settings());
    let admin = server.client().with("X-Api-Key", &key);
    wait_until("the running server has repaired the rows", || {
        let _ = admin.post("/api/v1/admin/reconcile");
        let report: Value = serde_json::from_slice(&place.run(&["reconcile", "--json"]).stdout).unwrap_or_default();
        report["balances"] == json!(true) && report["campaigns"][0]["in_flight"] == json!(0)
    });
    let kept = place.holders();
    for (user, coupon) in &before {
        assert_eq!(kept.get(user), Some(coupon), "{user} was told before the backup began");
    }
    let told = told.into_inner().expect("nobody panicked");
    assert!(kept.iter().all(|(user, coupon)| told.get(user).is_none_or(|mine| mine == coupon)));
    assert!(kept.len() < told.len(), "what came after the backup is gone: {} of {}", kept.len(), told.len());

    let lost = told.keys().find(|user| !kept.contains_key(*user)).expect("somebody lost a coupon");
    assert_eq!(server.client().issue(lost, EVENT).code(), "ISSUED");
    assert_eq!(server.client().issue(before.keys().next().expect("somebody"), EVENT).code(), "ALREADY_ISSUED");
    assert_eq!(server.terminate(), Some(0));
    place.succeeds(&["reconcile"]);
}
