//! The newest public document that anybody here has.

use super::said::Document;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Shared by the crowd and those who watch beside it.
#[derive(Default)]
pub(super) struct Latest {
    document: RwLock<Arc<Document>>,
    is_streamed: AtomicBool,
}

impl Latest {
    pub(super) fn document(&self) -> Arc<Document> {
        self.document.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// An older one changes nothing: caches may answer out of order.
    pub(super) fn put(&self, document: Document) {
        let mut held = self.document.write().unwrap_or_else(PoisonError::into_inner);
        if document.serving >= held.serving {
            *held = Arc::new(document);
        }
    }

    /// Whether streams tell it.
    pub(super) fn is_streamed(&self) -> bool {
        self.is_streamed.load(Ordering::Relaxed)
    }

    /// Streams tell it, or do so no more.
    pub(super) fn set_streamed(&self, is_streamed: bool) {
        self.is_streamed.store(is_streamed, Ordering::Relaxed);
    }
}
