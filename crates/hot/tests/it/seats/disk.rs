//! Replies are on the disk; and replies while the disk is full or has foreign data.

use super::*;
use hot::embedded::JournalError;
use rusqlite::Connection;

fn file(folder: &Path) -> std::path::PathBuf {
    folder.join("seats.db")
}

fn rows(reader: &Connection, which: &str) -> i64 {
    reader.query_row(&format!("SELECT count(*) FROM seats WHERE {which}"), [], |row| row.get(0)).expect("counted")
}

#[tokio::test]
async fn every_reply_can_be_read_back_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let seats = open(folder.path());
    let reader = Connection::open(file(folder.path())).expect("opens");
    for n in 1..=40 {
        assert_eq!(hold(&seats, ask(n, &[10 * n, 10 * n + 1])).await, held());
        assert_eq!(rows(&reader, "reservation IS NOT NULL AND end_ms > 5"), n as i64 * 2);
    }
    assert_eq!(seats.keep(&holding(1, &[10, 11]), AT).await, Ok(Vec::new()));
    assert_eq!(rows(&reader, "end_ms IS NULL"), 2);
    assert_eq!(seats.sold(&holding(1, &[10]), AT).await, Ok(vec![seat(10)]));
    assert_eq!(rows(&reader, "true"), 79);
    let line = LineMark { highest_admitted: QueueNumber(7), is_waiting: true };
    let window = Window { line, returned_ms: 120_000 };
    assert_eq!(release(&seats, Release { of: holding(2, &[20]), window }).await, Ok(vec![seat(20)]));
    assert_eq!(rows(&reader, "above = 7 AND end_ms = 120005 AND reservation IS NULL"), 1);
    let row = (seat(500), SeatHold { reservation: reservation(7), user: ask(7, &[]).user, end: HoldEnd::Kept });
    let right = seats.put_right(SCHEDULE, vec![row], Timestamp(6), Window::OPEN, AT).await.expect("put right");
    assert_eq!((right.gone, right.made), (78, 1));
    assert_eq!(rows(&reader, "true"), 2, "the hold of the row, and the seat that came back before");
}

/// SQLite reports "full" as on a full disk. No hold may be confirmed then, and no confirmed one lost.
#[tokio::test]
async fn a_full_disk_refuses_and_forgets_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(open(folder.path()));
    let options = JournalOptions { pages_max: Some(40), ..JournalOptions::default() };
    let seats = crate::open_seats(folder.path(), options).expect("opens");
    let (mut confirmed, mut unknown, mut refused) = (Vec::new(), Vec::new(), 0);
    for n in 1..=3_000 {
        match hold(&seats, ask(n, &[n])).await {
            Ok(HoldOutcome::Held { .. }) => confirmed.push(n),
            Err(HotError::Unknown(_)) => unknown.push(n),
            Err(HotError::Unavailable(_)) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(!confirmed.is_empty() && refused > 0);
    assert_eq!(unknown.len(), 1, "one call was deciding when it began; memory runs no further ahead");
    assert!(seats.health().await.down.is_some());
    let mine = confirmed[0];
    let giving_back = Release { of: holding(mine, &[mine]), window: Window::OPEN };
    assert!(matches!(release(&seats, giving_back.clone()).await, Err(HotError::Unavailable(_))));
    assert!(matches!(seats.keep(&holding(mine, &[mine]), AT).await, Err(HotError::Unavailable(_))));
    assert!(matches!(seats.sold(&holding(mine, &[mine]), AT).await, Err(HotError::Unavailable(_))));
    let nothing = seats.put_right(SCHEDULE, Vec::new(), Timestamp(9), Window::OPEN, AT).await;
    assert!(matches!(nothing, Err(HotError::Unavailable(_))));
    assert_eq!(shown(&seats).await.holds.len(), confirmed.len() + 1, "what stands is shown");
    drop(seats);
    let seats = open(folder.path());
    let holds: Vec<SeatId> = shown(&seats).await.holds.into_iter().map(|(seat, _)| seat).collect();
    assert_eq!(holds, confirmed.iter().copied().map(seat).collect::<Vec<_>>());
    assert_eq!(
        hold(&seats, ask(unknown[0], &[unknown[0]])).await,
        held(),
        "again: it was not kept, and the seat is free"
    );
    assert_eq!(release(&seats, giving_back).await, Ok(vec![seat(mine)]));
}

/// A decision that could not be written stands when it can be: the caller repeats it and hears so.
#[tokio::test]
async fn a_decision_that_waits_for_the_disk_stands_when_the_disk_is_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let seats = open(folder.path());
    assert_eq!(hold(&seats, ask(1, &[1])).await, held());
    let other = Connection::open(file(folder.path())).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    assert!(matches!(hold(&seats, ask(2, &[2])).await, Err(HotError::Unknown(_))));
    other.execute_batch("ROLLBACK").expect("released");
    assert_eq!(hold(&seats, ask(2, &[2])).await, held(), "it had been decided");
    assert_eq!(rows(&other, "true"), 2);
    assert_eq!(hold(&seats, ask(3, &[2, 3])).await, taken(&[2]));
    assert_eq!(seats.health().await.down, None);
}

/// A power cut leaves a journal that ends anywhere within its last write: every earlier hold must be there, whole.
#[tokio::test]
async fn a_journal_cut_in_the_middle_of_its_last_transaction_keeps_all_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let seats = open(folder.path());
    for n in 1..=20 {
        assert_eq!(hold(&seats, ask(n, &[10 * n, 10 * n + 1])).await, held());
    }
    let wal = folder.path().join("seats.db-wal");
    let before_last = std::fs::metadata(&wal).expect("a log").len();
    assert_eq!(hold(&seats, ask(21, &[210, 211, 212])).await, held());
    let (whole, database) = (std::fs::read(&wal).expect("reads"), std::fs::read(file(folder.path())).expect("reads"));
    assert!(whole.len() as u64 > before_last);
    for cut in [before_last + 1, (before_last + whole.len() as u64) / 2, whole.len() as u64 - 1] {
        let copy = tempfile::tempdir().expect("a folder");
        std::fs::write(file(copy.path()), &database).expect("writes");
        std::fs::write(copy.path().join("seats.db-wal"), &whole[..cut as usize]).expect("writes");
        let seats = open(copy.path());
        assert_eq!(shown(&seats).await.holds.len(), 40, "cut at {cut}: all of the last hold or nothing");
        assert_eq!(hold(&seats, ask(99, &[211])).await, held(), "cut at {cut}");
    }
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_refused_and_lines_are_no_hindrance() {
    let folder = tempfile::tempdir().expect("a folder");
    let _lines = crate::open_lines(folder.path(), JournalOptions::default()).expect("opens");
    let seats = open(folder.path());
    assert!(matches!(crate::open_seats(folder.path(), JournalOptions::default()), Err(JournalError::InUse(_))));
    let clone = seats.clone();
    drop(seats);
    assert_eq!(hold(&clone, ask(1, &[1])).await, held(), "a clone continues");
    drop(clone);
    open(folder.path());
}

/// Why `seats.db` cannot be opened, and that it was left alone.
fn refusal(folder: &Path) -> JournalError {
    let before = std::fs::read(file(folder)).expect("reads");
    let refused = crate::open_seats(folder, JournalOptions::default()).err().expect("refused");
    assert_eq!(std::fs::read(file(folder)).expect("reads"), before);
    refused
}

#[tokio::test]
async fn files_that_are_no_journal_of_seats_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(file(folder.path()), vec![7u8; 8192]).expect("writes");
    assert!(matches!(refusal(folder.path()), JournalError::Damaged { .. }));
    let folder = tempfile::tempdir().expect("a folder");
    drop(crate::open_lines(folder.path(), JournalOptions::default()).expect("opens"));
    std::fs::rename(folder.path().join("lines.db"), file(folder.path())).expect("renamed");
    assert!(matches!(refusal(folder.path()), JournalError::Damaged { .. }), "lines");
    let folder = tempfile::tempdir().expect("a folder");
    drop(open(folder.path()));
    let sql = "UPDATE meta SET value = 99 WHERE name = 'seats_format'";
    assert_eq!(Connection::open(file(folder.path())).expect("opens").execute(sql, []), Ok(1));
    assert!(matches!(refusal(folder.path()), JournalError::Format { found: 99, reads: 1, .. }));
}

#[tokio::test]
async fn a_journal_that_makes_no_sense_is_refused() {
    for harm in [
        "UPDATE seats SET user = NULL",
        "UPDATE seats SET reservation = x'01'",
        "UPDATE seats SET since_ms = NULL",
        "UPDATE seats SET above = 3",
        "UPDATE seats SET since_ms = NULL, above = -1",
        "UPDATE seats SET since_ms = NULL, above = 3, end_ms = NULL",
        "UPDATE seats SET schedule = 'abc'",
        "UPDATE seats SET end_ms = 'soon'",
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let seats = open(folder.path());
        assert_eq!(hold(&seats, ask(1, &[1])).await, held());
        drop(seats);
        assert_eq!(Connection::open(file(folder.path())).expect("opens").execute(harm, []), Ok(1));
        let refused = crate::open_seats(folder.path(), JournalOptions::default()).err();
        assert!(matches!(refused, Some(JournalError::Damaged { .. })), "{harm}: {refused:?}");
    }
}
