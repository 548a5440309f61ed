//! Replies are on the disk; and replies while the disk is full or has foreign data.

use super::*;
use domain::PassId;
use domain::line::{LineOutcome, QueueNumber};
use hot::embedded::JournalError;
use rusqlite::Connection;
use uuid::Uuid;

const AT: Clock = Clock::At(Timestamp(5));

fn file(folder: &Path) -> std::path::PathBuf {
    folder.join("lines.db")
}

fn places(reader: &Connection, which: &str) -> i64 {
    reader.query_row(&format!("SELECT count(*) FROM places WHERE {which}"), [], |row| row.get(0)).expect("counted")
}

#[tokio::test]
async fn every_reply_can_be_read_back_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = open(folder.path());
    lines.make_line(&id(), rule(1_000, 1)).await.expect("made");
    let reader = Connection::open(file(folder.path())).expect("opens");
    for n in 1..=40 {
        let batch = vec![who(2 * n), who(2 * n + 1)];
        assert!(lines.enter(batch, AT).await.iter().all(Result::is_ok));
        assert_eq!(places(&reader, "state = 0"), n as i64 * 2);
    }
    let admitted = lines.admit(&id(), vec![PassId(Uuid::from_u128(1)); 20], AT).await.expect("admits").admitted;
    assert_eq!((admitted.len() as i64, places(&reader, "state = 2")), (20, 20));
    assert_eq!(lines.finish(&who(2), LineOutcome::Issued).await, Ok(true));
    assert_eq!(places(&reader, "state = 3"), 1);
    assert_eq!(lines.leave(&who(3), AT).await, Ok(true));
    assert_eq!(places(&reader, "true"), 79);
}

/// SQLite reports "full" as on a full disk. No change may be confirmed then, and no confirmed one lost.
#[tokio::test]
async fn a_full_disk_refuses_and_forgets_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = open(folder.path());
    lines.make_line(&id(), rule(1_000, 1)).await.expect("made");
    drop(lines);
    let options = JournalOptions { pages_max: Some(40), ..JournalOptions::default() };
    let lines = crate::open_lines(folder.path(), options).expect("opens");
    let (mut confirmed, mut unknown, mut refused) = (Vec::new(), Vec::new(), 0);
    for n in 0..9_000 {
        match enter(&lines, n).await {
            Ok(LineStatus::Waiting { number, is_new: true, .. }) => confirmed.push((n, number.get())),
            Err(HotError::Unknown(_)) => unknown.push(n),
            Err(HotError::Unavailable(_)) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(!confirmed.is_empty() && refused > 0);
    assert_eq!(unknown.len(), 1, "one call was deciding when it began; memory runs no further ahead");
    // In one batch, only users whose places are on the disk get a status.
    let statuses = lines.check_in(vec![who(unknown[0]), who(confirmed[0].0)], AT).await;
    assert!(matches!(statuses[0], Err(HotError::Unavailable(_))), "{statuses:?}");
    assert_eq!(statuses[1].clone().map(queue_number), Ok(Some(confirmed[0].1)));
    assert_eq!(enter(&lines, confirmed[9].0).await.map(queue_number), Ok(Some(confirmed[9].1)), "known already");
    assert!(matches!(lines.admit(&id(), vec![PassId(Uuid::from_u128(1))], AT).await, Err(HotError::Unavailable(_))));
    assert!(matches!(lines.leave(&who(confirmed[0].0), AT).await, Err(HotError::Unavailable(_))));
    assert!(matches!(lines.counts(&id(), 1, AT).await, Err(HotError::Unavailable(_))));
    drop(lines);
    let lines = open(folder.path());
    for (n, at) in &confirmed {
        assert_eq!(check_in(&lines, *n).await.map(queue_number), Ok(Some(*at)));
    }
    assert_eq!(check_in(&lines, unknown[0]).await, Ok(LineStatus::Absent));
    let next = LineStatus::Waiting {
        number: QueueNumber(confirmed.len() as u64 + 1),
        rank: confirmed.len() as u64 + 1,
        is_new: true,
        is_late: false,
    };
    assert_eq!(enter(&lines, 99_999).await, Ok(next), "it continues when there is room again");
}

#[tokio::test]
async fn a_failed_write_is_repeated_as_soon_as_the_disk_works() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = open(folder.path());
    lines.make_line(&id(), rule(1_000, 1)).await.expect("made");
    enter(&lines, 1).await.expect("enters");
    // Another transaction blocks the journal for longer than it waits.
    let other = Connection::open(file(folder.path())).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    assert!(matches!(enter(&lines, 2).await, Err(HotError::Unknown(_))));
    assert_eq!(check_in(&lines, 1).await.map(queue_number), Ok(Some(1)), "a user on the disk gets the status");
    other.execute_batch("ROLLBACK").expect("released");
    let second = LineStatus::Waiting { number: QueueNumber(2), rank: 2, is_new: false, is_late: false };
    assert_eq!(enter(&lines, 2).await, Ok(second), "it had been decided");
    assert_eq!(places(&other, "ticket = 2"), 1);
    assert_eq!(enter(&lines, 3).await.map(queue_number), Ok(Some(3)));
}

/// A power cut leaves a journal that ends anywhere within its last write: every earlier place must be there.
#[tokio::test]
async fn a_journal_cut_in_the_middle_of_its_last_transaction_keeps_all_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = open(folder.path());
    lines.make_line(&id(), rule(1_000, 1)).await.expect("made");
    for n in 1..=20 {
        enter(&lines, n).await.expect("enters");
    }
    let wal = folder.path().join("lines.db-wal");
    let before_last = std::fs::metadata(&wal).expect("a log").len();
    enter(&lines, 21).await.expect("enters");
    let (whole, database) = (std::fs::read(&wal).expect("reads"), std::fs::read(file(folder.path())).expect("reads"));
    assert!(whole.len() as u64 > before_last);
    for cut in [before_last + 1, (before_last + whole.len() as u64) / 2, whole.len() as u64 - 1] {
        let copy = tempfile::tempdir().expect("a folder");
        std::fs::write(file(copy.path()), &database).expect("writes");
        std::fs::write(copy.path().join("lines.db-wal"), &whole[..cut as usize]).expect("writes");
        let lines = open(copy.path());
        assert_eq!(check_in(&lines, 20).await.map(queue_number), Ok(Some(20)), "cut at {cut}");
        assert_eq!(check_in(&lines, 21).await, Ok(LineStatus::Absent), "cut at {cut}");
        assert_eq!(enter(&lines, 99).await.map(queue_number), Ok(Some(21)), "cut at {cut}");
    }
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_refused_and_coupons_are_no_hindrance() {
    let folder = tempfile::tempdir().expect("a folder");
    let _coupons = crate::open_coupons(folder.path(), JournalOptions::default()).expect("opens");
    let lines = open(folder.path());
    let second = crate::open_lines(folder.path(), JournalOptions::default());
    assert!(matches!(second, Err(JournalError::InUse(_))));
    let clone = lines.clone();
    drop(lines);
    enter(&clone, 1).await.expect("a clone continues");
    drop(clone);
    open(folder.path());
}

/// Why `lines.db` cannot be opened, and that it was left alone.
fn refusal(folder: &Path) -> JournalError {
    let before = std::fs::read(file(folder)).expect("reads");
    let refused = crate::open_lines(folder, JournalOptions::default()).err().expect("refused");
    assert_eq!(std::fs::read(file(folder)).expect("reads"), before);
    refused
}

#[tokio::test]
async fn files_that_are_no_journal_of_lines_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(file(folder.path()), vec![7u8; 8192]).expect("writes");
    assert!(matches!(refusal(folder.path()), JournalError::Damaged { .. }));
    let folder = tempfile::tempdir().expect("a folder");
    drop(crate::open_coupons(folder.path(), JournalOptions::default()).expect("opens"));
    std::fs::rename(folder.path().join("hot.sqlite"), file(folder.path())).expect("renamed");
    assert!(matches!(refusal(folder.path()), JournalError::Damaged { .. }), "coupons");
    let folder = tempfile::tempdir().expect("a folder");
    Connection::open(file(folder.path())).expect("opens").execute_batch("CREATE TABLE mine (x)").expect("made");
    assert!(matches!(refusal(folder.path()), JournalError::Damaged { .. }), "another program's file");
    let folder = tempfile::tempdir().expect("a folder");
    drop(open(folder.path()));
    let sql = "UPDATE meta SET value = 99 WHERE name = 'lines_format'";
    assert_eq!(Connection::open(file(folder.path())).expect("opens").execute(sql, []), Ok(1));
    assert!(matches!(refusal(folder.path()), JournalError::Format { found: 99, reads: 1, .. }));
}

#[tokio::test]
async fn a_journal_that_makes_no_sense_is_refused() {
    for harm in [
        "UPDATE places SET state = 9 WHERE ticket = 2",
        "UPDATE places SET ticket = 0 WHERE ticket = 2",
        "UPDATE places SET ticket = 7 WHERE ticket = 2",
        "UPDATE places SET user = '' WHERE ticket = 2",
        "UPDATE places SET state = 2 WHERE ticket = 2",
        "UPDATE lines SET tickets = -1",
        "UPDATE lines SET name = 'queue'",
        "UPDATE lines SET rule = '{}'",
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let lines = open(folder.path());
        lines.make_line(&id(), rule(1, 1)).await.expect("made");
        for n in 1..=3 {
            enter(&lines, n).await.expect("enters");
        }
        drop(lines);
        assert_eq!(Connection::open(file(folder.path())).expect("opens").execute(harm, []), Ok(1));
        let refused = crate::open_lines(folder.path(), JournalOptions::default()).err();
        assert!(matches!(refused, Some(JournalError::Damaged { .. })), "{harm}: {refused:?}");
    }
}
