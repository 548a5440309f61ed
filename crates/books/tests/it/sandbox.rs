//! The sandbox's file, with what an operator gave back by hand.

use books::read::sandbox_file;
use books::records::ProviderRow;
use domain::id::PaymentKey;
use rusqlite::Connection;
use uuid::Uuid;

/// The tables of `crates/sandbox/src/books/tables.rs`, as far as they are read.
const TABLES: &str = "
    CREATE TABLE payments (payment_key TEXT PRIMARY KEY, captured INTEGER NOT NULL, refunded INTEGER NOT NULL) STRICT;
    CREATE TABLE cancellations (payment_key TEXT NOT NULL, amount INTEGER NOT NULL, status TEXT NOT NULL,
        reason TEXT NOT NULL) STRICT;";

#[test]
fn captures_and_what_was_given_back_by_hand_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sandbox.sqlite");
    let file = Connection::open(&path).expect("a file");
    file.execute_batch(TABLES).expect("tables");
    let key = PaymentKey(Uuid::from_u128(7));
    let rows = format!(
        "INSERT INTO payments VALUES ('{key}', 1000, 400), ('made-up', 5, 0);
         INSERT INTO cancellations VALUES ('{key}', 300, 'SUCCEEDED', 'console'), ('{key}', 100, 'SUCCEEDED', 'USER_REQUEST'),
             ('{key}', 50, 'FAILED', 'console');"
    );
    file.execute_batch(&rows).expect("rows");
    let read = sandbox_file(&path).expect("read");
    assert_eq!(read, [ProviderRow { key, captured: 1_000, refunded: 400, refunded_by_hand: 300 }]);
    assert!(sandbox_file(&folder.path().join("none.sqlite")).is_err());
}
