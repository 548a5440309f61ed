//! From an outbox to the bus: in order, within a second, nothing lost (MSG-002, FCFS-007).

use crate::cause::Cause;
use crate::dead_letter::{DeadLetter, DeadLetters, Reason};
use crate::message::Delivery;
use crate::outbox::{Offer, OutboxSource, Settled};
use crate::port::{PublishError, Publisher, RefusedMessage};
use crate::stop::Shutdown;
use crate::until_available::{Backoff, until_available};
use crate::{BATCH_MAX, metrics};
use domain::message::Envelope;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How often an empty outbox is looked at that says nothing.
#[derive(Clone, Copy, Debug)]
pub struct Looks {
    /// Where messages were found lately, and nobody tells of new ones: the wait of the next message, half of it on average.
    pub busy: Duration,
    /// The same where none were found lately.
    pub idle: Duration,
    /// Where all writers tell: a net for news that is lost.
    pub net: Duration,
}

/// For so long after the last message an outbox counts as busy.
const BUSY_FOR: Duration = Duration::from_secs(5);

impl Default for Looks {
    fn default() -> Self {
        Self {
            // A look is one query, or for hot state none: 40 a second are a few thousandths of a core.
            busy: Duration::from_millis(25),
            idle: Duration::from_millis(200),
            // Messages leave within a second, also when the news of them is lost (MSG-002).
            net: Duration::from_millis(500),
        }
    }
}

impl Looks {
    /// Always at this pace.
    pub fn every(pace: Duration) -> Self {
        Self { busy: pace, idle: pace, net: pace }
    }

    /// `found_at`: when messages were found last.
    fn next(&self, hears_all: bool, found_at: Option<Instant>) -> Duration {
        let is_busy = found_at.is_some_and(|at| at.elapsed() < BUSY_FOR);
        match (hears_all, is_busy) {
            (true, _) => self.net,
            (false, true) => self.busy,
            (false, false) => self.idle,
        }
    }
}

/// The pace of a relay.
#[derive(Clone, Copy, Debug)]
pub struct RelayOptions {
    /// Messages in one batch; at most [`BATCH_MAX`].
    pub batch: usize,
    /// How often the outbox is looked at while it is empty and does not say that messages were written.
    pub look: Looks,
    /// Attempts before a refused message becomes a dead letter.
    pub attempts: u32,
    /// Wait between two attempts.
    pub retry_delay: Duration,
    /// Waits while the bus or the outbox is unavailable.
    pub unavailable: Backoff,
    /// How long the last messages may take after the shutdown.
    pub flush_limit: Duration,
}

impl Default for RelayOptions {
    fn default() -> Self {
        Self {
            batch: BATCH_MAX,
            look: Looks::default(),
            attempts: 3,
            retry_delay: Duration::from_millis(200),
            unavailable: Backoff { first: Duration::from_millis(100), longest: Duration::from_secs(2) },
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
    /// The store for messages that the bus refuses.
    pub dead_letters: Arc<dyn DeadLetters>,
    /// Its pace.
    pub options: RelayOptions,
}

impl Relay {
    /// Carries messages until the shutdown and an empty outbox, or until the bus is unavailable then, or until
    /// [`RelayOptions::flush_limit`] has passed. Messages that were not carried are offered again at the next start.
    pub async fn run(self, shutdown: Shutdown) {
        let flush_ends = async {
            shutdown.stopped().await;
            tokio::time::sleep(self.options.flush_limit).await;
        };
        tokio::select! {
            () = self.carry(&shutdown) => {}
            () = flush_ends => tracing::warn!(relay = self.name, "relay ended before the outbox was empty"),
        }
    }

    async fn carry(&self, shutdown: &Shutdown) {
        let mut found_at = None;
        loop {
            if shutdown.is_stopped() {
                return self.flush().await;
            }
            let round = until_available(
                self.options.unavailable,
                shutdown,
                || self.round(),
                |cause, _| self.note_unavailable(&cause),
            );
            if let Ok(count) = round.await {
                metrics::waiting(self.name, false);
                if count == 0 {
                    self.sleep(found_at, shutdown).await;
                } else {
                    found_at = Some(Instant::now());
                }
            }
        }
    }

    /// Carries the messages that were written before the shutdown. Waits for nothing that is unavailable.
    async fn flush(&self) {
        loop {
            match self.round().await {
                Ok(0) => return,
                Ok(_) => {}
                Err(cause) => return self.note_unavailable(&cause),
            }
        }
    }

    fn note_unavailable(&self, cause: &Cause) {
        metrics::waiting(self.name, true);
        tracing::warn!(relay = self.name, reason = %cause, "relay waits and keeps its order");
    }

    async fn sleep(&self, found_at: Option<Instant>, shutdown: &Shutdown) {
        let pause = self.options.look.next(self.source.hears_all(), found_at);
        tokio::select! {
            () = self.source.written() => {}
            _ = shutdown.pause(pause) => {}
        }
    }

    /// Carries one batch and returns its size. An error means that the bus, the outbox or the dead letters are
    /// unavailable.
    async fn round(&self) -> Result<usize, Cause> {
        let limit = self.options.batch.clamp(1, BATCH_MAX);
        let offers = self.source.next(limit).await?;
        let oldest = offers.first().map(|offer| clock::now().millis() - offer.envelope.timestamp.millis());
        metrics::outbox(self.name, offers.len(), oldest.unwrap_or_default());
        let count = offers.len();
        let mut settled = Vec::with_capacity(count);
        let mut outcome = Ok(count);
        for run in offers.chunk_by(|one, next| one.topic == next.topic) {
            match self.publish(run).await {
                Ok(done) => settled.extend(done),
                Err(unavailable) => {
                    outcome = Err(unavailable);
                    break;
                }
            }
        }
        if !settled.is_empty() {
            cut::at("relay-published");
            self.source.settle(&settled).await?;
        }
        outcome
    }

    /// Publishes messages of one topic. A message that is refused in the last attempt becomes a dead letter.
    async fn publish(&self, run: &[Offer]) -> Result<Vec<Settled>, Cause> {
        let Some(first) = run.first() else { return Ok(Vec::new()) };
        let envelopes: Vec<Arc<Envelope>> = run.iter().map(|offer| Arc::new(offer.envelope.clone())).collect();
        let mut settled: Vec<Settled> =
            run.iter().map(|offer| Settled { position: offer.position, refused: None }).collect();
        let refused = self.refused_in_every_attempt(&first.topic, &envelopes).await?;
        self.store(run, &envelopes, &refused).await?;
        for message in &refused {
            if let Some(one) = settled.get_mut(message.index) {
                one.refused = Some(message.cause.to_string());
            }
        }
        metrics::published(&first.topic, run.len() - refused.len());
        Ok(settled)
    }

    async fn refused_in_every_attempt(
        &self,
        topic: &str,
        batch: &[Arc<Envelope>],
    ) -> Result<Vec<RefusedMessage>, Cause> {
        let mut refused: Vec<RefusedMessage> = Vec::new();
        let mut pending: Vec<usize> = (0..batch.len()).collect();
        for attempt in 1..=self.options.attempts.max(1) {
            if attempt > 1 {
                tokio::time::sleep(self.options.retry_delay).await;
            }
            let part: Vec<Arc<Envelope>> = pending.iter().map(|index| Arc::clone(&batch[*index])).collect();
            refused = match self.publisher.publish(topic, &part).await {
                Ok(()) => return Ok(Vec::new()),
                Err(PublishError::Refused(refused)) => in_batch(refused, &pending),
                Err(unavailable @ PublishError::Unavailable(_)) => return Err(unavailable.into()),
            };
            pending = refused.iter().map(|message| message.index).collect();
            if pending.is_empty() {
                break;
            }
        }
        Ok(refused)
    }

    async fn store(&self, run: &[Offer], envelopes: &[Arc<Envelope>], refused: &[RefusedMessage]) -> Result<(), Cause> {
        if refused.is_empty() {
            return Ok(());
        }
        let letters: Vec<DeadLetter> = refused
            .iter()
            .filter_map(|message| {
                let (offer, envelope) = (run.get(message.index)?, envelopes.get(message.index)?);
                let delivery = Delivery::of(&Arc::from(offer.topic.as_str()), -1, envelope);
                Some(DeadLetter::of(&delivery, None, Reason::MaxRetryExceeded, &message.cause.to_string()))
            })
            .collect();
        self.dead_letters.store(&letters).await?;
        for letter in &letters {
            metrics::dead_lettered(&letter.topic, letter.reason.as_str());
            tracing::error!(relay = self.name, key = letter.key, error = letter.error, "message became a dead letter");
        }
        Ok(())
    }
}

/// Turns indices of the part that was tried into indices of the whole batch.
fn in_batch(refused: Vec<RefusedMessage>, pending: &[usize]) -> Vec<RefusedMessage> {
    let whole = |message: RefusedMessage| Some(RefusedMessage { index: *pending.get(message.index)?, ..message });
    refused.into_iter().filter_map(whole).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_outbox_that_says_nothing_is_looked_at_often_only_while_messages_come() {
        let (looks, found_at) = (Looks::default(), Some(Instant::now()));
        assert_eq!(looks.next(false, found_at), looks.busy);
        tokio::time::advance(BUSY_FOR).await;
        assert_eq!(looks.next(false, found_at), looks.idle);
        assert_eq!((looks.next(false, None), looks.next(true, found_at)), (looks.idle, looks.net));
        assert!(looks.busy < looks.idle && looks.idle < looks.net && looks.net < Duration::from_secs(1), "MSG-002");
    }
}
