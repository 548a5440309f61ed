//! How many messages a group is behind.

use super::fetch_buffer::Partition;
use crate::metrics;
use domain::message::Place;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::time::{Duration, Instant};

/// Time between two measurements.
const INTERVAL: Duration = Duration::from_secs(5);
/// How long the brokers may take to answer; polling stops meanwhile.
const LIMIT: Duration = Duration::from_secs(1);

/// The unhandled messages of a group in one partition.
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

/// Measures now and then how far this member is behind with its partitions.
pub(super) struct LagMeter<'a> {
    group: &'a str,
    measured: Instant,
}

impl<'a> LagMeter<'a> {
    pub fn new(group: &'a str) -> Self {
        Self { group, measured: Instant::now() }
    }

    pub fn measure<C: ConsumerContext>(&mut self, client: &BaseConsumer<C>) {
        if self.measured.elapsed() < INTERVAL {
            return;
        }
        match client.assignment().and_then(|ours| behind(client, ours, &[], LIMIT)) {
            Ok(all) => {
                for one in all {
                    metrics::lag(self.group, &one.topic, one.partition, one.count());
                }
            }
            Err(error) => tracing::debug!(group = self.group, %error, "the lag of the group is unknown"),
        }
        self.measured = Instant::now();
    }
}

/// Sets the lag of revoked partitions to 0: their new owner measures it.
pub(super) fn reset(group: &str, partitions: &[Partition]) {
    for (topic, partition) in partitions {
        metrics::lag(group, topic, *partition, 0);
    }
}

/// The unhandled messages of the client's group in these partitions, by its committed offsets or by the places that its own
/// database has kept, whichever is the smaller ([`Handler::places`](crate::Handler::places)). A group that has committed
/// nothing is behind from the first message that still exists.
pub(super) fn behind<C: ConsumerContext>(
    client: &BaseConsumer<C>,
    partitions: TopicPartitionList,
    kept: &[Place],
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
        let place = kept.iter().find(|place| place.topic == one.topic() && place.partition == one.partition());
        let next = match (one.offset(), place) {
            (Offset::Offset(next), Some(place)) => next.min(place.next_offset).clamp(first, end),
            (Offset::Offset(next), None) => next.clamp(first, end),
            _ => first,
        };
        all.push(Behind { topic: one.topic().to_owned(), partition: one.partition(), next, end });
    }
    Ok(all)
}
