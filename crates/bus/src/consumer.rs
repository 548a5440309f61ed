//! The one consumer loop of every bus: decode, handle, try again, give up as a dead letter (MSG-001).

use crate::cause::Cause;
use crate::dead_letter::{DeadLetter, DeadLetters, Reason};
use crate::message::{Body, Delivery, Message};
use crate::metrics;
use crate::places::reached;
use crate::port::{Failure, FailureKind, HandleError, Handler};
use crate::stop::Shutdown;
use crate::until_available::{Backoff, Stopped, until_available};
use domain::message::{Envelope, VERSION};
use futures::FutureExt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How patient a consumer is.
#[derive(Clone, Debug)]
pub struct ConsumerOptions {
    /// Waits before the second, third, ... try of a message that failed.
    pub retry_delays: Vec<Duration>,
    /// Waits while the handler's database or the dead letters are unavailable.
    pub unavailable: Backoff,
}

impl Default for ConsumerOptions {
    fn default() -> Self {
        Self {
            retry_delays: [1, 2, 4].map(Duration::from_secs).to_vec(),
            unavailable: Backoff { first: Duration::from_millis(100), longest: Duration::from_secs(5) },
        }
    }
}

/// Brings deliveries to one group's handler.
pub struct Consumer {
    handler: Arc<dyn Handler>,
    dead_letters: Arc<dyn DeadLetters>,
    options: ConsumerOptions,
    shutdown: Shutdown,
    /// A message of the batch in hand became a dead letter: the handler may not have noted how far it is.
    has_given_up: AtomicBool,
}

/// Messages that failed, each with its error.
type Failing = Vec<(Message, String)>;

enum Attempt {
    Done,
    Failed(Vec<Failure>),
    /// The whole batch failed, and it is unknown which message is at fault.
    Unclear(String),
}

impl Consumer {
    /// A consumer for a handler.
    pub fn new(
        handler: Arc<dyn Handler>,
        dead_letters: Arc<dyn DeadLetters>,
        options: ConsumerOptions,
        shutdown: Shutdown,
    ) -> Self {
        Self { handler, dead_letters, options, shutdown, has_given_up: AtomicBool::new(false) }
    }

    /// Handles a batch. `Ok`: every message was handled or is a dead letter, and its offset may be committed. Takes no
    /// longer than the retry delays, except while a database is unavailable.
    ///
    /// # Errors
    /// [`Stopped`]: the offsets must not be committed.
    pub async fn process(&self, batch: Vec<Delivery>) -> Result<(), Stopped> {
        let (count, reached) = (batch.len(), reached(&batch));
        let messages = self.decode_all(batch).await?;
        let mut failing = self.try_together(messages).await?;
        for delay in &self.options.retry_delays {
            if failing.is_empty() {
                break;
            }
            if !self.shutdown.pause(*delay).await {
                return Err(Stopped);
            }
            metrics::retried(self.handler.group(), failing.len());
            let again = failing.into_iter().map(|(message, _)| message).collect();
            failing = self.try_each(again).await?;
        }
        let given_up =
            failing.iter().map(|(message, error)| self.dead_letter(&message.delivery, Reason::MaxRetryExceeded, error));
        self.store(given_up.collect()).await?;
        if self.has_given_up.swap(false, Ordering::Relaxed) {
            self.until_available(|| self.handler.went_past(&reached)).await?;
            metrics::waiting(self.handler.group(), false);
        }
        metrics::consumed(self.handler.group(), count);
        Ok(())
    }

    /// A message that cannot be decoded, or is of an unknown kind, becomes a dead letter at once.
    async fn decode_all(&self, batch: Vec<Delivery>) -> Result<Vec<Message>, Stopped> {
        let mut messages = Vec::with_capacity(batch.len());
        let mut rejected = Vec::new();
        for delivery in batch {
            match self.decode(&delivery) {
                Ok(envelope) => messages.push(Message { delivery, envelope }),
                Err((reason, error)) => rejected.push(self.dead_letter(&delivery, reason, &error)),
            }
        }
        self.store(rejected).await?;
        Ok(messages)
    }

    fn decode(&self, delivery: &Delivery) -> Result<Arc<Envelope>, (Reason, String)> {
        let envelope = match &delivery.body {
            Body::Envelope(envelope) => Arc::clone(envelope),
            Body::Bytes(bytes) => {
                Arc::new(serde_json::from_slice(bytes).map_err(|error| (Reason::Malformed, error.to_string()))?)
            }
        };
        if envelope.version != VERSION {
            return Err((Reason::Invalid, format!("unknown version {:?}", envelope.version)));
        }
        if !self.handler.knows(&envelope.event_type) {
            return Err((Reason::Invalid, format!("unknown eventType {:?}", envelope.event_type)));
        }
        Ok(envelope)
    }

    async fn try_together(&self, messages: Vec<Message>) -> Result<Failing, Stopped> {
        if messages.is_empty() {
            return Ok(Failing::new());
        }
        match self.attempt(&messages).await? {
            Attempt::Done => Ok(Failing::new()),
            Attempt::Failed(failures) => self.sort(&messages, failures).await,
            Attempt::Unclear(error) => match <[Message; 1]>::try_from(messages) {
                Ok([message]) => Ok(vec![(message, error)]),
                Err(messages) => self.try_each(messages).await,
            },
        }
    }

    /// Tries one by one, so that a poisoned message harms no other.
    async fn try_each(&self, messages: Vec<Message>) -> Result<Failing, Stopped> {
        let mut failing = Failing::new();
        for message in messages {
            let alone = std::slice::from_ref(&message);
            match self.attempt(alone).await? {
                Attempt::Done => {}
                Attempt::Failed(failures) => failing.extend(self.sort(alone, failures).await?),
                Attempt::Unclear(error) => failing.push((message, error)),
            }
        }
        Ok(failing)
    }

    /// Stores invalid messages as dead letters and returns those that may be tried again.
    async fn sort(&self, messages: &[Message], failures: Vec<Failure>) -> Result<Failing, Stopped> {
        let (mut failing, mut invalid) = (Failing::new(), Vec::new());
        for failure in failures {
            let Some(message) = messages.get(failure.index) else { continue };
            match failure.kind {
                FailureKind::Transient => failing.push((message.clone(), failure.error)),
                FailureKind::Invalid => {
                    invalid.push(self.dead_letter(&message.delivery, Reason::Invalid, &failure.error));
                }
            }
        }
        self.store(invalid).await?;
        Ok(failing)
    }

    /// One try. Waits as long as the handler's database is unavailable.
    async fn attempt(&self, messages: &[Message]) -> Result<Attempt, Stopped> {
        let outcome = self.until_available(|| self.attempt_once(messages)).await?;
        metrics::waiting(self.handler.group(), false);
        Ok(outcome)
    }

    /// `Err`: the handler's database is unavailable.
    async fn attempt_once(&self, messages: &[Message]) -> Result<Attempt, Cause> {
        // A handler that panics loses its transaction, not the consumer.
        match AssertUnwindSafe(self.handler.handle(messages)).catch_unwind().await {
            Ok(Ok(())) => Ok(Attempt::Done),
            Ok(Err(HandleError::Failed(failures))) => Ok(Attempt::Failed(failures)),
            Ok(Err(HandleError::Batch(cause))) => Ok(Attempt::Unclear(cause.to_string())),
            Ok(Err(HandleError::Unavailable(cause))) => Err(cause),
            Err(_) => Ok(Attempt::Unclear("the handler panicked".to_owned())),
        }
    }

    async fn until_available<T, E, F>(&self, attempt: impl FnMut() -> F) -> Result<T, Stopped>
    where
        E: Into<Cause>,
        F: Future<Output = Result<T, E>>,
    {
        let on_failure = |error: E, wait: Duration| {
            let (group, reason, wait_ms) = (self.handler.group(), error.into(), wait.as_millis() as u64);
            metrics::waiting(group, true);
            tracing::warn!(group, %reason, wait_ms, "consumer waits and keeps its offset");
        };
        until_available(self.options.unavailable, &self.shutdown, attempt, on_failure).await
    }

    fn dead_letter(&self, delivery: &Delivery, reason: Reason, error: &str) -> DeadLetter {
        DeadLetter::of(delivery, Some(self.handler.group()), reason, error)
    }

    /// Waits until the dead letters are stored: no message is ever just dropped.
    async fn store(&self, letters: Vec<DeadLetter>) -> Result<(), Stopped> {
        if letters.is_empty() {
            return Ok(());
        }
        self.until_available(|| self.dead_letters.store(&letters)).await?;
        metrics::waiting(self.handler.group(), false);
        self.has_given_up.store(true, Ordering::Relaxed);
        for letter in &letters {
            metrics::dead_lettered(&letter.topic, letter.reason.as_str());
            tracing::error!(
                group = self.handler.group(),
                topic = letter.original_topic,
                key = letter.key,
                reason = letter.reason.as_str(),
                error = letter.error,
                "message became a dead letter"
            );
        }
        Ok(())
    }
}
