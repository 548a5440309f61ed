//! `onsale clean-up` beside a running server: old rows go, young ones and those that wait stay, in every database.

use rusqlite::Connection;
use serde_json::Value;
use std::path::Path;
use testkit::onsale::{Server, run};

const SCHEMAS: [&str; 5] =
    ["coupon_service", "user_service", "event_service", "reservation_service", "payment_service"];

fn open(data: &Path, schema: &str) -> Connection {
    let connection = Connection::open(data.join(format!("{schema}.sqlite"))).expect("opens");
    connection.busy_timeout(std::time::Duration::from_secs(60)).expect("set");
    connection
}

/// Adds messages and records of these ages, with the columns of the contract alone. What waits is of nobody's topic here.
fn fill(connection: &Connection) {
    let message = |name: &str, days: u32, published: u8| {
        let insert = format!(
            "INSERT INTO outbox_events (id, aggregate_type, aggregate_id, event_type, payload, created_at, published, \
             retry_count) VALUES ('{name}', 'Test', '{name}', 'Test', '{{}}', \
             strftime('%Y-%m-%d %H:%M:%f', 'now', '-{days} days'), {published}, 0)"
        );
        connection.execute(&insert, []).expect("the contract's columns are enough");
    };
    message("told-8", 8, 1);
    message("told-6", 6, 1);
    message("waits-40", 40, 0);
    for days in [31, 29] {
        let insert = format!(
            "INSERT INTO processed_events (event_id, consumer_service, aggregate_id, event_type, processed_at) VALUES \
             ('00000000-0000-4000-8000-0000000000{days}', 'test', 'processed-{days}', 'Test', strftime('%Y-%m-%d %H:%M:%f', 'now', '-{days} days'))"
        );
        connection.execute(&insert, []).expect("written");
    }
}

/// What is left of the rows of [`fill`].
fn left(connection: &Connection) -> Vec<String> {
    let question = "SELECT aggregate_id FROM outbox_events WHERE event_type = 'Test' UNION ALL \
                    SELECT aggregate_id FROM processed_events WHERE event_type = 'Test' ORDER BY 1";
    let mut question = connection.prepare(question).expect("prepared");
    let rows = question.query_map([], |row| row.get(0)).expect("asked");
    rows.collect::<Result<_, _>>().expect("texts")
}

#[test]
fn old_messages_and_records_of_every_schema_are_deleted() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    let mut server = Server::start(data, &[]);
    for schema in SCHEMAS {
        fill(&open(data, schema));
    }
    let output = run(data, &["clean-up"]);
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{told}");
    for schema in SCHEMAS {
        let line = format!("{schema}: deleted 1 published messages and 1 records of processed messages");
        assert!(told.contains(&line), "{told}\nhas no {line:?}");
        assert_eq!(left(&open(data, schema)), ["processed-29", "told-6", "waits-40"], "{schema}");
    }
    let again = run(data, &["clean-up", "--json"]);
    let deleted: Value = serde_json::from_slice(&again.stdout).expect("JSON");
    let rows = deleted.as_array().expect("a list");
    let none = |row: &Value| row["messages"] == 0 && row["records"] == 0;
    assert!(rows.len() == SCHEMAS.len() && rows.iter().all(none), "{deleted}");
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn a_folder_without_data_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(run(folder.path(), &["clean-up"]).status.code(), Some(2));
}
