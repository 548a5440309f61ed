//! A bus, its messages and its dead letters, as the promises need them.

use super::BusUnderTest;
use super::recorder::{KIND, Recorder};
use crate::consumer::ConsumerOptions;
use crate::dead_letter::{DeadLetter, DeadLetters};
use crate::port::{HandleError, Handler, PublishError};
use crate::until_available::Backoff;
use crate::{BATCH_MAX, Cause, Failure, FailureKind};
use domain::Timestamp;
use domain::message::Envelope;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use uuid::Uuid;

/// Keys of the messages: few, so that each has many messages.
pub(super) const KEYS: u64 = 7;
/// Retries of a message that failed.
pub(super) const RETRIES: usize = 3;
/// How long a condition may take to hold.
const LIMIT: Duration = Duration::from_secs(120);
/// How long the suite watches that something does not happen.
pub(super) const SETTLE: Duration = Duration::from_secs(3);

/// A promise's own bus.
pub(super) struct Scene<B> {
    bus: Arc<B>,
}

impl<B: BusUnderTest> Scene<B> {
    pub fn new(bus: B) -> Self {
        Self { bus: Arc::new(bus) }
    }

    pub fn bus(&self) -> &B {
        &self.bus
    }

    pub fn dead_letters(&self) -> Arc<dyn DeadLetters> {
        self.bus.dead_letters()
    }

    /// A handler of this group, with scripted answers. The group's name is unique, as the topic's is.
    pub fn recorder(
        &self,
        group: &str,
        answer: impl Fn(&[u64]) -> Result<(), HandleError> + Send + Sync + 'static,
    ) -> Arc<Recorder> {
        let topic = self.bus.topic();
        Recorder::new(&format!("{topic}-{group}"), topic, answer)
    }

    /// Starts the bus with these handlers.
    pub async fn start(&self, recorders: &[&Arc<Recorder>]) {
        let handlers = recorders.iter().map(|recorder| Arc::clone(recorder) as Arc<dyn Handler>).collect();
        let options = ConsumerOptions {
            retry_delays: vec![Duration::from_millis(20); RETRIES],
            unavailable: Backoff { first: Duration::from_millis(20), longest: Duration::from_millis(100) },
        };
        self.bus.start(handlers, options).await;
    }

    /// Publishes messages in the background, batch by batch.
    pub fn publish(&self, envelopes: Vec<Envelope>) -> JoinHandle<Result<(), PublishError>> {
        let (publisher, topic) = (self.bus.publisher(), self.bus.topic());
        let envelopes: Vec<Arc<Envelope>> = envelopes.into_iter().map(Arc::new).collect();
        tokio::spawn(async move {
            for batch in envelopes.chunks(BATCH_MAX) {
                publisher.publish(topic, batch).await?;
            }
            Ok(())
        })
    }

    /// Publishes messages and waits until they are accepted.
    pub async fn publish_all(&self, envelopes: Vec<Envelope>) {
        self.publish(envelopes).await.expect("the publisher ran").expect("the bus accepts the messages");
    }

    /// All dead letters, read in one page.
    pub async fn all_dead_letters(&self) -> Vec<DeadLetter> {
        self.dead_letters().list(0, 10_000).await.expect("dead letters are available")
    }

    /// Waits until there are so many dead letters.
    pub async fn wait_for_dead_letters(&self, count: usize) -> Vec<DeadLetter> {
        until("dead letters are stored", async || self.all_dead_letters().await.len() == count).await;
        self.all_dead_letters().await
    }
}

/// The message of this number.
pub(super) fn envelope(number: u64) -> Envelope {
    let key = format!("key{}", number % KEYS);
    let payload = serde_json::json!({ "number": number });
    Envelope::about_campaign(Uuid::from_u64_pair(0, number), KIND, key, Timestamp(1_700_000_000_000), None, &payload)
}

/// The messages of these numbers.
pub(super) fn envelopes(numbers: impl IntoIterator<Item = u64>) -> Vec<Envelope> {
    numbers.into_iter().map(envelope).collect()
}

/// Fails this number in every batch that contains it.
pub(super) fn failing(number: u64, kind: FailureKind, numbers: &[u64]) -> Result<(), HandleError> {
    match numbers.iter().position(|one| *one == number) {
        Some(index) => Err(HandleError::Failed(vec![Failure { index, kind, error: format!("{number} fails") }])),
        None => Ok(()),
    }
}

/// The answer of a handler without its database.
pub(super) fn unavailable() -> Result<(), HandleError> {
    Err(HandleError::Unavailable(Cause::new("the database is down")))
}

/// Waits until a condition holds.
pub(super) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !holds().await {
        assert!(Instant::now() < deadline, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
