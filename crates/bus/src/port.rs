//! What a bus promises to those who publish, and what it asks of those who listen.

use crate::message::Message;
use async_trait::async_trait;
use domain::message::Envelope;
use std::sync::Arc;

/// A message that the broker would not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedMessage {
    /// Its place in the batch.
    pub index: usize,
    /// What the broker said.
    pub error: String,
}

/// Why a batch was not published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// Nobody can be reached. Any part of the batch may have been taken; publish it again later. Does not count.
    #[error("the bus can not be reached: {0}")]
    Away(String),
    /// These were refused, all others were taken. Counts.
    #[error("{} messages were refused", .0.len())]
    Refused(Vec<RefusedMessage>),
}

/// Takes messages to whoever listens.
#[async_trait]
pub trait Publisher: Send + Sync + 'static {
    /// Publishes up to [`crate::BATCH_MAX`] messages in order. `Ok`: every one is where it can not be lost. A message
    /// may arrive twice, never not at all.
    async fn publish(&self, topic: &str, batch: &[Arc<Envelope>]) -> Result<(), PublishError>;
}

/// Whether trying again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// It may: tried again after 1, 2 and 4 seconds.
    Transient,
    /// It will not: to the dead letters at once.
    Invalid,
}

/// A message that could not be dealt with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its place in the batch.
    pub index: usize,
    /// Whether to try again.
    pub kind: FailureKind,
    /// What was wrong, for operators.
    pub error: String,
}

/// Why a batch was not dealt with, or not all of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandleError {
    /// The handler's database can not be reached: nothing was done, nothing counts, the consumer waits.
    #[error("can not be dealt with now: {0}")]
    Away(String),
    /// These failed; all others were dealt with, for good.
    #[error("{} messages failed", .0.len())]
    Failed(Vec<Failure>),
    /// Nothing was done, and nobody knows whose fault it is: each message is tried alone.
    #[error("the batch failed: {0}")]
    Batch(String),
}

/// Deals with messages.
///
/// A message may come again: the handler records it and deals with it in one transaction, and does nothing the second
/// time (MSG-001).
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// The consumer group's name in the contract.
    fn group(&self) -> &str;

    /// Which topics it listens to.
    fn topics(&self) -> &[&str];

    /// Whether it deals with such messages; others are dead letters.
    fn knows(&self, event_type: &str) -> bool;

    /// Deals with up to [`crate::BATCH_MAX`] messages in order.
    async fn handle(&self, batch: &[Message]) -> Result<(), HandleError>;
}
