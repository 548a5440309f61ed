//! Rows that other programs have added, in the log.

use super::server::{LOG_ALONE, Shared, mark, told};
use crate::outbox_rows::{EVENTS, PAYMENTS, insert_message, open, payment};
use domain::message::Envelope;
use ledger::wal::WalOutbox;
use ledger_testkit::on_server;

on_server!(postgres_15, Postgres15, super::Shared; a_row_without_a_topic_comes_from_the_log_of_its_service);

async fn a_row_without_a_topic_comes_from_the_log_of_its_service(given: Shared) {
    let ((ledger, raw), (events, _)) = (open(&given.site, &PAYMENTS).await, open(&given.site, &EVENTS).await);
    let wal = WalOutbox::open(ledger.clone(), LOG_ALONE).await.expect("opens");
    let of_events = WalOutbox::open(events, LOG_ALONE).await.expect("opens");
    assert_eq!((told(&wal).await, told(&of_events).await), (vec![], vec![]));
    insert_message(&raw, &payment(1)).await;
    insert_message(&raw, &Envelope { aggregate_type: "Event".to_owned(), ..payment(2) }).await;
    insert_message(&raw, &payment(3)).await;
    assert_eq!((told(&wal).await, told(&of_events).await), (vec![1, 3], vec![2]));
    mark(&ledger, &wal.next(100).await.expect("read")).await;
    assert_eq!((told(&wal).await, told(&of_events).await), (vec![], vec![2]));
}
