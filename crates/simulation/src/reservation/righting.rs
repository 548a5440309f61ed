//! Hot state follows the rows (hole 17), and lets seats go that the catalog has as sold.

use super::LIMIT_MS;
use super::rows::holding;
use crate::bug::Bug;
use crate::world::Shared;
use crate::world::instance::{Instance, Role};
use crate::world::network::call;
use domain::id::ReservationId;
use domain::reservation::{Reservation, ReservationStatus};
use domain::seat::{HoldEnd, SeatHold};
use domain::{SeatId, Timestamp};
use std::collections::BTreeSet;

/// A hold without a row is left alone so long, in milliseconds: its row may be on its way.
const YOUNG_MS: i64 = 10_000;
const PAUSE_MS: i64 = 8_000;
const REST_PAUSE_MS_MAX: i64 = 6 * 3_600_000;

/// What the catalog has as sold, and to whom.
type Sold = BTreeSet<(SeatId, ReservationId)>;

/// Looks at the same rows and holds: the last of them is later than [`YOUNG_MS`] after the change.
const LOOKS: u32 = 3;

/// Runs for ever. What has not changed since some clean looks is not looked at again.
pub(super) async fn run(world: Shared, at: Instance) {
    let (mut pause_ms, mut seen, mut looks) = (PAUSE_MS, (0, 0, 0), 0);
    let changes = || (world.reservation.changes(), world.catalog.changes(), world.hot.changes());
    loop {
        pause_ms = if world.is_rush.get() { PAUSE_MS } else { (pause_ms * 2).min(REST_PAUSE_MS_MAX) };
        world.machine.sleep(pause_ms).await;
        if !world.instances.leads(at) || !world.instances.is_ready(at) {
            continue;
        }
        if seen != changes() {
            looks = 0;
        }
        if looks < LOOKS {
            looks = if right(&world).await { looks + 1 } else { 0 };
            seen = changes();
        }
    }
}

/// Once. Whether it could be done.
pub(crate) async fn right(world: &Shared) -> bool {
    if world.has(Bug::HotLeftWrong) {
        return true;
    }
    let sold =
        call(world, Role::Catalog, LIMIT_MS, |world, _| async move { world.catalog.read(|rows, _| rows.sold()).await });
    let Ok(Ok(sold)) = sold.await else { return false };
    let older_than = Timestamp(world.hot.now().millis() - YOUNG_MS);
    let read = world.reservation.read(|rows, now| {
        let live = rows.book.iter().filter(|one| one.is_live()).cloned().collect::<Vec<_>>();
        (live, now, rows.book.is_behind())
    });
    let Ok((live, now, is_behind)) = read.await else { return false };
    if is_behind {
        return false;
    }
    let rows: Vec<(SeatId, SeatHold)> = live.iter().flat_map(|one| holds(world, one, &sold, now)).collect();
    let schedule = world.show.schedule;
    if world.hot.put_right(schedule, &rows, older_than, world.window()).await.is_err() {
        return false;
    }
    for one in live.iter().filter(|one| one.status == ReservationStatus::Confirmed) {
        let is_sold = one.live_seats().iter().all(|seat| sold.contains(&(*seat, one.id)));
        if is_sold && world.hot.sold(&holding(one, one.live_seats())).await.is_err() {
            return false;
        }
    }
    true
}

/// What hot state should hold for a reservation: lives are rests, since its clock is another one (hole 15).
fn holds(world: &Shared, of: &Reservation, sold: &Sold, now: Timestamp) -> Vec<(SeatId, SeatHold)> {
    let rest_ms = of.hold_expires_at.millis() - now.millis();
    let is_kept = of.status == ReservationStatus::Confirmed || of.is_secured();
    let end = if is_kept { HoldEnd::Kept } else { HoldEnd::At(Timestamp(world.hot.now().millis() + rest_ms)) };
    let hold = SeatHold { reservation: of.id, user: of.user, end };
    let is_told = |seat: &SeatId| of.status == ReservationStatus::Confirmed && sold.contains(&(*seat, of.id));
    of.live_seats().into_iter().filter(|seat| !is_told(seat)).map(|seat| (seat, hold)).collect()
}
