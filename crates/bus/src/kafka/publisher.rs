//! Publishing to the brokers.

use super::address::KafkaAddress;
use super::client::Brokers;
use super::error::BrokerError;
use super::producer::Producer;
use super::record::Record;
use super::topics::{Cluster, Topics};
use crate::message::headers_of;
use crate::port::{PublishError, Publisher};
use async_trait::async_trait;
use domain::message::Envelope;
use domain::message::topic::PLANS;
use std::sync::Arc;

/// Largest message in bytes, just below the default limit of brokers.
const MESSAGE_BYTES_MAX: usize = 1_000_000;

/// Publishes to the brokers (FCFS-006). Cheap to clone; all clones share one producer.
#[derive(Clone)]
pub struct KafkaPublisher {
    producer: Arc<Producer>,
    topics: Topics,
}

impl KafkaPublisher {
    /// A publisher for these brokers (`host:port,host:port`, with or without `kafka://`). Does not connect yet.
    ///
    /// # Errors
    /// When the text names no brokers.
    pub fn connect(address: impl Into<KafkaAddress>) -> Result<Self, BrokerError> {
        let brokers = Brokers::new(address)?;
        let topics = Topics::new(&brokers)?;
        Ok(Self { producer: Arc::new(Producer::new(&brokers, &topics, MESSAGE_BYTES_MAX)?), topics })
    }

    /// The number of brokers that are up, as one of them answers within five seconds.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn ping(&self) -> Result<usize, BrokerError> {
        self.topics.ping().await
    }

    /// The state of the brokers and of the topics of the contract.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn describe(&self) -> Result<Cluster, BrokerError> {
        self.topics.describe(&PLANS.map(|plan| plan.name)).await
    }

    /// Creates the missing topics of the contract. Existing topics are left as they are.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn ensure_topics(&self) -> Result<(), BrokerError> {
        self.topics.ensure(&PLANS.map(|plan| plan.name)).await
    }
}

#[async_trait]
impl Publisher for KafkaPublisher {
    async fn publish(&self, topic: &str, batch: &[Arc<Envelope>]) -> Result<(), PublishError> {
        let records: Vec<Record> = batch.iter().map(|envelope| record_of(topic, envelope)).collect();
        self.producer.send(&records).await
    }
}

fn record_of(topic: &str, envelope: &Envelope) -> Record {
    Record {
        topic: topic.to_owned(),
        partition: None,
        key: Some(envelope.aggregate_id.clone()),
        headers: headers_of(envelope),
        value: Some(serde_json::to_vec(envelope).unwrap_or_default()),
    }
}
