//! A PENDING payment is looked up, and decided if it can be: by the one try that has it for itself.

use super::rows::message;
use super::{LIMIT_MS, POLICY};
use crate::bug::Bug;
use crate::reservation::{self, SecureAnswer};
use crate::world::Shared;
use crate::world::instance::{Instance, Role};
use crate::world::network::call;
use domain::Timestamp;
use domain::id::PaymentId;
use domain::payment::decision::{must_keep_moment, reason_told, refused_by_reservation};
use domain::payment::{
    AskId, Away, Changed, Decision, FailureReason, Found, Lookup, Occasion, Payment, Refusal, Secured, decide,
};
use domain::reservation::SecureRequest;
use std::rc::Rc;

/// What has come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Success(Timestamp),
    Failed(FailureReason),
    /// The provider is not done, or the buyer may still pay.
    Waits,
    /// Its answer cannot be believed.
    Disbelieved,
    ProviderAway(Away),
    /// Reservation, or the own database, does not answer: nothing is decided, or nobody knows.
    Away,
    /// Another try has decided it.
    Lost,
}

/// Looks it up and decides. `asked`: the payment as this try has taken it.
pub(super) async fn look_and_decide(
    world: &Shared,
    at: Instance,
    asked: &Payment,
    by: AskId,
    occasion: Occasion<'_>,
) -> Outcome {
    let lookup = match world.provider.look_up(asked.key).await {
        Ok(lookup) => lookup,
        Err(away) => return Outcome::ProviderAway(away),
    };
    let now = world.now_of(at);
    if let Lookup::Found(found) = &lookup
        && must_keep_moment(asked, found, now)
    {
        let kept = world.payment.change(|rows, _| {
            if let Some(payment) = rows.payments.get(&asked.id) {
                let looked = payment.looked(&lookup, now);
                rows.put(world, looked);
            }
        });
        if kept.await.is_err() {
            return Outcome::Away;
        }
    }
    match (decide(asked, &lookup, occasion, POLICY, now), &lookup) {
        (Decision::Secure { paid_at }, Lookup::Found(found)) => {
            secure(world, at, asked, by, (found, paid_at), occasion).await
        }
        (Decision::Secure { .. } | Decision::Disbelieve, _) => Outcome::Disbelieved,
        (Decision::Fail(reason), _) => fail(world, at, asked.id, by, reason, Some(&lookup)).await,
        (Decision::Wait, _) => Outcome::Waits,
    }
}

async fn secure(
    world: &Shared,
    at: Instance,
    asked: &Payment,
    by: AskId,
    (found, paid_at): (&Found, Timestamp),
    occasion: Occasion<'_>,
) -> Outcome {
    let request = SecureRequest {
        reservation: asked.reservation,
        payment: asked.id,
        amount: asked.amount,
        discount: asked.discount(),
        hold_no: asked.hold_no,
        paid_at,
    };
    let answer = if world.has(Bug::SecureSkipped) {
        let (hold_no, schedule, seats) = (asked.hold_no, asked.schedule, asked.seats.clone());
        Ok(SecureAnswer::Kept(Secured { hold_no, schedule, seats }))
    } else {
        call(world, Role::Reservation, LIMIT_MS, move |world, at| reservation::secure(world, at, request)).await
    };
    match answer {
        Ok(SecureAnswer::Kept(secured)) => succeed(world, at, asked.id, by, (found, paid_at), &secured).await,
        Ok(SecureAnswer::Refused) => {
            let reason = refused_by_reservation(asked, occasion, paid_at);
            let lookup = Lookup::Found(Box::new(found.clone()));
            fail(world, at, asked.id, by, reason, Some(&lookup)).await
        }
        Ok(SecureAnswer::Unavailable) | Err(_) => Outcome::Away,
    }
}

async fn succeed(
    world: &Shared,
    at: Instance,
    id: PaymentId,
    by: AskId,
    (found, paid_at): (&Found, Timestamp),
    secured: &Secured,
) -> Outcome {
    let now = world.now_of(at);
    let step = |payment: &Payment| payment.succeed(by, found, secured, paid_at, now);
    tell_early(world, id, &step);
    let lookup = Lookup::Found(Box::new(found.clone()));
    let decided = world.payment.change(|rows, _| {
        let Some(payment) = rows.payments.get(&id) else { return Outcome::Lost };
        let (changed, outcome) = match step(payment) {
            Ok(changed) => (changed, Outcome::Success(paid_at)),
            // SUCCESS is never written over what was told or noted meanwhile (holes 12, 14).
            Err(refusal @ (Refusal::Told(_) | Refusal::Cancelled)) => {
                let reason = match refusal {
                    Refusal::Told(code) => reason_told(code),
                    _ => FailureReason::ReservationCancelled,
                };
                match payment.fail(by, reason, Some(&lookup), now) {
                    Ok(changed) => (changed, Outcome::Failed(reason)),
                    Err(_) => return Outcome::Lost,
                }
            }
            Err(_) => return Outcome::Lost,
        };
        rows.keep(world, changed, now);
        outcome
    });
    decided.await.unwrap_or(Outcome::Away)
}

/// FAILED, if it is still this try's to say.
pub(super) async fn fail(
    world: &Shared,
    at: Instance,
    id: PaymentId,
    by: AskId,
    reason: FailureReason,
    lookup: Option<&Lookup>,
) -> Outcome {
    let now = world.now_of(at);
    let step = |payment: &Payment| payment.fail(by, reason, lookup, now);
    tell_early(world, id, &step);
    let decided = world.payment.change(|rows, _| {
        let Some(Ok(changed)) = rows.payments.get(&id).map(step) else { return Outcome::Lost };
        rows.keep(world, changed, now);
        Outcome::Failed(reason)
    });
    decided.await.unwrap_or(Outcome::Away)
}

/// The mistake of telling before the commit.
fn tell_early(world: &Shared, id: PaymentId, step: &dyn Fn(&Payment) -> Result<Changed, Refusal>) {
    if !world.has(Bug::MessageBeforeCommit) {
        return;
    }
    let told = world.payment.look(|rows| rows.payments.get(&id).and_then(|payment| step(payment).ok()?.message));
    if let Some(outgoing) = told {
        world.bus.arrive(&Rc::new(message(world, id, outgoing)));
    }
}

/// The try is over without a decision.
pub(super) async fn let_go(world: &Shared, id: PaymentId, by: AskId, due_at: Option<Timestamp>) {
    let gone = world.payment.change(|rows, _| {
        if let Some(Ok(gone)) = rows.payments.get(&id).map(|payment| payment.let_go(by, due_at)) {
            rows.put(world, gone);
        }
    });
    // It lapses by itself when this is lost.
    let _ = gone.await;
}
