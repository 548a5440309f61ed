//! The worker: settles what is PENDING, looks at what is decided, gives back what is owed.

use super::deciding::{Outcome, fail, let_go, look_and_decide};
use super::{LIMIT_MS, SETTLE_MS, looking_back, refunding};
use crate::reservation::{self, StandingAnswer};
use crate::world::Shared;
use crate::world::instance::{Instance, Role};
use crate::world::network::call;
use domain::Timestamp;
use domain::id::PaymentId;
use domain::payment::{AskId, Ended, FailureReason, Occasion, Payment, RefundKind, Standing, pause};

/// Longest pause between looks for what is due, in milliseconds.
const PAUSE_MS: i64 = 5_000;
const REST_PAUSE_MS: i64 = 3_600_000;

/// Runs for ever.
pub(super) async fn run(world: Shared, at: Instance) {
    loop {
        let longest_ms = if world.is_rush.get() { PAUSE_MS } else { REST_PAUSE_MS };
        if !world.instances.leads(at) {
            world.follow().await;
            continue;
        }
        let now = world.now_of(at);
        let is_due = |due: Option<Timestamp>| due.is_some_and(|due| due <= now);
        let work = world.payment.read(|rows, _| {
            let payments: Vec<(PaymentId, bool)> =
                rows.payments.values().filter(|one| is_due(one.due_at)).map(|one| (one.id, one.is_pending())).collect();
            let refunds: Vec<(PaymentId, RefundKind)> =
                rows.refunds.iter().filter(|(_, one)| is_due(one.due_at)).map(|(key, _)| *key).collect();
            let dues = rows.payments.values().map(|one| one.due_at).chain(rows.refunds.values().map(|one| one.due_at));
            (payments, refunds, dues.flatten().min())
        });
        let Ok((payments, refunds, next)) = work.await else {
            world.machine.sleep(PAUSE_MS).await;
            continue;
        };
        for (id, is_pending) in payments {
            if is_pending { settle(&world, at, id).await } else { looking_back::look(&world, at, id).await }
        }
        for key in refunds {
            refunding::work(&world, at, key).await;
        }
        let rest_ms = next.map_or(longest_ms, |next| next.millis() - world.now_of(at).millis());
        world.machine.sleep(rest_ms.clamp(200, longest_ms)).await;
    }
}

/// Nothing stays PENDING.
async fn settle(world: &Shared, at: Instance, id: PaymentId) {
    let by = AskId(world.id());
    let now = world.now_of(at);
    let asked = world.payment.change(|rows, _| {
        let asked = rows.payments.get(&id)?.ask_pending(by, now).ok()?;
        rows.put(world, asked.clone());
        Some(asked)
    });
    let Ok(Some(asked)) = asked.await else { return };
    let reservation = asked.reservation;
    let standing =
        call(world, Role::Reservation, LIMIT_MS, move |world, at| reservation::standing(world, at, reservation, id));
    let standing = match standing.await {
        Ok(StandingAnswer::Known(standing)) => standing,
        Ok(StandingAnswer::Unknown) => Standing::Ended(Ended::Cancelled),
        Ok(StandingAnswer::Unavailable) | Err(_) => return again(world, at, id, by).await,
    };
    let outcome = look_and_decide(world, at, &asked, by, standing.occasion()).await;
    match outcome {
        Outcome::Waits => wait(world, at, &asked, by, standing).await,
        Outcome::ProviderAway(_) | Outcome::Away | Outcome::Disbelieved => again(world, at, id, by).await,
        Outcome::Success(_) | Outcome::Failed(_) | Outcome::Lost => {}
    }
}

/// Unpaid, and the hold runs. What nobody has registered in its time is FAILED (hole 10).
async fn wait(world: &Shared, at: Instance, asked: &Payment, by: AskId, standing: Standing) {
    let is_unregistered = asked.registered_at.is_none();
    if is_unregistered && standing.occasion() == Occasion::Notice {
        fail(world, at, asked.id, by, FailureReason::NotRegistered, None).await;
        return;
    }
    let now = world.now_of(at).millis();
    let due = Timestamp((asked.hold_expires_at.millis() + SETTLE_MS).max(now + SETTLE_MS));
    let_go(world, asked.id, by, Some(due)).await;
}

/// Nobody has answered: later.
async fn again(world: &Shared, at: Instance, id: PaymentId, by: AskId) {
    let now = world.now_of(at);
    let later = world.payment.change(|rows, _| {
        let tried = |payment: &Payment| payment.unanswered(by, pause::after_tries(payment.tries + 1, now)).ok();
        if let Some(later) = rows.payments.get(&id).and_then(tried) {
            rows.put(world, later);
        }
    });
    let _ = later.await;
}
