//! News of what this process has committed, and of messages that others have, so that nobody waits for a timer.

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
    /// Another process has said that it wrote messages.
    told: Arc<Notify>,
    /// Whether what others say is heard.
    is_heard: Arc<AtomicBool>,
}

impl Default for Commits {
    fn default() -> Self {
        Self {
            messages: Arc::default(),
            processed: watch::Sender::new(()),
            told: Arc::default(),
            is_heard: Arc::default(),
        }
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

    /// Another process has written messages.
    pub fn told(&self) {
        self.told.notify_one();
    }

    /// Ends when another process has said that it wrote messages, since the last call ended.
    pub async fn heard(&self) {
        self.told.notified().await;
    }

    /// Messages may have been missed before the first, and after the last that were heard: who waits looks again.
    pub fn set_heard(&self, is_heard: bool) {
        if self.is_heard.swap(is_heard, Ordering::Relaxed) != is_heard {
            self.told();
        }
    }

    pub fn is_heard(&self) -> bool {
        self.is_heard.load(Ordering::Relaxed)
    }
}
