//! Health that is true: `UP` means that what the program decides can be kept. The kind: whatever refuses writes and not
//! reads, in each of the embedded files.

use rusqlite::Connection;
use std::time::Duration;
use testkit::onsale::{World, wait_until};

/// A file, a table in it, and the part of the program that needs it.
const TABLES: [(&str, &str, &str); 7] = [
    ("hot.sqlite", "campaigns", "hot"),
    ("hot.sqlite", "entries", "hot"),
    ("lines.db", "lines", "hot"),
    ("lines.db", "places", "hot"),
    ("seats.db", "seats", "hot"),
    ("coupon_service.sqlite", "coupons", "ledger"),
    ("coupon_service.sqlite", "processed_events", "ledger"),
];

fn open(world: &World, file: &str) -> Connection {
    let connection = Connection::open(world.folder.path().join(file)).expect("opens");
    connection.busy_timeout(Duration::from_secs(30)).expect("set");
    connection
}

/// Whether this part is well, as an administrator hears it.
fn is_well(world: &World, part: &str) -> bool {
    let health = world.admin().get("/health").json();
    let is_well = health["parts"][part]["ok"].as_bool().unwrap_or_else(|| panic!("no {part} in {health}"));
    assert_eq!(
        health["status"] == "UP",
        health["parts"].as_object().expect("parts").values().all(|part| part["ok"] == true)
    );
    is_well
}

#[test]
fn a_table_that_takes_no_rows_is_down_until_it_does() {
    let world = World::new();
    for (file, table, part) in TABLES {
        wait_until("well at first", || is_well(&world, part));
        let refuse =
            format!("CREATE TRIGGER refused BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'no rows today'); END");
        open(&world, file).execute_batch(&refuse).expect("made");
        wait_until(&format!("{file} {table} is down"), || !is_well(&world, part));
        assert_eq!(world.anyone().get("/health/ready").status, 503, "{file} {table}");
        open(&world, file).execute_batch("DROP TRIGGER refused").expect("dropped");
        wait_until(&format!("{file} {table} is well again"), || is_well(&world, part));
    }
    assert!(world.anyone().issue("ann", "sample_event").ok()["success"] == true, "and nothing was lost by the trials");
    let books = world.admin().get("/api/v1/admin/reconcile").ok();
    assert_eq!(books["balances"], true, "{books}");
}
