//! Reads parts of topics without joining a group: no commits, no rebalance.
//!
//! Every function blocks until the brokers answer; call it on a thread that may block.

use super::client::{Brokers, Listener};
use super::error::BrokerError;
use super::lag::{Behind, behind};
use domain::message::Place;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// Longest wait for a message before the time is checked.
const POLL: Duration = Duration::from_millis(200);
/// How long the brokers may take to answer a question.
const LIMIT: Duration = Duration::from_secs(5);
/// How long no message may come before the brokers count as unavailable.
const SILENCE_LIMIT: Duration = Duration::from_secs(15);
/// The group name of readers without a group; it never has members or offsets.
const NO_GROUP: &str = "onsale-reader";

/// Part of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub partition: i32,
    /// The first offset to read.
    pub from: i64,
    /// The offset after the last.
    pub end: i64,
}

/// A reader with its connection.
pub(super) struct Session {
    brokers: Brokers,
    client: BaseConsumer<Listener>,
}

impl Session {
    /// A reader; with a group, it can read that group's committed offsets.
    pub fn open(brokers: &Brokers, group: Option<&str>) -> Result<Self, BrokerError> {
        let mut config = brokers.consumer_config(group.unwrap_or(NO_GROUP));
        config.set("enable.partition.eof", "true");
        let client = BaseConsumer::from_config_and_context(&config, brokers.listener());
        let client = client.map_err(|error| brokers.failed("the client cannot be created", &error))?;
        Ok(Self { brokers: brokers.clone(), client })
    }

    /// The unhandled messages of the group, which has kept these places, in a topic; empty when the topic does not exist.
    pub fn behind(&self, topic: &str, kept: &[Place]) -> Result<Vec<Behind>, BrokerError> {
        let mut list = TopicPartitionList::new();
        for partition in self.partitions(topic)? {
            list.add_partition(topic, partition);
        }
        behind(&self.client, list, kept, LIMIT).map_err(|error| self.failed(topic, &error))
    }

    /// All messages that are in a topic now; empty when the topic does not exist.
    pub fn whole(&self, topic: &str) -> Result<Vec<Span>, BrokerError> {
        let mut spans = Vec::new();
        for partition in self.partitions(topic)? {
            let watermarks = self.client.fetch_watermarks(topic, partition, LIMIT);
            let (from, end) = watermarks.map_err(|error| self.failed(topic, &error))?;
            spans.push(Span { partition, from, end });
        }
        Ok(spans)
    }

    /// Reads parts of a topic, each in order, until `each` breaks.
    pub fn read(
        &self,
        topic: &str,
        spans: &[Span],
        mut each: impl FnMut(&BorrowedMessage<'_>) -> ControlFlow<()>,
    ) -> Result<(), BrokerError> {
        let mut left: HashMap<i32, i64> =
            spans.iter().filter(|span| span.from < span.end).map(|span| (span.partition, span.end)).collect();
        if left.is_empty() {
            return Ok(());
        }
        self.assign(topic, spans)?;
        let mut last_received = Instant::now();
        while !left.is_empty() {
            match self.client.poll(POLL) {
                Some(Ok(message)) => {
                    last_received = Instant::now();
                    if self.visit(&message, &mut left, &mut each).is_break() {
                        break;
                    }
                }
                // The end of the partition: the messages before it were deleted meanwhile.
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    last_received = Instant::now();
                    left.remove(&partition);
                }
                Some(Err(error)) if super::error::is_refusal(&error) => return Err(self.failed(topic, &error)),
                _ if last_received.elapsed() > SILENCE_LIMIT => {
                    let seconds = SILENCE_LIMIT.as_secs();
                    let request = format!("{topic} cannot be read, no message came for {seconds} s");
                    return Err(self.brokers.unavailable(&request, None));
                }
                _ => {}
            }
        }
        self.client.unassign().map_err(|error| self.failed(topic, &error))
    }

    fn visit(
        &self,
        message: &BorrowedMessage<'_>,
        left: &mut HashMap<i32, i64>,
        each: &mut impl FnMut(&BorrowedMessage<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Some(end) = left.get(&message.partition()).copied() else { return ControlFlow::Continue(()) };
        if message.offset() + 1 >= end {
            left.remove(&message.partition());
        }
        if message.offset() < end { each(message) } else { ControlFlow::Continue(()) }
    }

    fn assign(&self, topic: &str, spans: &[Span]) -> Result<(), BrokerError> {
        let mut list = TopicPartitionList::new();
        for span in spans.iter().filter(|span| span.from < span.end) {
            let added = list.add_partition_offset(topic, span.partition, Offset::Offset(span.from));
            added.map_err(|error| self.failed(topic, &error))?;
        }
        self.client.assign(&list).map_err(|error| self.failed(topic, &error))
    }

    fn partitions(&self, topic: &str) -> Result<Vec<i32>, BrokerError> {
        // For all topics: a request for one by name would create it on some brokers.
        let metadata = self.client.fetch_metadata(None, LIMIT).map_err(|error| self.failed(topic, &error))?;
        let known = metadata.topics().iter().find(|known| known.name() == topic);
        let partitions = known.map(|known| known.partitions()).unwrap_or_default();
        Ok(partitions.iter().map(|partition| partition.id()).collect())
    }

    fn failed(&self, topic: &str, error: &KafkaError) -> BrokerError {
        self.brokers.failed(&format!("{topic} cannot be read"), error)
    }
}
