//! The holds of one schedule.

use super::entry::{Entry, HeldSeat, KEPT, ReturnedSeat, SeatStands, end_ms, later};
use super::hold::{HoldEnd, HoldOutcome, HoldRequest, Holding, Release, SeatHold, Window};
use crate::id::{AccountId, ReservationId, SeatId};
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The holds of one schedule: who may have a seat, decided one call at a time.
///
/// A hold that has run out counts as returned from its end on, without any sweep (hole 24): the first call that meets the seat
/// afterwards, a [`SeatBook::hold`] that asks for it or [`SeatBook::holds`], notes above which queue number it is open. A
/// reservation's own seats are known by its id alone.
#[derive(Clone, Debug, Default)]
pub struct SeatBook {
    pub(super) holds: BTreeMap<SeatId, Entry>,
    /// Every hold by its person, run-out ones too.
    of_users: BTreeSet<(AccountId, SeatId)>,
    pub(super) returned: BTreeMap<SeatId, ReturnedSeat>,
    sequence: u64,
    pub(super) changed: Vec<SeatId>,
}

impl SeatBook {
    /// A book in which nothing stands. `sequence`: one above every sequence that was told before.
    pub fn new(sequence: u64) -> Self {
        Self { sequence, ..Self::default() }
    }

    /// A book in which this stands.
    pub fn restored(stands: impl IntoIterator<Item = (SeatId, SeatStands)>, sequence: u64) -> Self {
        let mut book = Self::new(sequence);
        for (seat, stands) in stands {
            match stands {
                SeatStands::Free => {}
                SeatStands::Held(HeldSeat { hold, since }) => book.put(seat, Entry::new(hold, since)),
                SeatStands::Returned(returned) => drop(book.returned.insert(seat, returned)),
            }
        }
        book.changed.clear();
        book
    }

    /// What stands of a seat.
    pub fn stands(&self, seat: SeatId) -> SeatStands {
        if let Some(entry) = self.holds.get(&seat) {
            return SeatStands::Held(entry.shown());
        }
        self.returned.get(&seat).map_or(SeatStands::Free, |returned| SeatStands::Returned(*returned))
    }

    /// The seats that the last call changed, each perhaps more than once: what an engine journals.
    pub fn changed(&self) -> &[SeatId] {
        &self.changed
    }

    /// Whether nothing stands in it.
    pub fn is_empty(&self) -> bool {
        self.holds.is_empty() && self.returned.is_empty()
    }

    /// See [`super::SeatsNow::sequence`].
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Holds all of the seats or none. In order: seats that it holds already are held again, whatever else; more than the
    /// most; seats that are taken.
    pub fn hold(&mut self, request: &HoldRequest, now: Timestamp) -> HoldOutcome {
        self.changed.clear();
        let seats = different(&request.seats);
        let is_own = |entry: &Entry| entry.reservation == request.reservation && !entry.is_over(now);
        if !seats.iter().all(|seat| self.holds.get(seat).is_some_and(is_own)) {
            if let Some(too_many) = self.too_many(request, &seats, now) {
                return too_many;
            }
            seats.iter().for_each(|seat| self.settle(*seat, request.window, now));
            if let Some(taken) = self.taken(request, &seats) {
                self.count_change();
                return taken;
            }
            self.take(request, &seats, now);
        }
        let fresh = later(now, request.ttl_ms);
        let ends = seats.iter().filter_map(|seat| self.holds.get(seat)).filter(|entry| entry.end_ms != KEPT);
        let until = ends.map(|entry| Timestamp(entry.end_ms)).min().unwrap_or(fresh);
        self.count_change();
        HoldOutcome::Held { until }
    }

    fn too_many(&self, request: &HoldRequest, seats: &[SeatId], now: Timestamp) -> Option<HoldOutcome> {
        let mut held = 0_usize;
        let mut own = Vec::new();
        for (seat, entry) in self.of_user(request.user) {
            let reservation = entry.reservation;
            let is_given_up = request.replaces == Some(reservation) || request.rowless.contains(&reservation);
            if !is_given_up && !entry.is_over(now) && !seats.contains(&seat) {
                held += 1;
                note(&mut own, reservation, request);
            }
        }
        own.sort_unstable();
        let is_too_many = held + seats.len() > usize::from(request.seats_max);
        is_too_many.then(|| HoldOutcome::TooMany { held: u8::try_from(held).unwrap_or(u8::MAX), own })
    }

    /// Of seats that are settled.
    fn taken(&self, request: &HoldRequest, seats: &[SeatId]) -> Option<HoldOutcome> {
        let mut own = Vec::new();
        let mut is_taken = |seat: &SeatId| {
            if let Some(entry) = self.holds.get(seat) {
                let is_users = entry.user == request.user;
                let is_open = entry.reservation == request.reservation
                    || is_users && request.rowless.contains(&entry.reservation);
                if is_users && !is_open {
                    note(&mut own, entry.reservation, request);
                }
                return !is_open;
            }
            let is_open = |returned: &ReturnedSeat| {
                request.is_retake || request.ticket.is_some_and(|ticket| ticket > returned.above)
            };
            self.returned.get(seat).is_some_and(|returned| !is_open(returned))
        };
        let taken: Vec<SeatId> = seats.iter().copied().filter(|seat| is_taken(seat)).collect();
        own.sort_unstable();
        (!taken.is_empty()).then_some(HoldOutcome::Taken { seats: taken, own })
    }

    fn take(&mut self, request: &HoldRequest, seats: &[SeatId], now: Timestamp) {
        let HoldRequest { reservation, user, .. } = *request;
        let end = HoldEnd::At(later(now, request.ttl_ms));
        for seat in seats {
            if self.holds.get(seat).is_none_or(|entry| entry.reservation != reservation) {
                self.put(*seat, Entry::new(SeatHold { reservation, user, end }, now));
            }
        }
        if request.rowless.is_empty() {
            return;
        }
        let is_left = |entry: &Entry| entry.reservation != reservation && request.rowless.contains(&entry.reservation);
        let left: Vec<SeatId> = self.of_user(user).filter(|(_, entry)| is_left(entry)).map(|(seat, _)| seat).collect();
        left.into_iter().for_each(|seat| self.give_back(seat, request.window, now));
    }

    /// Gives back what the reservation has of these seats. Returns these, in the order of the request.
    pub fn release(&mut self, release: &Release, now: Timestamp) -> Vec<SeatId> {
        self.changed.clear();
        let had = self.had_by(&release.of);
        had.iter().for_each(|seat| self.give_back(*seat, release.window, now));
        self.count_change();
        had
    }

    /// The reservation holds these seats until `until` at least: its row says so. An end only moves on; a seat that nobody
    /// holds, returned or not, is held for it. Returns the seats that others hold, of which nothing changes.
    pub fn extend(&mut self, of: &Holding, until: Timestamp, now: Timestamp) -> Vec<SeatId> {
        self.make_last(of, HoldEnd::At(until), now)
    }

    /// As [`SeatBook::extend`], for ever.
    pub fn keep(&mut self, of: &Holding, now: Timestamp) -> Vec<SeatId> {
        self.make_last(of, HoldEnd::Kept, now)
    }

    fn make_last(&mut self, of: &Holding, end: HoldEnd, now: Timestamp) -> Vec<SeatId> {
        self.changed.clear();
        let hold = SeatHold { reservation: of.reservation, user: of.user, end };
        let of_others = different(&of.seats).into_iter().filter(|seat| {
            let is_others =
                self.holds.get(seat).is_some_and(|entry| entry.reservation != of.reservation && !entry.is_over(now));
            if !is_others {
                self.follow(*seat, hold, now);
            }
            is_others
        });
        let of_others = of_others.collect();
        self.count_change();
        of_others
    }

    /// What the reservation has of these seats is sold: the holds go, and nothing has come back. Returns these.
    pub fn sold(&mut self, of: &Holding) -> Vec<SeatId> {
        self.changed.clear();
        let had = self.had_by(of);
        had.iter().for_each(|seat| self.remove(*seat));
        self.count_change();
        had
    }

    /// The reservation holds the seat until `hold.end` at least. Nobody else does.
    pub(super) fn follow(&mut self, seat: SeatId, hold: SeatHold, now: Timestamp) {
        match self.holds.get_mut(&seat).filter(|entry| entry.reservation == hold.reservation) {
            Some(entry) if entry.end_ms >= end_ms(hold.end) => {}
            Some(entry) => {
                entry.end_ms = end_ms(hold.end);
                self.changed.push(seat);
            }
            None if hold.end.is_over(now) => {}
            None => self.put(seat, Entry::new(hold, now)),
        }
    }

    /// Takes note of the end of a hold and of a window, where one has come.
    pub(super) fn settle(&mut self, seat: SeatId, window: Window, now: Timestamp) {
        if self.holds.get(&seat).is_some_and(|entry| entry.is_over(now)) {
            self.give_back(seat, window, now);
        } else if self.returned.get(&seat).is_some_and(|returned| returned.until <= now) {
            self.returned.remove(&seat);
            self.changed.push(seat);
        }
    }

    /// Ends a hold, now or when it ran out.
    pub(super) fn give_back(&mut self, seat: SeatId, window: Window, now: Timestamp) {
        let Some(returned) = self.holds.get(&seat).map(|entry| entry.given_back(window, now)) else { return };
        self.remove(seat);
        if let Some(returned) = returned {
            self.returned.insert(seat, returned);
        }
    }

    fn put(&mut self, seat: SeatId, entry: Entry) {
        self.returned.remove(&seat);
        self.of_users.insert((entry.user, seat));
        if let Some(before) = self.holds.insert(seat, entry).filter(|before| before.user != entry.user) {
            self.of_users.remove(&(before.user, seat));
        }
        self.changed.push(seat);
    }

    fn remove(&mut self, seat: SeatId) {
        if let Some(before) = self.holds.remove(&seat) {
            self.of_users.remove(&(before.user, seat));
            self.changed.push(seat);
        }
    }

    fn had_by(&self, of: &Holding) -> Vec<SeatId> {
        let is_own = |seat: &SeatId| self.holds.get(seat).is_some_and(|entry| entry.reservation == of.reservation);
        different(&of.seats).into_iter().filter(is_own).collect()
    }

    fn of_user(&self, user: AccountId) -> impl Iterator<Item = (SeatId, &Entry)> {
        let all = (user, SeatId(Uuid::nil()))..=(user, SeatId(Uuid::max()));
        self.of_users.range(all).filter_map(move |(_, seat)| Some((*seat, self.holds.get(seat)?)))
    }

    pub(super) fn count_change(&mut self) {
        self.sequence += u64::from(!self.changed.is_empty());
    }
}

/// Each seat once, at its first place.
fn different(seats: &[SeatId]) -> Vec<SeatId> {
    let mut once: Vec<SeatId> = Vec::with_capacity(seats.len());
    for seat in seats {
        if !once.contains(seat) {
            once.push(*seat);
        }
    }
    once
}

/// Names a reservation of the person beside that of the request, once.
fn note(own: &mut Vec<ReservationId>, reservation: ReservationId, request: &HoldRequest) {
    if reservation != request.reservation && !own.contains(&reservation) {
        own.push(reservation);
    }
}
