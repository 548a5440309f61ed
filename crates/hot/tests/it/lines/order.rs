//! Admission keeps the order of entry, with concurrent entries and across a restart; and the duration of a restart.

use super::*;
use domain::PassId;
use std::time::Instant;
use uuid::Uuid;

/// goals.md, Fairness.
const CROWD_WHOLE: usize = 1_000_000;
const CROWD_EACH_COMMIT: usize = 50_000;
const BATCH: usize = 250;
/// Concurrent callers.
const CALLERS: usize = 8;

/// Enters all people by several callers. Returns the users by queue number.
async fn enter_all(lines: &EmbeddedLines, crowd: usize) -> Vec<Option<UserId>> {
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let lines = lines.clone();
            tokio::spawn(async move {
                let mut entered = Vec::new();
                for batch in (caller * BATCH..crowd).step_by(CALLERS * BATCH) {
                    let users: Vec<usize> = (batch..crowd.min(batch + BATCH)).collect();
                    let statuses = lines.enter(users.iter().map(|n| who(*n)).collect(), Clock::Engine).await;
                    let numbers: Vec<u64> = statuses
                        .into_iter()
                        .map(|status| queue_number(status.expect("enters")).expect("a place"))
                        .collect();
                    assert!(numbers.is_sorted(), "a batch enters in order");
                    entered.extend(users.into_iter().zip(numbers));
                }
                assert!(entered.iter().is_sorted_by_key(|(_, number)| *number), "later calls get later numbers");
                entered
            })
        })
        .collect();
    let mut holders = vec![None; crowd + 1];
    for caller in callers {
        for (n, number) in caller.await.expect("runs") {
            assert_eq!(holders[number as usize].replace(user(n)), None, "number {number} was given twice");
        }
    }
    holders
}

/// Admits all people, with a restart in the middle; prints the duration of each part.
async fn the_order_is_kept(crowd: usize, options: JournalOptions) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut lines = crate::open_lines(folder.path(), options).expect("opens");
    lines.make_line(&id(), rule(1_000_000, 1)).await.expect("made");
    let begun = Instant::now();
    let holders = enter_all(&lines, crowd).await;
    println!("{crowd} entered in {:?}", begun.elapsed());
    drop(lines);
    let begun = Instant::now();
    lines = crate::open_lines(folder.path(), options).expect("opens again");
    println!("{crowd} places restored in {:?}", begun.elapsed());
    let (begun, mut now_ms, mut last) = (Instant::now(), 4_000_000_000_000, 0);
    while last < crowd as u64 {
        now_ms += 1_000;
        let passes = vec![PassId(Uuid::nil()); 1_000];
        let admitted = lines.admit(&id(), passes, Clock::At(Timestamp(now_ms))).await.expect("admits").admitted;
        assert!(!admitted.is_empty(), "{last} of {crowd} were admitted");
        for one in admitted {
            assert_eq!(
                (one.number.get(), Some(&one.user)),
                (last + 1, holders[one.number.get() as usize].as_ref()),
                "an inversion"
            );
            last = one.number.get();
        }
        if last == crowd as u64 / 2 {
            let begun = Instant::now();
            drop(lines);
            lines = crate::open_lines(folder.path(), options).expect("opens again");
            println!("closed and restored with half of them inside in {:?}", begun.elapsed());
        }
    }
    println!("{crowd} admitted by thousands in {:?}: 0 inversions", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_order_is_kept_among_concurrent_entries_and_across_a_restart() {
    the_order_is_kept(CROWD_EACH_COMMIT, NO_FLUSH).await;
}

/// In a release build: `cargo test --release -p hot --test it million -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a release build"]
async fn the_order_is_kept_among_a_million() {
    the_order_is_kept(CROWD_WHOLE, JournalOptions::default()).await;
}
