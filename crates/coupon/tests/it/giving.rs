//! Decisions in the tables: stock and duplicates, with concurrent decisions.

use crate::support::Books;
use coupon::rows::coupons::{Given, Wanted, entries, give};
use coupon::steps::{StepOutcome, Wish};
use domain::{Campaign, Timestamp, UserId};
use ledger::{LedgerError, Transaction};
use ledger_testkit::{Site, on_every_database};
use std::collections::BTreeSet;
use uuid::Uuid;

on_every_database!(
    concurrent_decisions_never_give_more_than_the_stock,
    returned_numbers_are_given_again,
    a_number_decided_elsewhere_but_not_stored_yet_is_not_given,
);

const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn wanted(sale: &Campaign, n: u32) -> Wanted {
    let user = UserId::new(&format!("u{n}")).expect("a name");
    Wanted { request_id: Uuid::from_u128(u128::from(n)), campaign: sale.id.clone(), user, again: false }
}

async fn decide(books: &Books, wanted: &[Wanted]) -> Vec<Given> {
    let work = async |change: Transaction| {
        let gift = give(&change, wanted, NOW).await?;
        change.commit().await?;
        Ok::<_, LedgerError>(gift.answers)
    };
    books.ledger.change(work).await.expect("decided")
}

async fn concurrent_decisions_never_give_more_than_the_stock(site: Site) {
    let (books, sale) = Books::with_campaign(site, 100, 1).await;
    // Four concurrent batches; two batches ask for each user.
    let crowd = |first: u32| (first..first + 60).map(|n| wanted(&sale, n)).collect::<Vec<_>>();
    let (a, b, c, d) = (crowd(1), crowd(31), crowd(61), crowd(91));
    let answers = tokio::join!(decide(&books, &a), decide(&books, &b), decide(&books, &c), decide(&books, &d));
    let all: Vec<Given> = [answers.0, answers.1, answers.2, answers.3].concat();
    assert_eq!(all.iter().filter(|given| **given == Given::Now).count(), 100);
    let book = entries(&books.ledger, &sale.id, None, 1_000).await.expect("read");
    let numbers: BTreeSet<u32> = book.iter().filter_map(|entry| entry.serial).collect();
    let users: BTreeSet<&str> = book.iter().map(|entry| entry.user_id.as_str()).collect();
    assert_eq!((book.len(), users.len()), (100, 100));
    assert_eq!(numbers, (1..=100).collect());
    assert_eq!(decide(&books, &[wanted(&sale, 999)]).await, [Given::Nothing]);
    let holder: u32 = users.first().and_then(|user| user[1..].parse().ok()).expect("a number");
    assert_eq!(decide(&books, &[wanted(&sale, holder)]).await, [Given::Before], "though nothing is left");
}

async fn returned_numbers_are_given_again(site: Site) {
    let (books, sale) = Books::with_campaign(site, 2, 1).await;
    assert_eq!(
        decide(&books, &[wanted(&sale, 1), wanted(&sale, 2), wanted(&sale, 3)]).await,
        [Given::Now, Given::Now, Given::Nothing]
    );
    let book = entries(&books.ledger, &sale.id, None, 10).await.expect("read");
    let first = book.iter().find(|entry| entry.user_id == "u1").expect("kept");
    let revoked = books.step(&sale, first.coupon_id, Wish::Revoke { return_to_stock: true }).await;
    assert!(matches!(revoked, StepOutcome::Done(..)), "{revoked:?}");
    let again = [wanted(&sale, 1), wanted(&sale, 3), wanted(&sale, 4)];
    assert_eq!(decide(&books, &again).await, [Given::Before, Given::Now, Given::Nothing]);
    let book = entries(&books.ledger, &sale.id, None, 10).await.expect("read");
    let third = book.iter().find(|entry| entry.user_id == "u3").expect("kept");
    assert_eq!(third.serial, Some(1));
}

async fn a_number_decided_elsewhere_but_not_stored_yet_is_not_given(site: Site) {
    let (books, sale) = Books::with_campaign(site, 5, 1).await;
    // The hot state gave numbers 1 and 2; they are not rows yet.
    assert_eq!(books.keep(&[crate::support::issued(&sale, 3)]).await, []);
    assert_eq!(
        decide(&books, &[wanted(&sale, 11), wanted(&sale, 12), wanted(&sale, 13)]).await,
        [Given::Now, Given::Now, Given::Nothing]
    );
    let late = [crate::support::issued(&sale, 1), crate::support::issued(&sale, 2)];
    assert_eq!(books.keep(&late).await, [], "they still fit");
}
