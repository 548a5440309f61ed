//! The promises of a bus to its publishers, and what it expects of its handlers.

use crate::cause::Cause;
use crate::message::Message;
use async_trait::async_trait;
use domain::message::{Envelope, Place, topic};
use std::sync::Arc;

/// A message that the broker did not accept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message was refused")]
pub struct RefusedMessage {
    /// Its index in the batch.
    pub index: usize,
    /// The broker's reason.
    #[source]
    pub cause: Cause,
}

/// Why a batch was not published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The bus cannot be reached. Any part of the batch may have been accepted: publish it again later. Does not count
    /// as an attempt.
    #[error("the bus is unavailable")]
    Unavailable(#[source] Cause),
    /// These messages were refused, all others were accepted. Counts as an attempt.
    #[error("{} messages were refused", .0.len())]
    Refused(Vec<RefusedMessage>),
}

/// Brings messages to every group that subscribes to their topic.
#[async_trait]
pub trait Publisher: Send + Sync + 'static {
    /// Publishes up to [`crate::BATCH_MAX`] messages in order. `Ok`: none of them can be lost any more. A message may
    /// arrive twice, but it arrives.
    ///
    /// # Errors
    /// [`PublishError`].
    async fn publish(&self, topic: &str, batch: &[Arc<Envelope>]) -> Result<(), PublishError>;
}

/// Whether another try may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// It may: the message is tried again after 1, 2 and 4 seconds.
    Transient,
    /// It will not: the message becomes a dead letter at once.
    Invalid,
}

/// A message that could not be handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its index in the batch.
    pub index: usize,
    /// Whether to try again.
    pub kind: FailureKind,
    /// What was wrong, for operators.
    pub error: String,
}

/// Why a batch was not handled, or not all of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandleError {
    /// The handler's database cannot be reached. Nothing was done and nothing counts; the consumer waits.
    #[error("messages cannot be handled now")]
    Unavailable(#[source] Cause),
    /// These messages failed; all others were handled for good.
    #[error("{} messages failed", .0.len())]
    Failed(Vec<Failure>),
    /// Nothing was done, and it is unknown which message is at fault: each message is tried alone.
    #[error("the batch failed")]
    Batch(#[source] Cause),
}

/// Handles the messages of one consumer group.
///
/// A message may come again: the handler records it and handles it in one transaction, and does nothing the second time
/// (MSG-001).
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// The consumer group's name in the contract.
    fn group(&self) -> &str;

    /// The topics that the group subscribes to.
    fn topics(&self) -> &[&str];

    /// Whether it receives messages of this kind; others become dead letters. All kinds of its topics: one that means nothing
    /// to it is received, and nothing is done.
    fn knows(&self, event_type: &str) -> bool {
        self.topics().iter().any(|topic| topic::carries(topic, event_type))
    }

    /// Where the group's own database says that it goes on, written with the effect of what it has had. A broker that
    /// keeps messages begins there where its own count is further: a database that was put back to an older copy hears again
    /// what it has lost (amendments, hole 8). None: the broker's count is all there is. The bus of one process never asks.
    ///
    /// `counted`: how far the broker has counted of the partitions that were assigned, 0 where it has no count. A group that
    /// keeps places notes those of which it has none, before it hears a message of them, and answers all of its own; so every
    /// copy of its database from then on says where to go back to. A group that keeps none answers nothing.
    ///
    /// # Errors
    /// [`HandleError::Unavailable`].
    async fn places(&self, counted: &[Place]) -> Result<Vec<Place>, HandleError> {
        let _ = counted;
        Ok(Vec::new())
    }

    /// Notes how far the group has read where messages became dead letters, which it may never have had: without it they would
    /// come again, and become dead letters once more, whenever their partition is assigned. Called when all of their batch is done.
    ///
    /// # Errors
    /// [`HandleError::Unavailable`].
    async fn went_past(&self, reached: &[Place]) -> Result<(), HandleError> {
        let _ = reached;
        Ok(())
    }

    /// Handles up to [`crate::BATCH_MAX`] messages in order.
    ///
    /// # Errors
    /// [`HandleError`].
    async fn handle(&self, batch: &[Message]) -> Result<(), HandleError>;
}
