//! Which permissions this program's user lacks on the brokers, for `onsale doctor`. Every probe is a request that changes
//! nothing and that the brokers refuse first for a missing permission.

use super::address::KafkaAddress;
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

/// How long the brokers may take to answer.
const LIMIT: Duration = Duration::from_secs(8);
/// How long to wait for a refusal; a broker that permits the request sends none.
const REFUSAL_WAIT: Duration = Duration::from_millis(1_500);
/// Wait before the offsets of a group are requested again.
const RETRY_WAIT: Duration = Duration::from_millis(200);
/// By how much the record of the write probe is too large.
const TOO_LARGE_BYTES: usize = 65_536;
/// Topics with a larger record limit are not probed: the record would be a burden.
const PROBE_BYTES_MAX: usize = 8 << 20;

/// Finds out the permissions of this program's user. Cheap to clone.
#[derive(Clone)]
pub struct KafkaAcl {
    brokers: Brokers,
    topics: Topics,
}

impl KafkaAcl {
    /// For these brokers (`host:port,host:port`, with or without `kafka://`). Does not connect yet.
    ///
    /// # Errors
    /// When the text names no brokers.
    pub fn connect(address: impl Into<KafkaAddress>) -> Result<Self, BrokerError> {
        let brokers = Brokers::new(address)?;
        Ok(Self { topics: Topics::new(&brokers)?, brokers })
    }

    /// Why these topics could not be created; `None`: they could be. Creates none.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn creation_problem(&self, topics: &[&str]) -> Result<Option<String>, BrokerError> {
        self.topics.creation_problem(topics).await
    }

    /// Whether the user may write to the topic, given as
    /// [`KafkaPublisher::describe`](super::KafkaPublisher::describe) shows it; `None` when only a real write could tell.
    /// Sends a record that is larger than the topic accepts: brokers check permissions first, and refuse it for its size then.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn may_write(&self, topic: &TopicState) -> Result<Option<bool>, BrokerError> {
        let Some(largest) = topic.message_bytes_max.filter(|bytes| *bytes <= PROBE_BYTES_MAX) else { return Ok(None) };
        let mut config = self.brokers.config();
        config
            .set("acks", "all")
            .set("retries", "0")
            .set("compression.type", "none")
            .set("message.max.bytes", (largest + 2 * TOO_LARGE_BYTES).to_string())
            .set("message.timeout.ms", LIMIT.as_millis().to_string());
        let producer = FutureProducer::from_config_and_context(&config, self.brokers.listener());
        let producer: FutureProducer<Listener> =
            producer.map_err(|error| self.brokers.failed("the client cannot be created", &error))?;
        let record = probe(largest + TOO_LARGE_BYTES);
        let sent = producer.send(FutureRecord::to(&topic.name).key("onsale-doctor").payload(&record), LIMIT).await;
        match sent.map_err(|(error, _)| error) {
            Ok(_) | Err(KafkaError::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge)) => Ok(Some(true)),
            Err(error) if is_denied(&error) => Ok(Some(false)),
            Err(error) => Err(self.brokers.failed("the write permission cannot be checked", &error)),
        }
    }

    /// The permissions that this group lacks to read a topic: `READ on group ...`, `READ on topic ...`. Does not join the
    /// group.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn missing_read_permissions(&self, group: &str, topic: &str) -> Result<Vec<String>, BrokerError> {
        let (brokers, group, topic) = (self.brokers.clone(), group.to_owned(), topic.to_owned());
        match tokio::task::spawn_blocking(move || missing_read_permissions(&brokers, &group, &topic)).await {
            Ok(missing) => missing,
            Err(error) => Err(self.brokers.unavailable("a group cannot be checked", Some(error.into()))),
        }
    }
}

/// A message about a campaign that does not exist, without any effect.
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

fn missing_read_permissions(brokers: &Brokers, group: &str, topic: &str) -> Result<Vec<String>, BrokerError> {
    let mut config = brokers.consumer_config(group);
    config.set("enable.partition.eof", "true");
    let consumer = BaseConsumer::from_config_and_context(&config, brokers.listener());
    let consumer: BaseConsumer<Listener> =
        consumer.map_err(|error| brokers.failed("the client cannot be created", &error))?;
    let failed = |error: &KafkaError| brokers.failed("a group cannot be checked", error);
    let mut denied = Denied::default();
    denied.probe(&consumer, topic).map_err(|error| failed(&error))?;
    if !denied.group
        && let Err(error) = committed(&consumer, topic)
    {
        // Without the permission on the group the request for its coordinator times out; the refusal comes as an event.
        denied.collect(&consumer, Duration::ZERO);
        denied.group |= error.rdkafka_error_code() == Some(RDKafkaErrorCode::GroupAuthorizationFailed);
        if !denied.group && !is_denied(&error) {
            return Err(failed(&error));
        }
    }
    let lacks = |denied: bool, permission: String| denied.then_some(permission);
    let of_group = lacks(denied.group, format!("READ on group {group}"));
    Ok(of_group.into_iter().chain(lacks(denied.topic, format!("READ on topic {topic}"))).collect())
}

/// Requests the committed offsets. The first request for a group after a start of the brokers takes a moment.
fn committed(consumer: &BaseConsumer<Listener>, topic: &str) -> Result<(), KafkaError> {
    use RDKafkaErrorCode::{CoordinatorLoadInProgress, CoordinatorNotAvailable, NotCoordinator};
    let mut partition = TopicPartitionList::new();
    partition.add_partition(topic, 0);
    let started = Instant::now();
    loop {
        let reply = consumer.committed_offsets(partition.clone(), LIMIT);
        let reply = reply.and_then(|offsets| offsets.elements().iter().try_for_each(|element| element.error()));
        let code = reply.as_ref().err().and_then(KafkaError::rdkafka_error_code);
        match code {
            Some(NotCoordinator | CoordinatorLoadInProgress | CoordinatorNotAvailable) if started.elapsed() < LIMIT => {
                std::thread::sleep(RETRY_WAIT);
            }
            _ => return reply,
        }
    }
}

/// The permissions that the brokers denied.
#[derive(Default)]
struct Denied {
    group: bool,
    topic: bool,
}

impl Denied {
    /// Reads at the end of the topic, where no messages are fetched.
    fn probe(&mut self, consumer: &BaseConsumer<Listener>, topic: &str) -> Result<(), KafkaError> {
        let mut partition = TopicPartitionList::new();
        partition.add_partition_offset(topic, 0, Offset::End)?;
        consumer.assign(&partition)?;
        self.collect(consumer, REFUSAL_WAIT);
        Ok(())
    }

    /// Collects refusals until the end of the topic or until no more events come.
    fn collect(&mut self, consumer: &BaseConsumer<Listener>, limit: Duration) {
        let started = Instant::now();
        while started.elapsed() <= REFUSAL_WAIT {
            match consumer.poll(limit.saturating_sub(started.elapsed())) {
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
