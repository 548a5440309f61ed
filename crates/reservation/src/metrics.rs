//! What reservations and doors count (HELP texts: `onsale/src/wiring/help.rs`).

use ::metrics::{Counter, counter, gauge};
use domain::reservation::{CancelReason, Reservation, ReservationStatus};
use domain::ticket::TicketStatus;
use std::collections::BTreeMap;

fn held() -> Counter {
    counter!("onsale_reservation_held_total")
}

fn secured() -> Counter {
    counter!("onsale_reservation_secured_total")
}

fn confirmed() -> Counter {
    counter!("onsale_reservation_confirmed_total")
}

fn seats_sold() -> Counter {
    counter!("onsale_reservation_seats_sold_total")
}

fn ended(was: &'static str, reason: &'static str) -> Counter {
    counter!("onsale_reservation_ended_total", "was" => was, "reason" => reason)
}

/// A ticket was shown at a door so many times.
fn shown(status: TicketStatus) -> Counter {
    counter!("onsale_tickets_checked_total", "status" => status.as_str())
}

/// Every end that a row can have: what it was, and why it ended.
fn ends() -> impl Iterator<Item = (&'static str, &'static str)> {
    let reasons = CancelReason::ALL.iter().filter(|reason| **reason != CancelReason::LatePayment);
    let was = [ReservationStatus::Pending, ReservationStatus::Confirmed];
    reasons.flat_map(move |reason| was.map(|was| (was.as_str(), reason.as_str())))
}

/// Shows every series with 0 from the start: one that begins with its first event has no growth to alert on.
pub fn show() {
    let plain = [held(), secured(), confirmed(), seats_sold()].into_iter();
    let by_end = ends().map(|(was, reason)| ended(was, reason));
    plain.chain(by_end).chain(TicketStatus::ALL.map(shown)).for_each(|counter| counter.increment(0));
}

/// What one stored change has made of reservations.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    held: u64,
    secured: u64,
    confirmed: u64,
    seats_sold: u64,
    ended: BTreeMap<(&'static str, &'static str), u64>,
}

impl Changes {
    /// Notes a reservation before and after the change. A hold whose time was over and that is held or secured again counts anew.
    pub fn note(&mut self, before: Option<&Reservation>, after: &Reservation) {
        let was_live = before.is_some_and(Reservation::is_live);
        let was = before.map(|before| before.status);
        if !was_live && after.is_live() {
            self.held += 1;
        }
        if after.secured_at.is_some() && before.is_none_or(|before| before.secured_at != after.secured_at) {
            self.secured += 1;
        }
        if after.status == ReservationStatus::Confirmed && was != Some(ReservationStatus::Confirmed) {
            self.confirmed += 1;
            self.seats_sold += after.seats.len() as u64;
        }
        if let Some(before) = before.filter(|_| was_live && !after.is_live()) {
            let reason = after.cancel_reason.map_or("", CancelReason::as_str);
            *self.ended.entry((before.status.as_str(), reason)).or_default() += 1;
        }
    }

    /// Counts them: the change is stored.
    pub fn count(self) {
        held().increment(self.held);
        secured().increment(self.secured);
        confirmed().increment(self.confirmed);
        seats_sold().increment(self.seats_sold);
        for ((was, reason), count) in self.ended {
            ended(was, reason).increment(count);
        }
    }
}

/// A ticket was shown at a door.
pub(crate) fn checked(status: TicketStatus) {
    shown(status).increment(1);
}

/// Reservations for which payment owes an answer for over ten minutes.
pub(crate) fn unsettled(count: u64) {
    gauge!("onsale_reservation_unsettled").set(count as f64);
}
