//! From one source to the other and back, and through ends of the process.

use super::server::{Alone, LOG_ALONE, Log, Shared, append, ids, mark, polled, told, try_append};
use crate::support::{MakeTable, TOPIC, message};
use ledger::wal::{self, WalOptions, WalOutbox};
use ledger::{Ledger, LedgerError, Right, Schema, Table, common_tables, outbox};
use ledger_testkit::{Raw, on_server, patient};
use std::time::Duration;

on_server!(postgres_15, Postgres15, super::Shared;
    messages_from_before_the_slot_are_not_lost,
    sources_follow_each_other_without_loss_or_repetition,
    what_an_operator_has_reset_is_found_by_the_net,
    two_services_share_the_table_and_read_only_their_own_messages
);
on_server!(postgres_18, Postgres18, super::Shared;
    messages_from_before_the_slot_are_not_lost,
    sources_follow_each_other_without_loss_or_repetition
);
on_server!(alone_15, Postgres15, super::Alone;
    a_server_that_was_killed_is_read_on,
    what_was_not_marked_comes_again_after_the_end_of_the_process,
    a_slot_that_nobody_reads_is_dropped
);
on_server!(alone_18, Postgres18, super::Alone;
    a_server_that_was_killed_is_read_on,
    what_was_not_marked_comes_again_after_the_end_of_the_process
);

async fn messages_from_before_the_slot_are_not_lost(given: Shared) {
    let books = crate::support::Books::open(given.site).await;
    let late = books.ledger.begin().await.expect("begins");
    outbox::append(&late, TOPIC, &message(1)).await.expect("written");
    append(&books.ledger, [2, 3]).await;
    // The slot waits for the change that is under way, as PostgreSQL does: it is made when that has ended.
    let raw = books.raw().await;
    let (wal, ()) = tokio::join!(WalOutbox::open(books.ledger.clone(), LOG_ALONE), async {
        let slots = "SELECT count(*) FROM pg_replication_slots WHERE database = current_database()";
        while raw.numbers(slots).await != [1] {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        late.commit().await.expect("commits");
    });
    let log = Log { books, wal: wal.expect("opens") };
    log.append([4]).await;
    let mut all = Vec::new();
    while all.len() < 4 {
        let part = log.publish().await;
        assert!(!part.is_empty(), "{all:?}");
        all.extend(part);
    }
    assert_eq!(log.told().await, []);
    all.sort_unstable();
    assert_eq!(all, [1, 2, 3, 4]);
}

async fn sources_follow_each_other_without_loss_or_repetition(given: Shared) {
    let mut log = Log::open(given.site).await;
    let mut all = Vec::new();
    for round in 0..5_u128 {
        let three = |from: u128| round * 10 + from..round * 10 + from + 3;
        log.append(three(0)).await;
        all.extend(log.publish().await);
        assert_eq!(polled(&log.books.ledger).await, [], "the table knows what the log has told");
        log.append(three(3)).await;
        let next = outbox::next(&log.books.ledger, 2).await.expect("read");
        mark(&log.books.ledger, &next).await;
        all.extend(ids(&next));
        // Both within one process, as after a change of the lease, and after a restart.
        if round % 2 == 0 {
            log.begin_again().await;
        }
        assert_eq!(log.told().await, [round * 10 + 5], "what the other has published is passed over");
        all.extend(log.publish().await);
    }
    assert_eq!(log.told().await, []);
    let expected: Vec<u128> = (0..5).flat_map(|round| round * 10..round * 10 + 6).collect();
    assert_eq!(all, expected);
}

/// On a server of its own: a slot lags by what anybody writes.
async fn what_was_not_marked_comes_again_after_the_end_of_the_process(given: Alone) {
    let mut log = Log::open(given.site).await;
    log.append([1, 2]).await;
    assert_eq!(log.told().await, [1, 2]);
    log.begin_again().await;
    assert_eq!(log.publish().await, [1, 2]);
    // Marked, but the place of the slot was not moved: the log tells of them again.
    let before = wal::state(&log.books.ledger).await.expect("read").expect("a slot");
    log.begin_again().await;
    assert_eq!(log.told().await, []);
    assert_eq!(log.told().await, []);
    let after = wal::state(&log.books.ledger).await.expect("read").expect("a slot");
    assert!(before.lag_bytes > 0 && after.lag_bytes < before.lag_bytes, "{before:?} {after:?}");
    log.append([3]).await;
    assert_eq!(log.told().await, [3]);
}

async fn what_an_operator_has_reset_is_found_by_the_net(given: Shared) {
    let options = WalOptions { net_every: Duration::from_millis(20), ..LOG_ALONE };
    let log = Log::open_with(given.site, options).await;
    log.append([1]).await;
    assert_eq!(log.publish().await, [1]);
    log.books.raw().await.run("UPDATE outbox_events SET published = false").await.expect("reset");
    let found = async {
        while log.told().await.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), found).await.expect("the net finds it");
}

static OTHERS: Schema = Schema {
    name: "other_service",
    file: "others.sqlite",
    topics: &["other.events"],
    migrations: |database| vec![Box::new(MakeTable("others")), common_tables(database)],
    tables: &[Table { name: "others", rights: &[Right::Select, Right::Insert] }],
};

async fn two_services_share_the_table_and_read_only_their_own_messages(given: Shared) {
    let log = Log::open(given.site).await;
    let others = Ledger::connect(&log.books.site.url, &OTHERS, patient()).await.expect("connects");
    others.migrate().await.expect("migrates");
    let wal = WalOutbox::open(others.clone(), LOG_ALONE).await.expect("opens");
    assert_eq!(told(&wal).await, []);
    log.append([1]).await;
    let change = others.begin().await.expect("begins");
    outbox::append(&change, "other.events", &message(2)).await.expect("written");
    change.commit().await.expect("commits");
    assert_eq!((log.publish().await, told(&wal).await), (vec![1], vec![2]));
    assert_eq!(log.told().await, []);
    assert_eq!(told(&wal).await, [2]);
    let raw = log.books.raw().await;
    let slots = raw.texts(
        "SELECT slot_name::text FROM pg_replication_slots WHERE database = current_database() ORDER BY slot_name",
    );
    let slots = slots.await;
    assert!(slots.len() == 2 && slots[0].starts_with("onsale_other_service_"), "{slots:?}");
    assert!(slots[1].starts_with("onsale_toy_service_"), "{slots:?}");
}

/// On a server of its own: a slot lags by what anybody writes.
async fn a_slot_that_nobody_reads_is_dropped(given: Alone) {
    let log = Log::open(given.site).await;
    let ledger = &log.books.ledger;
    let before = wal::drop_forgotten(ledger, None).await.expect("looks");
    assert!(before.is_some());
    let before = wal::drop_forgotten(ledger, before.as_ref()).await.expect("looks");
    assert!(before.is_some(), "it lags by little");
    let raw = Raw::to(&given.own.administrator("postgres"), log.books.site.engine, &crate::support::TOYS).await;
    let write = "SELECT pg_logical_emit_message(false, 'onsale', repeat('x', 2000000))::text";
    raw.texts(write).await;
    log.append([1]).await;
    assert_eq!(log.publish().await, [1]);
    assert_eq!(log.told().await, []);
    let before = wal::drop_forgotten(ledger, before.as_ref()).await.expect("looks");
    assert!(before.is_some(), "it has moved");
    raw.texts(write).await;
    // What no change waits for is written to the disk a little later.
    while wal::state(ledger).await.expect("read").expect("a slot").lag_bytes < 1_500_000 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(wal::drop_forgotten(ledger, before.as_ref()).await, Ok(None));
    assert_eq!((wal::state(ledger).await, wal::drop_slot(ledger).await), (Ok(None), Ok(false)));
    // A source that reads it nevertheless makes it anew.
    log.append([2]).await;
    assert_eq!(log.publish().await, [2]);
    log.append([3]).await;
    assert_eq!(log.publish().await, [3]);
    assert!(wal::state(ledger).await.expect("read").is_some());
}

async fn a_server_that_was_killed_is_read_on(given: Alone) {
    let log = Log::open(given.site).await;
    log.append([1, 2]).await;
    assert_eq!(log.told().await, [1, 2]);
    let next = log.wal.next(1).await.expect("read");
    mark(&log.books.ledger, &next).await;
    given.own.kill();
    given.own.restart();
    let all = async {
        // A connection that the server has broken off may be met once by each statement.
        while !matches!(try_append(&log.books.ledger, [3]).await, Ok(()) | Err(LedgerError::Conflict(_))) {}
        let mut all = Vec::new();
        while all.len() < 2 {
            if let Ok(next) = log.wal.next(100).await {
                mark(&log.books.ledger, &next).await;
                all.extend(ids(&next));
            }
        }
        all
    };
    let all = tokio::time::timeout(Duration::from_secs(120), all).await.expect("goes on");
    assert_eq!(all, [2, 3]);
}
