//! `POST /payments` (PAY-005..007). The order closes hole 10: claim at reservation (twice with a coupon, whose discount is asked
//! for in between), row with the pair that the claim answers, pre-register at PortOne, `registered_at`. Whatever stops in
//! between, the next call goes on with what stands.

use crate::asking::{Taken, Turn};
use crate::confirm::{exists, of_away};
use crate::course::Place;
use crate::portone::PreRegistered;
use crate::reservations::{Claim, ClaimStage, Claimed};
use crate::rows::payments;
use crate::service::PaymentService;
use crate::steps::StepOutcome;
use crate::views::payment::{NewPayment, StartedView};
use domain::payment::{AskId, Away, Begin, Changed, FailureReason, Payment, PaymentStatus, Refusal};
use domain::{AccountId, CouponId, ErrorCode, PaymentId, PaymentKey, Timestamp};
use ledger::{Cause, LedgerError};
use onsale_http::ApiError;
use uuid::Uuid;

/// How often a call that met another one looks again.
const TURNS_MAX: usize = 3;

impl PaymentService {
    /// Begins to pay a reservation, or goes on where an earlier call stopped.
    ///
    /// # Errors
    /// In this order: `NOT_FOUND`, `FORBIDDEN`, `PAYMENT_ALREADY_EXISTS` with `paymentId`, `HOLD_EXPIRED`,
    /// `RESERVATION_NOT_PAYABLE`; without a coupon `PAYMENT_AMOUNT_MISMATCH`; with one those of the coupon, then
    /// `PAYMENT_AMOUNT_MISMATCH`, `RESERVATION_IN_PROGRESS` (the hold has changed meanwhile); `PORTONE_CIRCUIT_OPEN`,
    /// `PORTONE_TIMEOUT`, `PORTONE_PRE_REGISTER_FAILED`: the payment is FAILED then. `SERVICE_UNAVAILABLE`.
    pub async fn pay(&self, user: AccountId, wanted: &NewPayment) -> Result<StartedView, ApiError> {
        if !self.portone.is_configured() {
            return Err(ApiError::unavailable().detail("payment.portone.base_url is not configured"));
        }
        for _ in 0..TURNS_MAX {
            let standing = payments::by_reservation(&self.ledger, wanted.reservation()).await?;
            let begun = match standing {
                Some(standing) => self.go_on_with(user, standing.payment, wanted).await?,
                None => self.begin(user, wanted).await?,
            };
            if let Some(view) = begun {
                return Ok(view);
            }
        }
        Err(ApiError::unavailable())
    }

    /// There is no row. None: another call has made one meanwhile.
    async fn begin(&self, user: AccountId, wanted: &NewPayment) -> Result<Option<StartedView>, ApiError> {
        let claim = Claim {
            reservation: wanted.reservation(),
            user,
            payment: PaymentId(Uuid::now_v7()),
            key: PaymentKey(Uuid::new_v4()),
            amount: wanted.amount(),
            coupon: wanted.coupon(),
            stage: ClaimStage::Firm,
        };
        let (claimed, discount) = match claim.coupon {
            Some(coupon) => self.claim_with(coupon, &claim).await?,
            None => (self.reservations.claim(&claim).await?, 0),
        };
        self.course.reached(Place::Claimed).await;
        let (id, by) = (claimed.payment, AskId(Uuid::new_v4()));
        let new = begin_of(user, wanted, claimed, discount);
        let make = move |now: Timestamp| Payment::begin(new.clone(), by, now);
        let made = match self.steps.make(id, make).await {
            Ok(StepOutcome::Done(payment)) => return self.register(&self.turn(by, id), &payment).await,
            Ok(_) => Ok(None),
            Err(LedgerError::Conflict(why)) => self.is_made_meanwhile(&claim, why).await.map(|()| None),
            Err(error) => return Err(error.into()),
        };
        self.let_go_of_coupon(&claim, id).await;
        made
    }

    /// Of two instances that make the payment of a reservation one is refused by the database, and goes on with the row of the
    /// other.
    ///
    /// # Errors
    /// There is no such row: the database refuses this one for another reason, and would refuse it again.
    async fn is_made_meanwhile(&self, claim: &Claim, why: Cause) -> Result<(), ApiError> {
        match payments::by_reservation(&self.ledger, claim.reservation).await? {
            Some(_) => Ok(()),
            None => Err(LedgerError::Conflict(why).into()),
        }
    }

    /// Claims with a coupon: provisionally, so that of two calls both name the same order to the coupon; then the coupon is
    /// reserved, and what it leaves to pay is claimed. Whatever is refused up to there leaves the hold free. Returns the
    /// discount in won, too (hole 21).
    async fn claim_with(&self, coupon: CouponId, claim: &Claim) -> Result<(Claimed, i64), ApiError> {
        let asked = self.reservations.claim(&Claim { stage: ClaimStage::Provisional, ..*claim }).await?;
        let (payment, key, total) = (asked.payment, asked.key, asked.total_amount);
        let discount = self.discounts.redeem(coupon, claim.user, payment, total).await?.discount;
        self.course.reached(Place::Discounted).await;
        let stage = ClaimStage::Priced { hold_no: asked.hold_no };
        let claimed = if claim.amount == total - discount {
            self.reservations.claim(&Claim { payment, key, stage, ..*claim }).await
        } else {
            Err(ErrorCode::PaymentAmountMismatch.into())
        };
        match claimed {
            Ok(claimed) => Ok((claimed, discount)),
            Err(refused) => {
                // Without an answer the claim may stand, and the next call goes on with it.
                if refused.status().is_client_error() {
                    self.let_go_of_coupon(claim, payment).await;
                }
                Err(refused)
            }
        }
    }

    /// A coupon that was reserved for a payment that is not made with it is its holder's again; one that another call has made
    /// it with stays.
    async fn let_go_of_coupon(&self, claim: &Claim, payment: PaymentId) {
        let Some(coupon) = claim.coupon else { return };
        match payments::by_reservation(&self.ledger, claim.reservation).await {
            Ok(Some(standing)) if standing.payment.coupon.is_some_and(|used| used.coupon == coupon) => {}
            Ok(_) => self.discounts.let_go(coupon, payment).await,
            Err(error) => tracing::info!(%error, %coupon, "the reservation of a coupon is left to lapse"),
        }
    }

    /// There is a row. None: its state has changed meanwhile.
    async fn go_on_with(
        &self,
        user: AccountId,
        standing: Payment,
        wanted: &NewPayment,
    ) -> Result<Option<StartedView>, ApiError> {
        if standing.user != user {
            return Err(ErrorCode::Forbidden.into());
        }
        match standing.status {
            PaymentStatus::Failed | PaymentStatus::Refunded => {
                return Err(ErrorCode::ReservationNotPayable.into());
            }
            PaymentStatus::Success => return self.again(&standing),
            PaymentStatus::Pending if standing.registered_at.is_some() => return self.again(&standing),
            PaymentStatus::Pending => {}
        }
        // An earlier call stopped on its way: the same checks, and on.
        self.claim_again(&standing).await?;
        if wanted.amount() != standing.amount {
            return Err(ErrorCode::PaymentAmountMismatch.into());
        }
        match self.take(standing.id, None).await? {
            Taken::Ours(turn, payment) if payment.registered_at.is_none() => self.register(&turn, &payment).await,
            Taken::Ours(turn, _) => {
                self.let_go_of(&turn, None).await;
                Ok(None)
            }
            Taken::Decided(_) => Ok(None),
            Taken::Busy => Err(exists(&standing)),
        }
    }

    async fn claim_again(&self, standing: &Payment) -> Result<(), ApiError> {
        let Payment { reservation, user, id: payment, key, amount, .. } = *standing;
        let coupon = standing.coupon.map(|coupon| coupon.coupon);
        let claim = Claim { reservation, user, payment, key, amount, coupon, stage: ClaimStage::Firm };
        self.reservations.claim(&claim).await.map(drop)
    }

    /// 409, but to a call whose own effect the payment was: it hears what it would have heard.
    fn again(&self, standing: &Payment) -> Result<Option<StartedView>, ApiError> {
        if call::is_done() {
            return Ok(Some(StartedView::of(standing, &self.settings.portone)));
        }
        Err(exists(standing))
    }

    /// Registers the amount at PortOne, for the call that has the payment. None: another one was first.
    async fn register(&self, turn: &Turn, payment: &Payment) -> Result<Option<StartedView>, ApiError> {
        self.course.reached(Place::Stored).await;
        let (reason, error) = match self.portone.pre_register(payment.key, payment.amount).await {
            Ok(PreRegistered::Done) => return self.registered(turn, payment, false).await,
            Ok(PreRegistered::AlreadyPaid) => return self.registered(turn, payment, true).await,
            Ok(PreRegistered::Refused) => {
                tracing::error!(payment_id = %payment.id, "PortOne refuses to register a payment");
                (FailureReason::NotRegistered, ErrorCode::PortonePreRegisterFailed.into())
            }
            Err(away) => (reason_of(away), of_away(away, ErrorCode::PortonePreRegisterFailed)),
        };
        let by = turn.by;
        let fail = move |payment: &Payment, now: Timestamp| payment.fail(by, reason, None, now);
        match self.steps.change(payment.id, fail).await? {
            StepOutcome::Done(_) => Err(error),
            _ => Ok(None),
        }
    }

    async fn registered(&self, turn: &Turn, payment: &Payment, is_paid: bool) -> Result<Option<StartedView>, ApiError> {
        self.course.reached(Place::Registered).await;
        let (by, settle_ms) = (turn.by, self.settings.settle_ms());
        let note = move |payment: &Payment, now: Timestamp| {
            let registered = payment.registered(by, settle_ms, now)?;
            // Money that is there already is looked up by a worker as well: nobody may ever confirm it.
            Ok::<_, Refusal>(Changed::quietly(if is_paid { registered.noticed(now) } else { registered }))
        };
        match self.steps.change(payment.id, note).await? {
            StepOutcome::Done(payment) => Ok(Some(StartedView::of(&payment, &self.settings.portone))),
            _ => Ok(None),
        }
    }
}

fn begin_of(user: AccountId, wanted: &NewPayment, claimed: Claimed, discount: i64) -> Begin {
    let coupon: Option<CouponId> = wanted.coupon();
    Begin {
        id: claimed.payment,
        key: claimed.key,
        reservation: wanted.reservation(),
        user,
        schedule: claimed.schedule,
        seats: claimed.seats,
        total_amount: claimed.total_amount,
        discount,
        coupon,
        hold_no: claimed.hold_no,
        hold_expires_at: claimed.hold_expires_at,
    }
}

fn reason_of(away: Away) -> FailureReason {
    match away {
        Away::CircuitOpen => FailureReason::CircuitOpen,
        Away::TimedOut => FailureReason::TimedOut,
        Away::Broken | Away::Refused => FailureReason::NotRegistered,
    }
}
