//! `POST /payments/confirm` (PAY-010, PAY-011), and the same for workers: [`PaymentService::settle`].

use crate::asking::{Taken, Turn};
use crate::conclude::{Concluded, Unanswered};
use crate::course::Place;
use crate::reservations::{IntoError, Seen};
use crate::rows::payments;
use crate::service::PaymentService;
use crate::steps::StepOutcome;
use crate::views::payment::{ConfirmBody, ConfirmView};
use domain::payment::{
    Away, Changed, Ended, FailureReason, Occasion, Payment, PaymentStatus, Standing, ToldCode, pause,
};
use domain::{AccountId, ErrorCode, PaymentId, Timestamp};
use onsale_http::ApiError;

/// How often a confirm that lost its turn looks again.
const TURNS_MAX: usize = 3;

/// What came of a worker's look at a PENDING payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is decided: by this look, or before it.
    Decided(Box<Payment>),
    /// It stays PENDING, and is due again.
    Pending(Box<Payment>),
    /// Another try has it.
    Busy,
    /// Somebody gave no answer: it is due again after a pause. Why, for the log.
    Unanswered(Box<Payment>, String),
}

impl PaymentService {
    /// Decides a payment that its buyer's page calls paid.
    ///
    /// # Errors
    /// In this order: `NOT_FOUND`, `FORBIDDEN`, `INVALID_INPUT` (another key or reservation), `PAYMENT_ALREADY_EXISTS`
    /// (decided), `PAYMENT_AMOUNT_MISMATCH`, `HOLD_EXPIRED`, `RESERVATION_NOT_PAYABLE`, `PORTONE_CIRCUIT_OPEN`,
    /// `PORTONE_TIMEOUT`, `PORTONE_API_ERROR`; `SERVICE_UNAVAILABLE`. All but the fourth leave it PENDING.
    pub async fn confirm(&self, user: AccountId, body: &ConfirmBody) -> Result<ConfirmView, ApiError> {
        let id = body.payment();
        for _ in 0..TURNS_MAX {
            let standing = payments::by_id(&self.ledger, id).await?.ok_or(ErrorCode::NotFound)?.payment;
            check(&standing, user, body)?;
            if !standing.is_pending() {
                return already(&standing);
            }
            if body.amount() != standing.amount {
                return Err(ErrorCode::PaymentAmountMismatch.into());
            }
            if let Some(told) = standing.told {
                return Err(refusal(told.code));
            }
            match self.take(id, Some(body.transaction())).await? {
                Taken::Decided(payment) => return already(&payment),
                Taken::Busy => return Err(ApiError::unavailable().retry_after(5)),
                Taken::Ours(turn, payment) => {
                    if let Some(answer) = self.confirm_now(&turn, &payment, body.transaction()).await? {
                        return Ok(answer);
                    }
                }
            }
        }
        Err(ApiError::unavailable().retry_after(5))
    }

    /// The part that has the payment for itself. None: another try was first.
    async fn confirm_now(
        &self,
        turn: &Turn,
        payment: &Payment,
        transaction: &str,
    ) -> Result<Option<ConfirmView>, ApiError> {
        // Told meanwhile by another instance.
        if let Some(told) = payment.told {
            self.let_go_of(turn, None).await;
            return Err(refusal(told.code));
        }
        let standing = match self.reservations.standing(payment).await {
            Ok(Seen::Standing(standing)) => standing,
            Ok(Seen::Unknown) => {
                tracing::error!(payment_id = %payment.id, "reservation does not know the reservation of a payment");
                self.let_go_of(turn, None).await;
                return Err(ApiError::unavailable());
            }
            Err(away) => {
                self.let_go_of(turn, None).await;
                return Err(away.into_error());
            }
        };
        if let Some(code) = standing.refusal() {
            return self.tell(turn, payment, code).await;
        }
        let occasion = match standing {
            Standing::Sold => Occasion::Sold,
            _ => Occasion::Confirm { transaction },
        };
        match self.conclude(turn, payment, occasion).await {
            Ok(Concluded::Decided(payment) | Concluded::Pending(payment)) => Ok(Some(ConfirmView::of(&payment))),
            Ok(Concluded::Lost(_)) => Ok(None),
            Err(why) => {
                self.let_go_of(turn, None).await;
                Err(unanswered(why))
            }
        }
    }

    /// That the buyer hears a refusal is stored before it leaves (hole 12). None: the payment was decided meanwhile, or another
    /// try has it.
    async fn tell(&self, turn: &Turn, payment: &Payment, code: ToldCode) -> Result<Option<ConfirmView>, ApiError> {
        let by = turn.by;
        let tell = move |payment: &Payment, now: Timestamp| payment.tell(by, code, now).map(Changed::quietly);
        match self.steps.change(payment.id, tell).await? {
            StepOutcome::Done(payment) => {
                self.course.reached(Place::Told).await;
                Err(refusal(payment.told.map_or(code, |told| told.code)))
            }
            _ => Ok(None),
        }
    }

    /// A worker's look at a PENDING payment: what its reservation says, what PortOne says, what follows. While a hold runs
    /// nothing unpaid fails (hole 15).
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`: our own tables give no answer.
    pub async fn settle(&self, id: PaymentId) -> Result<Settled, ApiError> {
        let (turn, payment) = match self.take_once(id, None).await? {
            Taken::Ours(turn, payment) => (turn, payment),
            Taken::Decided(payment) => return Ok(Settled::Decided(payment)),
            Taken::Busy => return Ok(Settled::Busy),
        };
        match self.settle_now(&turn, &payment).await {
            Ok(Concluded::Pending(payment)) => Ok(Settled::Pending(payment)),
            Ok(Concluded::Decided(payment)) => Ok(Settled::Decided(payment)),
            Ok(Concluded::Lost(payment)) if payment.is_pending() => Ok(Settled::Busy),
            Ok(Concluded::Lost(payment)) => Ok(Settled::Decided(payment)),
            Err(why) => self.put_off(&turn, &payment, why.to_string()).await,
        }
    }

    async fn settle_now(&self, turn: &Turn, payment: &Payment) -> Result<Concluded, Unanswered> {
        // Nobody was shown its key, so nobody pays it any more: it ends whatever its hold says (hole 10).
        if payment.registered_at.is_none() {
            let lookup = self.portone.look_up(payment.key).await?;
            if lookup.money().left() == 0 {
                return self.fail(turn, payment, FailureReason::NotRegistered, Some(&lookup)).await;
            }
        }
        // In this order: what PortOne says is newer than what reservation has said, so money that came before the end is seen.
        let standing = match self.reservations.standing(payment).await? {
            Seen::Standing(standing) => standing,
            // A reservation that was lost with its database: nobody can get its seats, so its money goes back.
            Seen::Unknown => Standing::Ended(Ended::Cancelled),
        };
        self.conclude(turn, payment, standing.occasion()).await
    }

    async fn put_off(&self, turn: &Turn, payment: &Payment, why: String) -> Result<Settled, ApiError> {
        let by = turn.by;
        let put_off = move |payment: &Payment, now: Timestamp| {
            let due_at = pause::after_tries(payment.tries.saturating_add(1), now);
            payment.unanswered(by, due_at).map(Changed::quietly)
        };
        match self.steps.change(payment.id, put_off).await? {
            StepOutcome::Done(payment) => Ok(Settled::Unanswered(payment, why)),
            _ => Ok(Settled::Busy),
        }
    }
}

fn check(payment: &Payment, user: AccountId, body: &ConfirmBody) -> Result<(), ApiError> {
    if payment.user != user {
        return Err(ErrorCode::Forbidden.into());
    }
    if !body.is_about(payment) {
        return Err(ApiError::invalid("paymentKey and reservationId must be those of the payment"));
    }
    Ok(())
}

/// The answer about a payment that is decided: 409, but to a call whose own effect that was.
fn already(payment: &Payment) -> Result<ConfirmView, ApiError> {
    if call::is_done() {
        return Ok(ConfirmView::of(payment));
    }
    Err(exists(payment))
}

/// 409 with what stands.
pub(crate) fn exists(payment: &Payment) -> ApiError {
    let error = ApiError::new(ErrorCode::PaymentAlreadyExists).with("paymentId", payment.id.to_string());
    match payment.status {
        PaymentStatus::Pending => error,
        status => error.with("status", status.as_str()),
    }
}

fn refusal(code: ToldCode) -> ApiError {
    match code {
        ToldCode::HoldExpired => ErrorCode::HoldExpired.into(),
        ToldCode::NotPayable => ErrorCode::ReservationNotPayable.into(),
    }
}

/// What a caller hears of a try without an outcome.
fn unanswered(why: Unanswered) -> ApiError {
    match why {
        Unanswered::PortOne(away) => of_away(away, ErrorCode::PortoneApiError),
        Unanswered::Disbelieved => {
            metrics::counter!("onsale_payment_alarms_total", "alarm" => "contradiction").increment(1);
            ErrorCode::PortoneApiError.into()
        }
        Unanswered::Role(away) => away.into_error(),
        Unanswered::Ledger(error) => error.into(),
    }
}

/// What a caller hears of PortOne's silence; `broken`: of an answer that is none.
pub(crate) fn of_away(away: Away, broken: ErrorCode) -> ApiError {
    match away {
        Away::CircuitOpen => ErrorCode::PortoneCircuitOpen.into(),
        Away::TimedOut => ErrorCode::PortoneTimeout.into(),
        Away::Broken | Away::Refused => broken.into(),
    }
}
