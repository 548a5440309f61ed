//! Where a group goes on by its own database (amendments, hole 8).
//!
//! A broker counts what was handled; the database knows what it still has. Put back to an older copy, it is behind the
//! broker's count, and the messages between would never be heard again. So a partition begins at the smaller of both. What a
//! group hears twice it knows by its record (MSG-001).
//!
//! The database has to say so of every partition, also of one without a message yet: where it says nothing, it notes the
//! broker's count before the first message is read.

#[cfg(doc)]
use crate::places::Places;
use crate::port::Handler;
use domain::message::Place;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList, TopicPartitionListElem};
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

    /// Sets the places at which the partitions of the list begin, and has the database note those that it has not yet. Where the
    /// database keeps none, or the broker has none, the broker's way holds.
    ///
    /// # Errors
    /// When either count cannot be had in time, or the places not noted: to begin at the wrong place would lose messages.
    pub fn begin<C: ConsumerContext>(
        &self,
        client: &BaseConsumer<C>,
        list: &mut TopicPartitionList,
        has_ended: impl Fn() -> bool,
    ) -> KafkaResult<()> {
        let begun = Instant::now();
        let all_counted = counted(&client.committed_offsets(list.clone(), BROKER_LIMIT)?)?;
        let places = self.places(&all_counted, begun, has_ended)?;
        let mut set_back = TopicPartitionList::new();
        for Place { topic, partition, next_offset: counted } in all_counted {
            let place = places.iter().find(|place| place.topic == topic && place.partition == partition);
            let Some(from) = place.map(|place| place.next_offset) else { continue };
            if from < counted {
                let group = self.handler.group();
                tracing::warn!(
                    group,
                    topic,
                    partition,
                    from,
                    counted,
                    "the database is behind the broker: reading again"
                );
                list.set_partition_offset(&topic, partition, Offset::Offset(from))?;
                set_back.add_partition_offset(&topic, partition, Offset::Offset(from))?;
            }
        }
        if set_back.count() > 0 {
            // The broker's count stands before a message that fails until that one is a dead letter ([`Places::after`]): it must
            // do so for those that are read again, too.
            client.commit(&set_back, CommitMode::Sync)?;
        }
        Ok(())
    }

    fn places(&self, counted: &[Place], begun: Instant, has_ended: impl Fn() -> bool) -> KafkaResult<Vec<Place>> {
        loop {
            let left = LIMIT.saturating_sub(begun.elapsed());
            let asked = self.runtime.block_on(async { tokio::time::timeout(left, self.handler.places(counted)).await });
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

/// The broker's count of each partition; 0 where it has none, because a topic is read from its beginning then.
///
/// # Errors
/// When the broker did not say it of one: to take that for none would have the whole topic read again.
fn counted(committed: &TopicPartitionList) -> KafkaResult<Vec<Place>> {
    let elements = committed.elements();
    let place = |one: &TopicPartitionListElem<'_>| {
        one.error()?;
        let next_offset = if let Offset::Offset(next) = one.offset() { next } else { 0 };
        Ok(Place { topic: one.topic().to_owned(), partition: one.partition(), next_offset })
    };
    elements.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_without_a_count_begins_at_its_beginning() {
        let mut committed = TopicPartitionList::new();
        for (partition, offset) in [(0, Offset::Offset(7)), (1, Offset::Invalid), (2, Offset::Offset(0))] {
            committed.add_partition_offset("any", partition, offset).expect("added");
        }
        let place = |partition, next_offset| Place { topic: "any".into(), partition, next_offset };
        assert_eq!(counted(&committed), Ok(vec![place(0, 7), place(1, 0), place(2, 0)]));
    }
}
