//! What a look at the log costs while others write much. Prints figures; run by hand.

use super::server::{Log, Shared};
use ledger_testkit::Engine;
use std::time::{Duration, Instant};

#[tokio::test]
#[ignore = "prints figures; run it by hand"]
async fn what_a_look_costs_beside_others_writes() {
    let Some(given) = Shared::of(Engine::Postgres15) else { return };
    let log = Log::open(given.site).await;
    let raw = log.books.raw().await;
    for rows in [0_u32, 10_000, 50_000, 200_000, 200_000] {
        let write = format!("INSERT INTO toys SELECT gen_random_uuid()::text FROM generate_series(1, {rows})");
        raw.run(&write).await.expect("written");
        log.append([u128::from(rand_id())]).await;
        let begun = Instant::now();
        let told = log.told().await;
        let first = begun.elapsed();
        assert_eq!(log.publish().await, told);
        let begun = Instant::now();
        assert_eq!(log.told().await, []);
        let again = begun.elapsed();
        let after = ledger::wal::state(&log.books.ledger).await.expect("read").expect("a slot");
        let written = after.kept_bytes / 1_048_576;
        println!("{rows} rows of others, {written} MiB kept: found in {first:?}, moved on in {again:?}");
    }
    // PostgreSQL moves the restart point of a slot some time after.
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_secs(10)).await;
        log.append([u128::from(rand_id())]).await;
        let begun = Instant::now();
        log.publish().await;
        let found = begun.elapsed();
        log.told().await;
        let after = ledger::wal::state(&log.books.ledger).await.expect("read").expect("a slot");
        println!("later: {} MiB kept, found in {found:?}", after.kept_bytes / 1_048_576);
    }
}

fn rand_id() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().0
}
