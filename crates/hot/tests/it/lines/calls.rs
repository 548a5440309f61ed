//! What calls leave in the journal of lines.

use super::*;
use call::{Call, Entry, Facts};
use hot::{CallPort, PendingEntry};

#[tokio::test]
async fn entries_and_answers_are_kept_by_the_embedded_engine() {
    let folder = tempfile::tempdir().expect("a folder");
    conformance::run_calls(&open(folder.path())).await;
}

/// The entry is in the transaction of its change: whoever opens the journal again finds both.
#[tokio::test]
async fn entries_and_answers_outlive_the_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let facts = Facts { action: "line.pause", target: "queue:concert".into(), before: None, after: None };
    let entry = call::within(Call::of_command("test"), async { Entry::of(facts) }).await;
    {
        let lines = open(folder.path());
        lines.make_line(&id(), rule(1, 0)).await.expect("made");
        let paused = LineRule { paused: true, ..rule(1, 0) };
        call::noting(entry.clone(), lines.change_rule(&id(), paused)).await.expect("changed");
        lines.keep_answer("name", b"answer".to_vec(), 60_000, Timestamp(5)).await.expect("kept");
    }
    let lines = reopened(folder.path()).await;
    assert!(lines.rule(&id()).await.expect("read").expect("there").paused);
    assert_eq!(lines.answer("name", Timestamp(6)).await, Ok(Some(b"answer".to_vec())));
    let pending = lines.pending(10).await.expect("read");
    assert_eq!(pending.iter().map(|one: &PendingEntry| one.entry.clone()).collect::<Vec<_>>(), [entry]);
}

/// The writer of the engine that was dropped may hold the lock a moment longer.
async fn reopened(folder: &Path) -> EmbeddedLines {
    loop {
        match crate::open_lines(folder, JournalOptions::default()) {
            Ok(lines) => return lines,
            Err(hot::embedded::JournalError::InUse(_)) => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
            Err(error) => panic!("{error}"),
        }
    }
}
