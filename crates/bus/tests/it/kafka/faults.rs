//! Brokers that die while somebody publishes and somebody listens.

use super::support::*;
use bus::kafka::KafkaPublisher;
use bus::{PublishError, Publisher};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use testkit::{Kafka, Kit};
use tokio::sync::Mutex;

/// A second set of brokers is as much as a small machine bears at once.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// Brokers to kill.
fn brokers(count: usize) -> Option<Kafka> {
    let kafka = testkit::available(Kit::temporary().and_then(|kit| Kafka::start(&kit, count)))?;
    testkit::available(kafka.real()).is_some().then_some(kafka)
}

/// Publishes batch after batch as a relay does: again and again until it is taken. What was acknowledged.
async fn relay(publisher: KafkaPublisher, topic: &'static str, enough: Arc<AtomicBool>) -> (u128, u32) {
    let (mut next, mut away) = (1, 0);
    while !enough.load(Ordering::SeqCst) {
        let batch = envelopes(next..next + 100);
        match publisher.publish(topic, &batch).await {
            Ok(()) => next += 100,
            Err(PublishError::Away(_)) => {
                away += 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(refused) => panic!("{refused}"),
        }
    }
    (next - 1, away)
}

/// The first time that each came.
fn firsts(ids: Vec<u128>) -> Vec<u128> {
    let mut seen = HashSet::new();
    ids.into_iter().filter(|id| seen.insert(*id)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_message_is_lost_when_brokers_are_killed() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let Some(kafka) = brokers(3) else { return };
    let names = Names::new();
    let scribe = Scribe::new(&names);
    let bus = start(&kafka.bootstrap(), &names, &scribe);
    let enough = Arc::new(AtomicBool::new(false));
    let relay = tokio::spawn(relay(publisher(&kafka.bootstrap()), names.topic, Arc::clone(&enough)));
    for broker in 0..3 {
        let before = scribe.count();
        until("messages flow", async || scribe.count() > before + 500).await;
        kafka.kill(broker).expect("killed");
        let killed = scribe.count();
        until("they flow without it", async || scribe.count() > killed + 500).await;
        kafka.restart(broker).expect("restarted");
        kafka.wait_until_ready().expect("whole again");
    }
    enough.store(true, Ordering::SeqCst);
    let (acknowledged, _) = relay.await.expect("ended");
    until("all arrived", async || {
        let all: HashSet<u128> = scribe.ids().into_iter().collect();
        (1..=acknowledged).all(|id| all.contains(&id))
    })
    .await;
    assert_ordered(&firsts(scribe.ids()), 7);
    bus.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_all_brokers_are_gone_everybody_waits_and_goes_on() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let Some(kafka) = brokers(1) else { return };
    let names = Names::new();
    let scribe = Scribe::new(&names);
    let bus = start(&kafka.bootstrap(), &names, &scribe);
    let publisher = publisher(&kafka.bootstrap());
    publish(&publisher, names.topic, 1..=500).await;
    until("they arrived", async || scribe.count() == 500).await;
    kafka.kill(0).expect("killed");
    let limit = Duration::from_secs(30);
    let away = tokio::time::timeout(limit, publisher.publish(names.topic, &envelopes(501..=600))).await;
    assert!(matches!(away, Ok(Err(PublishError::Away(_)))), "{away:?}");
    kafka.restart(0).expect("restarted");
    until("others are taken", async || publisher.publish(names.topic, &envelopes(601..=700)).await.is_ok()).await;
    until("they arrived", async || firsts(scribe.ids()).len() == 600).await;
    assert!(scribe.ids().iter().all(|id| !(501..=600).contains(id)), "what was given up does not come later");
    publish(&publisher, names.topic, 501..=600).await;
    until("the rest arrived", async || firsts(scribe.ids()).len() == 700).await;
    kafka.kill(0).expect("killed");
    let stopped = tokio::time::timeout(Duration::from_secs(60), bus.stop()).await;
    assert!(stopped.is_ok(), "the end does not wait for brokers that are gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_stalls_is_away_and_nothing_is_out_of_order_after() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let Some(kafka) = brokers(1) else { return };
    let names = Names::new();
    let publisher = publisher(&kafka.bootstrap());
    publish(&publisher, names.topic, 1..=100).await;
    kafka.stall(0).expect("stalled");
    let batch = envelopes(101..=600);
    let away = publisher.publish(names.topic, &batch).await;
    assert!(matches!(away, Err(PublishError::Away(_))), "{away:?}");
    kafka.resume(0).expect("resumed");
    until("it is taken", async || publisher.publish(names.topic, &batch).await.is_ok()).await;
    publish(&publisher, names.topic, 601..=700).await;
    let scribe = Scribe::new(&names);
    let bus = start(&kafka.bootstrap(), &names, &scribe);
    until("all arrived", async || firsts(scribe.ids()).len() == 700).await;
    assert_ordered(&firsts(scribe.ids()), 7);
    bus.stop().await;
}
