//! Presence on the journal: who is late, who is forgotten, and folders of the version before.

use super::*;
use domain::line::{LineOutcome, QueueNumber};
use domain::{Network, NetworkPrefixes};
use hot::line::Entrant;
use std::net::IpAddr;
use std::time::Duration;

fn watched() -> LineRule {
    LineRule { abandon_after_ms: 1_000, return_ms: 10_000, remember_ms: 100_000, ..rule(10, 1) }
}

fn network(address: &str) -> Option<Network> {
    Some(NetworkPrefixes::default().network(address.parse::<IpAddr>().expect("an address")))
}

async fn at(lines: &EmbeddedLines, n: usize, now_ms: i64) -> LineStatus {
    let heard = lines.check_in(vec![who(n)], Clock::At(Timestamp(now_ms))).await;
    heard.into_iter().next().expect("one answer").expect("answers")
}

async fn enter_from(lines: &EmbeddedLines, n: usize, address: &str) -> LineStatus {
    let entrant = Entrant { who: who(n), network: network(address) };
    let heard = lines.enter_from(vec![entrant], Clock::At(Timestamp(5))).await;
    heard.into_iter().next().expect("one answer").expect("answers")
}

/// Nobody waits until a row has left the journal: whatever is lost with a crash leaves it at the next start.
fn wait_for_rows(folder: &Path, count: i64) {
    let journal = rusqlite::Connection::open(folder.join("lines.db")).expect("opens");
    let ask = || -> Result<(), String> {
        let rows: i64 = journal.query_row("SELECT count(*) FROM places", [], |row| row.get(0)).expect("a count");
        if rows == count { Ok(()) } else { Err(format!("{rows} rows")) }
    };
    testkit::until("the rows of the journal", Duration::from_secs(60), ask).expect("in time");
}

#[tokio::test]
async fn a_late_persons_new_place_is_the_one_of_the_journal() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = open(folder.path());
    lines.make_line(&id(), watched()).await.expect("made");
    for n in 1..=2 {
        enter(&lines, n).await.expect("enters");
    }
    let late = LineStatus::Waiting { number: QueueNumber(3), rank: 2, is_new: true, is_late: true };
    at(&lines, 2, 11_000).await;
    let back = LineStatus::Waiting { number: QueueNumber(2), rank: 2, is_new: false, is_late: false };
    assert_eq!(at(&lines, 2, 11_001).await, back);
    assert_eq!(at(&lines, 1, 11_006).await, late);
    // The old place is given up.
    wait_for_rows(folder.path(), 2);
    drop(lines);
    let lines = open(folder.path());
    let again = LineStatus::Waiting { number: QueueNumber(3), rank: 2, is_new: false, is_late: false };
    assert_eq!(at(&lines, 1, 11_007).await, again);
}

/// What is told of a late return is told once: the way that tells only what needs no waiting must not use it up.
#[tokio::test]
async fn the_fast_path_leaves_a_late_return_to_the_slow_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = open(folder.path());
    lines.make_line(&id(), watched()).await.expect("made");
    enter(&lines, 1).await.expect("enters");
    assert_eq!(lines.check_in_now(&who(1)), None, "entered in 1970");
    let heard = lines.check_in(vec![who(1)], Clock::Engine).await;
    assert!(matches!(heard[0], Ok(LineStatus::Waiting { is_late: true, .. })), "{heard:?}");
    assert!(matches!(lines.check_in_now(&who(1)), Some(LineStatus::Waiting { is_late: false, .. })));
}

#[tokio::test]
async fn the_forgotten_leave_no_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = open(folder.path());
    lines.make_line(&id(), watched()).await.expect("made");
    for n in 1..=4 {
        enter(&lines, n).await.expect("enters");
    }
    lines.finish(&who(4), LineOutcome::Issued).await.expect("finishes");
    // As the scheduler does: a line without admissions could not be reached.
    let tick = async |from: i64, to: i64| {
        for now_ms in (from..to).step_by(9_000).chain([to]) {
            lines.admit(&id(), Vec::new(), Clock::At(Timestamp(now_ms))).await.expect("admits");
        }
    };
    tick(1_100, 2_000).await;
    at(&lines, 3, 2_000).await;
    at(&lines, 4, 2_000).await;
    tick(2_000, 99_000).await;
    tick(99_000, 100_010).await;
    let counts = lines.counts(&id(), 9, Clock::At(Timestamp(100_010))).await.expect("reads").expect("is there");
    assert_eq!((counts.inactive, counts.finished), (1, 1));
    wait_for_rows(folder.path(), 2);
    assert_eq!(at(&lines, 1, 100_010).await, LineStatus::Absent);
    assert!(matches!(at(&lines, 3, 100_010).await, LineStatus::Waiting { is_late: true, number: QueueNumber(5), .. }));
    tick(100_010, 102_011).await;
    wait_for_rows(folder.path(), 1);
    drop(lines);
    let counts = open(folder.path()).counts(&id(), 9, Clock::Engine).await.expect("reads").expect("is there");
    assert_eq!((counts.waiting, counts.numbers, counts.gone), (1, 5, vec![(1, 4)]));
}

#[tokio::test]
async fn the_share_of_a_network_is_there_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = open(folder.path());
    lines.make_line(&id(), LineRule { positions_per_network: 1, ..rule(10, 1) }).await.expect("made");
    enter_from(&lines, 1, "2001:db8::1").await;
    assert_eq!(enter_from(&lines, 2, "2001:db8::2").await, LineStatus::TooMany);
    drop(lines);
    let lines = open(folder.path());
    assert_eq!(enter_from(&lines, 2, "2001:db8::2").await, LineStatus::TooMany);
    assert!(matches!(enter_from(&lines, 3, "203.0.113.7").await, LineStatus::Waiting { rank: 2, .. }));
    assert!(lines.leave(&who(1), Clock::Engine).await.expect("leaves"));
    assert!(matches!(enter_from(&lines, 2, "2001:db8::2").await, LineStatus::Waiting { rank: 2, .. }));
}

/// A folder as the version before wrote it: a rule without the new fields, and places without networks.
#[tokio::test]
async fn a_folder_of_the_version_before_opens() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(open(folder.path()));
    let journal = rusqlite::Connection::open(folder.path().join("lines.db")).expect("opens");
    let old_rule = r#"{"rate_per_second":10,"interval_ms":1000,"capacity":7,"admits":{"pass":{"ttl_ms":600000}},
        "inside_max":0,"abandon_after_ms":120000,"opens_at":null,"paused":false,"closed":false,
        "configured_rate_per_second":10,"revision":3}"#;
    journal
        .execute_batch(&format!(
            "INSERT INTO lines VALUES (1, 'queue:concert', '{old_rule}', NULL, 4, 1, 1);
             INSERT INTO places VALUES (1, 2, 'user-2', 0, NULL, NULL), (1, 4, 'user-4', 0, NULL, NULL),
                                       (1, 3, 'user-3', 3, NULL, NULL);"
        ))
        .expect("written");
    drop(journal);
    let lines = open(folder.path());
    let expected =
        LineRule { capacity: 7, abandon_after_ms: 120_000, configured_rate_per_second: Some(10), ..rule(10, 3) };
    assert_eq!(lines.rule(&id()).await, Ok(Some(expected)));
    let place = |number, rank| LineStatus::Waiting { number: QueueNumber(number), rank, is_new: false, is_late: false };
    assert_eq!(lines.check_in(vec![who(2), who(4)], Clock::Engine).await, [Ok(place(2, 1)), Ok(place(4, 2))]);
    assert!(matches!(at(&lines, 3, 5).await, LineStatus::Finished { .. }));
    let late = Clock::At(Timestamp(clock::now().millis() + 721_000));
    let heard = lines.check_in(vec![who(2)], late).await;
    assert!(matches!(heard[0], Ok(LineStatus::Waiting { number: QueueNumber(5), is_late: true, .. })), "{heard:?}");
}
