//! Group commit: the steps of many callers share a transaction and its flush.
//!
//! ```text
//! callers --step--> lane (bounded) --all that wait, in order--> one transaction: read, decide, write, COMMIT --> outcomes
//! ```
//!
//! - A caller hears the outcome of its own step, after the commit.
//! - While one batch is under way the next one gathers. There is no timer: a single caller waits for nobody.
//! - A batch that the tables refuse is halved until the refused step stands alone. The others are stored.
//! - A batch that the database undoes for another change is decided again, as [`Ledger::change`] does.
//! - When the answer to a commit is lost, each caller of the batch hears [`LedgerError::Unavailable`]: its step may have
//!   been stored or not. Steps must be safe to repeat.
//! - The step of a caller that has gone before its batch began is not done.

use crate::calls;
use crate::change::Transaction;
use crate::connect::Ledger;
use crate::error::LedgerError;
use async_trait::async_trait;
use call::{Call, Entry};
use sea_orm::DbBackend;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Most steps of one transaction.
const BATCH_MAX: usize = 256;
/// Most steps that wait in a lane; a caller beyond that hears [`LedgerError::Unavailable`] at once.
const WAITING_MAX: usize = 4_096;
/// Transactions under way at the same time. SQLite has one writer.
const LANES: usize = 4;

/// A step that was asked for, and the call that asked.
#[derive(Debug)]
pub struct Asked<S> {
    /// The step.
    pub step: S,
    call: Option<Call>,
}

impl<S> Asked<S> {
    /// Whether an earlier run of the call has made the step: then it changes nothing now ([`call::Keyed::is_done`]).
    pub fn is_done(&self) -> bool {
        self.call.as_ref().and_then(Call::key).is_some_and(|keyed| keyed.is_done)
    }

    /// Marks the change as the effect of the call that asked: its `Idempotency-Key`, and the audit entry, if there is one.
    ///
    /// # Errors
    /// Those of [`calls::settle`].
    pub async fn settle(
        &self,
        change: &Transaction,
        entry: impl FnOnce(&S) -> Option<Entry> + Send,
    ) -> Result<(), LedgerError>
    where
        S: Sync,
    {
        let Some(call) = &self.call else { return Ok(()) };
        call::within(call.clone(), async { calls::settle(change, entry(&self.step).as_ref()).await }).await
    }
}

/// Steps that can be decided together.
#[async_trait]
pub trait Steps: Send + Sync + 'static {
    /// A step of one caller.
    type Step: Send + Sync + 'static;
    /// Its outcome; a refusal by the rules is one.
    type Outcome: Send + 'static;

    /// The name of the kind of steps in the metrics.
    const NAME: &'static str;

    /// Steps with the same key are decided in the order in which they came.
    fn key(step: &Self::Step) -> u64;

    /// Decides the steps as if one after the other, writes what follows, and returns an outcome a step. A step that changes
    /// something is settled with its call ([`Asked::settle`]). Does not commit.
    /// It may be called again with the same steps, in a new transaction, and must have no effect beside that transaction.
    ///
    /// # Errors
    /// [`LedgerError`]: nothing is stored.
    async fn decide(
        &self,
        change: &Transaction,
        steps: &[Asked<Self::Step>],
    ) -> Result<Vec<Self::Outcome>, LedgerError>;
}

/// A step that waits, and its caller.
struct Waiting<S: Steps> {
    asked: Asked<S::Step>,
    caller: oneshot::Sender<Result<S::Outcome, LedgerError>>,
}

/// The machine for one kind of steps. Cheap to clone; the lanes end with the last clone.
pub struct GroupCommit<S: Steps> {
    lanes: Arc<[mpsc::Sender<Waiting<S>>]>,
}

impl<S: Steps> Clone for GroupCommit<S> {
    fn clone(&self) -> Self {
        Self { lanes: self.lanes.clone() }
    }
}

impl<S: Steps> GroupCommit<S> {
    /// Starts the lanes. Needs a tokio runtime.
    pub fn start(ledger: &Ledger, steps: S) -> Self {
        let count = if ledger.database().backend == DbBackend::Sqlite { 1 } else { LANES };
        let steps = Arc::new(steps);
        let lane = |_| {
            let (sender, receiver) = mpsc::channel(WAITING_MAX);
            tokio::spawn(run_lane(Lane { ledger: ledger.clone(), steps: steps.clone() }, receiver));
            sender
        };
        Self { lanes: (0..count).map(lane).collect() }
    }

    /// Does one step, in a transaction with those of other callers.
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`]: too many steps wait, or the step may have been stored or not. Any other: it was not.
    pub async fn run(&self, step: S::Step) -> Result<S::Outcome, LedgerError> {
        let (caller, outcome) = oneshot::channel();
        let lane = S::key(&step) % self.lanes.len() as u64;
        let waiting = Waiting { asked: Asked { step, call: call::current() }, caller };
        let sent = self.lanes.get(lane as usize).map(|lane| lane.try_send(waiting));
        if !matches!(sent, Some(Ok(()))) {
            return Err(LedgerError::Unavailable("too many steps are waiting".into()));
        }
        outcome.await.unwrap_or_else(|_| Err(LedgerError::Unavailable("the step was broken off".into())))
    }
}

struct Lane<S: Steps> {
    ledger: Ledger,
    steps: Arc<S>,
}

async fn run_lane<S: Steps>(lane: Lane<S>, mut waiting: mpsc::Receiver<Waiting<S>>) {
    let lane = Arc::new(lane);
    let sizes = metrics::histogram!("onsale_ledger_group_size", "steps" => S::NAME);
    loop {
        let mut batch = Vec::new();
        if waiting.recv_many(&mut batch, BATCH_MAX).await == 0 {
            return;
        }
        batch.retain(|waiting| !waiting.caller.is_closed());
        if batch.is_empty() {
            continue;
        }
        sizes.record(batch.len() as f64);
        let lane = lane.clone();
        // A task of its own: a panic breaks off this batch, whose callers hear that, and not the lane.
        let _ = tokio::spawn(async move { lane.answer(batch).await }).await;
    }
}

impl<S: Steps> Lane<S> {
    async fn answer(&self, batch: Vec<Waiting<S>>) {
        let (steps, callers): (Vec<_>, Vec<_>) = batch.into_iter().map(|one| (one.asked, one.caller)).unzip();
        let mut callers = callers.into_iter();
        let mut parts = vec![&steps[..]];
        while let Some(part) = parts.pop() {
            match self.store(part).await {
                Ok(outcomes) => {
                    for (caller, outcome) in callers.by_ref().take(part.len()).zip(outcomes) {
                        let _ = caller.send(Ok(outcome));
                    }
                }
                Err(error) if part.len() > 1 && is_refusal(&error) => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
                Err(error) => {
                    for caller in callers.by_ref().take(part.len()) {
                        let _ = caller.send(Err(error.clone()));
                    }
                }
            }
        }
    }

    async fn store(&self, steps: &[Asked<S::Step>]) -> Result<Vec<S::Outcome>, LedgerError> {
        let decide_and_commit = async |change: Transaction| {
            let outcomes = self.steps.decide(&change, steps).await?;
            if outcomes.len() != steps.len() {
                let counts = format!("{} outcomes for {} steps of {}", outcomes.len(), steps.len(), S::NAME);
                return Err(LedgerError::Other(counts.into()));
            }
            change.commit().await?;
            Ok(outcomes)
        };
        self.ledger.change(decide_and_commit).await
    }
}

/// Whether a step of the batch, and not the state of the database, is the reason.
fn is_refusal(error: &LedgerError) -> bool {
    matches!(error, LedgerError::Conflict(_) | LedgerError::CallRepeated | LedgerError::Other(_))
}
