//! Gives back what is owed, until a look-up says that nothing is left (holes 1, 18).

use crate::bug::Bug;
use crate::world::Shared;
use crate::world::instance::Instance;
use domain::id::PaymentId;
use domain::payment::refund::{Attempt, Next, Refund};
use domain::payment::{AskId, Changed, Lookup, Payment, RefundKind};

/// One try.
pub(super) async fn work(world: &Shared, at: Instance, key: (PaymentId, RefundKind)) {
    let by = AskId(world.id());
    let now = world.now_of(at);
    let asked = world.payment.change(|rows, _| {
        let refund = rows.refunds.get(&key)?.clone();
        let asked = rows.payments.get(&key.0)?.ask(by, now).ok()?;
        rows.put(world, asked.clone());
        Some((asked, refund))
    });
    let Ok(Some((payment, refund))) = asked.await else { return };
    let Ok(lookup) = world.provider.look_up(payment.key).await else {
        return keep(world, at, by, key, None, |refund, now| refund.waited(now)).await;
    };
    match refund.next(&payment, &lookup) {
        Next::Done(amounts) => {
            keep(world, at, by, key, Some(&lookup), |refund, _| refund.done(&amounts)).await;
        }
        Next::Wait(_) => keep(world, at, by, key, Some(&lookup), |refund, now| refund.waited(now)).await,
        Next::Ask(attempt) => ask(world, at, by, key, (&payment, &refund), attempt).await,
    }
}

async fn ask(
    world: &Shared,
    at: Instance,
    by: AskId,
    key: (PaymentId, RefundKind),
    (payment, refund): (&Payment, &Refund),
    attempt: Attempt,
) {
    let begun = world.payment.change(|rows, _| {
        let is_mine = rows.payments.get(&key.0).is_some_and(|payment| payment.is_asked_by(by));
        if let Some(refund) = rows.refunds.get_mut(&key).filter(|_| is_mine) {
            *refund = refund.begin(attempt);
        }
        is_mine
    });
    if begun.await != Ok(true) {
        return;
    }
    let idempotency_key = match world.bug {
        Some(Bug::RefundWithoutKey) => None,
        Some(Bug::RefundKeyForEver) => Some(refund.id.to_string()),
        _ => Some(refund.key(attempt)),
    };
    let answer = world.provider.cancel(payment.key, idempotency_key, attempt).await;
    world.tell(|| format!("refund of payment #{}: {attempt:?} is answered {answer:?}", key.0.get().as_u128()));
    keep(world, at, by, key, None, |refund, now| refund.answered(&answer, now)).await;
}

/// Stores what has come of it, and lets the payment go.
async fn keep(
    world: &Shared,
    at: Instance,
    by: AskId,
    key: (PaymentId, RefundKind),
    lookup: Option<&Lookup>,
    step: impl FnOnce(&Refund, domain::Timestamp) -> Refund,
) {
    let now = world.now_of(at);
    let kept = world.payment.change(|rows, _| {
        let Some(payment) = rows.payments.get(&key.0).filter(|payment| payment.is_asked_by(by)).cloned() else {
            return;
        };
        let Some(refund) = rows.refunds.get_mut(&key) else { return };
        *refund = step(refund, now);
        let reason = refund.reason.clone();
        let gone = payment.let_go(by, None).unwrap_or(payment);
        match lookup {
            Some(lookup) => {
                let changed = gone.found_after(lookup, &reason, now);
                // What is owed still is owed by the refund that is there.
                let refund = changed.refund.clone().filter(|owed| !rows.refunds.contains_key(&(key.0, owed.kind)));
                rows.keep(world, Changed { refund, ..changed }, now);
            }
            None => rows.put(world, gone),
        }
    });
    let _ = kept.await;
}
