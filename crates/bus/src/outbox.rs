//! What an outbox must offer to a relay.

use crate::cause::Cause;
use async_trait::async_trait;
use domain::message::Envelope;

/// A message that waits in an outbox.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// Its position in the outbox. Positions grow.
    pub position: u64,
    /// The topic that it is published to.
    pub topic: String,
    /// The message.
    pub envelope: Envelope,
}

/// A message that the outbox need not offer again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Its position in the outbox.
    pub position: u64,
    /// `None`: published. Otherwise the reason why it became a dead letter, after the last attempt.
    pub refused: Option<String>,
}

/// The outbox is unavailable. The call may have had its effect or not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the outbox is unavailable")]
pub struct SourceUnavailable(#[source] pub Cause);

/// Messages that were written together with the decisions that they announce.
#[async_trait]
pub trait OutboxSource: Send + Sync + 'static {
    /// The oldest unsettled messages, in order. The same messages come again until they are settled.
    ///
    /// # Errors
    /// [`SourceUnavailable`].
    async fn next(&self, limit: usize) -> Result<Vec<Offer>, SourceUnavailable>;

    /// Ends when messages may have been written since the last [`OutboxSource::next`] began, so that a relay that waits
    /// need not poll for them. An outbox that only other processes write to does not know; then it never ends, and the
    /// relay polls.
    async fn written(&self);

    /// Whether [`OutboxSource::written`] ends for the messages of every writer: looking is only a net then.
    fn hears_all(&self) -> bool {
        false
    }

    /// Another process carries this outbox: tells it, where there is a way, of what was written here since the last call. A
    /// failure costs waiting only.
    async fn pass_on(&self) {}

    /// These messages need not be offered again. They are always the first of those that [`OutboxSource::next`]
    /// returned, in order, so an outbox that knows only "all up to here" may take the last position.
    ///
    /// # Errors
    /// [`SourceUnavailable`].
    async fn settle(&self, settled: &[Settled]) -> Result<(), SourceUnavailable>;
}
