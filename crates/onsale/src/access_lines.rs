//! The lines of the access log, written by a thread of their own.
//!
//! A response must not pay for a system call of its line, nor wait for a reader of the log that has stalled. The lines wait
//! in a bounded buffer; when it is full, further ones are left out and counted. The thread is woken by the first line alone and
//! gathers those of a moment: on a busy server waking it for each cost a tenth of a request. All other lines, which tell what is
//! wrong, are written at once.

use metrics::counter;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

/// Bytes of lines that may wait to be written: some seconds of a busy server.
const WAITING_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long lines are gathered before they are written together.
const GATHER: Duration = Duration::from_millis(10);
/// How long the end waits for a reader of the log that has stalled.
const END_LIMIT: Duration = Duration::from_secs(1);
/// The target of the lines.
const TARGET: &str = "access";
/// How often lines that were left out are counted.
const COUNT_EVERY: Duration = Duration::from_secs(5);

/// Lines on their way to the thread.
#[derive(Debug, Default)]
pub struct Queue {
    state: Mutex<State>,
    /// A first line, the end, or all is written.
    changed: Condvar,
    left_out: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<u8>,
    /// No further line comes.
    is_over: bool,
    /// The thread has written all and has ended.
    is_done: bool,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, line: &[u8]) {
        let mut state = self.state();
        if state.is_over || state.lines.len() + line.len() > WAITING_BYTES_MAX {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let is_first = state.lines.is_empty();
        state.lines.extend_from_slice(line);
        drop(state);
        if is_first {
            self.changed.notify_all();
        }
    }

    /// Writes until the end.
    fn write_all(&self, mut writer: impl Write) {
        let mut lines = Vec::new();
        loop {
            let state = self.changed.wait_while(self.state(), |state| state.lines.is_empty() && !state.is_over);
            let is_over = state.unwrap_or_else(PoisonError::into_inner).is_over;
            if !is_over {
                std::thread::sleep(GATHER);
            }
            // The two buffers change places: neither is made anew.
            std::mem::swap(&mut lines, &mut self.state().lines);
            // Nobody is there to be told that the log cannot be written.
            let _ = writer.write_all(&lines).and_then(|()| writer.flush());
            lines.clear();
            lines.shrink_to(WAITING_BYTES_MAX / 16);
            if is_over {
                break;
            }
        }
        self.state().is_done = true;
        self.changed.notify_all();
    }
}

/// The thread that writes. Dropping it writes what waits.
pub struct AccessLines(Arc<Queue>);

/// A writer of all lines to `direct`, those of the access log by a thread.
///
/// # Errors
/// When the thread cannot be started.
pub fn begin<W: Write + Send + 'static, D: Fn() -> W>(direct: D) -> io::Result<(AccessLines, Lines<D>)> {
    let queue = Arc::<Queue>::default();
    let (writer, of_thread) = (direct(), queue.clone());
    std::thread::Builder::new().name("access log".to_owned()).spawn(move || of_thread.write_all(writer))?;
    Ok((AccessLines(queue.clone()), Lines { direct, queue }))
}

impl AccessLines {
    /// The lines that are left out.
    pub fn left_out(&self) -> LeftOut {
        LeftOut(self.0.clone())
    }
}

impl Drop for AccessLines {
    fn drop(&mut self) {
        self.0.state().is_over = true;
        self.0.changed.notify_all();
        let _ = self.0.changed.wait_timeout_while(self.0.state(), END_LIMIT, |state| !state.is_done);
    }
}

/// The number of lines that were left out because too many waited.
#[derive(Clone, Debug)]
pub struct LeftOut(Arc<Queue>);

impl LeftOut {
    /// Keeps `onsale_log_lines_left_out_total`. Never ends.
    pub async fn count(self) {
        let mut ticks = tokio::time::interval(COUNT_EVERY);
        loop {
            ticks.tick().await;
            counter!("onsale_log_lines_left_out_total").absolute(self.0.left_out.load(Ordering::Relaxed));
        }
    }
}

/// Makes the writers of lines.
#[derive(Clone, Debug)]
pub struct Lines<D> {
    direct: D,
    queue: Arc<Queue>,
}

/// The writer of one line.
#[derive(Debug)]
pub enum LineTo<W> {
    /// It is written at once.
    Direct(W),
    /// It is queued; each write is a whole line.
    Queue(Arc<Queue>),
}

impl<'a, W: Write, D: Fn() -> W> MakeWriter<'a> for Lines<D> {
    type Writer = LineTo<W>;

    fn make_writer(&'a self) -> Self::Writer {
        LineTo::Direct((self.direct)())
    }

    fn make_writer_for(&'a self, line: &Metadata<'_>) -> Self::Writer {
        if line.target() == TARGET { LineTo::Queue(self.queue.clone()) } else { self.make_writer() }
    }
}

impl<W: Write> Write for LineTo<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match self {
            Self::Direct(writer) => writer.write(line),
            Self::Queue(queue) => {
                queue.push(line);
                Ok(line.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Direct(writer) => writer.flush(),
            Self::Queue(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// Tells that a write has begun, and waits until it may go on.
    #[derive(Clone)]
    struct Stalling {
        begun: Sender<()>,
        go_on: Arc<Mutex<Receiver<()>>>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Stalling {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.begun.send(());
            let _ = self.go_on.lock().unwrap_or_else(PoisonError::into_inner).recv();
            self.written.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A busy machine may take longer than the end waits.
    fn wait_until_done(queue: &Queue) {
        let limit = Duration::from_secs(60);
        let (state, _) = queue
            .changed
            .wait_timeout_while(queue.state(), limit, |state| !state.is_done)
            .unwrap_or_else(PoisonError::into_inner);
        assert!(state.is_done, "the thread has not ended within a minute");
    }

    #[test]
    fn a_stalled_reader_of_the_log_holds_nobody_and_costs_only_lines() {
        let ((begun, has_begun), (go, go_on)) = (channel(), channel());
        let written = Arc::new(Mutex::new(Vec::new()));
        let writer = Stalling { begun, go_on: Arc::new(Mutex::new(go_on)), written: written.clone() };
        let (thread, lines) = begin(move || writer.clone()).expect("started");
        lines.queue.push(b"first\n");
        has_begun.recv().expect("the thread writes");
        let (line, fitting) = (vec![b'x'; 1024 * 1024], WAITING_BYTES_MAX / (1024 * 1024));
        for _ in 0..2 * fitting {
            lines.queue.push(&line);
        }
        assert_eq!(thread.left_out().0.left_out.load(Ordering::Relaxed), fitting as u64);
        drop(go);
        drop(thread);
        wait_until_done(&lines.queue);
        let written = written.lock().expect("not poisoned");
        assert_eq!(written.len(), b"first\n".len() + fitting * line.len());
        assert!(written.starts_with(b"first\nx"), "in order");
    }

    #[test]
    fn what_waits_at_the_end_is_written_and_nothing_after_it() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let (begun, _has_begun) = channel();
        let (go, go_on) = channel();
        drop(go);
        let writer = Stalling { begun, go_on: Arc::new(Mutex::new(go_on)), written: written.clone() };
        let (thread, lines) = begin(move || writer.clone()).expect("started");
        for number in 0..1_000 {
            lines.queue.push(format!("{number}\n").as_bytes());
        }
        drop(thread);
        lines.queue.push(b"late\n");
        wait_until_done(&lines.queue);
        let expected: String = (0..1_000).map(|number| format!("{number}\n")).collect();
        assert_eq!(String::from_utf8_lossy(&written.lock().expect("not poisoned")), expected);
    }
}
