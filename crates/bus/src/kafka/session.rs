//! Reading parts of topics without belonging to a group: nothing is committed, nobody is disturbed.
//!
//! Everything here waits for the brokers; call it where waiting harms nobody.

use super::client::{Brokers, Listener};
use super::error::BrokerError;
use super::lag::{Behind, behind};
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// Longest wait for a message before looking at the clock.
const POLL: Duration = Duration::from_millis(200);
/// How long the brokers may take to answer a question.
const LIMIT: Duration = Duration::from_secs(5);
/// How long nothing may come before the brokers count as away.
const SILENCE_LIMIT: Duration = Duration::from_secs(15);
/// The group that readers without one name; it never has members or offsets.
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
    /// A reader; with a group, it may ask how far that group has come.
    pub fn open(brokers: &Brokers, group: Option<&str>) -> Result<Self, BrokerError> {
        let mut config = brokers.consumer_config(group.unwrap_or(NO_GROUP));
        config.set("enable.partition.eof", "true");
        let client = BaseConsumer::from_config_and_context(&config, brokers.listener());
        let client = client.map_err(|error| brokers.failed("the client can not be made", &error))?;
        Ok(Self { brokers: brokers.clone(), client })
    }

    /// What the group has not dealt with of a topic; empty when there is no such topic.
    pub fn behind(&self, topic: &str) -> Result<Vec<Behind>, BrokerError> {
        let mut list = TopicPartitionList::new();
        for partition in self.partitions(topic)? {
            list.add_partition(topic, partition);
        }
        behind(&self.client, list, LIMIT).map_err(|error| self.failed(topic, &error))
    }

    /// Everything that is in a topic now; empty when there is no such topic.
    pub fn whole(&self, topic: &str) -> Result<Vec<Span>, BrokerError> {
        let mut spans = Vec::new();
        for partition in self.partitions(topic)? {
            let watermarks = self.client.fetch_watermarks(topic, partition, LIMIT);
            let (from, end) = watermarks.map_err(|error| self.failed(topic, &error))?;
            spans.push(Span { partition, from, end });
        }
        Ok(spans)
    }

    /// Reads parts of a topic, each in order, until `each` has enough.
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
        let mut heard = Instant::now();
        while !left.is_empty() {
            match self.client.poll(POLL) {
                Some(Ok(message)) => {
                    heard = Instant::now();
                    if self.take(&message, &mut left, &mut each).is_break() {
                        break;
                    }
                }
                // Nothing more is there: what lay before the end is gone by now.
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    heard = Instant::now();
                    left.remove(&partition);
                }
                Some(Err(error)) if super::error::refusal(&error).is_some() => return Err(self.failed(topic, &error)),
                _ if heard.elapsed() > SILENCE_LIMIT => {
                    let seconds = SILENCE_LIMIT.as_secs();
                    return Err(self.brokers.away(&format!("{topic} can not be read, nothing came for {seconds} s")));
                }
                _ => {}
            }
        }
        self.client.unassign().map_err(|error| self.failed(topic, &error))
    }

    fn take(
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
        // Asked for all topics: asking for one by name would make it on some brokers.
        let metadata = self.client.fetch_metadata(None, LIMIT).map_err(|error| self.failed(topic, &error))?;
        let known = metadata.topics().iter().find(|known| known.name() == topic);
        let partitions = known.map(|known| known.partitions()).unwrap_or_default();
        Ok(partitions.iter().map(|partition| partition.id()).collect())
    }

    fn failed(&self, topic: &str, error: &KafkaError) -> BrokerError {
        self.brokers.failed(&format!("{topic} can not be read"), error)
    }
}
