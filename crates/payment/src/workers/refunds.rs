//! Money is given back until a look-up says that nothing is left (holes 1 and 18). The rules are in
//! `domain::payment::refund`; here they meet the tables and PortOne.

use super::rounds::{self, Done, ROUND_MAX};
use super::{LOOK_EVERY, alarm};
use crate::portone::CancelRequest;
use crate::rows::payments;
use crate::rows::refunds::{self, StoredRefund};
use crate::service::PaymentService;
use domain::Timestamp;
use domain::id::{PaymentId, RefundId};
use domain::payment::look_back::Alarm;
use domain::payment::refund::{self, Attempt, Next, Refund, Waiting};
use domain::payment::{AskId, Lookup, Payment, pause};
use futures::FutureExt;
use ledger::LedgerError;
use onsale_http::ApiError;

/// Look-ups of one try: before an attempt, after it, and once more where something has changed in between.
const LOOKS_MAX: usize = 4;

/// What a try does next.
enum Goes {
    /// Another look-up, at once.
    On,
    /// It is over for now.
    Over,
}

impl PaymentService {
    /// Gives back what is owed, until the process ends. Any number of processes may.
    pub async fn run_refunds(self) {
        let round = move || {
            let payments = self.clone();
            async move { payments.give_back_due().await }.boxed()
        };
        rounds::forever("refunds", LOOK_EVERY, round).await;
    }

    /// Works once on the refunds that are due. Returns on how many.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`: what is due cannot be read.
    pub async fn give_back_due(&self) -> Result<usize, ApiError> {
        let due = refunds::due(&self.ledger, clock::now(), ROUND_MAX).await?;
        Ok(rounds::each("refunds", due, |due| self.give_back(due).boxed()).await)
    }

    /// One try: the payment is asked about by nobody else meanwhile.
    async fn give_back(&self, due: StoredRefund) -> Result<Done, ApiError> {
        let StoredRefund { refund, .. } = due;
        let Some((by, payment)) = self.take_to_work(refund.payment, Payment::ask).await? else { return Ok(Done::Left) };
        let tried = self.try_to_give_back(by, &payment, refund).await;
        self.end_work(by, payment.id).await?;
        tried.map(|()| Done::Worked)
    }

    async fn try_to_give_back(&self, by: AskId, payment: &Payment, mut refund: Refund) -> Result<(), ApiError> {
        for _ in 0..LOOKS_MAX {
            let Some(standing) = self.refund_now(by, refund.payment, refund.id).await? else { return Ok(()) };
            refund = standing;
            let lookup = match self.portone.look_up(payment.key).await {
                Ok(lookup) => lookup,
                Err(away) => {
                    let waited = self.keep_refund(by, &refund, None, Refund::waited).await?;
                    note_tries(payment, waited.as_ref(), &away.to_string());
                    return Ok(());
                }
            };
            let Some(payment) = self.keep_facts(by, payment, &refund, &lookup).await? else { return Ok(()) };
            if let Goes::Over = self.go_on(by, &payment, &refund, &lookup).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// What the look-up says is kept with the payment, whatever follows. A SUCCESS of which nothing is left is REFUNDED by
    /// that, and told. None when another try has the payment by now.
    async fn keep_facts(
        &self,
        by: AskId,
        payment: &Payment,
        refund: &Refund,
        lookup: &Lookup,
    ) -> Result<Option<Payment>, ApiError> {
        // Whoever sees first that nothing is left names the reason of the refund of all.
        let (_, reason) = self.owed(payment.id).await?;
        let (lookup, kind) = (lookup.clone(), refund.kind);
        let kept = self.change_as(by, payment.id, move |payment, now| {
            let mut changed = payment.found_after(&lookup, &reason, now);
            // It is owed already, and being worked on.
            changed.refund = changed.refund.filter(|owed| owed.kind != kind);
            changed
        });
        kept.await
    }

    async fn go_on(&self, by: AskId, payment: &Payment, refund: &Refund, lookup: &Lookup) -> Result<Goes, ApiError> {
        let left = refund::left(refund.kind, payment.amount, lookup.money());
        match refund.next(payment, lookup) {
            Next::Done(amounts) => {
                self.keep_refund(by, refund, None, move |refund, _| refund.done(&amounts)).await?;
                metrics::counter!("onsale_payment_refunds_done_total", "kind" => refund.kind.as_str()).increment(1);
                tracing::info!(payment_id = %payment.id, kind = refund.kind.as_str(), "money was given back");
                Ok(Goes::Over)
            }
            Next::Wait(why) => {
                let waited = self.keep_refund(by, refund, Some(left), Refund::waited).await?;
                note_waiting(payment, waited.as_ref(), why);
                Ok(Goes::Over)
            }
            Next::Ask(attempt) => self.ask_for(by, payment, refund, attempt, left).await,
        }
    }

    /// Stores an attempt, asks for it, and stores what came of it.
    async fn ask_for(
        &self,
        by: AskId,
        payment: &Payment,
        refund: &Refund,
        attempt: Attempt,
        left: i64,
    ) -> Result<Goes, ApiError> {
        let begun = self.keep_refund(by, refund, Some(left), move |refund, _| refund.begin(attempt)).await?;
        let Some(begun) = begun else { return Ok(Goes::Over) };
        let request = CancelRequest {
            key: begun.key(attempt),
            amount: attempt.amount,
            cancellable: attempt.cancellable,
            reason: begun.reason.clone(),
        };
        cut::at("refund-owed");
        let answer = self.portone.cancel(payment.key, &request).await;
        cut::at("refund-asked");
        let shown = format!("{answer:?}");
        let kept = self.keep_refund(by, &begun, Some(left), move |refund, now| refund.answered(&answer, now)).await?;
        note_tries(payment, kept.as_ref(), &shown);
        let is_due = kept.and_then(|refund| refund.due_at).is_some_and(|due_at| due_at <= clock::now());
        Ok(if is_due { Goes::On } else { Goes::Over })
    }

    /// The refund as it stands, for the try that has its payment; none when it is not due any more.
    async fn refund_now(&self, by: AskId, payment: PaymentId, id: RefundId) -> Result<Option<Refund>, ApiError> {
        let found = refunds::of_payment(&self.ledger, payment).await?;
        let standing = payments::by_id(&self.ledger, payment).await?;
        let is_ours = standing.is_some_and(|one| one.payment.is_asked_by(by));
        let refund = found.into_iter().map(|one| one.refund).find(|refund| refund.id == id);
        let is_due = |refund: &Refund| refund.due_at.is_some_and(|due_at| due_at <= clock::now());
        Ok(refund.filter(|refund| is_ours && is_due(refund)))
    }

    /// Stores a step of a refund, if it stands as this try has read it and the try still has the payment, whose time is
    /// renewed by that. `left`: what is to be given back; none where nobody knows anew.
    async fn keep_refund(
        &self,
        by: AskId,
        read: &Refund,
        left: Option<i64>,
        step: impl Fn(&Refund, Timestamp) -> Refund,
    ) -> Result<Option<Refund>, ApiError> {
        let step = &step;
        let kept = self.ledger.change(|change| async move {
            let now = clock::now();
            let Some(mut one) = payments::lock(&change, [read.payment]).await?.remove(&read.payment) else {
                return Ok(None);
            };
            let renewed = one.payment.ask(by, now).ok().filter(|_| one.payment.is_asked_by(by));
            let standing = refunds::locked_of_payment(&change, read.payment).await?;
            let standing = standing.into_iter().map(|one| one.refund).find(|refund| refund.id == read.id);
            let (Some(renewed), Some(standing)) = (renewed, standing) else { return Ok(None) };
            if (standing.attempts, standing.open, standing.status) != (read.attempts, read.open, read.status) {
                return Ok(None);
            }
            let after = step(&standing, now);
            refunds::store(&change, &after, left, now).await?;
            one.payment = renewed;
            payments::store(&change, &[&one]).await?;
            change.commit().await?;
            Ok::<_, LedgerError>(Some(after))
        });
        Ok(kept.await?)
    }
}

fn note_waiting(payment: &Payment, refund: Option<&Refund>, why: Waiting) {
    match why {
        Waiting::UnderWay => note_tries(payment, refund, "a cancellation is under way"),
        Waiting::Contradiction => {
            if refund.is_some_and(|refund| refund.tries == 1) {
                alarm::of_payment(Alarm::Contradiction, payment);
            }
            note_tries(payment, refund, "PortOne shows no money that was taken");
        }
    }
}

/// Tells an operator of a refund that takes long: at the tenth try, and at each tenth after it.
fn note_tries(payment: &Payment, refund: Option<&Refund>, why: &str) {
    let Some(refund) = refund.filter(|refund| pause::is_alarm(refund.tries)) else { return };
    alarm::count("refund_takes_long");
    tracing::error!(
        payment_id = %payment.id, payment_key = %payment.key, refund_id = %refund.id, tries = refund.tries, why,
        "money is owed to a buyer and could not be given back yet; it is tried on: look the payment up in PortOne's console, \
         and give it back there if the card company keeps refusing"
    );
}
