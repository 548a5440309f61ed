//! Brokers, names of their own for each test, a handler that records its messages.

use async_trait::async_trait;
use bus::kafka::{KafkaBus, KafkaBusOptions, KafkaDeadLetters, KafkaPublisher};
use bus::{Backoff, Cause, ConsumerOptions, DeadLetter, DeadLetters, HandleError, Handler, Message, Publisher};
use domain::Timestamp;
use domain::message::{Envelope, Place};
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

/// The address of the brokers that all tests share; `None` where they cannot run.
pub fn bootstrap() -> Option<String> {
    testkit::available(testkit::shared().kafka()).map(testkit::Kafka::bootstrap)
}

/// The same, if they are Apache Kafka: the stand-in reports wrong ends of topics and lists no group members.
pub fn real_bootstrap() -> Option<String> {
    let kafka = testkit::shared().kafka().and_then(testkit::Kafka::real);
    testkit::available(kafka).map(testkit::Kafka::bootstrap)
}

/// Names of their own for each test, so that tests do not collide on shared brokers.
#[derive(Clone, Copy)]
pub struct Names {
    pub family: &'static str,
    pub topic: &'static str,
    pub dead_letters: &'static str,
    pub group: &'static str,
}

impl Names {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let time = clock::now_us();
        Self::of(&format!("t{time}x{}", COUNT.fetch_add(1, Ordering::SeqCst)))
    }

    pub fn of(family: &str) -> Self {
        let keep = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
        Self {
            family: keep(family.to_owned()),
            topic: keep(format!("{family}.events")),
            dead_letters: keep(format!("dlq.{family}")),
            group: keep(format!("{family}-group")),
        }
    }
}

pub fn envelope(id: u128, keys: u128) -> Envelope {
    Envelope::about_campaign(
        Uuid::from_u128(id),
        "CouponIssued",
        format!("sale{}", id % keys),
        Timestamp(1_700_000_000_000),
        None,
        &serde_json::json!({"n": id as u64}),
    )
}

/// Messages of seven keys.
pub fn envelopes(ids: impl IntoIterator<Item = u128>) -> Vec<Arc<Envelope>> {
    ids.into_iter().map(|id| Arc::new(envelope(id, 7))).collect()
}

pub async fn publish(publisher: &KafkaPublisher, topic: &str, ids: impl IntoIterator<Item = u128>) {
    for batch in envelopes(ids).chunks(bus::BATCH_MAX) {
        publisher.publish(topic, batch).await.expect("published");
    }
}

/// A message as a handler saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub id: u128,
    pub partition: i32,
    pub headers: Vec<(String, String)>,
}

type Answer = Box<dyn Fn(&[u128]) -> Result<(), HandleError> + Send + Sync>;

/// Records the messages that it has handled and returns scripted answers.
pub struct Recorder {
    topics: [&'static str; 1],
    group: &'static str,
    answer: Answer,
    pub seen: Mutex<Vec<Seen>>,
    pub calls: AtomicU32,
    /// What the group's database says of its places; an error while it is away.
    pub places: Mutex<Option<Vec<Place>>>,
}

impl Recorder {
    pub fn new(names: &Names) -> Arc<Self> {
        Self::scripted(names, |_| Ok(()))
    }

    pub fn scripted(
        names: &Names,
        answer: impl Fn(&[u128]) -> Result<(), HandleError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            topics: [names.topic],
            group: names.group,
            answer: Box::new(answer),
            seen: Mutex::default(),
            calls: AtomicU32::new(0),
            places: Mutex::new(Some(Vec::new())),
        })
    }

    pub fn ids(&self) -> Vec<u128> {
        self.seen.lock().expect("not poisoned").iter().map(|seen| seen.id).collect()
    }

    pub fn count(&self) -> usize {
        self.seen.lock().expect("not poisoned").len()
    }
}

#[async_trait]
impl Handler for Recorder {
    fn group(&self) -> &str {
        self.group
    }

    fn topics(&self) -> &[&str] {
        &self.topics
    }

    fn knows(&self, event_type: &str) -> bool {
        event_type == "CouponIssued"
    }

    async fn places(&self, _counted: &[Place]) -> Result<Vec<Place>, HandleError> {
        let places = self.places.lock().expect("not poisoned").clone();
        places.ok_or_else(|| HandleError::Unavailable(Cause::new("the database is away")))
    }

    async fn handle(&self, batch: &[Message]) -> Result<(), HandleError> {
        assert!(batch.len() <= bus::BATCH_MAX);
        self.calls.fetch_add(1, Ordering::SeqCst);
        let ids: Vec<u128> = batch.iter().map(|message| message.envelope.event_id.as_u128()).collect();
        (self.answer)(&ids)?;
        let seen = batch.iter().map(|message| Seen {
            id: message.envelope.event_id.as_u128(),
            partition: message.delivery.partition,
            headers: message.delivery.headers.clone(),
        });
        self.seen.lock().expect("not poisoned").extend(seen);
        Ok(())
    }
}

/// Short waits, so that tests are fast; but a busy machine must not make a member look dead.
pub fn options() -> KafkaBusOptions {
    KafkaBusOptions {
        consumer: ConsumerOptions {
            retry_delays: vec![Duration::from_millis(10); 3],
            unavailable: Backoff { first: Duration::from_millis(50), longest: Duration::from_millis(500) },
        },
        session_timeout: Duration::from_secs(12),
        poll_interval_max: Duration::from_secs(12),
        ..KafkaBusOptions::default()
    }
}

pub fn dead_letters(bootstrap: &str, names: &Names) -> KafkaDeadLetters {
    KafkaDeadLetters::of_topics(bootstrap, &[names.dead_letters]).expect("brokers are named")
}

/// Asks again while a partition has no leader: a topic that was just made, or whose leader is on its way to another broker.
pub async fn all_dead_letters(bootstrap: &str, names: &Names) -> Vec<DeadLetter> {
    let mut listed = None;
    until("dead letters can be listed", async || {
        listed = dead_letters(bootstrap, names).list(0, 10_000).await.ok();
        listed.is_some()
    })
    .await;
    listed.expect("listed")
}

pub fn start(bootstrap: &str, names: &Names, recorder: &Arc<Recorder>) -> KafkaBus {
    let handler: Arc<dyn Handler> = Arc::clone(recorder) as _;
    let dead_letters = Arc::new(dead_letters(bootstrap, names));
    KafkaBus::start(bootstrap, vec![handler], dead_letters, options()).expect("brokers are named")
}

pub fn publisher(bootstrap: &str) -> KafkaPublisher {
    KafkaPublisher::connect(bootstrap).expect("brokers are named")
}

/// Messages of one key arrived in the order of their numbers, and none twice.
pub fn assert_ordered(ids: &[u128], keys: u128) {
    let mut last: HashMap<u128, u128> = HashMap::new();
    for id in ids {
        let before = last.insert(id % keys, *id);
        assert!(before.is_none_or(|before| before < *id), "{id} came after {before:?}");
    }
}

/// Writes bytes as another program might.
pub async fn write_raw(bootstrap: &str, topic: &str, key: &str, value: &[u8]) {
    let producer: FutureProducer = ClientConfig::new().set("bootstrap.servers", bootstrap).create().expect("made");
    let headers = OwnedHeaders::new().insert(Header { key: "traceId", value: Some("abc") });
    let record = FutureRecord::to(topic).key(key).payload(value).headers(headers);
    producer.send(record, Duration::from_secs(10)).await.expect("written");
}

/// Waits until a condition holds; fails after a minute and a half.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(90);
    while !holds().await {
        assert!(tokio::time::Instant::now() < deadline, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
