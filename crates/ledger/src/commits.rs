//! News of what this process has committed, so that nobody waits for a timer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{Notify, watch};

/// What a change has written that somebody may wait for.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// Rows of the outbox.
    messages: AtomicBool,
    /// The record of messages that were processed.
    processed: AtomicBool,
}

impl Written {
    /// The change has written to the outbox.
    pub fn messages(&self) {
        self.messages.store(true, Ordering::Relaxed);
    }

    /// The change is that of a consumer.
    pub fn processed(&self) {
        self.processed.store(true, Ordering::Relaxed);
    }
}

/// Commits of one pool of connections. Cheap to clone; clones share the news.
#[derive(Clone, Debug)]
pub(crate) struct Commits {
    messages: Arc<Notify>,
    processed: watch::Sender<()>,
}

impl Default for Commits {
    fn default() -> Self {
        Self { messages: Arc::default(), processed: watch::Sender::new(()) }
    }
}

impl Commits {
    /// A change is stored.
    pub fn tell(&self, written: &Written) {
        if written.messages.load(Ordering::Relaxed) {
            self.messages.notify_one();
        }
        if written.processed.load(Ordering::Relaxed) {
            self.processed.send_replace(());
        }
    }

    /// Of every consumer's commit from now on.
    pub fn processed(&self) -> watch::Receiver<()> {
        self.processed.subscribe()
    }

    /// Ends when messages were committed since the last call ended.
    pub async fn messages(&self) {
        self.messages.notified().await;
    }
}
