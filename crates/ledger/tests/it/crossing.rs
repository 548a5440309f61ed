//! Changes that get in each other's way.

use crate::support::engine::{Site, on_every_server};
use crate::support::{Books, issued, message};
use ledger::{coupons, processed};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tokio::sync::Barrier;

on_every_server!(
    crate::support::engine::Site;
    two_changes_in_each_others_way_are_both_kept,
    the_same_batches_by_several_issuers_at_once_are_kept_once,
);

/// Each writes what the other is about to write: the database undoes one, and it is carried out again by itself.
async fn two_changes_in_each_others_way_are_both_kept(site: Site) {
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
    assert!(tries.load(Ordering::Relaxed) > 2, "one of them was carried out again");
    let change = ledger.begin().await.expect("begins");
    let unseen = processed::unseen(&change, "group", &[first.event_id, second.event_id]).await.expect("asked");
    assert!(unseen.is_empty());
}

/// As after a rebalance, when the one before has not noticed yet: half of them from the other end.
async fn the_same_batches_by_several_issuers_at_once_are_kept_once(site: Site) {
    let (books, sale) = Books::with_campaign(site, 1_000, 1).await;
    let issuers = (0..4).map(|issuer| {
        let (ledger, sale) = (books.ledger.clone(), sale.clone());
        tokio::spawn(async move {
            for number in 0..10 {
                let mut batch: Vec<_> = (number * 100 + 1..=(number + 1) * 100).map(|n| issued(&sale, n)).collect();
                if issuer % 2 == 1 {
                    batch.reverse();
                }
                let messages: Vec<_> = batch.iter().map(|(id, _)| message(id.as_u128())).collect();
                let keep = async |change: ledger::Transaction| {
                    let all: Vec<_> = messages.iter().collect();
                    let refused = coupons::keep_issued(&change, &batch).await?;
                    processed::record(&change, "group", &all).await?;
                    change.commit().await?;
                    Ok(refused)
                };
                assert_eq!(ledger.change(keep).await, Ok(vec![]), "issuer {issuer}, batch {number}");
            }
        })
    });
    for issuer in issuers.collect::<Vec<_>>() {
        issuer.await.expect("ran");
    }
    assert_eq!(coupons::counts(&books.ledger, &sale.id).await.expect("counted").kept(), 1_000);
}
