//! Ids and times in the files of all schemas are the texts of the contract, and a folder of an earlier version becomes so.

use crate::restored::{ENVIRONMENT, sale};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;
use testkit::onsale::{Server, onsale, wait_until};

/// Every schema, with tables that a sale and a coupon certainly fill.
const SCHEMAS: [(&str, &[&str]); 5] = [
    ("coupon_service", &["events", "coupons", "user_coupons", "api_keys"]),
    ("user_service", &["users"]),
    ("event_service", &["venues", "halls", "events", "event_schedules", "seats", "seat_plans", "processed_events"]),
    ("reservation_service", &["reservations", "reservation_seats", "outbox_events", "processed_events"]),
    ("payment_service", &["payments", "outbox_events", "processed_events"]),
];
/// The migration that makes the texts.
const STEP: &str = "m20261205_000001_texts";
/// Both as earlier versions have written them, a fraction only where there is one.
const BYTES: &str = "unhex(replace(#, '-', ''))";
const WITH_ZONE: &str = "substr(#, 1, 10) || 'T' || replace(substr(#, 12), '.000', '') || '+00:00'";
const IS_NO_ID: &str = "typeof(#) <> 'null' AND (typeof(#) <> 'text' OR length(#) <> 36 OR # GLOB '*[^0-9a-f-]*')";
const IS_NO_TIME: &str =
    "# NOT GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'";

fn open(data: &Path, schema: &str) -> Connection {
    let file = Connection::open(data.join(format!("{schema}.sqlite"))).expect("opens");
    file.busy_timeout(std::time::Duration::from_secs(60)).expect("set");
    file
}

fn count(file: &Connection, question: &str) -> i64 {
    file.query_row(question, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{question}: {error}"))
}

/// The columns of ids and times of each table, each with whether it is one of ids.
fn columns(file: &Connection) -> BTreeMap<String, Vec<(String, bool)>> {
    let question = "SELECT t.name, c.name, c.type = 'uuid_text' FROM sqlite_master t JOIN pragma_table_info(t.name) c \
                    WHERE t.type = 'table' AND c.type IN ('uuid_text', 'timestamp_with_timezone_text')";
    let mut question = file.prepare(question).expect("prepared");
    let rows = question.query_map([], |row| Ok((row.get::<_, String>(0)?, (row.get(1)?, row.get(2)?)))).expect("asked");
    let mut tables: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
    for row in rows {
        let (table, column) = row.expect("a column");
        tables.entry(table).or_default().push(column);
    }
    tables
}

/// The columns of all schemas with values of another form, each with the number of rows that have one.
fn in_other_forms(data: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for (schema, filled) in SCHEMAS {
        let file = open(data, schema);
        let tables = columns(&file);
        for table in filled {
            assert!(count(&file, &format!("SELECT count(*) FROM {table}")) > 0, "{schema}.{table} has no row");
        }
        for (table, columns) in tables {
            for (column, is_id) in columns {
                let is_other = if is_id { IS_NO_ID } else { IS_NO_TIME }.replace('#', &format!("\"{column}\""));
                let rows = count(&file, &format!("SELECT count(*) FROM \"{table}\" WHERE {is_other}"));
                if rows > 0 {
                    found.push(format!("{schema}.{table}.{column}: {rows}"));
                }
            }
        }
    }
    found
}

/// Takes the files back to the form of earlier versions.
fn take_back(data: &Path) {
    for (schema, _) in SCHEMAS {
        let file = open(data, schema);
        file.pragma_update(None, "foreign_keys", false).expect("set");
        for (table, columns) in columns(&file) {
            let earlier = |(column, is_id): &(String, bool)| {
                let value = if *is_id { BYTES } else { WITH_ZONE }.replace('#', &format!("\"{column}\""));
                format!("\"{column}\" = {value}")
            };
            let all: Vec<String> = columns.iter().map(earlier).collect();
            let update = format!("UPDATE \"{table}\" SET {}", all.join(", "));
            file.execute(&update, []).unwrap_or_else(|error| panic!("{update}: {error}"));
        }
        assert_eq!(file.execute("DELETE FROM seaql_migrations WHERE version = ?1", [STEP]), Ok(1), "{schema}");
    }
}

/// A server of an earlier version cannot be started here: what it holds of the folder is its lock.
fn beside_an_older_server_nothing_is_rewritten(data: &Path) {
    let lock = std::fs::File::open(data.join("hot.lock")).expect("there");
    lock.lock().expect("locked");
    for command in [&["migrate"][..], &["audit", "list"], &["admin", "keys", "list"], &["reconcile"]] {
        let output = onsale(data, command).envs(ENVIRONMENT).output().expect("it starts");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{command:?}: {told}");
        assert!(told.contains("stop it first"), "{command:?}: {told}");
    }
}

#[test]
fn ids_and_times_of_every_schema_are_texts_and_a_folder_of_an_earlier_version_becomes_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    let mut server = Server::start(data, &ENVIRONMENT);
    assert_eq!(server.client().issue("ann", "sample_event").code(), "ISSUED");
    assert_eq!(sale(&server, data), Vec::<String>::new());
    wait_until("the coupon is stored", || {
        count(&open(data, "coupon_service"), "SELECT count(*) FROM user_coupons") > 0
    });
    let coupons = |server: &Server| server.client().get("/api/v1/coupons/user/ann/event/sample_event").ok();
    let before = coupons(&server);
    assert_eq!(server.terminate(), Some(0));
    assert_eq!(in_other_forms(data), Vec::<String>::new());

    take_back(data);
    let (earlier, all) = (in_other_forms(data), "reservation_service.reservation_seats.seat_id: ");
    assert!(earlier.iter().any(|column| column.starts_with(all)), "{earlier:?}");
    beside_an_older_server_nothing_is_rewritten(data);
    assert_eq!(in_other_forms(data), earlier);
    let mut server = Server::start(data, &ENVIRONMENT);
    assert_eq!(in_other_forms(data), Vec::<String>::new());
    for (schema, _) in SCHEMAS {
        assert_eq!(count(&open(data, schema), "SELECT count(*) FROM pragma_foreign_key_check"), 0, "{schema}");
    }
    assert_eq!(coupons(&server), before);
    // The books of both sales are compared, row by row.
    assert_eq!(sale(&server, data), Vec::<String>::new());
    assert_eq!(server.terminate(), Some(0));
    assert_eq!(in_other_forms(data), Vec::<String>::new());
    let output = onsale(data, &["reconcile"]).envs(ENVIRONMENT).output().expect("it starts");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
