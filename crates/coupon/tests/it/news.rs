//! Steps that one server commits and another relays: the one that relays hears of them.

use crate::support::Books;
use ::outbox::LedgerOutbox;
use bus::{Cause, Leased, OutboxSource};
use coupon::schema::SCHEMA;
use domain::Timestamp;
use domain::message::{Envelope, event_type, topic};
use ledger::{Ledger, news, outbox};
use ledger_testkit::{Site, on_server, patient};
use std::time::{Duration, Instant};
use uuid::Uuid;

on_server!(postgres_15, Postgres15, ledger_testkit::Site; the_server_that_relays_hears_of_steps_of_another);
on_server!(postgres_18, Postgres18, ledger_testkit::Site; the_server_that_relays_hears_of_steps_of_another);

const PATIENCE: Duration = Duration::from_secs(60);

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < PATIENCE, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What a change writes that takes a step.
async fn commit_step(ledger: &Ledger) {
    let (id, at, nothing) = (Uuid::new_v4(), Timestamp(1_700_000_000_000), serde_json::json!({}));
    let step = Envelope::about_campaign(id, event_type::COUPON_REDEEMED, "sale".to_owned(), at, None, &nothing);
    let change = ledger.begin().await.expect("begins");
    outbox::append(&change, topic::COUPON_EVENTS, &step).await.expect("written");
    change.commit().await.expect("commits");
}

async fn the_server_that_relays_hears_of_steps_of_another(site: Site) {
    let url = site.url.clone();
    let books = Books::open(site).await;
    let other = Ledger::connect(&url, &SCHEMA, patient()).await.expect("connects");
    let listening = tokio::spawn(news::listen(other.clone()));
    let deciding = Leased::new(LedgerOutbox::new(books.ledger.clone()), || std::future::ready(Ok::<_, Cause>(false)));
    let relaying = LedgerOutbox::new(other.clone());
    until("it hears", async || relaying.hears_all()).await;
    assert!(!deciding.hears_all(), "nobody listens there");
    while tokio::time::timeout(Duration::from_millis(50), relaying.written()).await.is_ok() {}
    let hand_over = async |rounds: std::ops::Range<usize>| {
        for _ in rounds {
            commit_step(&books.ledger).await;
            tokio::time::timeout(PATIENCE, deciding.written()).await.expect("the server itself knows");
            assert_eq!(deciding.next(10).await, Ok(Vec::new()), "another holds the lease");
            tokio::time::timeout(PATIENCE, relaying.written()).await.expect("the other is told");
        }
    };
    hand_over(0..2).await;
    assert_eq!(relaying.next(10).await.expect("read").len(), 2);
    // Nothing new, nothing told: a server without the lease costs the database nothing.
    assert_eq!(deciding.next(10).await, Ok(Vec::new()));
    assert!(tokio::time::timeout(Duration::from_millis(300), relaying.written()).await.is_err());
    // A connection that is lost is made again.
    let end = "SELECT pg_terminate_backend(pid)::int FROM pg_stat_activity \
        WHERE query LIKE 'LISTEN%' AND datname = current_database()";
    assert_eq!(books.raw().await.numbers(end).await, [1]);
    until("steps are heard of again", async || {
        commit_step(&books.ledger).await;
        let _ = tokio::time::timeout(PATIENCE, deciding.written()).await;
        let _ = deciding.next(10).await;
        tokio::time::timeout(Duration::from_secs(1), relaying.written()).await.is_ok()
    })
    .await;
    listening.abort();
    let _ = listening.await;
    assert!(!relaying.hears_all(), "without the listener it is looked at often");
}
