//! Publishing (FCFS-006).

use super::support::*;
use bus::kafka::{KafkaPublisher, KafkaReader};
use bus::{PublishError, Publisher};
use domain::message::topic;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_a_key_arrive_in_order_with_their_headers() {
    let Some(bootstrap) = bootstrap() else { return };
    let names = Names::new();
    let recorder = Recorder::new(&names);
    let bus = start(&bootstrap, &names, &recorder);
    publish(&publisher(&bootstrap), names.topic, 1..=3_000).await;
    until("all arrived", async || recorder.count() == 3_000).await;
    assert_ordered(&recorder.ids(), 7);
    let seen = recorder.seen.lock().expect("not poisoned").clone();
    assert!(seen.iter().any(|one| one.partition != seen[0].partition), "spread over partitions");
    let wanted = [("eventType", "CouponIssued"), ("aggregateType", "Campaign"), ("traceId", &*trace(seen[0].id))]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(seen[0].headers, wanted);
    bus.stop().await;
}

fn trace(id: u128) -> String {
    uuid::Uuid::from_u128(id).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_too_large_is_refused_and_the_others_are_accepted() {
    let Some(bootstrap) = real_bootstrap() else { return };
    let names = Names::new();
    let mut batch = envelopes(1..=5);
    let mut large = envelope(3, 7);
    large.payload = serde_json::json!("x".repeat(1_100_000));
    batch[2] = Arc::new(large);
    let refused = match publisher(&bootstrap).publish(names.topic, &batch).await {
        Err(PublishError::Refused(refused)) => refused,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].index, 2);
    let cause = refused[0].cause.to_string();
    assert!(cause.contains(names.topic), "{cause}");
    let mut ids = Vec::new();
    let reader = KafkaReader::connect(&bootstrap).expect("brokers are named");
    let read = reader.all(names.topic, |envelope| ids.push(envelope.event_id.as_u128())).await.expect("read");
    ids.sort_unstable();
    assert_eq!(ids, [1, 2, 4, 5]);
    assert_eq!((read.messages, read.unreadable), (4, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_topic_name_is_refused() {
    let Some(bootstrap) = real_bootstrap() else { return };
    let refused = publisher(&bootstrap).publish("no such topic!", &envelopes(1..=2)).await;
    assert!(matches!(&refused, Err(PublishError::Refused(all)) if all.len() == 2), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_brokers_are_reported_as_unavailable_in_bounded_time() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
    let publisher = publisher(&format!("kafka://{nobody}"));
    let limit = std::time::Duration::from_secs(30);
    let outcome = tokio::time::timeout(limit, publisher.publish("coupon.events", &envelopes([1]))).await;
    let text = match outcome.expect("in time") {
        Err(PublishError::Unavailable(cause)) => cause.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(text.contains(&nobody.to_string()) && text.contains("bus.url"), "{text}");
    assert!(tokio::time::timeout(limit, publisher.ping()).await.expect("in time").is_err());
}

#[test]
fn an_address_without_brokers_is_refused() {
    for text in ["", "kafka://", "kafka://a:1,,b:2"] {
        assert!(KafkaPublisher::connect(text).is_err(), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_topics_of_the_contract_are_created_with_its_settings() {
    let Some(bootstrap) = real_bootstrap() else { return };
    let publisher = publisher(&bootstrap);
    publisher.ensure_topics().await.expect("created");
    publisher.ensure_topics().await.expect("they exist");
    // New topics reach all brokers a moment later.
    until("all are seen", async || {
        let seen = publisher.describe().await.expect("described");
        seen.topics.iter().all(|topic| topic.partitions > 0)
    })
    .await;
    let seen = publisher.describe().await.expect("described");
    assert_eq!(seen.brokers, publisher.ping().await.expect("answered"));
    let partitions: Vec<(&str, usize)> = seen.topics.iter().map(|one| (one.name.as_str(), one.partitions)).collect();
    let wanted = [
        (topic::COUPON_EVENTS, 6),
        (topic::COUPON_REQUESTS, 6),
        (topic::RESERVATION_EVENTS, 3),
        (topic::PAYMENT_EVENTS, 3),
        (topic::EVENT_EVENTS, 3),
        (topic::DLQ_COUPON, 1),
        (topic::DLQ_RESERVATION, 1),
        (topic::DLQ_PAYMENT, 1),
        (topic::DLQ_EVENT, 1),
    ];
    assert_eq!(partitions, wanted);
    for topic in &seen.topics {
        assert_eq!(topic.replication_factor, seen.brokers.min(3), "{topic:?}");
        assert_eq!(topic.min_in_sync_replicas, Some(if seen.brokers >= 3 { 2 } else { 1 }), "{topic:?}");
    }
}

/// The kind: a topic that is not there is no fault of a message, whoever deleted it.
#[tokio::test(flavor = "multi_thread")]
async fn messages_wait_while_a_topic_is_gone_and_are_not_refused() {
    let Some(bootstrap) = real_bootstrap() else { return };
    let names = Names::new();
    let publisher = publisher(&bootstrap);
    publish(&publisher, names.topic, 1..=5).await;
    let mut config = rdkafka::ClientConfig::new();
    let admin: rdkafka::admin::AdminClient<_> = config.set("bootstrap.servers", &bootstrap).create().expect("made");
    let deleted = admin.delete_topics(&[names.topic], &rdkafka::admin::AdminOptions::new()).await.expect("asked");
    assert!(deleted.iter().all(Result::is_ok), "{deleted:?}");
    // A broker hears of it a moment later; what it takes until then is deleted with the topic.
    until("it is gone", async || {
        let seen = admin.inner().fetch_metadata(None, std::time::Duration::from_secs(10)).expect("told");
        seen.topics().iter().all(|topic| topic.name() != names.topic)
    })
    .await;
    let recorder = Recorder::new(&names);
    let mut tries = 0;
    until("published again", async || match publisher.publish(names.topic, &envelopes(6..=9)).await {
        Ok(()) => true,
        Err(PublishError::Unavailable(_)) => {
            tries += 1;
            false
        }
        Err(refused) => panic!("after {tries} tries: {refused}"),
    })
    .await;
    let bus = start(&bootstrap, &names, &recorder);
    until("all arrived", async || (6..=9).all(|id| recorder.ids().contains(&id))).await;
    assert_eq!(all_dead_letters(&bootstrap, &names).await, []);
    bus.stop().await;
}
