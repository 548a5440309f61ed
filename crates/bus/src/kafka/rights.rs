//! What this program's user may not do on the brokers, for `onsale doctor`. Every question is one whose answer changes
//! nothing, but is refused first for want of rights.

use super::client::{Brokers, Listener};
use super::error::BrokerError;
use super::topics::{TopicState, Topics};
use domain::Timestamp;
use domain::message::{Envelope, event_type};
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long the brokers may take for an answer.
const LIMIT: Duration = Duration::from_secs(8);
/// How long a broker is listened to for a refusal; one that has nothing to say against it is silent.
const LISTEN: Duration = Duration::from_millis(1_500);
/// Wait before a group is asked about again.
const ASKED_AGAIN_AFTER: Duration = Duration::from_millis(200);
/// By how much the record that tries the right to write is too large.
const TOO_LARGE_BYTES: usize = 65_536;
/// Larger topics are not tried: the record would be a load.
const TRIED_BYTES_MAX: usize = 8 << 20;

/// Asks the brokers what they would let us do. Cheap to clone.
#[derive(Clone)]
pub struct KafkaRights {
    brokers: Brokers,
    topics: Topics,
}

impl KafkaRights {
    /// For these brokers (`host:port,host:port`, with or without `kafka://`). Reaches for nobody yet.
    ///
    /// # Errors
    /// When the text names no brokers.
    pub fn connect(bootstrap: &str) -> Result<Self, BrokerError> {
        let brokers = Brokers::new(bootstrap)?;
        Ok(Self { topics: Topics::new(&brokers)?, brokers })
    }

    /// Why these topics could not be made; none: they could. Makes none.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn why_not_made(&self, topics: &[&str]) -> Result<Option<String>, BrokerError> {
        self.topics.why_not_made(topics).await
    }

    /// Whether the topic may be written to, as [`KafkaPublisher::describe`](super::KafkaPublisher::describe) shows it;
    /// none when that can not be told without writing. Sends a record that is larger than the topic takes: brokers look
    /// at rights first. Were it taken all the same, it would be a message that every consumer passes over.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn may_write(&self, topic: &TopicState) -> Result<Option<bool>, BrokerError> {
        let Some(largest) = topic.message_bytes_max.filter(|bytes| *bytes <= TRIED_BYTES_MAX) else { return Ok(None) };
        let mut config = self.brokers.config();
        config
            .set("acks", "all")
            .set("retries", "0")
            .set("compression.type", "none")
            .set("message.max.bytes", (largest + 2 * TOO_LARGE_BYTES).to_string())
            .set("message.timeout.ms", LIMIT.as_millis().to_string());
        let producer = FutureProducer::from_config_and_context(&config, self.brokers.listener());
        let producer: FutureProducer<Listener> =
            producer.map_err(|error| self.brokers.failed("the client can not be made", &error))?;
        let record = probe(largest + TOO_LARGE_BYTES);
        let sent = producer.send(FutureRecord::to(&topic.name).key("onsale-doctor").payload(&record), LIMIT).await;
        match sent.map_err(|(error, _)| error) {
            Ok(_) | Err(KafkaError::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge)) => Ok(Some(true)),
            Err(error) if is_denied(&error) => Ok(Some(false)),
            Err(error) => Err(self.brokers.failed("a topic can not be tried", &error)),
        }
    }

    /// What this group may not do with a topic: `READ on group ...`, `READ on topic ...`. Does not join the group.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn lacking_to_read(&self, group: &str, topic: &str) -> Result<Vec<String>, BrokerError> {
        let (brokers, group, topic) = (self.brokers.clone(), group.to_owned(), topic.to_owned());
        match tokio::task::spawn_blocking(move || lacking_to_read(&brokers, &group, &topic)).await {
            Ok(lacking) => lacking,
            Err(error) => Err(self.brokers.away(&error.to_string())),
        }
    }
}

/// A message about a campaign that there is not, which tells nobody anything.
fn probe(bytes: usize) -> Vec<u8> {
    let payload =
        serde_json::json!({ "tenant": "onsale", "campaignId": "doctor", "stock": 0, "padding": " ".repeat(bytes) });
    let kind = event_type::STOCK_EXHAUSTED;
    let envelope = Envelope::about_campaign(Uuid::new_v4(), kind, "onsale-doctor".into(), Timestamp(0), None, &payload);
    serde_json::to_vec(&envelope).unwrap_or_default()
}

fn is_denied(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::GroupAuthorizationFailed
                | RDKafkaErrorCode::ClusterAuthorizationFailed
        )
    )
}

fn lacking_to_read(brokers: &Brokers, group: &str, topic: &str) -> Result<Vec<String>, BrokerError> {
    let mut config = brokers.consumer_config(group);
    config.set("enable.partition.eof", "true");
    let consumer = BaseConsumer::from_config_and_context(&config, brokers.listener());
    let consumer: BaseConsumer<Listener> =
        consumer.map_err(|error| brokers.failed("the client can not be made", &error))?;
    let failed = |error: &KafkaError| brokers.failed("a group can not be looked at", error);
    let mut denied = Denied::default();
    denied.listen(&consumer, topic).map_err(|error| failed(&error))?;
    if !denied.group
        && let Err(error) = committed(&consumer, topic)
    {
        // Whoever may not know the group is not told so, but waits in vain for the broker that looks after it.
        denied.hear(&consumer, Duration::ZERO);
        denied.group |= error.rdkafka_error_code() == Some(RDKafkaErrorCode::GroupAuthorizationFailed);
        if !denied.group && !is_denied(&error) {
            return Err(failed(&error));
        }
    }
    let lacks = |denied: bool, what: String| denied.then_some(what);
    let of_group = lacks(denied.group, format!("READ on group {group}"));
    Ok(of_group.into_iter().chain(lacks(denied.topic, format!("READ on topic {topic}"))).collect())
}

/// A group that nobody has asked about since the brokers began takes them a moment.
fn committed(consumer: &BaseConsumer<Listener>, topic: &str) -> Result<(), KafkaError> {
    use RDKafkaErrorCode::{CoordinatorLoadInProgress, CoordinatorNotAvailable, NotCoordinator};
    let mut place = TopicPartitionList::new();
    place.add_partition(topic, 0);
    let begun = Instant::now();
    loop {
        let asked = consumer.committed_offsets(place.clone(), LIMIT);
        let asked = asked.and_then(|offsets| offsets.elements().iter().try_for_each(|element| element.error()));
        let code = asked.as_ref().err().and_then(KafkaError::rdkafka_error_code);
        match code {
            Some(NotCoordinator | CoordinatorLoadInProgress | CoordinatorNotAvailable) if begun.elapsed() < LIMIT => {
                std::thread::sleep(ASKED_AGAIN_AFTER);
            }
            _ => return asked,
        }
    }
}

/// What the brokers said against us.
#[derive(Default)]
struct Denied {
    group: bool,
    topic: bool,
}

impl Denied {
    /// Waits at the end of the topic, where nothing is taken from anybody.
    fn listen(&mut self, consumer: &BaseConsumer<Listener>, topic: &str) -> Result<(), KafkaError> {
        let mut place = TopicPartitionList::new();
        place.add_partition_offset(topic, 0, Offset::End)?;
        consumer.assign(&place)?;
        self.hear(consumer, LISTEN);
        Ok(())
    }

    /// Until the end of the topic, or nothing more is said.
    fn hear(&mut self, consumer: &BaseConsumer<Listener>, limit: Duration) {
        let begun = Instant::now();
        while begun.elapsed() <= LISTEN {
            match consumer.poll(limit.saturating_sub(begun.elapsed())) {
                Some(Err(KafkaError::PartitionEOF(_)) | Ok(_)) if !limit.is_zero() => return,
                Some(Err(error)) => {
                    let code = error.rdkafka_error_code();
                    self.group |= code == Some(RDKafkaErrorCode::GroupAuthorizationFailed);
                    self.topic |= code == Some(RDKafkaErrorCode::TopicAuthorizationFailed);
                }
                Some(Ok(_)) => {}
                None => return,
            }
        }
    }
}
