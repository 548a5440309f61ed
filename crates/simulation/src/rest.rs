//! After the rush everything settles, by itself.

use crate::people;
use crate::reservation;
use crate::world::{BEGIN_MS, Shared};
use domain::payment::RefundStatus;
use std::rc::Rc;

const HOUR_MS: i64 = 3_600_000;
/// So long it may take at most: a look-back takes a day, a schedule's payments are looked at until its end.
const SETTLED_HOURS: i64 = 24 * 8;

/// Plays the rush and what follows, until nothing is left to do, or for too long.
pub(crate) fn play(world: &Shared, rush_ms: i64) {
    world.machine.run_until(BEGIN_MS + rush_ms);
    world.is_rush.set(false);
    world.tell(|| "the rush is over".to_owned());
    for _ in 0..SETTLED_HOURS {
        world.machine.run_until(world.machine.now_ms() + HOUR_MS);
        let has_more = people::rest(world);
        if !has_more && is_quiet(world) {
            break;
        }
    }
    world.machine.heal();
    for _ in 0..3 {
        let there = Rc::clone(world);
        world.machine.spawn(crate::machine::WORLD, async move {
            let _ = reservation::right(&there).await;
        });
        world.machine.run_until(world.machine.now_ms() + HOUR_MS);
    }
}

/// Whether nobody has anything to do.
fn is_quiet(world: &Shared) -> bool {
    let is_decided = world.payment.look(|rows| {
        let payments = rows.payments.values().all(|one| !one.is_pending() && one.due_at.is_none());
        payments && rows.refunds.values().all(|one| one.status == RefundStatus::Done)
    });
    // What a restored database has lost is found by the comparison with the provider's list.
    let is_known = world.payment.look(|rows| world.provider.keys().into_iter().all(|key| rows.of_key(key).is_some()));
    let is_settled = world.provider.keys().into_iter().all(|key| world.provider.next_decision_ms(key).is_none());
    let is_asked =
        world.reservation.look(|rows| !rows.book.is_behind() && rows.book.iter().all(|one| one.ask_at.is_none()));
    is_decided && is_known && is_settled && is_asked && world.bus.is_quiet()
}
