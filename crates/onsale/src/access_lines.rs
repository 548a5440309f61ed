//! The lines of the access log, written by a thread of their own.
//!
//! A response must not pay for a system call of its line, nor wait for a reader of the log that has stalled. The lines wait
//! in a bounded queue; when it is full, further ones are left out and counted. All other lines, which tell what is wrong,
//! are written at once.

use metrics::counter;
use std::io::{self, BufWriter, Write};
use std::time::Duration;
use tracing::Metadata;
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::fmt::MakeWriter;

/// Lines that may wait to be written.
const LINES_MAX: usize = 65_536;
/// The thread writes at most so many bytes at once.
const BUFFER_BYTES: usize = 64 * 1024;
/// The target of the lines.
const TARGET: &str = "access";
/// How often lines that were left out are counted.
const COUNT_EVERY: Duration = Duration::from_secs(5);

/// The thread that writes. Dropping it writes what waits.
pub struct AccessLines {
    _thread: WorkerGuard,
    left_out: ErrorCounter,
}

/// A writer of all lines to `direct`, those of the access log by a thread.
pub fn begin<W: Write + Send + 'static, D: Fn() -> W>(direct: D) -> (AccessLines, Lines<D>) {
    let buffered = BufWriter::with_capacity(BUFFER_BYTES, direct());
    let builder = NonBlockingBuilder::default().buffered_lines_limit(LINES_MAX).lossy(true).thread_name("access log");
    let (queue, thread) = builder.finish(buffered);
    let left_out = queue.error_counter();
    (AccessLines { _thread: thread, left_out }, Lines { direct, queue })
}

impl AccessLines {
    /// The lines that are left out.
    pub fn left_out(&self) -> LeftOut {
        LeftOut(self.left_out.clone())
    }
}

/// The number of lines that were left out because too many waited.
#[derive(Clone, Debug)]
pub struct LeftOut(ErrorCounter);

impl LeftOut {
    /// Keeps `onsale_log_lines_left_out_total`. Never ends.
    pub async fn count(self) {
        let mut ticks = tokio::time::interval(COUNT_EVERY);
        loop {
            ticks.tick().await;
            counter!("onsale_log_lines_left_out_total").absolute(self.0.dropped_lines() as u64);
        }
    }
}

/// Makes the writers of lines.
#[derive(Clone, Debug)]
pub struct Lines<D> {
    direct: D,
    queue: NonBlocking,
}

/// The writer of one line.
#[derive(Debug)]
pub enum LineTo<W> {
    /// It is written at once.
    Direct(W),
    /// It is queued.
    Queue(NonBlocking),
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
            Self::Queue(queue) => queue.write(line),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Direct(writer) => writer.flush(),
            Self::Queue(queue) => queue.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Arc, Mutex, PoisonError};

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

    #[test]
    fn a_stalled_reader_of_the_log_holds_nobody_and_costs_only_lines() {
        let ((begun, has_begun), (go, go_on)) = (channel(), channel());
        let written = Arc::new(Mutex::new(Vec::new()));
        let writer = Stalling { begun, go_on: Arc::new(Mutex::new(go_on)), written: written.clone() };
        let (thread, lines) = begin(move || writer.clone());
        let write = || lines.queue.clone().write_all(b"line\n").expect("never fails");
        write();
        has_begun.recv().expect("the thread writes");
        for _ in 0..2 * LINES_MAX {
            write();
        }
        assert!(thread.left_out.dropped_lines() >= LINES_MAX, "{}", thread.left_out.dropped_lines());
        drop(go);
        drop(thread);
        let written = written.lock().expect("not poisoned").len() / 5;
        assert!((1..=2 * LINES_MAX).contains(&written), "{written}");
    }
}
