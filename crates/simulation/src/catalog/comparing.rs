//! Sold seats are compared with reservation's, and put right as by a message (hole 22).

use crate::reservation::{self, SoldAnswer};
use crate::world::Shared;
use crate::world::instance::{Instance, Role};
use crate::world::network::call;
use domain::catalog::{SeatNews, SeatState, SeatStatus};
use domain::id::ReservationId;
use domain::{SeatId, Timestamp};
use std::collections::BTreeMap;

const PAUSE_MS: i64 = 300_000;
const REST_PAUSE_MS: i64 = 3_600_000;
/// What differs for less is left alone: its message may be on its way.
const OLD_MS: i64 = 600_000;
const LIMIT_MS: i64 = 5_000;

/// A difference: the seat as it is here, and who has its ticket there.
type Difference = (SeatState, Option<(ReservationId, i64)>);

/// Runs for ever.
pub(super) async fn run(world: Shared, at: Instance) {
    let mut seen: BTreeMap<SeatId, (Difference, Timestamp)> = BTreeMap::new();
    loop {
        let pause_ms = if world.is_rush.get() { PAUSE_MS } else { REST_PAUSE_MS };
        world.machine.sleep(pause_ms).await;
        if !world.instances.leads(at) {
            seen.clear();
            continue;
        }
        let answer = call(&world, Role::Reservation, LIMIT_MS, reservation::sold).await;
        let Ok(Ok(there)) = answer else { continue };
        let Ok(here) = world.catalog.read(|rows, _| rows.seats.clone()).await else { continue };
        let now = world.now_of(at);
        seen = differences(&there, &here)
            .map(|(seat, difference)| {
                let since =
                    seen.get(&seat).filter(|(before, _)| *before == difference).map_or(now, |(_, since)| *since);
                (seat, (difference, since))
            })
            .collect();
        for (seat, (difference, since)) in &seen {
            if now.millis() - since.millis() >= OLD_MS {
                repair(&world, *seat, *difference, there.counter).await;
            }
        }
    }
}

fn differences<'a>(
    there: &'a SoldAnswer,
    here: &'a BTreeMap<SeatId, SeatState>,
) -> impl Iterator<Item = (SeatId, Difference)> + 'a {
    let missing =
        there.seats.iter().map(|(seat, owner)| (*seat, (here.get(seat).copied().unwrap_or_default(), Some(*owner))));
    let surplus =
        here.iter().filter(|(seat, state)| state.status == SeatStatus::Sold && !there.seats.contains_key(*seat));
    let surplus = surplus.map(|(seat, state)| (*seat, (*state, None)));
    missing.filter(|(_, (state, owner))| !is_alike(state, *owner)).chain(surplus)
}

fn is_alike(state: &SeatState, owner: Option<(ReservationId, i64)>) -> bool {
    state.status == SeatStatus::Sold
        && owner.is_some_and(|(id, hold_no)| state.sold_to == Some(id.get()) && state.hold_no == Some(hold_no))
}

/// As by a message: a seat that has changed meanwhile keeps what is newer.
async fn repair(world: &Shared, seat: SeatId, (state, owner): Difference, counter: i64) {
    let news = match owner {
        Some((reservation, hold_no)) => {
            SeatNews { status: SeatStatus::Sold, hold_no: Some(hold_no), reservation: reservation.get() }
        }
        None => SeatNews {
            status: SeatStatus::Available,
            hold_no: Some(counter),
            reservation: state.sold_to.unwrap_or_default(),
        },
    };
    world.tell(|| format!("the catalog repairs a seat: {news:?}"));
    let repaired = world.catalog.change(|rows, _| {
        if rows.seats.get(&seat).copied().unwrap_or_default() == state {
            rows.hear(world, seat, news);
        }
    });
    let _ = repaired.await;
}
