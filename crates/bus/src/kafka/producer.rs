//! Sends records to the brokers: idempotent, acknowledged by all in-sync replicas, in order (FCFS-006).

use super::client::{Brokers, Listener};
use super::error::{BrokerError, is_refusal, is_unknown_topic};
use super::record::Record;
use super::topics::Topics;
use crate::cause::Cause;
use crate::port::{PublishError, RefusedMessage};
use rdkafka::config::{ClientConfig, FromClientConfigAndContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::future_producer::OwnedDeliveryResult;
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord, Producer as _, PurgeConfig};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long the brokers may take to acknowledge a batch. After that the whole batch counts as not accepted.
const ACKNOWLEDGE_LIMIT: Duration = Duration::from_secs(9);
/// Longer than [`ACKNOWLEDGE_LIMIT`], so that the library never gives up single records: later records would overtake
/// them, and the order would be lost.
const LIBRARY_LIMIT_MS: u32 = 60_000;
/// How long a topic may be unknown to the brokers before a record for it is refused.
const UNKNOWN_TOPIC_LIMIT_MS: u32 = 4_000;
/// How long the library collects records of a partition before it sends them. A relay hands over a batch at once, in less than
/// this, and waits for the last acknowledgement: the batch goes as one request, for 1 ms of waiting. With 0 a batch
/// goes as several requests, the first with a single record; with the library's 5 each batch waits 5.
const LINGER_MS: u32 = 1;
/// Records that may wait in this process; callers with more records wait.
const QUEUE_RECORDS_MAX: u32 = 20_000;
/// The same in KiB.
const QUEUE_KIB_MAX: u32 = 65_536;
/// Wait before a record is offered to a full queue again.
const QUEUE_WAIT: Duration = Duration::from_millis(10);

/// A producer of records.
pub(super) struct Producer {
    brokers: Brokers,
    topics: Topics,
    config: ClientConfig,
    /// Replaced after a fatal error of the library.
    client: Mutex<FutureProducer<Listener>>,
}

impl Producer {
    /// A producer of records of up to this size in bytes.
    pub fn new(brokers: &Brokers, topics: &Topics, record_bytes_max: usize) -> Result<Self, BrokerError> {
        let mut config = brokers.config();
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("partitioner", "murmur2_random")
            .set("compression.type", "lz4")
            .set("linger.ms", LINGER_MS.to_string())
            .set("message.timeout.ms", LIBRARY_LIMIT_MS.to_string())
            .set("request.timeout.ms", "5000")
            .set("message.max.bytes", record_bytes_max.to_string())
            .set("topic.metadata.propagation.max.ms", UNKNOWN_TOPIC_LIMIT_MS.to_string())
            .set("queue.buffering.max.messages", QUEUE_RECORDS_MAX.to_string())
            .set("queue.buffering.max.kbytes", QUEUE_KIB_MAX.to_string());
        let client = connect(&config, brokers)?;
        Ok(Self { brokers: brokers.clone(), topics: topics.clone(), config, client: Mutex::new(client) })
    }

    /// Sends records in order. `Ok`: every one was acknowledged. Ends within about ten seconds, plus the creation of a
    /// topic at the first use.
    pub async fn send(&self, records: &[Record]) -> Result<(), PublishError> {
        let mut topics: Vec<&str> = records.iter().map(|record| record.topic.as_str()).collect();
        topics.dedup();
        if let Err(error) = self.topics.ensure(&topics).await {
            return Err(match error {
                refusal @ BrokerError::Refused { .. } => PublishError::Refused(all(records.len(), &refusal.into())),
                unavailable @ BrokerError::Unavailable { .. } => unavailable.into(),
            });
        }
        let client = self.client()?;
        let mut batch =
            Batch { producer: self, client, limit: Instant::now() + ACKNOWLEDGE_LIMIT, refused: Vec::new() };
        let sent = batch.send(records).await;
        if sent.is_err() {
            // Records that were not acknowledged in time must not be sent later, behind newer ones.
            batch.client.purge(PurgeConfig::default().queue().inflight());
        }
        sent?;
        if batch.refused.is_empty() { Ok(()) } else { Err(PublishError::Refused(batch.refused)) }
    }

    fn client(&self) -> Result<FutureProducer<Listener>, BrokerError> {
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((code, reason)) = client.client().fatal_error() {
            tracing::warn!(%code, reason, "the kafka producer has failed and is created again");
            *client = connect(&self.config, &self.brokers)?;
        }
        Ok(client.clone())
    }
}

fn connect(config: &ClientConfig, brokers: &Brokers) -> Result<FutureProducer<Listener>, BrokerError> {
    FutureProducer::from_config_and_context(config, brokers.listener())
        .map_err(|error| brokers.failed("the client cannot be created", &error))
}

fn all(count: usize, cause: &Cause) -> Vec<RefusedMessage> {
    (0..count).map(|index| RefusedMessage { index, cause: cause.clone() }).collect()
}

/// A batch on its way.
struct Batch<'a> {
    producer: &'a Producer,
    client: FutureProducer<Listener>,
    limit: Instant,
    refused: Vec<RefusedMessage>,
}

impl Batch<'_> {
    /// `Err`: the brokers are unavailable. The refused records are in [`Batch::refused`].
    async fn send(&mut self, records: &[Record]) -> Result<(), BrokerError> {
        let mut waiting = Vec::with_capacity(records.len());
        for (index, record) in records.iter().enumerate() {
            match self.enqueue(record).await {
                Ok(acknowledged) => waiting.push((index, acknowledged)),
                Err(error) => self.judge(index, record, &error)?,
            }
        }
        for (index, acknowledged) in waiting {
            let outcome = tokio::time::timeout_at(self.limit, acknowledged).await;
            if let (Err(error), Some(record)) = (self.outcome(outcome)?, records.get(index)) {
                self.judge(index, record, &error)?;
            }
        }
        Ok(())
    }

    async fn enqueue(&self, record: &Record) -> Result<DeliveryFuture, KafkaError> {
        let full = KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull);
        loop {
            match self.client.send_result(future_record(record)) {
                Ok(acknowledged) => return Ok(acknowledged),
                Err((error, _)) if error == full && Instant::now() < self.limit => {
                    tokio::time::sleep(QUEUE_WAIT).await;
                }
                Err((error, _)) => return Err(error),
            }
        }
    }

    fn outcome<Late, Gone>(
        &self,
        outcome: Result<Result<OwnedDeliveryResult, Gone>, Late>,
    ) -> Result<Result<(), KafkaError>, BrokerError> {
        match outcome {
            Ok(Ok(delivered)) => Ok(delivered.map(|_| ()).map_err(|(error, _)| error)),
            Ok(Err(_)) => Err(self.producer.brokers.unavailable("the client was closed", None)),
            Err(_) => {
                let what = format!("not acknowledged within {} seconds", ACKNOWLEDGE_LIMIT.as_secs());
                Err(self.producer.brokers.unavailable(&what, None))
            }
        }
    }

    /// Notes a refusal of this record. `Err`: the brokers are unavailable.
    fn judge(&mut self, index: usize, record: &Record, error: &KafkaError) -> Result<(), BrokerError> {
        if is_unknown_topic(error) {
            self.producer.topics.forget(&record.topic);
        }
        let failed = self.producer.brokers.failed(&record.topic, error);
        // A topic that was deleted is made again at the next try, or by an operator: no message is at fault.
        if !is_refusal(error) || is_unknown_topic(error) {
            return Err(failed);
        }
        self.refused.push(RefusedMessage { index, cause: failed.into() });
        Ok(())
    }
}

fn future_record(record: &Record) -> FutureRecord<'_, str, [u8]> {
    let headers = record
        .headers
        .iter()
        .fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(Header { key, value: Some(value.as_str()) }));
    FutureRecord {
        topic: &record.topic,
        partition: record.partition,
        payload: record.value.as_deref(),
        key: record.key.as_deref(),
        timestamp: None,
        headers: Some(headers),
    }
}
