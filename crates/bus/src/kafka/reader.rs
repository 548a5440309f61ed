//! Reads messages that are in the topics and not in the database yet: hot state is rebuilt from them.

use super::address::KafkaAddress;
use super::client::Brokers;
use super::error::BrokerError;
use super::session::{Session, Span};
use domain::message::{Envelope, Place};
use rdkafka::message::{BorrowedMessage, Message};
use std::ops::ControlFlow;
use tokio::sync::mpsc;

/// Messages read ahead of the callback.
const AHEAD_MAX: usize = 1_000;

/// The number of messages that were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadCount {
    /// Messages given to the callback.
    pub messages: u64,
    /// Records that are not messages; their consumer makes dead letters of them.
    pub unreadable: u64,
}

/// Reads topics without joining a group: no rebalance, no commits. Cheap to clone.
#[derive(Clone)]
pub struct KafkaReader {
    brokers: Brokers,
}

impl KafkaReader {
    /// A reader of these brokers (`host:port,host:port`, with or without `kafka://`). Does not connect yet.
    ///
    /// # Errors
    /// When the text names no brokers.
    pub fn connect(address: impl Into<KafkaAddress>) -> Result<Self, BrokerError> {
        Ok(Self { brokers: Brokers::new(address)? })
    }

    /// Calls `each` with every message of the topic from the group's committed offset (from the first message, if it has
    /// committed none) to the last message at the time of the call; those of one key in order. Memory is bounded.
    ///
    /// `kept`: the places in the group's own database, empty where it keeps none. A database that was put back to an older copy
    /// is behind the committed offset, and what it has lost is unread again (amendments, hole 8).
    ///
    /// # Errors
    /// [`BrokerError`]; the messages until then were read correctly.
    pub async fn unread(
        &self,
        group: &str,
        topic: &str,
        kept: &[Place],
        each: impl FnMut(Envelope) + Send,
    ) -> Result<ReadCount, BrokerError> {
        self.read(Some((group.to_owned(), kept.to_vec())), topic, each).await
    }

    /// Calls `each` with every message of the topic, as [`KafkaReader::unread`] does.
    ///
    /// # Errors
    /// [`BrokerError`]; the messages until then were read correctly.
    pub async fn all(&self, topic: &str, each: impl FnMut(Envelope) + Send) -> Result<ReadCount, BrokerError> {
        self.read(None, topic, each).await
    }

    /// The number of messages in these topics that the group has not handled, by its committed offsets and, as in
    /// [`KafkaReader::unread`], by the places in its own database.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn lag(&self, group: &str, topics: &[&str], kept: &[Place]) -> Result<u64, BrokerError> {
        let (brokers, group, kept) = (self.brokers.clone(), group.to_owned(), kept.to_vec());
        let topics: Vec<String> = topics.iter().map(|topic| (*topic).to_owned()).collect();
        let count = move || {
            let session = Session::open(&brokers, Some(&group))?;
            let mut count = 0;
            for topic in &topics {
                count += session.behind(topic, &kept)?.iter().map(super::lag::Behind::count).sum::<u64>();
            }
            Ok(count)
        };
        self.blocking(count).await
    }

    async fn read(
        &self,
        group: Option<(String, Vec<Place>)>,
        topic: &str,
        mut each: impl FnMut(Envelope) + Send,
    ) -> Result<ReadCount, BrokerError> {
        let (sender, mut receiver) = mpsc::channel(AHEAD_MAX);
        let (brokers, topic) = (self.brokers.clone(), topic.to_owned());
        let reading = self.blocking(move || read(&brokers, group.as_ref(), &topic, &sender));
        let receiving = async {
            while let Some(envelope) = receiver.recv().await {
                each(envelope);
            }
        };
        let (read, ()) = tokio::join!(reading, receiving);
        read
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, BrokerError> + Send + 'static,
    ) -> Result<T, BrokerError> {
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => done,
            Err(error) => Err(self.brokers.unavailable("topics cannot be read", Some(error.into()))),
        }
    }
}

fn read(
    brokers: &Brokers,
    group: Option<&(String, Vec<Place>)>,
    topic: &str,
    sender: &mpsc::Sender<Envelope>,
) -> Result<ReadCount, BrokerError> {
    let session = Session::open(brokers, group.map(|(name, _)| name.as_str()))?;
    let spans = match group {
        Some((_, kept)) => {
            let behind = session.behind(topic, kept)?.into_iter();
            behind.map(|part| Span { partition: part.partition, from: part.next, end: part.end }).collect()
        }
        None => session.whole(topic)?,
    };
    let mut count = ReadCount::default();
    session.read(topic, &spans, |message| {
        let Some(envelope) = envelope_of(message) else {
            count.unreadable += 1;
            return ControlFlow::Continue(());
        };
        count.messages += 1;
        // The receiver is gone: stop.
        sender.blocking_send(envelope).map_or(ControlFlow::Break(()), ControlFlow::Continue)
    })?;
    Ok(count)
}

fn envelope_of(message: &BorrowedMessage<'_>) -> Option<Envelope> {
    serde_json::from_slice(message.payload().unwrap_or_default()).ok()
}
