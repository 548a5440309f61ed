//! The one consumer loop of every bus: read, deal with, try again, lay aside (MSG-001).

use crate::dead_letter::{DeadLetter, DeadLetters, Reason};
use crate::figures;
use crate::message::{Body, Delivery, Message};
use crate::port::{FailureKind, HandleError, Handler};
use crate::stop::Shutdown;
use domain::message::{Envelope, VERSION};
use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

/// How patient a consumer is.
#[derive(Clone, Debug)]
pub struct ConsumerOptions {
    /// Waits before the second, third, ... try of a message that failed.
    pub retry_delays: Vec<Duration>,
    /// First wait while the handler's database is away; doubles up to [`ConsumerOptions::away_delay_max`].
    pub away_delay: Duration,
    /// Longest wait between two tries to reach it.
    pub away_delay_max: Duration,
}

impl Default for ConsumerOptions {
    fn default() -> Self {
        Self {
            retry_delays: [1, 2, 4].map(Duration::from_secs).to_vec(),
            away_delay: Duration::from_millis(100),
            away_delay_max: Duration::from_secs(5),
        }
    }
}

/// The consumer was told to end before the batch was dealt with: its place must not be moved on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

/// Brings deliveries to one group's handler.
pub struct Consumer {
    handler: Arc<dyn Handler>,
    letters: Arc<dyn DeadLetters>,
    options: ConsumerOptions,
    shutdown: Shutdown,
}

/// A message that failed, and why.
type Failing = Vec<(Message, String)>;

enum Attempt {
    Done,
    Failed(Vec<crate::port::Failure>),
    Unclear(String),
}

impl Consumer {
    /// A consumer for a handler.
    pub fn new(
        handler: Arc<dyn Handler>,
        letters: Arc<dyn DeadLetters>,
        options: ConsumerOptions,
        shutdown: Shutdown,
    ) -> Self {
        Self { handler, letters, options, shutdown }
    }

    /// Deals with a batch. `Ok`: every message was dealt with or lies with the dead letters; its place may be
    /// moved on. Holds nothing up longer than the retry delays, except while a database is away.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn process(&self, batch: Vec<Delivery>) -> Result<(), Stopped> {
        let count = batch.len();
        let messages = self.read(batch).await?;
        let mut failing = self.try_together(messages).await?;
        for delay in &self.options.retry_delays {
            if failing.is_empty() {
                break;
            }
            if !self.shutdown.pause(*delay).await {
                return Err(Stopped);
            }
            figures::retried(self.handler.group(), failing.len());
            let again = failing.into_iter().map(|(message, _)| message).collect();
            failing = self.try_each(again).await?;
        }
        let lost =
            failing.iter().map(|(message, error)| self.letter(&message.delivery, Reason::MaxRetryExceeded, error));
        self.bury(lost.collect()).await?;
        figures::consumed(self.handler.group(), count);
        Ok(())
    }

    /// What can not be read, or is of no known kind, goes to the dead letters at once.
    async fn read(&self, batch: Vec<Delivery>) -> Result<Vec<Message>, Stopped> {
        let mut messages = Vec::with_capacity(batch.len());
        let mut unreadable = Vec::new();
        for delivery in batch {
            match self.decode(&delivery) {
                Ok(envelope) => messages.push(Message { delivery, envelope }),
                Err((reason, error)) => unreadable.push(self.letter(&delivery, reason, &error)),
            }
        }
        self.bury(unreadable).await?;
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

    /// One by one, so that a poisoned message harms no other.
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

    /// Lays aside what can not get better; returns what may.
    async fn sort(&self, messages: &[Message], failures: Vec<crate::port::Failure>) -> Result<Failing, Stopped> {
        let (mut failing, mut hopeless) = (Failing::new(), Vec::new());
        for failure in failures {
            let Some(message) = messages.get(failure.index) else { continue };
            match failure.kind {
                FailureKind::Transient => failing.push((message.clone(), failure.error)),
                FailureKind::Invalid => {
                    hopeless.push(self.letter(&message.delivery, Reason::Invalid, &failure.error));
                }
            }
        }
        self.bury(hopeless).await?;
        Ok(failing)
    }

    /// One try; waits for as long as the handler's database is away.
    async fn attempt(&self, messages: &[Message]) -> Result<Attempt, Stopped> {
        let mut delay = self.options.away_delay;
        loop {
            // A handler that panics loses its transaction, not the consumer.
            let outcome = AssertUnwindSafe(self.handler.handle(messages)).catch_unwind().await;
            let reason = match outcome {
                Ok(Err(HandleError::Away(reason))) => reason,
                known => {
                    figures::waiting(self.handler.group(), false);
                    return Ok(match known {
                        Ok(Ok(())) => Attempt::Done,
                        Ok(Err(HandleError::Failed(failures))) => Attempt::Failed(failures),
                        Ok(Err(HandleError::Batch(error) | HandleError::Away(error))) => Attempt::Unclear(error),
                        Err(_) => Attempt::Unclear("the handler panicked".to_owned()),
                    });
                }
            };
            self.wait(&mut delay, &reason).await?;
        }
    }

    async fn wait(&self, delay: &mut Duration, reason: &str) -> Result<(), Stopped> {
        let group = self.handler.group();
        figures::waiting(group, true);
        tracing::warn!(group, reason, wait_ms = delay.as_millis() as u64, "consumer waits and keeps its place");
        if !self.shutdown.pause(*delay).await {
            return Err(Stopped);
        }
        *delay = (*delay * 2).min(self.options.away_delay_max);
        Ok(())
    }

    fn letter(&self, delivery: &Delivery, reason: Reason, error: &str) -> DeadLetter {
        DeadLetter::of(delivery, Some(self.handler.group()), reason, error)
    }

    /// A letter that can not be laid aside is waited for: nothing is ever just dropped.
    async fn bury(&self, letters: Vec<DeadLetter>) -> Result<(), Stopped> {
        let mut delay = self.options.away_delay;
        if letters.is_empty() {
            return Ok(());
        }
        while let Err(away) = self.letters.bury(&letters).await {
            self.wait(&mut delay, &away.to_string()).await?;
        }
        figures::waiting(self.handler.group(), false);
        for letter in &letters {
            figures::dead_lettered(&letter.topic, letter.reason.as_str());
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
