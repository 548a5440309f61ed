//! Group commit: one thread writes what many calls changed in one transaction, and all of them are answered when it is on
//! the disk. The longer a flush takes, the more calls share the next one.
//!
//! Records that cannot be written stay here until they can be: the state in memory is not undone, but nothing new is
//! decided before the journal has caught up, and no caller is told of what the journal lacks.

use super::file::{JournalError, NotKept};
use super::thread::JoinedThread;
use crate::port::HotError;
use arc_swap::ArcSwapOption;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Most records that wait for the disk; past that, calls are refused with [`HotError::Unavailable`].
const RECORDS_WAITING_MAX: usize = 8_192;
/// Most changes written before a flush, except that the last record may exceed it: bounds the wait of the first caller.
const ROUND_CHANGES_MAX: usize = 8_192;

/// A journal that is written in groups of records.
pub(super) trait GroupJournal: Send + 'static {
    /// What one call changed: written as a whole, in the order of all records.
    type Record: Send;

    /// The name of the journal in log lines.
    const NAME: &'static str;
    /// The name of the thread that writes; at most 15 bytes.
    const THREAD: &'static str;

    /// How many changes the record has. A record without changes is not written: its caller only waits until all
    /// records before it are on the disk.
    fn changes(record: &Self::Record) -> usize;

    /// Writes all records in their order, or none: on the disk when this returns.
    fn write(&self, records: &[Self::Record]) -> Result<(), NotKept>;

    /// Looks whether records could be written; on the disk when this returns.
    fn check(&self) -> Result<(), NotKept>;

    /// Called once for each record when it is on the disk, before its caller is answered.
    fn written(record: Self::Record);
}

/// Answers a call when its record, and every record before it, is on the disk.
pub(super) type Answer = oneshot::Sender<Result<(), HotError>>;
/// Why nothing can be decided; `None` while the journal can be written.
type Failing = Arc<ArcSwapOption<HotError>>;
/// Room for one message to the writer.
pub(super) type Permit<'a, J> = mpsc::Permit<'a, Message<J>>;

/// A message to the writer.
pub(super) enum Message<J: GroupJournal> {
    /// What a call changed. The answer is for a call that waits until it is on the disk.
    Record(J::Record, Option<Answer>),
    /// Try again to write what could not be written.
    Retry(Answer),
    /// Look whether anything can be written.
    Check(Answer),
}

/// The handle of the writer. The last clone dropped stops the thread, after everything is written.
pub(super) struct Writer<J: GroupJournal> {
    messages: mpsc::Sender<Message<J>>,
    failing: Failing,
    thread: Arc<JoinedThread>,
}

impl<J: GroupJournal> Clone for Writer<J> {
    fn clone(&self) -> Self {
        Self { messages: self.messages.clone(), failing: self.failing.clone(), thread: self.thread.clone() }
    }
}

impl<J: GroupJournal> Writer<J> {
    /// Starts the thread.
    pub fn start(journal: J) -> Result<Self, JournalError> {
        let (messages, received) = mpsc::channel(RECORDS_WAITING_MAX);
        let failing = Failing::default();
        let rounds = Rounds {
            journal,
            backlog: Vec::new(),
            waiting: Vec::new(),
            failing: failing.clone(),
            broken: false,
            is_asked: false,
        };
        let thread = std::thread::Builder::new().name(J::THREAD.into()).spawn(move || rounds.run(received))?;
        Ok(Self { messages, failing, thread: Arc::new(JoinedThread::new(thread)) })
    }

    /// Whether the thread has ended: it panicked, and nothing is written until the journal is opened again.
    pub fn has_failed(&self) -> bool {
        self.thread.has_ended()
    }

    /// Whether new changes may be decided.
    ///
    /// # Errors
    /// [`HotError::Unavailable`] while the journal cannot be written.
    pub fn may_change(&self) -> Result<(), HotError> {
        self.failing.load().as_ref().map_or(Ok(()), |why| Err(HotError::clone(why)))
    }

    /// Reserves room for one message.
    ///
    /// # Errors
    /// [`HotError::Unavailable`] when too many records wait, or the writer has stopped.
    pub fn permit(&self) -> Result<Permit<'_, J>, HotError> {
        self.messages.try_reserve().map_err(|error| match error {
            mpsc::error::TrySendError::Full(()) => HotError::unavailable("too many changes wait for the disk"),
            mpsc::error::TrySendError::Closed(()) => HotError::unavailable("the writer stopped"),
        })
    }

    /// Has the writer try once more when writing has failed. Costs nothing while the journal can be written.
    pub async fn catch_up(&self) {
        if self.may_change().is_err() {
            let _ = self.ask(Message::Retry).await;
        }
    }

    /// Has the writer look whether anything can be written. What waits to be written is tried first.
    ///
    /// # Errors
    /// [`HotError::Unavailable`] when it cannot, or too many records wait.
    pub async fn check(&self) -> Result<(), HotError> {
        self.ask(Message::Check).await
    }

    async fn ask(&self, message: impl FnOnce(Answer) -> Message<J>) -> Result<(), HotError> {
        let (answer, received) = oneshot::channel();
        self.permit()?.send(message(answer));
        received.await.unwrap_or_else(|_| Err(HotError::unavailable("the writer stopped")))
    }
}

/// The state of the thread.
struct Rounds<J: GroupJournal> {
    journal: J,
    /// Records that are not on the disk yet.
    backlog: Vec<J::Record>,
    waiting: Vec<Waiting>,
    failing: Failing,
    /// The disk gave an answer that cannot be trusted: only a restart, which reads the journal again, tells what it has.
    broken: bool,
    /// Somebody asks whether anything can be written.
    is_asked: bool,
}

struct Waiting {
    answer: Answer,
    /// Whether the call waits for a change of its own, which has been decided and stays decided.
    has_changes: bool,
}

impl<J: GroupJournal> Rounds<J> {
    /// Writes until every handle is dropped.
    fn run(mut self, mut messages: mpsc::Receiver<Message<J>>) {
        while let Some(first) = messages.blocking_recv() {
            let mut changes = self.take(first);
            while changes < ROUND_CHANGES_MAX
                && let Ok(next) = messages.try_recv()
            {
                changes += self.take(next);
            }
            self.answer();
        }
    }

    fn take(&mut self, message: Message<J>) -> usize {
        match message {
            Message::Retry(answer) => {
                self.waiting.push(Waiting { answer, has_changes: false });
                0
            }
            Message::Check(answer) => {
                self.waiting.push(Waiting { answer, has_changes: false });
                self.is_asked = true;
                0
            }
            Message::Record(record, answer) => {
                let changes = J::changes(&record);
                self.waiting.extend(answer.map(|answer| Waiting { answer, has_changes: changes > 0 }));
                if changes > 0 {
                    self.backlog.push(record);
                }
                changes
            }
        }
    }

    fn answer(&mut self) {
        let is_asked = std::mem::take(&mut self.is_asked);
        let written = self.write(is_asked);
        for Waiting { answer, has_changes } in self.waiting.drain(..) {
            let result = match &written {
                Err(error) if has_changes => Err(error.clone().into_unknown()),
                other => other.clone(),
            };
            let _ = answer.send(result);
        }
    }

    fn write(&mut self, is_asked: bool) -> Result<(), HotError> {
        if self.broken {
            return self.failing.load().as_ref().map_or(Ok(()), |why| Err(HotError::clone(why)));
        }
        if self.backlog.is_empty() && !is_asked {
            return Ok(());
        }
        let written = if self.backlog.is_empty() { self.journal.check() } else { self.journal.write(&self.backlog) };
        match written {
            Ok(()) => {
                self.backlog.drain(..).for_each(J::written);
                if self.failing.swap(None).is_some() {
                    tracing::warn!(journal = J::NAME, "the journal can be written again");
                }
                Ok(())
            }
            Err(NotKept { error, certain }) => {
                self.broken = !certain;
                Err(self.fail(error))
            }
        }
    }

    /// Logs once when writing begins to fail: until it works again there may be a million refusals.
    fn fail(&self, error: JournalError) -> HotError {
        let error = if self.broken {
            HotError::unavailable(format!("the journal's disk failed ({error}); check it and restart")).because(error)
        } else {
            HotError::unavailable(error.to_string()).because(error)
        };
        let before = self.failing.swap(Some(Arc::new(error.clone())));
        if self.broken {
            tracing::error!(
                journal = J::NAME,
                why = error.reason(),
                "the journal's disk cannot be trusted; nothing is decided until the program is restarted"
            );
        } else if before.is_none() {
            tracing::error!(
                journal = J::NAME,
                why = error.reason(),
                "the journal cannot be written; nothing is decided until it can be"
            );
        }
        error
    }
}
