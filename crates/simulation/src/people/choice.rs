//! What people want: few, and the same good seats first.

use crate::world::Shared;
use domain::SeatId;

/// One to three seats, the better ones more often.
pub(super) fn seats(world: &Shared) -> Vec<SeatId> {
    let all = &world.show.seats;
    let wanted = [1, 1, 1, 2, 2, 3][world.machine.one_of(6)].min(all.len());
    let mut chosen: Vec<SeatId> = Vec::with_capacity(wanted);
    while chosen.len() < wanted {
        // The lower of two: the front is wanted most.
        let place = world.machine.one_of(all.len()).min(world.machine.one_of(all.len()));
        let seat = all[place].seat;
        if !chosen.contains(&seat) {
            chosen.push(seat);
        } else if let Some(other) = all.iter().find(|wish| !chosen.contains(&wish.seat)) {
            chosen.push(other.seat);
        }
    }
    chosen
}
