//! Servers that are killed, restarted, stopped or read-only: no acknowledged row is lost, no row is stored twice, and the
//! error is [`LedgerError::Unavailable`].

use crate::support::{Books, campaign, issued, message};
use coupon::rows::{campaigns, coupons};
use coupon::schema::SCHEMA;
use domain::Campaign;
use domain::message::CouponIssued;
use ledger::{Ledger, LedgerError, LedgerOptions, processed};
use ledger_testkit::{Engine, Own, on_every_server, patient};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

on_every_server!(
    ledger_testkit::Own;
    a_server_killed_between_batches_has_every_row_once_afterwards,
    a_stalled_server_is_unavailable_until_it_continues,
    a_read_only_server_is_unavailable_and_loses_nothing,
);

const DEADLINE: Duration = Duration::from_secs(120);
const BATCH: u32 = 100;

/// Short time limits, which notice a silent server soon.
fn hurried() -> LedgerOptions {
    let short = Duration::from_secs(2);
    LedgerOptions {
        acquire_timeout: short,
        busy_timeout: short,
        answer_timeout: short,
        change_timeout: short,
        ..LedgerOptions::default()
    }
}

/// Stores one batch as the issuer does: coupons and processed records in one change.
async fn keep(ledger: &Ledger, batch: &[(Uuid, CouponIssued)]) -> Result<(), LedgerError> {
    let messages: Vec<_> = batch.iter().map(|(id, _)| message(id.as_u128())).collect();
    let once = async |change: ledger::Transaction| {
        let all: Vec<_> = messages.iter().collect();
        let new = processed::record(&change, "coupon-group", &all).await?;
        let left: Vec<_> = batch.iter().filter(|(id, _)| new.contains(id)).cloned().collect();
        assert_eq!(coupons::keep_issued(&change, &left).await?, []);
        change.commit().await
    };
    ledger.change(once).await
}

/// Tries until the batch is stored, as the consumer does. Returns how often the database was unavailable.
async fn keep_at_last(ledger: &Ledger, batch: &[(Uuid, CouponIssued)]) -> u32 {
    let begun = Instant::now();
    let mut failures = 0;
    loop {
        match keep(ledger, batch).await {
            Ok(()) => return failures,
            Err(LedgerError::Unavailable(_)) => failures += 1,
            Err(other) => panic!("neither stored nor unavailable: {other:?}"),
        }
        assert!(begun.elapsed() < DEADLINE, "unavailable for too long");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn check_rows(ledger: &Ledger, sale: &Campaign, batches: u32) {
    let kept = coupons::counts(ledger, &sale.id).await.expect("counted").kept();
    assert_eq!(kept, u64::from(batches * BATCH), "every row once");
    let change = ledger.begin().await.expect("begins");
    let ids: Vec<_> = (1..=batches * BATCH).map(|serial| issued(sale, serial).0).collect();
    let unseen = processed::unseen(&change, "coupon-group", &ids).await.expect("read");
    assert!(unseen.is_empty(), "every message recorded");
}

fn batch(sale: &Campaign, number: u32) -> Vec<(Uuid, CouponIssued)> {
    (number * BATCH + 1..=(number + 1) * BATCH).map(|serial| issued(sale, serial)).collect()
}

/// Two issuers store batches while the server is killed and started again, three times.
async fn a_server_killed_between_batches_has_every_row_once_afterwards(own: Own) {
    const BATCHES: u32 = 120;
    let books = Books::open(own.site()).await;
    let sale = campaign("shop", "sale", BATCHES * BATCH);
    campaigns::create(&books.ledger, &sale).await.expect("created");
    let ledger =
        Ledger::connect(&books.site.url, &SCHEMA, LedgerOptions { change_timeout: DEADLINE, ..hurried() }).await;
    let ledger = ledger.expect("connects");
    let done = Arc::new(AtomicU32::new(0));
    let issuers: Vec<_> = (0..2)
        .map(|issuer| {
            let (ledger, sale, done) = (ledger.clone(), sale.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                let mut failures = 0;
                for number in (issuer..BATCHES).step_by(2) {
                    failures += keep_at_last(&ledger, &batch(&sale, number)).await;
                    done.fetch_add(1, Ordering::Relaxed);
                }
                failures
            })
        })
        .collect();
    for quarter in 1..=3 {
        while done.load(Ordering::Relaxed) < quarter * BATCHES / 4 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        own.kill();
        // The batches under way meet a dead server.
        tokio::time::sleep(Duration::from_millis(50)).await;
        own.restart();
    }
    let mut failures = 0;
    for issuer in issuers {
        failures += issuer.await.expect("ran");
    }
    assert!(failures >= 3, "each loss was noticed");
    check_rows(&books.ledger, &sale, BATCHES).await;
}

async fn a_stalled_server_is_unavailable_until_it_continues(own: Own) {
    let books = Books::open(own.site()).await;
    let sale = campaign("shop", "sale", 10 * BATCH);
    campaigns::create(&books.ledger, &sale).await.expect("created");
    let ledger = Ledger::connect(&books.site.url, &SCHEMA, hurried()).await.expect("connects");
    keep_at_last(&ledger, &batch(&sale, 0)).await;
    let open = ledger.begin().await.expect("begins");
    own.stall();
    let asking = processed::unseen(&open, "coupon-group", &[Uuid::nil()]).await;
    assert!(matches!(asking, Err(LedgerError::Unavailable(_))), "{asking:?}");
    drop(open);
    let reading = campaigns::get(&ledger, &sale.id).await;
    assert!(matches!(reading, Err(LedgerError::Unavailable(_))), "{reading:?}");
    let keeping = keep(&ledger, &batch(&sale, 1)).await;
    assert!(matches!(keeping, Err(LedgerError::Unavailable(_))), "{keeping:?}");
    assert!(matches!(ledger.ping().await, Err(LedgerError::Unavailable(_))));
    own.resume();
    keep_at_last(&ledger, &batch(&sale, 1)).await;
    check_rows(&books.ledger, &sale, 2).await;
}

/// As a replica is after a failover.
async fn a_read_only_server_is_unavailable_and_loses_nothing(own: Own) {
    let books = Books::open(own.site()).await;
    let sale = campaign("shop", "sale", 10 * BATCH);
    campaigns::create(&books.ledger, &sale).await.expect("created");
    let read_only = |on: bool| match own.engine {
        Engine::MariaDb => drop(own.execute(&format!("SET GLOBAL read_only = {on}"))),
        _ => {
            own.execute(&format!("ALTER SYSTEM SET default_transaction_read_only = {on}"));
            own.execute("SELECT pg_reload_conf()");
            // The server reads the setting after it has answered; later sessions follow it.
            let wanted = if on { "on" } else { "off" };
            testkit::until("the new setting", DEADLINE, || {
                let found = own.execute("SHOW default_transaction_read_only");
                if found.trim() == wanted { Ok(()) } else { Err(found) }
            })
            .expect("it holds");
        }
    };
    read_only(true);
    let ledger = Ledger::connect(&books.site.url, &SCHEMA, patient()).await.expect("connects");
    let refused = keep(&ledger, &batch(&sale, 0)).await;
    assert!(
        matches!(&refused, Err(LedgerError::Unavailable(text)) if text.to_string().contains("read")),
        "{refused:?}"
    );
    assert_eq!(campaigns::get(&ledger, &sale.id).await, Ok(Some(sale.clone())), "reads still work");
    read_only(false);
    keep_at_last(&ledger, &batch(&sale, 0)).await;
    check_rows(&books.ledger, &sale, 1).await;
}
