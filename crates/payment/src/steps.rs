//! The only writer of `payments` (and of what is owed, in `refunds`): steps of callers, decided together by the rules of
//! `domain::payment::steps`, in one transaction with their messages ([`ledger::group`]).

use crate::metrics::Standing;
use crate::outgoing;
use crate::rows::payments::{self, Stored};
use crate::rows::refunds::{self, StoredRefund};
use async_trait::async_trait;
use domain::Timestamp;
use domain::id::{PaymentId, RefundId};
use domain::message::{Envelope, topic};
use domain::payment::refund::Refund;
use domain::payment::{Changed, Outgoing, Owed, Payment, RefundKind, Refusal};
use ledger::group::{Asked, GroupCommit, Steps};
use ledger::{Ledger, LedgerError, Transaction, outbox};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// A rule of `domain::payment::steps`, bound to its arguments. It may be asked more than once.
pub type Rule = Arc<dyn Fn(&Payment, Timestamp) -> Result<Changed, Refusal> + Send + Sync>;

/// What a caller wants.
pub enum Wish {
    /// A new payment, unless there is one with its id.
    Make(Box<dyn Fn(Timestamp) -> Payment + Send + Sync>),
    /// A change of one that there is.
    Change(Rule),
}

/// Where a step comes from, for its messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The trace id of the request that began the chain.
    pub correlation_id: String,
    /// The message that it follows from.
    pub causation_id: Option<Uuid>,
}

impl Cause {
    /// The call under way; none in background work.
    pub fn of_call() -> Option<Self> {
        let call = call::current()?;
        Some(Self { correlation_id: call.trace_id().to_owned(), causation_id: None })
    }
}

/// One caller's step.
pub struct PaymentStep {
    id: PaymentId,
    wish: Wish,
    cause: Option<Cause>,
    /// Whether it is the effect of the call under way: its `Idempotency-Key` is stored with it.
    is_effect: bool,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    /// There is no such payment.
    NoPayment,
    /// The rules refuse it: the payment as it stands.
    Refused(Refusal, Box<Payment>),
    /// A payment that was to be made is there: as it stands.
    Exists(Box<Payment>),
    /// The payment from now on.
    Done(Box<Payment>),
}

/// The machine for steps of payments. Cheap to clone.
#[derive(Clone)]
pub struct PaymentSteps(GroupCommit<Decider>);

impl PaymentSteps {
    /// Starts it. Needs a tokio runtime.
    pub fn start(ledger: &Ledger) -> Self {
        Self(GroupCommit::start(ledger, Decider))
    }

    /// Makes a payment, as the effect of the call under way.
    ///
    /// # Errors
    /// [`LedgerError::Conflict`] when another payment has the key or the reservation.
    pub async fn make(
        &self,
        id: PaymentId,
        new: impl Fn(Timestamp) -> Payment + Send + Sync + 'static,
    ) -> Result<StepOutcome, LedgerError> {
        self.run(id, Wish::Make(Box::new(new)), Cause::of_call(), true).await
    }

    /// Changes a payment by a rule. It is no effect of a call: nothing that a caller is told follows from it alone.
    ///
    /// # Errors
    /// [`LedgerError`]; with [`LedgerError::Unavailable`] it may be stored or not.
    pub async fn change(
        &self,
        id: PaymentId,
        rule: impl Fn(&Payment, Timestamp) -> Result<Changed, Refusal> + Send + Sync + 'static,
    ) -> Result<StepOutcome, LedgerError> {
        self.run(id, Wish::Change(Arc::new(rule)), Cause::of_call(), false).await
    }

    /// As [`PaymentSteps::change`], as the effect of the call under way: a decision.
    ///
    /// # Errors
    /// As [`PaymentSteps::change`]; [`LedgerError::CallRepeated`].
    pub async fn decide(
        &self,
        id: PaymentId,
        rule: impl Fn(&Payment, Timestamp) -> Result<Changed, Refusal> + Send + Sync + 'static,
    ) -> Result<StepOutcome, LedgerError> {
        self.run(id, Wish::Change(Arc::new(rule)), Cause::of_call(), true).await
    }

    async fn run(
        &self,
        id: PaymentId,
        wish: Wish,
        cause: Option<Cause>,
        is_effect: bool,
    ) -> Result<StepOutcome, LedgerError> {
        self.0.run(PaymentStep { id, wish, cause, is_effect }).await
    }
}

struct Decider;

#[async_trait]
impl Steps for Decider {
    type Step = PaymentStep;
    type Outcome = StepOutcome;

    const NAME: &'static str = "payment";

    fn key(step: &PaymentStep) -> u64 {
        let (high, low) = step.id.get().as_u64_pair();
        high ^ low
    }

    async fn decide(
        &self,
        change: &Transaction,
        steps: &[Asked<PaymentStep>],
    ) -> Result<Vec<StepOutcome>, LedgerError> {
        let ids: BTreeSet<PaymentId> = steps.iter().map(|asked| asked.step.id).collect();
        let mut round = Round::begin(change, ids).await?;
        let mut outcomes = Vec::with_capacity(steps.len());
        let mut effects = Vec::new();
        for asked in steps {
            let outcome = round.step(&asked.step);
            if asked.step.is_effect && matches!(outcome, StepOutcome::Done(_)) {
                effects.push(asked);
            }
            outcomes.push(outcome);
        }
        round.store(change).await?;
        for asked in effects {
            asked.settle(change, |_| None).await?;
        }
        Ok(outcomes)
    }
}

/// The steps of one transaction, over locked rows. A consumer's batch is one as well.
pub(crate) struct Round {
    rows: HashMap<PaymentId, Stored>,
    made: BTreeSet<PaymentId>,
    changed: BTreeSet<PaymentId>,
    /// As the locked rows stood at first.
    before: HashMap<PaymentId, Standing>,
    owed: BTreeMap<(PaymentId, RefundKind), Owed>,
    messages: Vec<Envelope>,
    now: Timestamp,
}

impl Round {
    /// Locks these payments.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn begin(change: &Transaction, ids: impl IntoIterator<Item = PaymentId>) -> Result<Self, LedgerError> {
        let rows = payments::lock(change, ids).await?;
        let before = rows.iter().map(|(id, row)| (*id, Standing::of(&row.payment))).collect();
        let (made, changed) = (BTreeSet::new(), BTreeSet::new());
        Ok(Self { rows, made, changed, before, owed: BTreeMap::new(), messages: Vec::new(), now: clock::now() })
    }

    fn step(&mut self, step: &PaymentStep) -> StepOutcome {
        match &step.wish {
            Wish::Make(new) => match self.rows.get(&step.id) {
                Some(standing) => StepOutcome::Exists(Box::new(standing.payment.clone())),
                None => self.make(step.id, new(self.now), step.cause.clone()),
            },
            Wish::Change(rule) => self.change(step.id, step.cause.as_ref(), |payment, now| rule(payment, now)),
        }
    }

    fn make(&mut self, id: PaymentId, payment: Payment, cause: Option<Cause>) -> StepOutcome {
        let cause = cause.unwrap_or_else(|| Cause { correlation_id: Uuid::new_v4().to_string(), causation_id: None });
        let Cause { correlation_id, causation_id } = cause;
        self.rows.insert(id, Stored { payment: payment.clone(), correlation_id, causation_id });
        self.made.insert(id);
        StepOutcome::Done(Box::new(payment))
    }

    /// Changes one of the locked payments.
    pub fn change(
        &mut self,
        id: PaymentId,
        cause: Option<&Cause>,
        rule: impl FnOnce(&Payment, Timestamp) -> Result<Changed, Refusal>,
    ) -> StepOutcome {
        let Some(row) = self.rows.get_mut(&id) else { return StepOutcome::NoPayment };
        let changed = match rule(&row.payment, self.now) {
            Ok(changed) => changed,
            Err(refusal) => return StepOutcome::Refused(refusal, Box::new(row.payment.clone())),
        };
        if let Some(cause) = cause {
            row.correlation_id.clone_from(&cause.correlation_id);
            row.causation_id = cause.causation_id;
        }
        row.payment = changed.payment;
        self.changed.insert(id);
        let message = |told: &Outgoing| outgoing::envelope(row, told, self.now);
        self.messages.extend(changed.message.as_ref().map(message));
        if let Some(owed) = changed.refund {
            self.owed.insert((id, owed.kind), owed);
        }
        StepOutcome::Done(Box::new(row.payment.clone()))
    }

    /// Writes what follows.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn store(self, change: &Transaction) -> Result<(), LedgerError> {
        let rows = |ids: &BTreeSet<PaymentId>| ids.iter().filter_map(|id| self.rows.get(id)).collect::<Vec<_>>();
        let changed: BTreeSet<PaymentId> = self.changed.difference(&self.made).copied().collect();
        payments::insert(change, &rows(&self.made)).await?;
        payments::store(change, &rows(&changed)).await?;
        for ((id, kind), owed) in &self.owed {
            let Some(row) = self.rows.get(id) else { continue };
            let new = StoredRefund {
                refund: Refund::owed(RefundId(Uuid::now_v7()), *id, *kind, &owed.reason, self.now),
                correlation_id: row.correlation_id.clone(),
                causation_id: row.causation_id,
            };
            let left = match kind {
                RefundKind::All => row.payment.kept_amount(),
                RefundKind::Excess => row.payment.kept_amount() - row.payment.amount,
            };
            refunds::owe(change, &new, left, self.now).await?;
        }
        let touched = self.made.union(&self.changed).filter_map(|id| self.rows.get(id));
        let standings = touched.map(|row| (self.before.get(&row.payment.id).copied(), Standing::of(&row.payment)));
        let standings: Vec<(Option<Standing>, Standing)> = standings.collect();
        let count = |(before, after): (Option<Standing>, Standing)| after.count_since(before.unwrap_or_default());
        change.afterwards(move || standings.into_iter().for_each(count));
        outbox::append_all(change, topic::PAYMENT_EVENTS, &self.messages).await
    }
}
