//! `POST /payments/confirm`: one asks at a time, the others wait.

use super::deciding::{Outcome, let_go, look_and_decide};
use super::{LIMIT_MS, rows::PaymentRows};
use crate::bug::Bug;
use crate::reservation::{self, StandingAnswer};
use crate::world::instance::{Instance, Role};
use crate::world::network::{Answer, call};
use crate::world::{Shared, World};
use domain::id::{PaymentId, PaymentKey, ReservationId};
use domain::payment::{AskId, Away, Ended, FailureReason, Occasion, Payment, Refusal, Standing, ToldCode};
use domain::{AccountId, ErrorCode, Timestamp};

/// How long a call waits for another one that asks, and looks again, in milliseconds.
const WAIT_MS: i64 = 20_000;
const LOOK_MS: i64 = 500;

/// What the page sends.
#[derive(Clone, Debug)]
pub(crate) struct ConfirmCall {
    pub(crate) user: AccountId,
    pub(crate) reservation: ReservationId,
    pub(crate) payment: PaymentId,
    pub(crate) key: PaymentKey,
    pub(crate) transaction: String,
    pub(crate) amount: i64,
}

/// What it hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Confirmed {
    Success,
    Failed(FailureReason),
    Pending,
}

/// Answers it.
pub(crate) async fn confirm(world: Shared, at: Instance, asked: ConfirmCall) -> Answer<Confirmed> {
    let by = AskId(world.id());
    let payment = take(&world, at, &asked, by).await?;
    let (reservation, id) = (payment.reservation, payment.id);
    let standing =
        call(&world, Role::Reservation, LIMIT_MS, move |world, at| reservation::standing(world, at, reservation, id));
    let standing = match standing.await {
        Ok(StandingAnswer::Known(standing)) => standing,
        Ok(StandingAnswer::Unknown) => Standing::Ended(Ended::Cancelled),
        Ok(StandingAnswer::Unavailable) | Err(_) => {
            let_go(&world, id, by, None).await;
            return Err(ErrorCode::ServiceUnavailable);
        }
    };
    if let Some(code) = standing.refusal() {
        return Err(tell(&world, at, id, by, code).await);
    }
    let occasion = match standing {
        Standing::Sold => Occasion::Sold,
        _ => Occasion::Confirm { transaction: &asked.transaction },
    };
    let outcome = look_and_decide(&world, at, &payment, by, occasion).await;
    let code = match outcome {
        Outcome::Success(_) => return Ok(Confirmed::Success),
        Outcome::Failed(reason) => return Ok(Confirmed::Failed(reason)),
        Outcome::Lost => return Err(ErrorCode::PaymentAlreadyExists),
        Outcome::Waits => None,
        Outcome::Disbelieved | Outcome::ProviderAway(Away::Broken | Away::Refused) => Some(ErrorCode::PortoneApiError),
        Outcome::ProviderAway(Away::TimedOut) => Some(ErrorCode::PortoneTimeout),
        Outcome::ProviderAway(Away::CircuitOpen) => Some(ErrorCode::PortoneCircuitOpen),
        Outcome::Away => Some(ErrorCode::ServiceUnavailable),
    };
    let_go(&world, id, by, None).await;
    code.map_or(Ok(Confirmed::Pending), Err)
}

/// The payment for this try alone, after the checks that ask nobody.
async fn take(world: &Shared, at: Instance, asked: &ConfirmCall, by: AskId) -> Answer<Payment> {
    let until_ms = world.machine.now_ms() + WAIT_MS;
    loop {
        let now = world.now_of(at);
        let taken = world.payment.change(|rows, _| check(world, rows, asked, by, now)).await;
        match taken.map_err(|_| ErrorCode::ServiceUnavailable)?? {
            Some(payment) => return Ok(payment),
            None if world.machine.now_ms() > until_ms => return Err(ErrorCode::ServiceUnavailable),
            None => world.machine.sleep(LOOK_MS).await,
        }
    }
}

/// None: another one asks.
fn check(
    world: &World,
    rows: &mut PaymentRows,
    asked: &ConfirmCall,
    by: AskId,
    now: Timestamp,
) -> Answer<Option<Payment>> {
    let payment = rows.payments.get(&asked.payment).ok_or(ErrorCode::NotFound)?;
    if payment.user != asked.user {
        return Err(ErrorCode::Forbidden);
    }
    if payment.key != asked.key || payment.reservation != asked.reservation {
        return Err(ErrorCode::InvalidInput);
    }
    if !payment.is_pending() {
        return Err(ErrorCode::PaymentAlreadyExists);
    }
    if payment.amount != asked.amount {
        return Err(ErrorCode::PaymentAmountMismatch);
    }
    match payment.ask_pending(by, now) {
        Ok(mut payment) => {
            payment.transaction_sent = Some(asked.transaction.clone());
            rows.put(world, payment.clone());
            Ok(Some(payment))
        }
        Err(Refusal::Busy { .. }) => Ok(None),
        Err(_) => Err(ErrorCode::PaymentAlreadyExists),
    }
}

/// The buyer hears that it is not taken: not before that is stored (hole 12).
async fn tell(world: &Shared, at: Instance, id: PaymentId, by: AskId, code: ToldCode) -> ErrorCode {
    let answer = match code {
        ToldCode::HoldExpired => ErrorCode::HoldExpired,
        ToldCode::NotPayable => ErrorCode::ReservationNotPayable,
    };
    if world.has(Bug::ToldBeforeStored) {
        let_go(world, id, by, None).await;
        return answer;
    }
    let now = world.now_of(at);
    let told = world.payment.change(|rows, _| {
        let Some(Ok(told)) = rows.payments.get(&id).map(|payment| payment.tell(by, code, now)) else { return false };
        rows.put(world, told);
        true
    });
    match told.await {
        Ok(true) => answer,
        Ok(false) => ErrorCode::PaymentAlreadyExists,
        Err(_) => ErrorCode::ServiceUnavailable,
    }
}
