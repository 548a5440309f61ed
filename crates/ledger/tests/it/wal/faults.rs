//! A log that is gone, and rows that are in the log before they can be read.

use super::server::{Alone, Log, try_append};
use ledger::wal;
use ledger_testkit::{Raw, on_server};
use std::time::Duration;

on_server!(alone_15, Postgres15, super::Alone;
    a_slot_beyond_its_bound_is_made_anew_and_nothing_is_lost,
    a_row_that_cannot_be_read_yet_is_waited_for
);
on_server!(alone_18, Postgres18, super::Alone;
    a_slot_beyond_its_bound_is_made_anew_and_nothing_is_lost,
    a_row_that_cannot_be_read_yet_is_waited_for
);

async fn administrator(given: &Alone) -> Raw {
    let database = given.site.url.rsplit('/').next().expect("a database");
    Raw::to(&given.own.administrator(database), given.site.engine, &crate::support::TOYS).await
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.expect(what);
}

async fn a_slot_beyond_its_bound_is_made_anew_and_nothing_is_lost(given: Alone) {
    given.own.execute("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'");
    given.own.execute("SELECT pg_reload_conf()");
    let raw = administrator(&given).await;
    let log = Log::open(given.site).await;
    log.append([1]).await;
    assert_eq!(log.publish().await, [1]);
    log.append([2, 3]).await;
    let state = async || wal::state(&log.books.ledger).await.expect("read").expect("a slot");
    until("the log grows", async || {
        raw.texts("SELECT pg_logical_emit_message(false, 'onsale', 'x')::text").await;
        raw.texts("SELECT pg_switch_wal()::text").await;
        raw.run("CHECKPOINT").await.expect("the administrator may");
        state().await.is_lost
    })
    .await;
    log.append([4]).await;
    assert_eq!(log.publish().await, [2, 3, 4]);
    assert!(!state().await.is_lost && state().await.left_bytes.is_some());
    log.append([5]).await;
    assert_eq!(log.publish().await, [5]);
    assert_eq!(log.told().await, []);
}

/// A commit that waits for a replica is in the log, and nobody sees its change yet.
async fn a_row_that_cannot_be_read_yet_is_waited_for(given: Alone) {
    let raw = administrator(&given).await;
    let log = Log::open(given.site).await;
    let set = |sql: &str| {
        given.own.execute(sql);
        given.own.execute("SELECT pg_reload_conf()");
    };
    let slot = wal::state(&log.books.ledger).await.expect("read").expect("a slot").name;
    set("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    let waits = async || raw.numbers("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'").await != [0];
    // Commits pass until every part of the server knows the setting.
    let mut last = 0_u128;
    let commit = loop {
        last += 1;
        let ledger = log.books.ledger.clone();
        let commit = tokio::spawn(async move { try_append(&ledger, [last]).await });
        until("the commit ends or waits", async || commit.is_finished() || waits().await).await;
        if !commit.is_finished() {
            break commit;
        }
    };
    let peek = format!(
        "SELECT count(*) FROM pg_logical_slot_peek_binary_changes('{slot}', NULL, NULL, 'proto_version', '1', \
         'publication_names', 'onsale_outbox')"
    );
    assert_ne!(raw.numbers(&peek).await, [0], "it is in the log");
    let before: Vec<u128> = (1..last).collect();
    assert_eq!(log.told().await, before);
    assert_eq!(log.told().await, before);
    set("ALTER SYSTEM RESET synchronous_standby_names");
    assert_eq!(commit.await.expect("ended"), Ok(()));
    let all: Vec<u128> = (1..=last).collect();
    assert_eq!(log.told().await, all);
    assert_eq!(log.publish().await, all);
    // A row that was deleted is not waited for.
    log.append([1_000]).await;
    raw.run("DELETE FROM common.outbox_events").await.expect("deleted");
    log.append([1_001]).await;
    until("the others go on", async || log.told().await == [1_001]).await;
}
