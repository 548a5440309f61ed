//! The threads of the engines.

use std::thread::JoinHandle;

/// A thread that is joined when the last user of its engine goes, so that a folder can be opened again at once.
pub(super) struct JoinedThread(Option<JoinHandle<()>>);

impl JoinedThread {
    /// Joins `thread` on drop. The sender whose end stops the thread must be dropped before.
    pub fn new(thread: JoinHandle<()>) -> Self {
        Self(Some(thread))
    }
}

impl Drop for JoinedThread {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            let _ = thread.join();
        }
    }
}
