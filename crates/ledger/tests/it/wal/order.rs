//! The order of the log, and the order of an aggregate's messages whoever relays them.

use super::server::{LOG_ALONE, Log, Shared, mark};
use crate::support::{TOPIC, insert, message};
use domain::message::Envelope;
use ledger::outbox::{self, Waiting};
use ledger::wal::{WalOptions, WalOutbox};
use ledger::{Ledger, LedgerError};
use ledger_testkit::on_server;
use sea_orm::ConnectionTrait;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

on_server!(postgres_15, Postgres15, super::Shared;
    messages_come_in_the_order_of_commits_until_they_are_marked,
    a_dead_letter_holds_back_nothing,
    a_long_transaction_comes_whole_and_in_parts,
    messages_are_read_from_the_table_while_the_log_is_slow,
    an_aggregates_messages_keep_their_order_whoever_relays
);
on_server!(postgres_18, Postgres18, super::Shared;
    messages_come_in_the_order_of_commits_until_they_are_marked,
    an_aggregates_messages_keep_their_order_whoever_relays
);

/// Two changes, of which the one that wrote first commits last.
async fn write_crosswise(ledger: &Ledger) {
    let (one, other) = (ledger.begin().await.expect("begins"), ledger.begin().await.expect("begins"));
    outbox::append(&one, TOPIC, &message(1)).await.expect("written");
    outbox::append(&other, TOPIC, &message(2)).await.expect("written");
    other.commit().await.expect("commits");
    one.commit().await.expect("commits");
}

async fn messages_come_in_the_order_of_commits_until_they_are_marked(given: Shared) {
    let log = Log::open(given.site).await;
    write_crosswise(&log.books.ledger).await;
    assert_eq!(log.told().await, [2, 1]);
    let next = log.wal.next(1).await.expect("read");
    assert_eq!(next[0].envelope, message(2), "whole, to the millisecond");
    mark(&log.books.ledger, &next).await;
    assert_eq!(log.told().await, [1]);
    log.append([3]).await;
    assert_eq!(log.publish().await, [1]);
    assert_eq!(log.told().await, [3]);
    let undone = log.books.ledger.begin().await.expect("begins");
    outbox::append(&undone, TOPIC, &message(4)).await.expect("written");
    drop(undone);
    assert_eq!(log.publish().await, [3]);
    assert_eq!(log.told().await, []);
}

async fn a_dead_letter_holds_back_nothing(given: Shared) {
    let log = Log::open(given.site).await;
    log.append([1, 2, 3]).await;
    let next = log.wal.next(2).await.expect("read");
    outbox::mark_failed(&log.books.ledger, next[0].sequence, outbox::ATTEMPTS_MAX, "too large").await.expect("marked");
    assert_eq!(log.publish().await, [2, 3]);
    assert_eq!(log.told().await, []);
    log.append([4]).await;
    assert_eq!(log.told().await, [4]);
}

async fn a_long_transaction_comes_whole_and_in_parts(given: Shared) {
    let log = Log::open(given.site).await;
    log.append(1..=2_600).await;
    log.append([2_601]).await;
    let mut all = Vec::new();
    loop {
        let part = log.publish().await;
        if part.is_empty() {
            break;
        }
        assert!(part.len() <= 100);
        all.extend(part);
    }
    assert_eq!(all, (1..=2_601).collect::<Vec<u128>>());
}

async fn messages_are_read_from_the_table_while_the_log_is_slow(given: Shared) {
    let options = WalOptions { slow: Duration::ZERO, ..LOG_ALONE };
    let log = Log::open_with(given.site, options).await;
    for id in 1..=20 {
        log.append([id]).await;
        assert_eq!(log.publish().await, [id]);
    }
    assert_eq!(log.told().await, []);
}

/// Aggregates whose messages are numbered under the lock of their row.
const AGGREGATES: u64 = 6;
const WRITERS: u64 = 4;
const MESSAGES_EACH: u64 = 60;

fn numbered(aggregate: u64, number: u64) -> Envelope {
    let mut envelope = message(u128::from(aggregate * 1_000_000 + number));
    envelope.aggregate_id = format!("toy-{aggregate}");
    envelope
}

/// A small generator of numbers, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Writes messages of random aggregates, each while it holds the aggregate's row, as every service does.
async fn write(ledger: Ledger, numbers: Arc<Vec<AtomicU64>>, mut dice: Dice) {
    for _ in 0..MESSAGES_EACH {
        let aggregate = dice.below(AGGREGATES);
        let change = ledger.begin().await.expect("begins");
        let lock = format!("UPDATE toys SET name = name WHERE name = 'toy-{aggregate}'");
        change.connection().execute_unprepared(&lock).await.expect("locked");
        let number = numbers[aggregate as usize].fetch_add(1, Ordering::SeqCst);
        outbox::append(&change, TOPIC, &numbered(aggregate, number)).await.expect("written");
        for _ in 0..dice.below(4) {
            tokio::task::yield_now().await;
        }
        change.commit().await.expect("commits");
    }
}

/// One of several relays.
enum Relay {
    Poll(Ledger),
    Wal(Ledger, Box<WalOutbox>),
}

impl Relay {
    async fn next(&self, limit: u64) -> Result<Vec<Waiting>, LedgerError> {
        match self {
            Self::Poll(ledger) => outbox::next(ledger, limit).await,
            Self::Wal(_, wal) => wal.next(limit).await,
        }
    }
}

/// Three processes take turns, two with the log and one without. Any may end between publishing and marking, and any may be
/// stopped with messages in its hands and publish them when others have gone on.
async fn an_aggregates_messages_keep_their_order_whoever_relays(given: Shared) {
    let log = Log::open(given.site).await;
    let ledger = log.books.ledger.clone();
    let change = ledger.begin().await.expect("begins");
    for aggregate in 0..AGGREGATES {
        insert(&change, "toys", &format!("toy-{aggregate}")).await.expect("stored");
    }
    change.commit().await.expect("commits");
    let often = WalOptions { net_every: Duration::from_millis(50), ..LOG_ALONE };
    let mut relays = vec![Relay::Poll(ledger.clone()), Relay::Wal(ledger.clone(), Box::new(log.wal))];
    relays.push(Relay::Wal(ledger.clone(), Box::new(WalOutbox::open(ledger.clone(), often).await.expect("opens"))));
    let numbers: Arc<Vec<AtomicU64>> = Arc::new((0..AGGREGATES).map(|_| AtomicU64::new(0)).collect());
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(write(ledger.clone(), numbers.clone(), Dice(writer)));
    }
    let (mut arrived, mut stopped, mut dice) = (Vec::new(), Vec::new(), Dice(99));
    loop {
        while writers.try_join_next().is_some_and(|ended| ended.is_ok()) {}
        let index = dice.below(3) as usize;
        let limit = 1 + dice.below(20);
        let next = relays[index].next(limit).await.expect("read");
        let is_over = next.is_empty() && writers.is_empty() && outbox::next(&ledger, 1).await.expect("read").is_empty();
        if is_over {
            break;
        }
        match dice.below(8) {
            // It ends before it has marked all that it has published.
            0 => {
                arrived.extend(next.iter().map(|row| row.envelope.clone()));
                mark(&ledger, &next[..next.len() / 2]).await;
                if let Relay::Wal(ledger, _) = &relays[index] {
                    let again = WalOutbox::open(ledger.clone(), LOG_ALONE).await.expect("opens");
                    relays[index] = Relay::Wal(ledger.clone(), Box::new(again));
                }
            }
            // It is stopped.
            1 => stopped.push(next),
            _ => {
                arrived.extend(next.iter().map(|row| row.envelope.clone()));
                mark(&ledger, &next).await;
            }
        }
        if dice.below(5) == 0
            && let Some(next) = stopped.pop()
        {
            arrived.extend(next.iter().map(|row| row.envelope.clone()));
            mark(&ledger, &next).await;
        }
    }
    check(&arrived, WRITERS * MESSAGES_EACH);
}

/// All have arrived, and of each aggregate for the first time in order; what comes again is known to every consumer.
fn check(arrived: &[Envelope], count: u64) {
    let (mut seen, mut next) = (HashSet::new(), HashMap::<&str, u128>::new());
    for envelope in arrived.iter().filter(|envelope| seen.insert(envelope.event_id)) {
        let expected = next.entry(&envelope.aggregate_id).or_default();
        assert_eq!(envelope.event_id.as_u128() % 1_000_000, *expected, "{}", envelope.aggregate_id);
        *expected += 1;
    }
    assert_eq!(seen.len() as u64, count);
}
