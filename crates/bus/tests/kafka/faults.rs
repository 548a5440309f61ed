//! Brokers that fail while messages are published and handled.

use super::support::*;
use bus::kafka::KafkaPublisher;
use bus::{PublishError, Publisher};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use testkit::{Kafka, Kit};
use tokio::sync::Mutex;

/// A small machine can run only one more set of brokers at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// Brokers to kill.
fn brokers(count: usize) -> Option<Kafka> {
    let kafka = testkit::available(Kit::temporary().and_then(|kit| Kafka::start(&kit, count)))?;
    testkit::available(kafka.real()).is_some().then_some(kafka)
}

/// Publishes batch after batch as a relay does: each again and again until it is accepted. Returns the number of
/// acknowledged messages.
async fn relay(publisher: KafkaPublisher, topic: &'static str, enough: Arc<AtomicBool>) -> u128 {
    let mut next = 1;
    while !enough.load(Ordering::SeqCst) {
        let batch = envelopes(next..next + 100);
        match publisher.publish(topic, &batch).await {
            Ok(()) => next += 100,
            Err(PublishError::Unavailable(_)) => tokio::time::sleep(Duration::from_millis(100)).await,
            Err(refused) => panic!("{refused}"),
        }
    }
    next - 1
}

/// The first arrival of each message.
fn firsts(ids: Vec<u128>) -> Vec<u128> {
    let mut seen = HashSet::new();
    ids.into_iter().filter(|id| seen.insert(*id)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_message_is_lost_when_brokers_are_killed() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let Some(kafka) = brokers(3) else { return };
    let names = Names::new();
    let recorder = Recorder::new(&names);
    let bus = start(&kafka.bootstrap(), &names, &recorder);
    let enough = Arc::new(AtomicBool::new(false));
    let relay = tokio::spawn(relay(publisher(&kafka.bootstrap()), names.topic, Arc::clone(&enough)));
    for broker in 0..3 {
        let before = recorder.count();
        until("messages flow", async || recorder.count() > before + 500).await;
        kafka.kill(broker).expect("killed");
        let killed = recorder.count();
        until("they flow without it", async || recorder.count() > killed + 500).await;
        kafka.restart(broker).expect("restarted");
        kafka.wait_until_ready().expect("whole again");
    }
    enough.store(true, Ordering::SeqCst);
    let acknowledged = relay.await.expect("ended");
    until("all arrived", async || {
        let all: HashSet<u128> = recorder.ids().into_iter().collect();
        (1..=acknowledged).all(|id| all.contains(&id))
    })
    .await;
    assert_ordered(&firsts(recorder.ids()), 7);
    bus.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn publisher_and_consumer_wait_while_all_brokers_are_down_and_then_go_on() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let Some(kafka) = brokers(1) else { return };
    let names = Names::new();
    let recorder = Recorder::new(&names);
    let bus = start(&kafka.bootstrap(), &names, &recorder);
    let publisher = publisher(&kafka.bootstrap());
    publish(&publisher, names.topic, 1..=500).await;
    until("they arrived", async || recorder.count() == 500).await;
    kafka.kill(0).expect("killed");
    let limit = Duration::from_secs(30);
    let outcome = tokio::time::timeout(limit, publisher.publish(names.topic, &envelopes(501..=600))).await;
    assert!(matches!(outcome, Ok(Err(PublishError::Unavailable(_)))), "{outcome:?}");
    kafka.restart(0).expect("restarted");
    until("others are accepted", async || publisher.publish(names.topic, &envelopes(601..=700)).await.is_ok()).await;
    until("they arrived", async || firsts(recorder.ids()).len() == 600).await;
    assert!(recorder.ids().iter().all(|id| !(501..=600).contains(id)), "messages that were given up do not come later");
    publish(&publisher, names.topic, 501..=600).await;
    until("the rest arrived", async || firsts(recorder.ids()).len() == 700).await;
    kafka.kill(0).expect("killed");
    let stopped = tokio::time::timeout(Duration::from_secs(60), bus.stop()).await;
    assert!(stopped.is_ok(), "the stop does not wait for brokers that are down");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_broker_is_unavailable_and_the_order_is_kept_afterwards() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let Some(kafka) = brokers(1) else { return };
    let names = Names::new();
    let publisher = publisher(&kafka.bootstrap());
    publish(&publisher, names.topic, 1..=100).await;
    kafka.stall(0).expect("stalled");
    let batch = envelopes(101..=600);
    let outcome = publisher.publish(names.topic, &batch).await;
    assert!(matches!(outcome, Err(PublishError::Unavailable(_))), "{outcome:?}");
    kafka.resume(0).expect("resumed");
    until("it is accepted", async || publisher.publish(names.topic, &batch).await.is_ok()).await;
    publish(&publisher, names.topic, 601..=700).await;
    let recorder = Recorder::new(&names);
    let bus = start(&kafka.bootstrap(), &names, &recorder);
    until("all arrived", async || firsts(recorder.ids()).len() == 700).await;
    assert_ordered(&firsts(recorder.ids()), 7);
    bus.stop().await;
}
