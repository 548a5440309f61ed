//! Where a group goes on by its own database (amendments, hole 8).
//!
//! A broker counts what was handled; the database knows what it still has. Put back to an older copy, it is behind the
//! broker's count, and the messages between would never be heard again. So a partition begins at the smaller of both. What a
//! group hears twice it knows by its record (MSG-001).

use crate::port::Handler;
use domain::message::Place;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaErrorCode;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// Longest time for both counts: far below the time without a poll after which a member is expelled.
const LIMIT: Duration = Duration::from_secs(20);
/// Longest wait for the broker's count.
const BROKER_LIMIT: Duration = Duration::from_secs(10);
/// Wait before the database is asked again.
const AGAIN_AFTER: Duration = Duration::from_millis(250);

/// Asks a group's handler for its places, from the thread that polls.
#[derive(Clone)]
pub(super) struct Kept {
    handler: Arc<dyn Handler>,
    runtime: Handle,
}

impl Kept {
    /// Of this handler. Called within the runtime that the handler works in.
    pub fn of(handler: &Arc<dyn Handler>) -> Self {
        Self { handler: Arc::clone(handler), runtime: Handle::current() }
    }

    /// Sets the places at which the partitions of the list begin. Where the database keeps none, or the broker has none, the
    /// broker's way holds.
    ///
    /// # Errors
    /// When either count cannot be had in time: to begin at the wrong place would lose messages.
    pub fn begin<C: ConsumerContext>(
        &self,
        client: &BaseConsumer<C>,
        list: &mut TopicPartitionList,
        has_ended: impl Fn() -> bool,
    ) -> KafkaResult<()> {
        let places = self.places(has_ended)?;
        if places.is_empty() {
            return Ok(());
        }
        let committed = client.committed_offsets(list.clone(), BROKER_LIMIT)?;
        for one in committed.elements() {
            let place = places.iter().find(|place| place.topic == one.topic() && place.partition == one.partition());
            let (Some(place), Offset::Offset(counted)) = (place, one.offset()) else { continue };
            if place.next_offset < counted {
                let (group, topic, partition) = (self.handler.group(), one.topic(), one.partition());
                let from = place.next_offset;
                tracing::warn!(
                    group,
                    topic,
                    partition,
                    from,
                    counted,
                    "the database is behind the broker: reading again"
                );
                list.set_partition_offset(topic, partition, Offset::Offset(from))?;
            }
        }
        Ok(())
    }

    fn places(&self, has_ended: impl Fn() -> bool) -> KafkaResult<Vec<Place>> {
        let begun = Instant::now();
        loop {
            let asked = self.runtime.block_on(async { tokio::time::timeout(LIMIT, self.handler.places()).await });
            match asked {
                Ok(Ok(places)) => return Ok(places),
                _ if has_ended() || begun.elapsed() >= LIMIT => {
                    return Err(KafkaError::Rebalance(RDKafkaErrorCode::OperationTimedOut));
                }
                _ => std::thread::sleep(AGAIN_AFTER),
            }
        }
    }
}
