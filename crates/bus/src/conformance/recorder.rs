//! A handler that records its messages.

use crate::BATCH_MAX;
use crate::message::Message;
use crate::port::{HandleError, Handler};
use async_trait::async_trait;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The kind of all messages that the handler knows.
pub(super) const KIND: &str = "CouponIssued";

/// The answer to a batch, by the messages' numbers. Called once a try.
type Answer = Box<dyn Fn(&[u64]) -> Result<(), HandleError> + Send + Sync>;

/// A handler that records its messages and returns scripted answers.
pub(super) struct Recorder {
    group: String,
    topics: [&'static str; 1],
    answer: Answer,
    /// While true, the handler waits before it answers.
    hold: watch::Sender<bool>,
    records: Mutex<Records>,
}

#[derive(Default)]
struct Records {
    tried: Vec<u64>,
    handled: Vec<u64>,
}

impl Recorder {
    pub fn new(
        group: &str,
        topic: &'static str,
        answer: impl Fn(&[u64]) -> Result<(), HandleError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            group: group.to_owned(),
            topics: [topic],
            answer: Box::new(answer),
            hold: watch::Sender::new(false),
            records: Mutex::default(),
        })
    }

    /// Makes later calls wait (true), or lets all calls go on (false).
    pub fn hold(&self, hold: bool) {
        self.hold.send_replace(hold);
    }

    /// The numbers of the messages of every call, in order.
    pub fn tried(&self) -> Vec<u64> {
        self.records().tried.clone()
    }

    /// How often this message was tried.
    pub fn tries_of(&self, number: u64) -> usize {
        self.records().tried.iter().filter(|tried| **tried == number).count()
    }

    /// The numbers of the handled messages, in order.
    pub fn handled(&self) -> Vec<u64> {
        self.records().handled.clone()
    }

    /// The handled numbers in ascending order, each once.
    pub fn handled_set(&self) -> Vec<u64> {
        let mut numbers = self.handled();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Handler for Recorder {
    fn group(&self) -> &str {
        &self.group
    }

    fn topics(&self) -> &[&str] {
        &self.topics
    }

    fn knows(&self, event_type: &str) -> bool {
        event_type == KIND
    }

    async fn handle(&self, batch: &[Message]) -> Result<(), HandleError> {
        assert!(!batch.is_empty() && batch.len() <= BATCH_MAX, "a batch of {} messages", batch.len());
        let numbers: Vec<u64> = batch.iter().map(|message| message.envelope.event_id.as_u64_pair().1).collect();
        self.records().tried.extend(&numbers);
        // The sender lives as long as this handler, so waiting cannot fail.
        let _ = self.hold.subscribe().wait_for(|hold| !*hold).await;
        let answer = (self.answer)(&numbers);
        let failed = |index: usize| match &answer {
            Ok(()) => false,
            Err(HandleError::Failed(failures)) => failures.iter().any(|failure| failure.index == index),
            Err(HandleError::Unavailable(_) | HandleError::Batch(_)) => true,
        };
        let handled = numbers.iter().enumerate().filter(|(index, _)| !failed(*index)).map(|(_, number)| *number);
        self.records().handled.extend(handled);
        answer
    }
}
