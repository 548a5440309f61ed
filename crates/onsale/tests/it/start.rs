//! Refused starts: each message names the remedy.

use rusqlite::Connection;
use std::path::Path;
use std::process::Output;
use testkit::onsale::{Server, World, onsale, run};

/// Runs `onsale serve` on this folder.
fn serve(data: &Path) -> Output {
    run(data, &["serve", "--listen", "127.0.0.1:0"])
}

#[track_caller]
fn refused(output: &Output, status: i32, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is missing in: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

/// A folder that a server has used.
fn used_folder() -> tempfile::TempDir {
    let mut world = World::new();
    assert_eq!(world.anyone().issue("ann", "sample_event").code(), "ISSUED");
    assert_eq!(world.server.terminate(), Some(0));
    let World { server: _, folder, .. } = world;
    folder
}

#[test]
fn a_second_process_on_the_same_folder_is_refused() {
    let world = World::new();
    refused(&serve(world.folder.path()), 1, &["another process is using", "--data"]);
    assert_eq!(world.anyone().issue("ann", "sample_event").code(), "ISSUED", "the first one goes on");
}

#[test]
fn a_port_in_use_is_reported() {
    let world = World::new();
    let other = tempfile::tempdir().expect("a folder");
    let output = run(other.path(), &["serve", "--listen", &world.server.address.to_string()]);
    refused(&output, 1, &[&world.server.address.to_string(), "cannot listen on", "--listen"]);
}

#[test]
fn a_journal_of_another_version_is_refused() {
    let folder = used_folder();
    let journal = Connection::open(folder.path().join("hot.sqlite")).expect("opens");
    journal.execute("UPDATE meta SET value = 99 WHERE name = 'format'", []).expect("changes");
    drop(journal);
    refused(&serve(folder.path()), 1, &["format 99", "use the version that wrote it"]);
}

#[test]
fn a_database_of_a_newer_version_is_refused() {
    let folder = used_folder();
    let database = Connection::open(folder.path().join("coupon_service.sqlite")).expect("opens");
    let add = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20990101_000001_future', 0)";
    database.execute(add, []).expect("changes");
    drop(database);
    refused(&serve(folder.path()), 1, &["m20990101_000001_future", "use that version of Onsale"]);
}

#[test]
fn damaged_files_are_reported() {
    for file in ["hot.sqlite", "coupon_service.sqlite"] {
        let folder = used_folder();
        for rest in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(folder.path().join(format!("{file}{rest}")));
        }
        std::fs::write(folder.path().join(file), "this is not a database, but long enough to look at\n".repeat(200))
            .expect("writes");
        refused(&serve(folder.path()), 1, &[folder.path().to_str().expect("UTF-8"), "--data"]);
        let kept = std::fs::read(folder.path().join(file)).expect("reads");
        assert!(kept.starts_with(b"this is not a database"), "{file} is not touched");
    }
}

#[test]
fn a_folder_that_cannot_be_created_is_reported() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    refused(&serve(file.path()), 1, &[file.path().to_str().expect("UTF-8"), "data folder"]);
}

#[test]
fn invalid_configuration_is_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let serve = |name: &str, value: &str| {
        let mut command = onsale(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
        command.env(name, value).output().expect("starts")
    };
    refused(
        &serve("ONSALE__HTTP__LISTENN", "1"),
        2,
        &["http.listenn", "no such key", "http.listen", "ONSALE__HTTP__LISTENN"],
    );
    refused(&serve("ONSALE__HTTP__WORKERS", "many"), 2, &["http.workers", "many", "whole number", "1024"]);
    refused(&serve("ONSALE__HOT__URL", "memcached://127.0.0.1"), 2, &["hot.url", "embedded:"]);
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, "[http]\nlisten = \"nowhere\"\n[colour]\nred = 1\n").expect("writes");
    let output = run(folder.path(), &["serve", "--config", file.to_str().expect("UTF-8")]);
    refused(&output, 2, &["http.listen", "nowhere", "colour.red", "mine.toml"]);
    std::fs::write(&file, "[http\n").expect("writes");
    let output = run(folder.path(), &["serve", "--config", file.to_str().expect("UTF-8")]);
    refused(&output, 2, &["mine.toml", "not TOML"]);
    refused(&run(folder.path(), &["serve", "--config", "/nowhere/onsale.toml"]), 2, &["/nowhere/onsale.toml"]);
}

#[test]
fn wrong_arguments_are_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    for arguments in [&["serve", "kitchen"][..], &["serve", "--listen", "x"], &["dance"], &["admin", "keys", "create"]]
    {
        refused(&run(folder.path(), arguments), 2, &[]);
    }
    refused(&run(folder.path(), &["serve", "coupon"]), 2, &["start without role names"]);
}

/// A journal with an incomplete last transaction opens without that transaction.
#[test]
fn a_journal_cut_in_its_last_transaction_does_not_prevent_the_start() {
    let mut world = World::new();
    for number in 0..20 {
        assert_eq!(world.anyone().issue(&format!("user-{number}"), "sample_event").code(), "ISSUED");
    }
    world.server.kill();
    let log = world.folder.path().join("hot.sqlite-wal");
    let bytes = std::fs::read(&log).expect("the log of a killed server");
    std::fs::write(&log, &bytes[..bytes.len() - 100]).expect("cuts");
    let server = Server::start(world.folder.path(), &[]);
    let held = |number: u32| {
        server.client().get(&format!("/api/v1/coupons/user/user-{number}/event/sample_event")).ok()["coupon_id"]
            .is_string()
    };
    assert!((0..19).all(held), "only the last one may be gone");
    let remaining = server.client().get("/api/v1/coupons/status/sample_event").ok()["remaining_stock"].clone();
    assert_eq!(remaining, if held(19) { 980 } else { 981 });
}
