//! Dead letters in the `dlq.*` topics.

use super::address::KafkaAddress;
use super::client::Brokers;
use super::dead_letter::{Ending, PARTITION, dead_letter_of, mark_of, marked_offset, original_of, record_of};
use super::error::BrokerError;
use super::producer::Producer;
use super::record::Record;
use super::session::{Session, Span};
use super::topics::{DEAD_LETTER_BYTES_MAX, Topics};
use crate::cause::Cause;
use crate::dead_letter::{DeadLetter, DeadLetters, DeadLettersUnavailable};
use crate::port::PublishError;
use async_trait::async_trait;
use domain::message::topic::{DLQ_COUPON, DLQ_EVENT, DLQ_PAYMENT, DLQ_RESERVATION};
use rdkafka::message::Message;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The dead-letter topics of the contract. Ids depend on the order: add only at the end.
const TOPICS: [&str; 4] = [DLQ_COUPON, DLQ_RESERVATION, DLQ_PAYMENT, DLQ_EVENT];
/// An id is the offset times this, plus one, plus the topic's index in the list.
const IDS_PER_OFFSET: i64 = 10;
/// Largest page in bytes; a page ends earlier then.
const PAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Dead letters on the brokers (FCFS-008). Cheap to clone.
///
/// A replay publishes the message to its topic once more, for every subscribed group: groups that have handled it do
/// nothing the second time.
#[derive(Clone)]
pub struct KafkaDeadLetters {
    shared: Arc<Shared>,
}

struct Shared {
    brokers: Brokers,
    producer: Producer,
    topics: Vec<String>,
    /// The known marks of each topic.
    marks: Mutex<Vec<Marks>>,
}

/// The finished dead letters of a topic, as far as the topic was read.
#[derive(Clone, Default)]
struct Marks {
    /// The first offset not read yet.
    next: i64,
    finished: BTreeSet<i64>,
}

/// A page of one topic's dead letters.
struct Page {
    letters: Vec<DeadLetter>,
    /// There may be more after the last.
    more: bool,
}

impl KafkaDeadLetters {
    /// The dead letters of the contract's topics on these brokers (`host:port,host:port`, with or without `kafka://`).
    /// Does not connect yet.
    ///
    /// # Errors
    /// When the text names no brokers.
    pub fn connect(address: impl Into<KafkaAddress>) -> Result<Self, BrokerError> {
        Self::of_topics(address, &TOPICS)
    }

    /// The same for other topics, at most nine; ids depend on their order.
    ///
    /// # Errors
    /// When the text names no brokers.
    pub fn of_topics(address: impl Into<KafkaAddress>, topics: &[&str]) -> Result<Self, BrokerError> {
        let brokers = Brokers::new(address)?;
        let producer = Producer::new(&brokers, &Topics::new(&brokers)?, DEAD_LETTER_BYTES_MAX)?;
        let topics: Vec<String> = topics.iter().map(|topic| (*topic).to_owned()).collect();
        let marks = Mutex::new(vec![Marks::default(); topics.len()]);
        Ok(Self { shared: Arc::new(Shared { brokers, producer, topics, marks }) })
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, BrokerError> + Send + 'static,
    ) -> Result<T, DeadLettersUnavailable> {
        let shared = Arc::clone(&self.shared);
        let done = tokio::task::spawn_blocking(move || work(&shared)).await;
        let done = done.map_err(Cause::from).and_then(|done| done.map_err(Cause::from));
        done.map_err(DeadLettersUnavailable)
    }

    /// Marks a dead letter as finished. Returns whether it exists.
    async fn finish(&self, id: i64, ending: Ending) -> Result<bool, DeadLettersUnavailable> {
        let (Some(letter), Some((_, offset))) = (self.show(id).await?, self.shared.position_of(id)) else {
            return Ok(false);
        };
        self.send(vec![mark_of(&letter, offset, ending)]).await?;
        Ok(true)
    }

    async fn send(&self, records: Vec<Record>) -> Result<(), DeadLettersUnavailable> {
        self.shared.producer.send(&records).await.map_err(unavailable)
    }
}

#[async_trait]
impl DeadLetters for KafkaDeadLetters {
    async fn store(&self, letters: &[DeadLetter]) -> Result<(), DeadLettersUnavailable> {
        let records: Vec<Record> = letters.iter().map(|letter| record_of(letter, true)).collect();
        let refused = match self.shared.producer.send(&records).await {
            Ok(()) => return Ok(()),
            Err(PublishError::Refused(refused)) => refused,
            Err(error @ PublishError::Unavailable(_)) => return Err(unavailable(error)),
        };
        // Too large even for the dead-letter topic: the rest of it is kept, and the consumer does not wait for ever.
        let shortened: Vec<Record> = refused
            .iter()
            .filter_map(|failure| letters.get(failure.index))
            .map(|letter| record_of(letter, false))
            .collect();
        let error = refused.first().map(|first| first.cause.to_string());
        tracing::error!(count = shortened.len(), error, "dead letters are kept without their values");
        self.send(shortened).await
    }

    async fn list(&self, after: i64, limit: usize) -> Result<Vec<DeadLetter>, DeadLettersUnavailable> {
        self.blocking(move |shared| {
            let session = Session::open(&shared.brokers, None)?;
            let (mut letters, mut last_certain) = (Vec::new(), i64::MAX);
            for index in 0..shared.topics.len() {
                let page = shared.page(&session, index, after, limit)?;
                if let Some(last) = page.letters.last().filter(|_| page.more) {
                    last_certain = last_certain.min(last.id);
                }
                letters.extend(page.letters);
            }
            // Beyond the end of a page that has more, the order of the ids is not known yet.
            letters.retain(|letter| letter.id <= last_certain);
            letters.sort_by_key(|letter| letter.id);
            letters.truncate(limit);
            Ok(letters)
        })
        .await
    }

    async fn show(&self, id: i64) -> Result<Option<DeadLetter>, DeadLettersUnavailable> {
        let Some((index, _)) = self.shared.position_of(id) else { return Ok(None) };
        self.blocking(move |shared| {
            let session = Session::open(&shared.brokers, None)?;
            let page = shared.page(&session, index, id - 1, 1)?;
            Ok(page.letters.into_iter().find(|letter| letter.id == id))
        })
        .await
    }

    async fn replay(&self, id: i64) -> Result<bool, DeadLettersUnavailable> {
        let Some(letter) = self.show(id).await? else { return Ok(false) };
        let Some(original) = original_of(&letter) else {
            let text =
                format!("dead letter {id} was too large to be kept whole; its message is in the outbox it came from");
            return Err(DeadLettersUnavailable(Cause::new(text)));
        };
        self.send(vec![original]).await?;
        // If the process crashes now, the dead letter stays and may be replayed again: twice rather than never.
        self.finish(id, Ending::Replayed).await
    }

    async fn remove(&self, id: i64) -> Result<bool, DeadLettersUnavailable> {
        self.finish(id, Ending::Dropped).await
    }
}

impl Shared {
    /// The topic's index in the list, and the offset.
    fn position_of(&self, id: i64) -> Option<(usize, i64)> {
        let from_zero = id.checked_sub(1).filter(|rest| *rest >= 0)?;
        let index = usize::try_from(from_zero % IDS_PER_OFFSET).ok().filter(|index| *index < self.topics.len())?;
        Some((index, from_zero / IDS_PER_OFFSET))
    }

    /// Dead letters of one topic with an id beyond `after`, oldest first.
    fn page(&self, session: &Session, index: usize, after: i64, limit: usize) -> Result<Page, BrokerError> {
        let mut page = Page { letters: Vec::new(), more: false };
        let (Some(topic), Some(whole)) = (self.topics.get(index), self.whole(session, index)?) else { return Ok(page) };
        let finished = self.finished(session, index, whole)?;
        let id_of = |offset: i64| offset * IDS_PER_OFFSET + index as i64 + 1;
        let from = whole.from.max(after / IDS_PER_OFFSET);
        let mut bytes = 0;
        session.read(topic, &[Span { from, ..whole }], |message| {
            let id = id_of(message.offset());
            if id <= after || marked_offset(message).is_some() || finished.contains(&message.offset()) {
                return ControlFlow::Continue(());
            }
            if page.letters.len() >= limit || bytes >= PAGE_BYTES_MAX {
                page.more = true;
                return ControlFlow::Break(());
            }
            let letter = dead_letter_of(id, message);
            bytes += letter.value.len();
            page.letters.push(letter);
            ControlFlow::Continue(())
        })?;
        Ok(page)
    }

    fn whole(&self, session: &Session, index: usize) -> Result<Option<Span>, BrokerError> {
        let Some(topic) = self.topics.get(index) else { return Ok(None) };
        Ok(session.whole(topic)?.into_iter().find(|span| span.partition == PARTITION))
    }

    /// The offsets of finished dead letters. Reads only the part of the topic that was not read before.
    fn finished(&self, session: &Session, index: usize, whole: Span) -> Result<BTreeSet<i64>, BrokerError> {
        let Some(topic) = self.topics.get(index) else { return Ok(BTreeSet::new()) };
        let mut marks = self.marks().get(index).cloned().unwrap_or_default();
        if marks.next > whole.end {
            // The topic was deleted and created again: the known marks are void.
            marks = Marks::default();
        }
        session.read(topic, &[Span { from: whole.from.max(marks.next), ..whole }], |message| {
            marks.finished.extend(marked_offset(message));
            ControlFlow::Continue(())
        })?;
        marks.next = whole.end;
        // A dead letter that the broker has deleted needs no mark.
        marks.finished = marks.finished.split_off(&whole.from);
        let finished = marks.finished.clone();
        if let Some(known) = self.marks().get_mut(index) {
            *known = marks;
        }
        Ok(finished)
    }

    fn marks(&self) -> MutexGuard<'_, Vec<Marks>> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// For a dead-letter topic a refusal is as bad as no broker: the caller waits.
fn unavailable(error: PublishError) -> DeadLettersUnavailable {
    DeadLettersUnavailable(match error {
        PublishError::Unavailable(cause) => cause,
        PublishError::Refused(mut refused) if !refused.is_empty() => refused.swap_remove(0).cause,
        refused @ PublishError::Refused(_) => refused.into(),
    })
}
