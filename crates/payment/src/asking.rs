//! One try asks about a payment at a time; others wait without a connection and without a transaction (hole 14).

use crate::service::PaymentService;
use crate::steps::StepOutcome;
use domain::Timestamp;
use domain::id::PaymentId;
use domain::payment::{AskId, Changed, Payment, Refusal};
use onsale_http::ApiError;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;

/// Shards of the bell that tells those who wait. Who is woken for nothing waits on.
const BELLS: usize = 64;
/// Longest pause until somebody who waits looks again: the try of another process rings no bell here.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long a caller waits for its turn: longer than one try has, shorter than the gateway's patience.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Rings when a try is over.
pub(crate) struct Bells([Notify; BELLS]);

impl Default for Bells {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Notify::new()))
    }
}

impl Bells {
    fn of(&self, id: PaymentId) -> &Notify {
        &self.0[(id.get().as_u64_pair().1 % BELLS as u64) as usize]
    }
}

/// A turn at a payment: its row says so. Dropped, it tells those who wait; the row itself is let go by a step.
pub(crate) struct Turn {
    /// The try.
    pub by: AskId,
    id: PaymentId,
    bells: Arc<Bells>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.bells.of(self.id).notify_waiters();
    }
}

/// What came of wanting a turn at a PENDING payment.
pub(crate) enum Taken {
    /// This try has it for itself now.
    Ours(Turn, Box<Payment>),
    /// It is decided.
    Decided(Box<Payment>),
    /// Another try has it.
    Busy,
}

impl PaymentService {
    /// The turn of a try that the row of a new payment names.
    pub(crate) fn turn(&self, by: AskId, id: PaymentId) -> Turn {
        Turn { by, id, bells: self.bells.clone() }
    }

    /// Takes a PENDING payment for one try. `transaction`: what the buyer's page names at confirm, which is kept.
    pub(crate) async fn take_once(&self, id: PaymentId, transaction: Option<&str>) -> Result<Taken, ApiError> {
        let (by, sent) = (AskId(Uuid::new_v4()), transaction.map(str::to_owned));
        let take = move |payment: &Payment, now: Timestamp| {
            let mut taken = payment.ask_pending(by, now)?;
            taken.transaction_sent = sent.clone().or(taken.transaction_sent);
            Ok(Changed::quietly(taken))
        };
        match self.steps.change(id, take).await? {
            StepOutcome::Done(payment) | StepOutcome::Exists(payment) => Ok(Taken::Ours(self.turn(by, id), payment)),
            StepOutcome::Refused(Refusal::Decided(_), payment) => Ok(Taken::Decided(payment)),
            StepOutcome::Refused(..) => Ok(Taken::Busy),
            StepOutcome::NoPayment => Err(ApiError::internal("a payment was removed")),
        }
    }

    /// As [`PaymentService::take_once`], and waits for others. [`Taken::Busy`] when that takes longer than [`PATIENCE`].
    pub(crate) async fn take(&self, id: PaymentId, transaction: Option<&str>) -> Result<Taken, ApiError> {
        let waiting = async {
            loop {
                let bell = self.bells.of(id).notified();
                tokio::pin!(bell);
                // From here on no ring is missed.
                bell.as_mut().enable();
                match self.take_once(id, transaction).await {
                    Ok(Taken::Busy) => {}
                    taken => return taken,
                }
                self.wait(id, bell).await?;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.unwrap_or(Ok(Taken::Busy))
    }

    /// Waits until the payment may be free. Reads only: a hundred who wait write nothing.
    async fn wait(&self, id: PaymentId, bell: impl Future<Output = ()> + Unpin) -> Result<(), ApiError> {
        let mut bell = bell;
        loop {
            if tokio::time::timeout(LOOK_EVERY, &mut bell).await.is_ok() {
                return Ok(());
            }
            let standing = crate::rows::payments::by_id(&self.ledger, id).await?;
            let nobody = AskId(Uuid::nil());
            if standing.is_none_or(|one| !one.payment.is_pending() || !one.payment.is_busy(nobody, clock::now())) {
                return Ok(());
            }
        }
    }

    /// The try is over without a decision. `due_at`: when a worker looks next, if not as before. What cannot be written lapses.
    pub(crate) async fn let_go_of(&self, turn: &Turn, due_at: Option<Timestamp>) {
        let by = turn.by;
        let let_go = move |payment: &Payment, _| payment.let_go(by, due_at).map(Changed::quietly);
        if let Err(error) = self.steps.change(turn.id, let_go).await {
            tracing::warn!(%error, payment_id = %turn.id, "a payment could not be let go; that lapses by itself");
        }
    }
}
