//! The sweep: each instance by itself, within a second of a hold's end.

use super::holding::free;
use crate::world::Shared;
use crate::world::instance::Instance;
use domain::reservation::ReservationStatus;

/// Longest pause while people come, in milliseconds. No hold is shorter.
const PAUSE_MS: i64 = 60_000;
const REST_PAUSE_MS: i64 = 1_800_000;

/// Runs for ever.
pub(super) async fn run(world: Shared, at: Instance) {
    loop {
        let jitter_ms = world.machine.pick(0..1_000);
        if !world.instances.is_ready(at) {
            world.machine.sleep(1_000 + jitter_ms).await;
            continue;
        }
        let due = world.reservation.read(|rows, now| {
            let pending = rows.book.iter().filter(|one| one.status == ReservationStatus::Pending);
            let next = pending.filter(|one| !one.is_secured()).map(|one| one.hold_expires_at.millis()).min();
            let is_void = rows.book.is_cancelled(world.show.schedule) && rows.book.iter().any(|one| one.is_live());
            (next.map(|at| at - now.millis()), is_void)
        });
        let Ok((next_ms, is_void)) = due.await else {
            world.machine.sleep(1_000).await;
            continue;
        };
        let mut over = Vec::new();
        if is_void || next_ms.is_some_and(|ms| ms <= 0) {
            over = world.reservation.change(|rows, now| rows.sweep(&world, now)).await.unwrap_or_default();
        }
        for one in &over {
            free(&world, one, one.seat_ids()).await;
        }
        let longest_ms = if world.is_rush.get() { PAUSE_MS } else { REST_PAUSE_MS };
        let pause_ms = if is_void { 1_000 } else { next_ms.unwrap_or(longest_ms).clamp(500, longest_ms) };
        world.machine.sleep(pause_ms + jitter_ms).await;
    }
}
