//! From a look-up to the decision: the one way, for confirm and for the workers.
//!
//! ```text
//! look up -> decide (domain) -> [moment kept] -> secure at reservation -> coupon redeemed -> SUCCESS | FAILED, by compare-and-set
//! ```
//!
//! A crash anywhere leaves the payment PENDING and whatever others keep for it kept; the next try goes the same way and gets
//! the same answers.

use crate::asking::Turn;
use crate::course::Place;
use crate::discount::Confirmed;
use crate::reservations::SecureAnswer;
use crate::service::PaymentService;
use crate::steps::StepOutcome;
use access::peer::PeerAway;
use domain::Timestamp;
use domain::payment::decision::{must_keep_moment, reason_told, refused_by_reservation};
use domain::payment::{
    Away, Changed, CouponState, Decision, FailureReason, Found, Lookup, Occasion, Payment, Refusal, Secured, decide,
};
use ledger::LedgerError;

/// A try renews its time before it asks reservation once so much of it is gone, in milliseconds.
const RENEW_AFTER_MS: i64 = 4_000;

/// What came of a try.
#[derive(Debug)]
pub(crate) enum Concluded {
    /// This try has decided it.
    Decided(Box<Payment>),
    /// It stays PENDING: PortOne is not done, or the buyer may still pay. The try is over.
    Pending(Box<Payment>),
    /// Another try was first, or has it now: what stands counts.
    Lost(Box<Payment>),
}

/// Why nothing could be decided. The payment is as it was, and the try still has it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    /// PortOne says nothing of the payment.
    #[error(transparent)]
    PortOne(#[from] Away),
    /// PortOne says what cannot be (hole 2).
    #[error("PortOne does not know a payment of which it has shown money")]
    Disbelieved,
    /// Reservation or coupon gave no answer.
    #[error(transparent)]
    Role(#[from] PeerAway),
    /// Our own tables gave none.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

type Conclusion = Result<Concluded, Unanswered>;

impl PaymentService {
    /// Looks a payment up, for the try that has it, and decides it if it can.
    pub(crate) async fn conclude(&self, turn: &Turn, payment: &Payment, occasion: Occasion<'_>) -> Conclusion {
        let lookup = self.portone.look_up(payment.key).await?;
        match (decide(payment, &lookup, occasion, self.policy(), clock::now()), &lookup) {
            (Decision::Disbelieve, _) => Err(Unanswered::Disbelieved),
            (Decision::Wait, _) => self.wait_on(turn, payment, &lookup).await,
            (Decision::Fail(reason), _) => self.fail(turn, payment, reason, Some(&lookup)).await,
            (Decision::Secure { paid_at }, Lookup::Found(found)) => {
                self.secure(turn, payment, found, paid_at, occasion).await
            }
            // The rule secures nothing that was not found.
            (Decision::Secure { .. }, Lookup::NotFound) => Err(Unanswered::Disbelieved),
        }
    }

    /// FAILED, and told; what was taken is owed.
    pub(crate) async fn fail(
        &self,
        turn: &Turn,
        payment: &Payment,
        reason: FailureReason,
        lookup: Option<&Lookup>,
    ) -> Conclusion {
        let (by, lookup) = (turn.by, lookup.cloned());
        let fail = move |payment: &Payment, now: Timestamp| payment.fail(by, reason, lookup.as_ref(), now);
        let outcome = self.steps.decide(payment.id, fail).await?;
        self.course.reached(Place::Decided).await;
        Ok(concluded(outcome, payment))
    }

    async fn wait_on(&self, turn: &Turn, payment: &Payment, lookup: &Lookup) -> Conclusion {
        let (by, lookup, settle_ms) = (turn.by, lookup.clone(), self.settings.settle_ms());
        let rest = move |payment: &Payment, now: Timestamp| {
            // Whoever waits for the buyer looks again when the hold is over, and then each second.
            let settled = payment.hold_expires_at.millis().saturating_add(settle_ms);
            let due_at = Timestamp(settled.max(now.millis().saturating_add(1_000)));
            payment.looked(&lookup, now).let_go(by, Some(due_at)).map(Changed::quietly)
        };
        match self.steps.change(payment.id, rest).await? {
            StepOutcome::Done(payment) => Ok(Concluded::Pending(payment)),
            other => Ok(concluded(other, payment)),
        }
    }

    async fn secure(
        &self,
        turn: &Turn,
        payment: &Payment,
        found: &Found,
        paid_at: Timestamp,
        occasion: Occasion<'_>,
    ) -> Conclusion {
        if let Some(lost) = self.hold_on(turn, payment, found).await? {
            return Ok(lost);
        }
        self.course.reached(Place::Paid).await;
        let lookup = Lookup::Found(Box::new(found.clone()));
        let secured = match self.reservations.secure(payment, paid_at).await? {
            SecureAnswer::Kept(secured) => secured,
            SecureAnswer::Refused => {
                let reason = refused_by_reservation(payment, occasion, paid_at);
                return self.fail(turn, payment, reason, Some(&lookup)).await;
            }
        };
        self.course.reached(Place::Secured).await;
        if !self.redeem(payment).await? {
            return self.fail(turn, payment, FailureReason::CouponGone, Some(&lookup)).await;
        }
        self.succeed(turn, payment, found, secured, paid_at).await
    }

    /// What must be stored before anything follows: the moment of this look-up where it decides, and that the try still has
    /// the payment where much of its time is gone.
    async fn hold_on(&self, turn: &Turn, payment: &Payment, found: &Found) -> Result<Option<Concluded>, Unanswered> {
        let now = clock::now();
        let left_ms = payment.asking.map_or(0, |asking| asking.until.millis() - now.millis());
        let is_late = left_ms < domain::payment::model::ASK_MS - RENEW_AFTER_MS;
        if !is_late && !must_keep_moment(payment, found, now) {
            return Ok(None);
        }
        let (by, lookup) = (turn.by, Lookup::Found(Box::new(found.clone())));
        let keep = move |payment: &Payment, now: Timestamp| {
            if !payment.is_asked_by(by) {
                return Err(Refusal::NotAsking);
            }
            payment.looked(&lookup, now).ask_pending(by, now).map(Changed::quietly)
        };
        match self.steps.change(payment.id, keep).await? {
            StepOutcome::Done(_) => Ok(None),
            other => Ok(Some(concluded(other, payment))),
        }
    }

    /// Redeems the coupon. Whether its discount still stands.
    async fn redeem(&self, payment: &Payment) -> Result<bool, Unanswered> {
        let Some(coupon) = payment.coupon.filter(|coupon| coupon.state == CouponState::Reserved) else {
            return Ok(true);
        };
        let (id, user, order) = (coupon.coupon, payment.user, payment.id);
        let confirmed = self.discounts.confirm(id, user, order, payment.total_amount, coupon.discount).await?;
        self.course.reached(Place::Redeemed).await;
        Ok(confirmed == Confirmed::Done)
    }

    async fn succeed(
        &self,
        turn: &Turn,
        payment: &Payment,
        found: &Found,
        secured: Secured,
        paid_at: Timestamp,
    ) -> Conclusion {
        let (by, kept) = (turn.by, found.clone());
        let succeed = move |payment: &Payment, now: Timestamp| payment.succeed(by, &kept, &secured, paid_at, now);
        let outcome = self.steps.decide(payment.id, succeed).await?;
        self.course.reached(Place::Decided).await;
        let reason = match &outcome {
            StepOutcome::Refused(Refusal::Told(code), _) => reason_told(*code),
            StepOutcome::Refused(Refusal::Cancelled, _) => FailureReason::ReservationCancelled,
            _ => return Ok(concluded(outcome, payment)),
        };
        // Its end was heard of while reservation was asked: what was taken is given back.
        let lookup = Lookup::Found(Box::new(found.clone()));
        self.fail(turn, payment, reason, Some(&lookup)).await
    }
}

fn concluded(outcome: StepOutcome, before: &Payment) -> Concluded {
    match outcome {
        StepOutcome::Done(payment) => Concluded::Decided(payment),
        StepOutcome::Exists(payment) | StepOutcome::Refused(_, payment) => Concluded::Lost(payment),
        // Rows are never removed; whoever reads again hears that.
        StepOutcome::NoPayment => Concluded::Lost(Box::new(before.clone())),
    }
}
