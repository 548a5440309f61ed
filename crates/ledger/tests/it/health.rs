//! A database that answers questions and takes no rows is not well. The kind: whatever refuses writes and not reads.

use crate::support::TOYS;
use ledger::Ledger;
use ledger_testkit::{Engine, Own, Site, on_every_server, patient};
use sea_orm::ConnectionTrait;
use std::time::{Duration, Instant};

on_every_server!(ledger_testkit::Own; a_database_that_takes_no_rows_is_down_until_it_does);

const PATIENCE: Duration = Duration::from_secs(60);

async fn until(ledger: &Ledger, what: &str, is_down: bool) {
    let begun = Instant::now();
    loop {
        let health = ledger.health().await;
        assert_eq!(health.warnings, Vec::<String>::new(), "one clock");
        if health.down.is_some() == is_down {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "never happened: {what}: {health:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn open(site: &Site) -> Ledger {
    let ledger = Ledger::connect(&site.url, &TOYS, patient()).await.expect("connects");
    ledger.migrate().await.expect("migrates");
    ledger
}

async fn a_database_that_takes_no_rows_is_down_until_it_does(own: Own) {
    let (site, is_postgres) = (own.site(), own.engine.is_postgres());
    let ledger = open(&site).await;
    until(&ledger, "well at first", false).await;
    let set = |on: bool| {
        if is_postgres {
            own.execute(&format!("alter system set default_transaction_read_only = {}", if on { "on" } else { "off" }));
            own.execute("select pg_reload_conf()");
        } else {
            own.execute(&format!("set global read_only = {}", u8::from(on)));
        }
    };
    set(true);
    until(&ledger, "read-only is down", true).await;
    ledger.ping().await.expect("and yet it answers");
    set(false);
    until(&ledger, "well again", false).await;
    own.kill();
    until(&ledger, "gone is down", true).await;
    let why = ledger.health().await.down.expect("why");
    assert!(why.contains(&format!(":{}", own.port())), "named with its address: {why}");
    own.restart();
    until(&ledger, "well after its restart", false).await;
}

#[tokio::test]
async fn a_file_that_may_not_be_written_is_down() {
    let site = Site::sqlite();
    assert_eq!(site.engine, Engine::Sqlite);
    let ledger = open(&site).await;
    assert_eq!(ledger.health().await.down, None);
    let read_only = Ledger::connect(&site.url.replace("mode=rwc", "mode=ro"), &TOYS, patient()).await.expect("opens");
    assert!(read_only.health().await.down.is_some());
}

/// One table that refuses rows, whichever, is enough that something cannot be stored. Undone trials must not see to it that
/// nothing refuses: a full disk is found by what is kept.
#[tokio::test]
async fn a_file_with_a_table_that_refuses_rows_is_down_until_it_takes_them() {
    let site = Site::sqlite();
    let ledger = open(&site).await;
    for table in TOYS.all_tables() {
        let name = table.name;
        // A name of its own: another connection may not have heard yet that the last one is gone.
        let refuse =
            format!("CREATE TRIGGER refuses_{name} BEFORE INSERT ON {name} BEGIN SELECT RAISE(ABORT, 'refused'); END");
        ledger.connection().execute_unprepared(&refuse).await.expect("made");
        until(&ledger, name, true).await;
        ledger.connection().execute_unprepared(&format!("DROP TRIGGER refuses_{name}")).await.expect("dropped");
        until(&ledger, name, false).await;
    }
}
