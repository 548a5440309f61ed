//! From an outbox to the bus: in order, within a second, nothing lost (MSG-002, FCFS-007).

use crate::dead_letter::{DeadLetter, DeadLetters, Reason};
use crate::message::Delivery;
use crate::port::{PublishError, Publisher, RefusedMessage};
use crate::stop::Shutdown;
use crate::{BATCH_MAX, figures};
use async_trait::async_trait;
use domain::message::Envelope;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// A message that waits in an outbox.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// Its place in the outbox; grows.
    pub position: u64,
    /// Where it goes.
    pub topic: String,
    /// The message.
    pub envelope: Envelope,
}

/// A message that the outbox need not offer again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Its place in the outbox.
    pub position: u64,
    /// None: published. Otherwise why it lies with the dead letters, after three attempts.
    pub refused: Option<String>,
}

/// The outbox can not be reached; nothing was done, or nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the outbox can not be reached: {0}")]
pub struct SourceAway(pub String);

/// Messages written with the decisions they tell of.
#[async_trait]
pub trait OutboxSource: Send + Sync + 'static {
    /// The oldest messages not settled yet, in order; the same again until they are settled.
    async fn next(&self, limit: usize) -> Result<Vec<Offer>, SourceAway>;

    /// These need not be offered again. Always the first of what [`OutboxSource::next`] gave, in order, so an outbox
    /// that knows only "all up to here" may take the last.
    async fn settle(&self, settled: &[Settled]) -> Result<(), SourceAway>;
}

/// How a relay paces itself.
#[derive(Clone, Copy, Debug)]
pub struct RelayOptions {
    /// Messages at once; at most [`BATCH_MAX`].
    pub batch: usize,
    /// How long to sleep at most when there is nothing to do and nobody wakes it.
    pub poll: Duration,
    /// Attempts before what the broker refuses becomes a dead letter.
    pub attempts: u32,
    /// Wait between two attempts.
    pub retry_delay: Duration,
    /// First wait while bus or outbox is away; doubles up to [`RelayOptions::away_delay_max`].
    pub away_delay: Duration,
    /// Longest wait between two tries to reach it.
    pub away_delay_max: Duration,
    /// How long the last messages may take after the end was called.
    pub flush_limit: Duration,
}

impl Default for RelayOptions {
    fn default() -> Self {
        Self {
            batch: BATCH_MAX,
            poll: Duration::from_millis(200),
            attempts: 3,
            retry_delay: Duration::from_millis(200),
            away_delay: Duration::from_millis(100),
            away_delay_max: Duration::from_secs(2),
            flush_limit: Duration::from_secs(10),
        }
    }
}

/// Carries one outbox to the bus. One relay an outbox: two would be safe but would mix the order.
pub struct Relay {
    /// For logs and metrics.
    pub name: &'static str,
    /// The outbox.
    pub source: Arc<dyn OutboxSource>,
    /// The bus.
    pub publisher: Arc<dyn Publisher>,
    /// For what the bus refuses.
    pub letters: Arc<dyn DeadLetters>,
    /// Told when there is something new; saves the poll's wait.
    pub wake: Arc<Notify>,
    /// Its pace.
    pub options: RelayOptions,
}

/// Bus, outbox or dead letters are away.
struct Away(String);

impl Relay {
    /// Carries messages until it is told to end and the outbox is empty, or the bus is away then, or
    /// [`RelayOptions::flush_limit`] has passed. What was not carried is offered again at the next start.
    pub async fn run(self, shutdown: Shutdown) {
        let flush_ends = async {
            shutdown.stopped().await;
            tokio::time::sleep(self.options.flush_limit).await;
        };
        tokio::select! {
            () = self.carry(&shutdown) => {}
            () = flush_ends => tracing::warn!(relay = self.name, "ended before the outbox was empty"),
        }
    }

    async fn carry(&self, shutdown: &Shutdown) {
        let mut away_delay = self.options.away_delay;
        loop {
            // Asked first: what was written before the end was called is still seen by the round below.
            let last = shutdown.is_stopped();
            match self.round().await {
                Ok(0) if last => return,
                Ok(0) => self.rest(shutdown).await,
                Ok(_) => away_delay = self.options.away_delay,
                Err(Away(reason)) => {
                    figures::waiting(self.name, true);
                    tracing::warn!(relay = self.name, reason, "relay waits and keeps its order");
                    if last {
                        return;
                    }
                    shutdown.pause(away_delay).await;
                    away_delay = (away_delay * 2).min(self.options.away_delay_max);
                    continue;
                }
            }
            figures::waiting(self.name, false);
        }
    }

    async fn rest(&self, shutdown: &Shutdown) {
        tokio::select! {
            () = self.wake.notified() => {}
            _ = shutdown.pause(self.options.poll) => {}
        }
    }

    /// One batch. How many messages there were.
    async fn round(&self) -> Result<usize, Away> {
        let limit = self.options.batch.clamp(1, BATCH_MAX);
        let offers = self.source.next(limit).await.map_err(|away| Away(away.to_string()))?;
        figures::outbox(self.name, offers.len());
        let count = offers.len();
        let mut settled = Vec::with_capacity(count);
        let mut outcome = Ok(count);
        for run in offers.chunk_by(|one, next| one.topic == next.topic) {
            match self.publish(run).await {
                Ok(done) => settled.extend(done),
                Err(away) => {
                    outcome = Err(away);
                    break;
                }
            }
        }
        if !settled.is_empty() {
            self.source.settle(&settled).await.map_err(|away| Away(away.to_string()))?;
        }
        outcome
    }

    /// Publishes messages of one topic; what is refused to the last attempt becomes a dead letter.
    async fn publish(&self, run: &[Offer]) -> Result<Vec<Settled>, Away> {
        let Some(first) = run.first() else { return Ok(Vec::new()) };
        let envelopes: Vec<Arc<Envelope>> = run.iter().map(|offer| Arc::new(offer.envelope.clone())).collect();
        let mut settled: Vec<Settled> =
            run.iter().map(|offer| Settled { position: offer.position, refused: None }).collect();
        let refused = self.publish_patiently(&first.topic, &envelopes).await?;
        self.bury(run, &envelopes, &refused).await?;
        for failure in &refused {
            if let Some(one) = settled.get_mut(failure.index) {
                one.refused = Some(failure.error.clone());
            }
        }
        figures::published(&first.topic, run.len() - refused.len());
        Ok(settled)
    }

    /// Which messages were refused every time.
    async fn publish_patiently(&self, topic: &str, batch: &[Arc<Envelope>]) -> Result<Vec<RefusedMessage>, Away> {
        let mut refused: Vec<RefusedMessage> = Vec::new();
        let mut pending: Vec<usize> = (0..batch.len()).collect();
        for attempt in 1..=self.options.attempts.max(1) {
            if attempt > 1 {
                tokio::time::sleep(self.options.retry_delay).await;
            }
            let part: Vec<Arc<Envelope>> = pending.iter().map(|index| Arc::clone(&batch[*index])).collect();
            refused = match self.publisher.publish(topic, &part).await {
                Ok(()) => return Ok(Vec::new()),
                Err(PublishError::Away(reason)) => return Err(Away(reason)),
                Err(PublishError::Refused(refused)) => in_batch(refused, &pending),
            };
            pending = refused.iter().map(|failure| failure.index).collect();
            if pending.is_empty() {
                break;
            }
        }
        Ok(refused)
    }

    async fn bury(&self, run: &[Offer], envelopes: &[Arc<Envelope>], refused: &[RefusedMessage]) -> Result<(), Away> {
        if refused.is_empty() {
            return Ok(());
        }
        let letters: Vec<DeadLetter> = refused
            .iter()
            .filter_map(|failure| {
                let (offer, envelope) = (run.get(failure.index)?, envelopes.get(failure.index)?);
                let delivery = Delivery::of(&Arc::from(offer.topic.as_str()), -1, envelope);
                Some(DeadLetter::of(&delivery, None, Reason::MaxRetryExceeded, &failure.error))
            })
            .collect();
        self.letters.bury(&letters).await.map_err(|away| Away(away.to_string()))?;
        for letter in &letters {
            figures::dead_lettered(&letter.topic, letter.reason.as_str());
            tracing::error!(relay = self.name, key = letter.key, error = letter.error, "message became a dead letter");
        }
        Ok(())
    }
}

/// Places in the part that was tried, as places in the whole batch.
fn in_batch(refused: Vec<RefusedMessage>, pending: &[usize]) -> Vec<RefusedMessage> {
    let place = |failure: RefusedMessage| Some(RefusedMessage { index: *pending.get(failure.index)?, ..failure });
    refused.into_iter().filter_map(place).collect()
}
