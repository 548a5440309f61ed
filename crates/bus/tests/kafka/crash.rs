//! A consumer that is killed after it has written its rows and before its offsets are committed.

use super::support::*;
use async_trait::async_trait;
use bus::kafka::KafkaBus;
use bus::{HandleError, Handler, Message};
use rusqlite::Connection;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

const ADDRESS: &str = "BUS_TEST_ADDRESS";
const FAMILY: &str = "BUS_TEST_NAMES";
const FILE: &str = "BUS_TEST_FILE";
const MESSAGES: u128 = 700;

/// Writes rows, then never returns: the offsets stay uncommitted.
struct Hanging {
    names: Names,
    topics: [&'static str; 1],
    file: std::path::PathBuf,
}

#[async_trait]
impl Handler for Hanging {
    fn group(&self) -> &str {
        self.names.group
    }

    fn topics(&self) -> &[&str] {
        &self.topics
    }

    fn knows(&self, _event_type: &str) -> bool {
        true
    }

    async fn handle(&self, batch: &[Message]) -> Result<(), HandleError> {
        let ids: Vec<u128> = batch.iter().map(|message| message.envelope.event_id.as_u128()).collect();
        write(&self.file, &ids);
        std::future::pending().await
    }
}

/// Counts the deliveries of these messages, in one transaction.
fn write(file: &Path, ids: &[u128]) {
    let mut file = open(file);
    let change = file.transaction().expect("begun");
    for id in ids {
        let row = "INSERT INTO rows (id, delivered) VALUES (?1, 1) ON CONFLICT DO UPDATE SET delivered = delivered + 1";
        change.execute(row, [*id as i64]).expect("written");
    }
    change.commit().expect("committed");
}

fn open(path: &Path) -> Connection {
    let file = Connection::open(path).expect("opens");
    file.busy_timeout(std::time::Duration::from_secs(10)).expect("set");
    file.execute_batch("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, delivered INTEGER NOT NULL)")
        .expect("made");
    file
}

fn count(path: &Path, which: &str) -> i64 {
    open(path).query_row(&format!("SELECT count(*) FROM rows WHERE {which}"), [], |row| row.get(0)).expect("counted")
}

/// Not a test: the consumer that the test below kills.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "the victim of another test"]
async fn victim() {
    let (Ok(address), Ok(family), Ok(file)) = (std::env::var(ADDRESS), std::env::var(FAMILY), std::env::var(FILE))
    else {
        return;
    };
    let names = Names::of(&family);
    let hanging = Hanging { names, topics: [names.topic], file: file.into() };
    let dead_letters = Arc::new(dead_letters(&address, &names));
    let _bus = KafkaBus::start(&address, vec![Arc::new(hanging)], dead_letters, options()).expect("brokers are named");
    std::future::pending().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_killed_between_its_rows_and_the_commit_gets_every_message_again() {
    let Some(bootstrap) = bootstrap() else { return };
    let names = Names::new();
    publish(&publisher(&bootstrap), names.topic, 1..=MESSAGES).await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rows.sqlite");
    let mut victim = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "crash::victim", "--ignored"])
        .envs([(ADDRESS, bootstrap.as_str()), (FAMILY, names.family)])
        .env(FILE, &path)
        .stdout(Stdio::null())
        .spawn()
        .expect("started");
    until("rows are written", async || count(&path, "delivered = 1") > 0).await;
    victim.kill().expect("killed");
    victim.wait().expect("gone");
    let rows_before = count(&path, "true");
    let file = path.clone();
    let recorder = Recorder::scripted(&names, move |ids| {
        write(&file, ids);
        Ok(())
    });
    let bus = start(&bootstrap, &names, &recorder);
    until("all rows are written", async || count(&path, "true") == MESSAGES as i64).await;
    until("each was delivered after the crash", async || recorder.count() == MESSAGES as usize).await;
    assert_eq!(count(&path, "delivered = 2"), rows_before, "the rows of the killed consumer came again");
    assert_ordered(&recorder.ids(), 7);
    bus.stop().await;
}
