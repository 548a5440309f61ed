//! The threads of the engines.

use std::thread::JoinHandle;

/// A thread that is joined when the last user of its engine goes, so that a folder can be opened again at once.
pub(super) struct JoinedThread(Option<JoinHandle<()>>);

impl JoinedThread {
    /// Joins `thread` on drop. The sender whose end stops the thread must be dropped before.
    pub fn new(thread: JoinHandle<()>) -> Self {
        Self(Some(thread))
    }

    /// Whether the thread has ended. While its engine is in use, only a panic ends it.
    pub fn has_ended(&self) -> bool {
        self.0.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for JoinedThread {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::{Duration, Instant};

    #[test]
    fn a_thread_that_panicked_has_ended() {
        let (plant, planted) = mpsc::channel();
        let thread = JoinedThread::new(std::thread::spawn(move || {
            let _: () = planted.recv().expect("a planted fault");
        }));
        assert!(!thread.has_ended());
        drop(plant);
        let begun = Instant::now();
        while !thread.has_ended() {
            assert!(begun.elapsed() < Duration::from_secs(60), "it goes on");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
