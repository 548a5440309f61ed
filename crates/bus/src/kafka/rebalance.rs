//! Partitions come and go; whoever loses one first tells the brokers how far it has come with it.

use super::client::Listener;
use super::inbox::{Inbox, Next, Place};
use super::lag;
use crate::figures;
use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A client that belongs to a group.
pub(super) type GroupClient = BaseConsumer<Rebalancing>;

/// Whether the brokers know (or were asked to note) these offsets. If not, they are told again.
pub(super) fn tell(client: &GroupClient, nexts: &[Next], mode: CommitMode, group: &str) -> bool {
    if nexts.is_empty() {
        return true;
    }
    let mut list = TopicPartitionList::with_capacity(nexts.len());
    for ((topic, partition), next) in nexts {
        if let Err(error) = list.add_partition_offset(topic, *partition, Offset::Offset(*next)) {
            tracing::error!(group, %error, "an offset can not be written");
        }
    }
    let told = client.commit(&list, mode);
    if let Err(error) = &told {
        figures::commit_failed(group);
        tracing::warn!(group, %error, "offsets were not committed; messages may come again");
        client.context().inbox.tell_again(nexts.iter().map(|(place, _)| place.clone()));
    }
    told.is_ok()
}

/// Hears which partitions come and go.
pub(super) struct Rebalancing {
    pub listener: Listener,
    pub group: String,
    pub topics: Vec<Arc<str>>,
    pub inbox: Arc<Inbox>,
    /// How long what is being dealt with may hold up the handing over of its partition.
    pub patience: Duration,
    /// Partitions have come since the thread last looked.
    pub changed: AtomicBool,
    /// What the brokers have answered to the last commit.
    pub answer: Answer,
}

/// Whether the last commit was noted, for whoever asks first.
#[derive(Default)]
pub(super) struct Answer(Mutex<Option<bool>>);

impl Answer {
    pub fn take(&self) -> Option<bool> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, noted: bool) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(noted);
    }
}

impl Rebalancing {
    fn places(&self, list: &TopicPartitionList) -> Vec<Place> {
        let known = |name: &str| self.topics.iter().find(|topic| topic.as_ref() == name).cloned();
        let elements = list.elements();
        elements.iter().filter_map(|one| Some((known(one.topic())?, one.partition()))).collect()
    }
}

impl ClientContext for Rebalancing {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.listener.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.listener.error(error, reason);
    }
}

impl ConsumerContext for Rebalancing {
    fn pre_rebalance(&self, client: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(list) => {
                let places = self.places(list);
                tracing::info!(group = self.group, partitions = places.len(), "partitions came");
                self.inbox.assign(places);
                self.changed.store(true, Ordering::Relaxed);
            }
            Rebalance::Revoke(list) => {
                let places = self.places(list);
                // Somebody else has them already: what is in flight is theirs to deal with, and not ours to commit.
                let lost = client.assignment_lost();
                let patience = if lost { Duration::ZERO } else { self.patience };
                let untold = self.inbox.revoke(&places, patience);
                tracing::info!(group = self.group, partitions = places.len(), lost, "partitions went");
                if !lost {
                    tell(client, &untold, CommitMode::Sync, &self.group);
                }
                lag::forget(&self.group, &places);
            }
            Rebalance::Error(error) => tracing::warn!(group = self.group, %error, "partitions could not be shared out"),
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, offsets: &TopicPartitionList) {
        let failed: Vec<Place> = match &result {
            Ok(()) => {
                let elements = offsets.elements();
                let bad = elements.iter().filter(|one| one.error().is_err());
                let known = |name: &str| self.topics.iter().find(|topic| topic.as_ref() == name).cloned();
                bad.filter_map(|one| Some((known(one.topic())?, one.partition()))).collect()
            }
            Err(_) => self.places(offsets),
        };
        self.answer.put(failed.is_empty());
        if !failed.is_empty() {
            figures::commit_failed(&self.group);
            tracing::warn!(group = self.group, partitions = failed.len(), ?result, "offsets were not committed");
            self.inbox.tell_again(failed);
        }
    }
}
