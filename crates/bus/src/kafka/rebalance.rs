//! Assignment and revocation of partitions. Before a partition is revoked its handled offsets are committed; where an
//! assigned one begins, the group's own database has a say ([`Kept`]).

use super::client::Listener;
use super::fetch_buffer::{FetchBuffer, NextOffset, Partition};
use super::kept::Kept;
use super::lag;
use crate::metrics;
use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaRespErr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A client that belongs to a group.
pub(super) type GroupClient = BaseConsumer<Rebalancing>;

/// Commits these offsets. Returns whether the commit was sent (or, in synchronous mode, done). If not, they stay
/// uncommitted.
pub(super) fn commit(client: &GroupClient, nexts: &[NextOffset], mode: CommitMode, group: &str) -> bool {
    if nexts.is_empty() {
        return true;
    }
    let mut list = TopicPartitionList::with_capacity(nexts.len());
    for ((topic, partition), next) in nexts {
        if let Err(error) = list.add_partition_offset(topic, *partition, Offset::Offset(*next)) {
            tracing::error!(group, %error, "an offset cannot be committed");
        }
    }
    let committed = client.commit(&list, mode);
    if let Err(error) = &committed {
        metrics::commit_failed(group);
        tracing::warn!(group, %error, "offsets were not committed; messages may come again");
        client.context().buffer.mark_uncommitted(nexts.iter().map(|(partition, _)| partition.clone()));
    }
    committed.is_ok()
}

/// The context of a group client: receives assignments, revocations and results of commits.
pub(super) struct Rebalancing {
    pub listener: Listener,
    pub group: String,
    pub topics: Vec<Arc<str>>,
    pub buffer: Arc<FetchBuffer>,
    /// Where the group's own database says that it goes on.
    pub kept: Kept,
    /// Partitions could not be taken over; the client has to join anew.
    pub gave_up: AtomicBool,
    /// How long a batch in progress may delay the revocation of its partitions.
    pub patience: Duration,
    /// Partitions were assigned since the thread last checked.
    pub changed: AtomicBool,
    /// The result of the last commit.
    pub commit_result: CommitResult,
}

/// Whether the last commit succeeded; can be taken once.
#[derive(Default)]
pub(super) struct CommitResult(Mutex<Option<bool>>);

impl CommitResult {
    pub fn take(&self) -> Option<bool> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, succeeded: bool) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(succeeded);
    }
}

impl Rebalancing {
    fn partitions(&self, list: &TopicPartitionList) -> Vec<Partition> {
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

impl Rebalancing {
    /// Takes over partitions, each from the place that its group goes on at.
    fn take_over(&self, client: &BaseConsumer<Self>, list: &mut TopicPartitionList) -> KafkaResult<()> {
        self.kept.begin(client, list, || self.buffer.has_ended())?;
        client.incremental_assign(list)
    }
}

impl ConsumerContext for Rebalancing {
    /// As the library does it for cooperative groups, but for the places that partitions begin at.
    fn rebalance(&self, client: &BaseConsumer<Self>, error: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let done = match error {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                self.pre_rebalance(client, &Rebalance::Assign(list));
                self.take_over(client, list)
            }
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS => {
                self.pre_rebalance(client, &Rebalance::Revoke(list));
                client.incremental_unassign(list)
            }
            other => {
                self.pre_rebalance(client, &Rebalance::Error(KafkaError::Rebalance(other.into())));
                client.incremental_unassign(list)
            }
        };
        if let Err(error) = done {
            tracing::warn!(group = self.group, %error, "partitions were not taken over or given away; joining anew");
            self.gave_up.store(true, Ordering::Relaxed);
        }
    }

    fn pre_rebalance(&self, client: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(list) => {
                let partitions = self.partitions(list);
                tracing::info!(group = self.group, partitions = partitions.len(), "partitions assigned");
                self.buffer.assign(partitions);
                self.changed.store(true, Ordering::Relaxed);
            }
            Rebalance::Revoke(list) => {
                let partitions = self.partitions(list);
                // Lost partitions belong to another member already: it handles the batch in flight again, and this member
                // must not commit it.
                let lost = client.assignment_lost();
                let patience = if lost { Duration::ZERO } else { self.patience };
                let uncommitted = self.buffer.revoke(&partitions, patience);
                tracing::info!(group = self.group, partitions = partitions.len(), lost, "partitions revoked");
                if !lost {
                    commit(client, &uncommitted, CommitMode::Sync, &self.group);
                }
                lag::reset(&self.group, &partitions);
            }
            Rebalance::Error(error) => tracing::warn!(group = self.group, %error, "partitions could not be assigned"),
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, offsets: &TopicPartitionList) {
        let failed: Vec<Partition> = match &result {
            Ok(()) => {
                let elements = offsets.elements();
                let bad = elements.iter().filter(|one| one.error().is_err());
                let known = |name: &str| self.topics.iter().find(|topic| topic.as_ref() == name).cloned();
                bad.filter_map(|one| Some((known(one.topic())?, one.partition()))).collect()
            }
            Err(_) => self.partitions(offsets),
        };
        self.commit_result.put(failed.is_empty());
        if !failed.is_empty() {
            metrics::commit_failed(&self.group);
            tracing::warn!(group = self.group, partitions = failed.len(), ?result, "offsets were not committed");
            self.buffer.mark_uncommitted(failed);
        }
    }
}
