//! The one thread that writes places: what many calls changed goes into one transaction, and all of them hear that it is
//! on the disk. The longer a flush takes, the more share the next one.
//!
//! What can not be written stays here until it can: a line is not undone, but nothing new is decided before its journal
//! has caught up, and nobody hears of what it lacks.

use super::super::thread::JoinedThread;
use super::change::{Answer, Record};
use super::journal::LinesJournal;
use crate::embedded::JournalError;
use crate::port::HotError;
use arc_swap::ArcSwapOption;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Most calls whose changes wait for the disk; past that callers hear that nothing can be decided right now.
const RECORDS_WAITING_MAX: usize = 8_192;
/// Most changes written before a flush, the last record's beyond it: bounds the wait of the first.
const ROUND_CHANGES_MAX: usize = 8_192;

/// Why nothing can be decided; none while all is well.
type Failing = Arc<ArcSwapOption<String>>;
/// Room for one record.
pub(super) type Permit<'a> = mpsc::Permit<'a, Message>;

/// What the writer is handed.
pub(super) enum Message {
    /// What a call changed, or waits for.
    Record(Record),
    /// Whether what could not be written can be now.
    Retry(Answer),
}

/// The way to the writer. The last clone dropped stops it, when everything is written.
#[derive(Clone)]
pub(super) struct Writer {
    messages: mpsc::Sender<Message>,
    failing: Failing,
    _thread: Arc<JoinedThread>,
}

impl Writer {
    /// Starts the thread.
    pub fn start(journal: LinesJournal) -> Result<Self, JournalError> {
        let (messages, received) = mpsc::channel(RECORDS_WAITING_MAX);
        let failing = Failing::default();
        let rounds =
            Rounds { journal, backlog: Vec::new(), waiting: Vec::new(), failing: failing.clone(), broken: false };
        let thread = std::thread::Builder::new().name("line-writer".into()).spawn(move || rounds.run(received))?;
        Ok(Self { messages, failing, _thread: Arc::new(JoinedThread::new(thread)) })
    }

    /// Whether lines may be changed.
    pub fn may_change(&self) -> Result<(), HotError> {
        match &*self.failing.load() {
            Some(why) => Err(HotError::Unavailable(why.to_string())),
            None => Ok(()),
        }
    }

    /// Room for one message.
    pub fn permit(&self) -> Result<Permit<'_>, HotError> {
        self.messages.try_reserve().map_err(|error| match error {
            mpsc::error::TrySendError::Full(()) => HotError::Unavailable("too many changes wait for the disk".into()),
            mpsc::error::TrySendError::Closed(()) => HotError::Unavailable("the writer stopped".into()),
        })
    }

    /// Where writing has failed, has it tried once more. Costs nothing while all is well.
    pub async fn catch_up(&self) {
        if self.may_change().is_ok() {
            return;
        }
        let (answer, heard) = oneshot::channel();
        if let Ok(permit) = self.permit() {
            permit.send(Message::Retry(answer));
            let _ = heard.await;
        }
    }
}

/// The thread's own.
struct Rounds {
    journal: LinesJournal,
    /// What is not on the disk yet.
    backlog: Vec<Record>,
    waiting: Vec<Waiting>,
    failing: Failing,
    /// The disk gave an answer that can not be trusted: only a restart, which reads it again, tells.
    broken: bool,
}

struct Waiting {
    answer: Answer,
    /// Whether it waits for a change of its own, which has been decided and stays decided.
    has_changes: bool,
}

impl Rounds {
    /// Writes until every caller is gone.
    fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        while let Some(first) = messages.blocking_recv() {
            let mut changes = self.take(first);
            while changes < ROUND_CHANGES_MAX
                && let Ok(next) = messages.try_recv()
            {
                changes += self.take(next);
            }
            self.keep();
        }
    }

    fn take(&mut self, message: Message) -> usize {
        match message {
            Message::Retry(answer) => {
                self.waiting.push(Waiting { answer, has_changes: false });
                0
            }
            Message::Record(mut record) => {
                let changes = record.changes.len();
                let waiting = record.answer.take().map(|answer| Waiting { answer, has_changes: changes > 0 });
                self.waiting.extend(waiting);
                if changes > 0 {
                    self.backlog.push(record);
                }
                changes
            }
        }
    }

    fn keep(&mut self) {
        let kept = self.write();
        for Waiting { answer, has_changes } in self.waiting.drain(..) {
            let heard = match &kept {
                Err(why) if has_changes => Err(HotError::Unknown(why.clone())),
                Err(why) => Err(HotError::Unavailable(why.clone())),
                Ok(()) => Ok(()),
            };
            let _ = answer.send(heard);
        }
    }

    fn write(&mut self) -> Result<(), String> {
        if self.broken {
            return Err(self.failing.load().as_ref().map(|why| why.to_string()).unwrap_or_default());
        }
        if self.backlog.is_empty() {
            return Ok(());
        }
        match self.journal.keep(&self.backlog) {
            Ok(()) => {
                self.backlog.drain(..).for_each(|record| record.slot.keep(record.number));
                if self.failing.swap(None).is_some() {
                    tracing::warn!("places are kept again");
                }
                Ok(())
            }
            Err(not_kept) => {
                self.broken = !not_kept.certain;
                Err(self.fail(&not_kept.error))
            }
        }
    }

    /// Says once when keeping begins to fail: until it works again there may be a million refusals.
    fn fail(&self, error: &JournalError) -> String {
        let why = if self.broken {
            format!("the journal's disk failed ({error}); check it and restart")
        } else {
            error.to_string()
        };
        let before = self.failing.swap(Some(Arc::new(why.clone())));
        if self.broken {
            tracing::error!(
                why,
                "the journal's disk can not be trusted; lines stand still until the program is restarted"
            );
        } else if before.is_none() {
            tracing::error!(why, "places can not be kept; lines stand still until they can");
        }
        why
    }
}
