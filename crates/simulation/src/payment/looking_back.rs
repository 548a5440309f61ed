//! Decided payments are looked at again (holes 13, 20).

use crate::world::Shared;
use crate::world::instance::Instance;
use domain::id::PaymentId;
use domain::payment::look_back::next_look;
use domain::payment::{AskId, RefundKind, pause};

/// One look.
pub(super) async fn look(world: &Shared, at: Instance, id: PaymentId) {
    let by = AskId(world.id());
    let now = world.now_of(at);
    let asked = world.payment.change(|rows, _| {
        let asked = rows.payments.get(&id)?.ask_to_look(by, now).ok()?;
        rows.put(world, asked.clone());
        Some(asked)
    });
    let Ok(Some(asked)) = asked.await else { return };
    let looked = world.provider.look_up(asked.key).await;
    let now = world.now_of(at);
    let is_over = now >= world.show.ends_at;
    let kept = world.payment.change(|rows, _| {
        let Some(payment) = rows.payments.get(&id).filter(|payment| payment.is_asked_by(by)) else { return };
        let Ok(lookup) = looked else {
            if let Ok(later) = payment.unanswered(by, pause::after_tries(payment.tries + 1, now)) {
                rows.put(world, later);
            }
            return;
        };
        let reason = rows.refunds.get(&(id, RefundKind::All)).map_or("PROVIDER", |refund| &refund.reason).to_owned();
        let mut changed = payment.found_after(&lookup, &reason, now);
        let due_at = next_look(&changed.payment, &lookup, is_over, now);
        changed.payment = changed.payment.due(due_at);
        changed.payment = changed.payment.let_go(by, None).unwrap_or(changed.payment);
        rows.keep(world, changed, now);
    });
    let _ = kept.await;
}
