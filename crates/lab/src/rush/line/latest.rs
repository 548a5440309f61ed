//! The newest public document, shared by all users.

use super::replies::Document;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Shared by the users, the meter and the streams.
#[derive(Default)]
pub(super) struct Latest {
    document: RwLock<Arc<Document>>,
    is_streamed: AtomicBool,
}

impl Latest {
    pub(super) fn document(&self) -> Arc<Document> {
        self.document.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ignores older documents, because caches may respond out of order.
    pub(super) fn put(&self, document: Document) {
        let mut held = self.document.write().unwrap_or_else(PoisonError::into_inner);
        if document.serving >= held.serving {
            *held = Arc::new(document);
        }
    }

    /// Whether streams deliver it.
    pub(super) fn is_streamed(&self) -> bool {
        self.is_streamed.load(Ordering::Relaxed)
    }

    /// Sets whether streams deliver it.
    pub(super) fn set_streamed(&self, is_streamed: bool) {
        self.is_streamed.store(is_streamed, Ordering::Relaxed);
    }
}
