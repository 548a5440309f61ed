//! How far a group has read, for its own database (amendments, hole 8).

use crate::cause::Cause;
use crate::message::{Delivery, Message};
use crate::port::HandleError;
use domain::message::Place;
use std::collections::BTreeMap;
use std::future::Future;

/// The keeper of the count of how far a group has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Places {
    /// The own database too: a broker keeps messages, and can be read again.
    Kept,
    /// The rows of the outbox: the bus of one process keeps nothing, and numbers its messages anew at each start.
    OfProcess,
}

impl Places {
    /// Answers [`Handler::places`](crate::Handler::places) by what the group's database notes and reads; nothing, and the database
    /// is not asked, where it keeps no places.
    ///
    /// # Errors
    /// [`HandleError::Unavailable`].
    pub async fn begin<E: Into<Cause>>(
        self,
        database: impl Future<Output = Result<Vec<Place>, E>>,
    ) -> Result<Vec<Place>, HandleError> {
        match self {
            Self::Kept => database.await.map_err(|error| HandleError::Unavailable(error.into())),
            Self::OfProcess => Ok(Vec::new()),
        }
    }

    /// Answers [`Handler::went_past`](crate::Handler::went_past) by what the group's database notes; nothing where it keeps no
    /// places.
    ///
    /// # Errors
    /// [`HandleError::Unavailable`].
    pub async fn pass<E: Into<Cause>>(self, database: impl Future<Output = Result<(), E>>) -> Result<(), HandleError> {
        match self {
            Self::Kept => database.await.map_err(|error| HandleError::Unavailable(error.into())),
            Self::OfProcess => Ok(()),
        }
    }

    /// How far a group has read after these messages, in order; none where its database keeps no places. Failed messages count as
    /// read: until one is kept as a dead letter the broker's own count stands before it, and a group begins at the smaller of
    /// both ([`Handler::places`](crate::Handler::places)).
    pub fn after<'a>(self, messages: impl IntoIterator<Item = &'a Message>) -> Vec<Place> {
        match self {
            Self::Kept => reached(messages.into_iter().map(|message| &message.delivery)),
            Self::OfProcess => Vec::new(),
        }
    }
}

/// The place behind the furthest of these messages, of each partition.
pub(crate) fn reached<'a>(deliveries: impl IntoIterator<Item = &'a Delivery>) -> Vec<Place> {
    let mut next: BTreeMap<(&str, i32), i64> = BTreeMap::new();
    for delivery in deliveries {
        let offset = next.entry((&delivery.topic, delivery.partition)).or_default();
        *offset = (*offset).max(delivery.offset + 1);
    }
    let place = |((topic, partition), next_offset): ((&str, i32), i64)| Place {
        topic: topic.to_owned(),
        partition,
        next_offset,
    };
    next.into_iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;
    use domain::message::Envelope;
    use std::sync::Arc;
    use uuid::Uuid;

    fn message(topic: &str, partition: i32, offset: i64) -> Message {
        let envelope = Envelope::about_campaign(Uuid::nil(), "Any", "any".into(), Timestamp(0), None, &());
        let envelope = Arc::new(envelope);
        let delivery = Delivery { partition, ..Delivery::of(&topic.into(), offset, &envelope) };
        Message { delivery, envelope }
    }

    #[test]
    fn the_place_of_a_partition_is_behind_its_furthest_message() {
        let messages =
            [message("b", 0, 3), message("a", 1, 7), message("a", 0, 41), message("a", 1, 9), message("a", 1, 8)];
        let place = |topic: &str, partition, next_offset| Place { topic: topic.into(), partition, next_offset };
        assert_eq!(Places::Kept.after(&messages), [place("a", 0, 42), place("a", 1, 10), place("b", 0, 4)]);
        assert_eq!(Places::Kept.after(&[]), []);
    }

    #[test]
    fn the_bus_of_one_process_has_no_places() {
        assert_eq!(Places::OfProcess.after(&[message("a", 0, 1)]), []);
    }

    #[tokio::test]
    async fn a_database_that_keeps_no_places_is_not_asked() {
        let place = Place { topic: "a".into(), partition: 0, next_offset: 4 };
        assert_eq!(Places::Kept.begin(async { Ok::<_, Cause>(vec![place.clone()]) }).await, Ok(vec![place]));
        let away = Cause::new("away");
        let failed = Places::Kept.begin(async { Err(away.clone()) }).await;
        assert_eq!(failed, Err(HandleError::Unavailable(away)));
        let asked = async { unreachable!("the database is asked") };
        assert_eq!(Places::OfProcess.begin::<Cause>(asked).await, Ok(Vec::new()));
    }
}
