//! How far a group is behind: an alarm before anybody notices.

use super::inbox::Place;
use crate::figures;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::time::{Duration, Instant};

/// How often to look.
const INTERVAL: Duration = Duration::from_secs(5);
/// How long the brokers may take to tell; polling stands still meanwhile.
const LIMIT: Duration = Duration::from_secs(1);

/// Messages that a group has not dealt with, in one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Behind {
    pub topic: String,
    pub partition: i32,
    /// The first of them.
    pub next: i64,
    /// The offset after the last of them.
    pub end: i64,
}

impl Behind {
    pub fn count(&self) -> u64 {
        u64::try_from(self.end - self.next).unwrap_or(0)
    }
}

/// Looks now and then how far this member is behind with its partitions.
pub(super) struct Watch<'a> {
    group: &'a str,
    looked: Instant,
}

impl<'a> Watch<'a> {
    pub fn new(group: &'a str) -> Self {
        Self { group, looked: Instant::now() }
    }

    pub fn look<C: ConsumerContext>(&mut self, client: &BaseConsumer<C>) {
        if self.looked.elapsed() < INTERVAL {
            return;
        }
        match client.assignment().and_then(|ours| behind(client, ours, LIMIT)) {
            Ok(all) => {
                for one in all {
                    figures::lag(self.group, &one.topic, one.partition, one.count());
                }
            }
            Err(error) => tracing::debug!(group = self.group, %error, "nobody knows how far the group is behind"),
        }
        self.looked = Instant::now();
    }
}

/// These partitions are somebody else's to count.
pub(super) fn forget(group: &str, places: &[Place]) {
    for (topic, partition) in places {
        figures::lag(group, topic, *partition, 0);
    }
}

/// What the client's group has not dealt with of these partitions, by the offsets that it has committed. A group that
/// has committed nothing is behind from the first message that is still there.
pub(super) fn behind<C: ConsumerContext>(
    client: &BaseConsumer<C>,
    partitions: TopicPartitionList,
    limit: Duration,
) -> KafkaResult<Vec<Behind>> {
    if partitions.count() == 0 {
        return Ok(Vec::new());
    }
    let committed = client.committed_offsets(partitions, limit)?;
    let mut all = Vec::with_capacity(committed.count());
    for one in committed.elements() {
        one.error()?;
        let (first, end) = client.fetch_watermarks(one.topic(), one.partition(), limit)?;
        let next = match one.offset() {
            Offset::Offset(next) => next.clamp(first, end),
            _ => first,
        };
        all.push(Behind { topic: one.topic().to_owned(), partition: one.partition(), next, end });
    }
    Ok(all)
}
