//! Reservations beside each other: whose the seats are, how many are one person's, the numbers of holds.

use super::cancel::{cancel_event, run_out};
use super::change::{Next, Scene, Told};
use super::model::Reservation;
use super::status::ReservationStatus;
use crate::id::{AccountId, ReservationId, ScheduleId, SeatId};
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Who has a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub reservation: ReservationId,
    /// It is paid.
    pub is_sold: bool,
}

/// A live seat of a reservation that a transaction has read and not locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveSeat {
    /// The schedule.
    pub schedule: ScheduleId,
    /// The seat.
    pub seat: SeatId,
    /// The person.
    pub user: AccountId,
    /// Which of the person's seats it is.
    pub slot: u8,
    /// The reservation.
    pub reservation: ReservationId,
    /// It is paid.
    pub is_sold: bool,
}

/// All reservations, or those that a transaction has locked with what it has read of others. Steps are decided one after the
/// other; the book notes what they have changed and what they tell.
///
/// The database's unique keys say the same as the book, and refuse what two transactions that do not know of each other would
/// break: one live row a seat (RSV-013), and one a person's slot (hole 11).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReservationBook {
    reservations: BTreeMap<ReservationId, Reservation>,
    seats: BTreeMap<(ScheduleId, SeatId), Owner>,
    slots: BTreeMap<(ScheduleId, AccountId), BTreeMap<u8, ReservationId>>,
    cancelled: BTreeSet<ScheduleId>,
    hold_no: i64,
    is_behind: bool,
    changed: BTreeSet<ReservationId>,
    told: Vec<Told>,
}

impl ReservationBook {
    /// An empty book. `hold_no`: the number that was drawn last.
    pub fn new(hold_no: i64) -> Self {
        Self { hold_no, ..Self::default() }
    }

    /// Notes a reservation as it stands.
    pub fn put(&mut self, reservation: Reservation) {
        self.index(&reservation);
        self.reservations.insert(reservation.id, reservation);
    }

    /// Notes a live seat of a reservation that is not in the book.
    pub fn put_live(&mut self, live: LiveSeat) {
        let LiveSeat { schedule, seat, user, slot, reservation, is_sold } = live;
        self.seats.entry((schedule, seat)).or_insert(Owner { reservation, is_sold });
        self.slots.entry((schedule, user)).or_default().entry(slot).or_insert(reservation);
    }

    /// From now on nothing of the schedule is sold (hole 6): `EventCancelled`, or the catalog calls it cancelled. Its
    /// reservations end by [`ReservationBook::cancel_events`].
    pub fn remember_cancelled(&mut self, schedule: ScheduleId) {
        self.cancelled.insert(schedule);
    }

    /// Whether the schedule is remembered as cancelled.
    pub fn is_cancelled(&self, schedule: ScheduleId) -> bool {
        self.cancelled.contains(&schedule)
    }

    /// Another role has stored this number of a hold. One above the own counter shows that the own database was put back to an
    /// older copy (hole 7): nothing is sold, swept, secured or cancelled until [`ReservationBook::raise_hold_no`].
    pub fn see_hold_no(&mut self, seen: i64) {
        self.is_behind |= seen > self.hold_no;
    }

    /// Puts the counter above all numbers that others have stored. It never goes back (hole 7).
    pub fn raise_hold_no(&mut self, to: i64) {
        self.hold_no = self.hold_no.max(to);
        self.is_behind = false;
    }

    /// The counter is locked now, and stands here: others may have drawn numbers since it was read.
    pub fn start_at(&mut self, hold_no: i64) {
        self.hold_no = self.hold_no.max(hold_no);
    }

    /// Whether the book is behind what others have stored.
    pub fn is_behind(&self) -> bool {
        self.is_behind
    }

    /// The number that was drawn last.
    pub fn hold_no(&self) -> i64 {
        self.hold_no
    }

    /// A reservation.
    pub fn get(&self, id: ReservationId) -> Option<&Reservation> {
        self.reservations.get(&id)
    }

    /// All reservations, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Reservation> {
        self.reservations.values()
    }

    /// Whose a seat is.
    pub fn owner(&self, schedule: ScheduleId, seat: SeatId) -> Option<ReservationId> {
        self.seats.get(&(schedule, seat)).map(|owner| owner.reservation)
    }

    /// How many live seats a person has in a schedule.
    pub fn seats_of(&self, schedule: ScheduleId, user: AccountId) -> usize {
        self.slots.get(&(schedule, user)).map_or(0, BTreeMap::len)
    }

    /// Takes the messages that the steps since the last call owe, in order.
    pub fn take_told(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.told)
    }

    /// Takes the ids of the reservations that were made or changed since the last call.
    pub fn take_changed(&mut self) -> BTreeSet<ReservationId> {
        std::mem::take(&mut self.changed)
    }

    /// Ends holds whose time is over, at most so many (RSV-007). Returns them as they are afterwards. Nothing while behind: what a
    /// restored database takes for unpaid may be sold (hole 7).
    pub fn sweep(&mut self, now: Timestamp, most: usize) -> Vec<Reservation> {
        if self.is_behind {
            return Vec::new();
        }
        let over = self.reservations.values().filter_map(|one| run_out(one, now)).take(most).collect();
        self.apply_all(over)
    }

    /// Ends reservations of cancelled schedules in the order of their ids, at most so many (hole 6): again until it returns
    /// nothing, and at each sweep, since a hold that began before may have been stored after the schedule was remembered.
    pub fn cancel_events(&mut self, now: Timestamp, most: usize) -> Vec<Reservation> {
        if self.is_behind {
            return Vec::new();
        }
        let void = self.reservations.values().filter(|one| self.cancelled.contains(&one.schedule));
        let over = void.filter_map(|one| cancel_event(one, now)).take(most).collect();
        self.apply_all(over)
    }

    fn apply_all(&mut self, all: Vec<Next>) -> Vec<Reservation> {
        all.into_iter().map(|next| self.apply(next)).collect()
    }

    pub(super) fn scene(&self, schedule: ScheduleId, now: Timestamp) -> Scene {
        Scene { now, is_cancelled: self.cancelled.contains(&schedule) }
    }

    /// The numbers that a person's live seats of other reservations have.
    pub(super) fn other_slots(&self, schedule: ScheduleId, user: AccountId, own: ReservationId) -> BTreeSet<u8> {
        let all = self.slots.get(&(schedule, user)).into_iter().flatten();
        all.filter(|(_, reservation)| **reservation != own).map(|(slot, _)| *slot).collect()
    }

    pub(super) fn owner_but(&self, schedule: ScheduleId, seat: SeatId, own: ReservationId) -> Option<Owner> {
        self.seats.get(&(schedule, seat)).copied().filter(|owner| owner.reservation != own)
    }

    /// Draws the next number of a hold: one at a time, in the transaction that makes the live rows.
    pub(super) fn draw(&mut self) -> i64 {
        self.hold_no += 1;
        self.hold_no
    }

    /// Ends the holds that stand in the way of new ones and whose time is over (hole 17): of these seats, and of this person.
    pub(super) fn clear(
        &mut self,
        schedule: ScheduleId,
        seats: &[SeatId],
        user: AccountId,
        own: ReservationId,
        now: Timestamp,
    ) {
        let of_seats =
            seats.iter().filter_map(|seat| self.owner_but(schedule, *seat, own)).map(|owner| owner.reservation);
        let of_person = self.slots.get(&(schedule, user)).into_iter().flatten().map(|(_, reservation)| *reservation);
        let in_the_way: BTreeSet<ReservationId> = of_seats.chain(of_person).filter(|id| *id != own).collect();
        let over = in_the_way.iter().filter_map(|id| run_out(self.reservations.get(id)?, now)).collect();
        self.apply_all(over);
    }

    /// Stores the state after a step. Returns the reservation.
    pub(super) fn apply(&mut self, next: Next) -> Reservation {
        let Next { reservation, told } = next;
        if let Some(before) = self.reservations.get(&reservation.id).cloned() {
            self.unindex(&before);
        }
        self.index(&reservation);
        self.told.extend(told);
        self.changed.insert(reservation.id);
        self.reservations.insert(reservation.id, reservation.clone());
        reservation
    }

    fn index(&mut self, of: &Reservation) {
        let is_sold = of.status != ReservationStatus::Pending;
        for seat in of.seats.iter().filter(|seat| seat.is_live) {
            self.seats.insert((of.schedule, seat.seat), Owner { reservation: of.id, is_sold });
            self.slots.entry((of.schedule, of.user)).or_default().insert(seat.slot, of.id);
        }
    }

    fn unindex(&mut self, of: &Reservation) {
        for seat in of.seats.iter().filter(|seat| seat.is_live) {
            self.seats.remove(&(of.schedule, seat.seat));
            if let Some(slots) = self.slots.get_mut(&(of.schedule, of.user)) {
                slots.remove(&seat.slot);
            }
        }
    }
}
