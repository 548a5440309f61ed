//! Dead letters in the `dlq.*` topics.

use super::client::Brokers;
use super::error::BrokerError;
use super::letter::{Handled, PARTITION, letter_of, mark_of, marked_offset, original_of, record_of};
use super::outlet::{Outlet, Record};
use super::session::{Session, Span};
use super::topics::{LETTER_BYTES_MAX, Topics};
use crate::dead_letter::{DeadLetter, DeadLetters, LettersAway};
use crate::port::PublishError;
use async_trait::async_trait;
use domain::message::topic::{DLQ_COUPON, DLQ_PAYMENT, DLQ_RESERVATION};
use rdkafka::message::Message;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The topics that are looked after. Ids depend on the order: only ever add at the end.
const TOPICS: [&str; 3] = [DLQ_COUPON, DLQ_RESERVATION, DLQ_PAYMENT];
/// An id is a letter's offset times this, plus one, plus its topic's place in the list.
const IDS_PER_OFFSET: i64 = 10;
/// Largest page in bytes; a page ends earlier then.
const PAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Dead letters on the brokers (FCFS-008). Cheap to clone.
///
/// Replaying publishes the message to its topic once more, for every group that listens there: those that have dealt
/// with it do nothing the second time.
#[derive(Clone)]
pub struct KafkaDeadLetters {
    shared: Arc<Shared>,
}

struct Shared {
    brokers: Brokers,
    outlet: Outlet,
    topics: Vec<String>,
    /// What is known of each topic's marks.
    marks: Mutex<Vec<Marks>>,
}

/// Letters of a topic that are done with, as far as it was read.
#[derive(Clone, Default)]
struct Marks {
    /// The first offset not read yet.
    next: i64,
    done: BTreeSet<i64>,
}

/// A page of one topic's letters.
struct Page {
    letters: Vec<DeadLetter>,
    /// There may be more after the last.
    more: bool,
}

impl KafkaDeadLetters {
    /// The dead letters of the contract's topics on these brokers (`host:port,host:port`, with or without `kafka://`).
    /// Reaches for nobody yet.
    ///
    /// # Errors
    /// When the text names no brokers.
    pub fn connect(bootstrap: &str) -> Result<Self, BrokerError> {
        Self::of_topics(bootstrap, &TOPICS)
    }

    /// The same for other topics, at most nine; ids depend on their order.
    ///
    /// # Errors
    /// When the text names no brokers.
    pub fn of_topics(bootstrap: &str, topics: &[&str]) -> Result<Self, BrokerError> {
        let brokers = Brokers::new(bootstrap)?;
        let outlet = Outlet::new(&brokers, &Topics::new(&brokers)?, LETTER_BYTES_MAX)?;
        let topics: Vec<String> = topics.iter().map(|topic| (*topic).to_owned()).collect();
        let marks = Mutex::new(vec![Marks::default(); topics.len()]);
        Ok(Self { shared: Arc::new(Shared { brokers, outlet, topics, marks }) })
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, BrokerError> + Send + 'static,
    ) -> Result<T, LettersAway> {
        let shared = Arc::clone(&self.shared);
        let done = tokio::task::spawn_blocking(move || work(&shared)).await;
        done.map_err(|error| LettersAway(error.to_string()))?.map_err(|error| LettersAway(error.to_string()))
    }

    /// Marks a letter. Whether there was such a letter.
    async fn done_with(&self, id: i64, handled: Handled) -> Result<bool, LettersAway> {
        let (Some(letter), Some((_, offset))) = (self.show(id).await?, self.shared.place_of(id)) else {
            return Ok(false);
        };
        self.send(vec![mark_of(&letter, offset, handled)]).await?;
        Ok(true)
    }

    async fn send(&self, records: Vec<Record>) -> Result<(), LettersAway> {
        self.shared.outlet.send(&records).await.map_err(|error| LettersAway(explained(error)))
    }
}

#[async_trait]
impl DeadLetters for KafkaDeadLetters {
    async fn bury(&self, letters: &[DeadLetter]) -> Result<(), LettersAway> {
        let records: Vec<Record> = letters.iter().map(|letter| record_of(letter, true)).collect();
        let refused = match self.shared.outlet.send(&records).await {
            Ok(()) => return Ok(()),
            Err(PublishError::Refused(refused)) => refused,
            Err(away) => return Err(LettersAway(explained(away))),
        };
        // Too large even for its last resting place: what can be kept is kept, and nobody waits for ever.
        let shortened: Vec<Record> = refused
            .iter()
            .filter_map(|failure| letters.get(failure.index))
            .map(|letter| record_of(letter, false))
            .collect();
        tracing::error!(count = shortened.len(), error = ?refused.first(), "dead letters are kept without their values");
        self.send(shortened).await
    }

    async fn list(&self, after: i64, limit: usize) -> Result<Vec<DeadLetter>, LettersAway> {
        self.blocking(move |shared| {
            let session = Session::open(&shared.brokers, None)?;
            let (mut letters, mut last_sure) = (Vec::new(), i64::MAX);
            for slot in 0..shared.topics.len() {
                let page = shared.page(&session, slot, after, limit)?;
                if let Some(last) = page.letters.last().filter(|_| page.more) {
                    last_sure = last_sure.min(last.id);
                }
                letters.extend(page.letters);
            }
            // Beyond the end of a page that has more, the order of ids is not known yet.
            letters.retain(|letter| letter.id <= last_sure);
            letters.sort_by_key(|letter| letter.id);
            letters.truncate(limit);
            Ok(letters)
        })
        .await
    }

    async fn show(&self, id: i64) -> Result<Option<DeadLetter>, LettersAway> {
        let Some((slot, _)) = self.shared.place_of(id) else { return Ok(None) };
        self.blocking(move |shared| {
            let session = Session::open(&shared.brokers, None)?;
            let page = shared.page(&session, slot, id - 1, 1)?;
            Ok(page.letters.into_iter().find(|letter| letter.id == id))
        })
        .await
    }

    async fn replay(&self, id: i64) -> Result<bool, LettersAway> {
        let Some(letter) = self.show(id).await? else { return Ok(false) };
        let Some(original) = original_of(&letter) else {
            let text = format!("letter {id} was too large to be kept whole; it lies in the outbox it came from");
            return Err(LettersAway(text));
        };
        self.send(vec![original]).await?;
        // Falls this process now, the letter stays and may be replayed again: twice rather than not at all.
        self.done_with(id, Handled::Replayed).await
    }

    async fn remove(&self, id: i64) -> Result<bool, LettersAway> {
        self.done_with(id, Handled::Dropped).await
    }
}

impl Shared {
    /// The topic's place in the list, and the offset.
    fn place_of(&self, id: i64) -> Option<(usize, i64)> {
        let from_zero = id.checked_sub(1).filter(|rest| *rest >= 0)?;
        let slot = usize::try_from(from_zero % IDS_PER_OFFSET).ok().filter(|slot| *slot < self.topics.len())?;
        Some((slot, from_zero / IDS_PER_OFFSET))
    }

    /// Letters of one topic with an id beyond `after`, oldest first.
    fn page(&self, session: &Session, slot: usize, after: i64, limit: usize) -> Result<Page, BrokerError> {
        let mut page = Page { letters: Vec::new(), more: false };
        let (Some(topic), Some(whole)) = (self.topics.get(slot), self.whole(session, slot)?) else { return Ok(page) };
        let done = self.done(session, slot, whole)?;
        let id_of = |offset: i64| offset * IDS_PER_OFFSET + slot as i64 + 1;
        let from = whole.from.max(after / IDS_PER_OFFSET);
        let mut bytes = 0;
        session.read(topic, &[Span { from, ..whole }], |message| {
            let id = id_of(message.offset());
            if id <= after || marked_offset(message).is_some() || done.contains(&message.offset()) {
                return ControlFlow::Continue(());
            }
            if page.letters.len() >= limit || bytes >= PAGE_BYTES_MAX {
                page.more = true;
                return ControlFlow::Break(());
            }
            let letter = letter_of(id, message);
            bytes += letter.value.len();
            page.letters.push(letter);
            ControlFlow::Continue(())
        })?;
        Ok(page)
    }

    fn whole(&self, session: &Session, slot: usize) -> Result<Option<Span>, BrokerError> {
        let Some(topic) = self.topics.get(slot) else { return Ok(None) };
        Ok(session.whole(topic)?.into_iter().find(|span| span.partition == PARTITION))
    }

    /// The offsets of letters that are done with. What was read of the topic before is not read again.
    fn done(&self, session: &Session, slot: usize, whole: Span) -> Result<BTreeSet<i64>, BrokerError> {
        let Some(topic) = self.topics.get(slot) else { return Ok(BTreeSet::new()) };
        let mut marks = self.marks().get(slot).cloned().unwrap_or_default();
        if marks.next > whole.end {
            // The topic was made anew: nothing that was known of it holds.
            marks = Marks::default();
        }
        session.read(topic, &[Span { from: whole.from.max(marks.next), ..whole }], |message| {
            marks.done.extend(marked_offset(message));
            ControlFlow::Continue(())
        })?;
        marks.next = whole.end;
        // What the broker has forgotten needs no mark.
        marks.done = marks.done.split_off(&whole.from);
        let done = marks.done.clone();
        if let Some(known) = self.marks().get_mut(slot) {
            *known = marks;
        }
        Ok(done)
    }

    fn marks(&self) -> MutexGuard<'_, Vec<Marks>> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn explained(error: PublishError) -> String {
    match error {
        PublishError::Away(reason) => reason,
        PublishError::Refused(refused) => refused.into_iter().next().map(|one| one.error).unwrap_or_default(),
    }
}
