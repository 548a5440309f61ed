//! The outbox and the record of processed messages.

use crate::support::{Books, TOPIC, message};
use domain::Timestamp;
use ledger::{LedgerError, outbox, processed};
use ledger_testkit::{Site, on_every_database};
use std::collections::HashSet;
use uuid::Uuid;

on_every_database!(
    messages_wait_in_the_order_of_writing_until_they_are_marked,
    a_message_is_skipped_after_three_refusals_and_keeps_the_reason,
    only_messages_published_long_ago_are_deleted,
    each_consumer_processes_a_message_once,
    a_message_is_written_once,
    a_message_for_a_topic_of_another_service_is_refused,
    consumer_names_are_case_sensitive,
);

/// Later than every moment at which a test runs.
const LATER: Timestamp = Timestamp(253_402_300_799_000);

async fn append(books: &Books, ids: impl IntoIterator<Item = u128>) {
    let change = books.ledger.begin().await.expect("begins");
    for id in ids {
        outbox::append(&change, TOPIC, &message(id)).await.expect("written");
    }
    change.commit().await.expect("commits");
}

async fn waiting(books: &Books) -> Vec<u128> {
    let next = outbox::next(&books.ledger, 1_000).await.expect("read");
    next.iter().map(|waiting| waiting.envelope.event_id.as_u128()).collect()
}

async fn messages_wait_in_the_order_of_writing_until_they_are_marked(site: Site) {
    let books = Books::open(site).await;
    append(&books, [9, 3, 7]).await;
    append(&books, [1]).await;
    assert_eq!(waiting(&books).await, [9, 3, 7, 1]);
    let next = outbox::next(&books.ledger, 2).await.expect("read");
    assert_eq!(next.len(), 2);
    assert_eq!(next[0].envelope, message(9), "whole, to the millisecond");
    outbox::mark_published(&books.ledger, &[next[0].sequence, next[1].sequence]).await.expect("marked");
    assert_eq!(waiting(&books).await, [7, 1]);
}

async fn a_message_is_skipped_after_three_refusals_and_keeps_the_reason(site: Site) {
    let books = Books::open(site).await;
    append(&books, [1, 2]).await;
    let first = outbox::next(&books.ledger, 1).await.expect("read")[0].sequence;
    outbox::mark_failed(&books.ledger, first, 2, "too large").await.expect("marked");
    assert_eq!(waiting(&books).await, [1, 2]);
    outbox::mark_failed(&books.ledger, first, 1, "still too large").await.expect("marked");
    assert_eq!(waiting(&books).await, [2]);
    let raw = books.raw().await;
    let last_error = raw.texts(&format!("SELECT last_error FROM outbox_events WHERE sequence = {first}")).await;
    let retries = raw.numbers(&format!("SELECT retry_count FROM outbox_events WHERE sequence = {first}")).await;
    assert_eq!((retries, last_error), (vec![3], vec!["still too large".to_owned()]));
}

async fn only_messages_published_long_ago_are_deleted(site: Site) {
    let books = Books::open(site).await;
    append(&books, 1..=1_203).await;
    let all = outbox::next(&books.ledger, 1_202).await.expect("read");
    let sequences: Vec<i64> = all.iter().map(|waiting| waiting.sequence).collect();
    outbox::mark_published(&books.ledger, &sequences).await.expect("marked");
    assert_eq!(outbox::delete_published_before(&books.ledger, Timestamp(1)).await, Ok(0));
    assert_eq!(outbox::delete_published_before(&books.ledger, LATER).await, Ok(1_202));
    assert_eq!(waiting(&books).await, [1_203]);
}

async fn each_consumer_processes_a_message_once(site: Site) {
    let books = Books::open(site).await;
    let messages: Vec<_> = (1..=700).map(message).collect();
    let all: Vec<_> = messages.iter().chain(&messages[..50]).collect();
    let change = books.ledger.begin().await.expect("begins");
    let new = processed::record(&change, "coupon-group", &all[..600]).await.expect("recorded");
    assert_eq!(new.len(), 600);
    change.commit().await.expect("commits");
    let change = books.ledger.begin().await.expect("begins");
    let new = processed::record(&change, "coupon-group", &all).await.expect("recorded");
    assert_eq!(new, (601..=700).map(Uuid::from_u128).collect::<HashSet<_>>());
    assert_eq!(processed::record(&change, "other-group", &all).await.expect("recorded").len(), 700);
    drop(change);
    let change = books.ledger.begin().await.expect("begins");
    let ids = [Uuid::from_u128(600), Uuid::from_u128(601)];
    let unseen = processed::unseen(&change, "coupon-group", &ids).await.expect("read");
    assert_eq!(unseen, HashSet::from([Uuid::from_u128(601)]), "an undone record does not count");
    drop(change);
    assert_eq!(processed::delete_before(&books.ledger, Timestamp(1)).await, Ok(0));
    assert_eq!(processed::delete_before(&books.ledger, LATER).await, Ok(600));
}

async fn a_message_is_written_once(site: Site) {
    let books = Books::open(site).await;
    append(&books, [1]).await;
    let change = books.ledger.begin().await.expect("begins");
    let again = outbox::append(&change, TOPIC, &message(1)).await;
    assert!(matches!(again, Err(LedgerError::Conflict(_))), "{again:?}");
}

async fn a_message_for_a_topic_of_another_service_is_refused(site: Site) {
    let books = Books::open(site).await;
    let change = books.ledger.begin().await.expect("begins");
    let refused = outbox::append(&change, "coupon.events", &message(1)).await;
    assert!(
        matches!(&refused, Err(LedgerError::Other(why)) if why.to_string().contains("coupon.events")),
        "{refused:?}"
    );
}

async fn consumer_names_are_case_sensitive(site: Site) {
    let books = Books::open(site).await;
    let change = books.ledger.begin().await.expect("begins");
    let message = message(1);
    for consumer in ["Group", "group"] {
        assert_eq!(processed::record(&change, consumer, &[&message]).await.expect("recorded").len(), 1, "{consumer}");
    }
    assert_eq!(processed::unseen(&change, "group", &[message.event_id]).await.expect("read").len(), 0);
    assert_eq!(processed::unseen(&change, "GROUP", &[message.event_id]).await.expect("read").len(), 1);
}
