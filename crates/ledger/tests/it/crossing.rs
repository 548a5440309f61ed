//! Concurrent changes of the same rows.

use crate::support::{Books, message};
use ledger::processed;
use ledger_testkit::{Site, on_every_server};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tokio::sync::Barrier;

on_every_server!(
    ledger_testkit::Site;
    two_deadlocked_changes_are_both_stored,
);

/// Each writes a row that the other is about to write: the database undoes one of them, and it is repeated.
async fn two_deadlocked_changes_are_both_stored(site: Site) {
    let books = Books::open(site).await;
    let (first, second) = (message(1), message(2));
    let meeting = Barrier::new(2);
    let (tries, ledger) = (AtomicU32::new(0), &books.ledger);
    let write = async |one, other| {
        let met = &AtomicBool::new(false);
        let (tries, meeting) = (&tries, &meeting);
        let once = async |change: ledger::Transaction| {
            tries.fetch_add(1, Ordering::Relaxed);
            processed::record(&change, "group", &[one]).await?;
            if !met.swap(true, Ordering::Relaxed) {
                meeting.wait().await;
            }
            processed::record(&change, "group", &[other]).await?;
            change.commit().await
        };
        ledger.change(once).await
    };
    let (left, right) = tokio::join!(write(&first, &second), write(&second, &first));
    assert_eq!((left, right), (Ok(()), Ok(())));
    assert!(tries.load(Ordering::Relaxed) > 2, "one of them was repeated");
    let change = ledger.begin().await.expect("begins");
    let unseen = processed::unseen(&change, "group", &[first.event_id, second.event_id]).await.expect("read");
    assert!(unseen.is_empty());
}
