//! One person: a small state machine.

use super::options::TicketShares;
use domain::id::{PaymentId, PaymentKey, ReservationId};
use domain::{AccountId, SeatId, Timestamp};
use uuid::Uuid;

/// The next request of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Enter the line.
    Enter,
    /// Ask for the turn.
    Status,
    /// Hold seats.
    Hold,
    /// Make the payment.
    Pay,
    /// Ask for the payment that is there already.
    FindPayment,
    /// The provider's window is open: nothing to ask.
    Window,
    /// Confirm.
    Confirm,
    /// Ask what became of the payment.
    LookAtPayment,
    /// Give the ticket back.
    Cancel,
}

/// The behavior of a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Manner {
    pub(super) fails: bool,
    pub(super) is_late: bool,
    pub(super) leaves: bool,
    /// Of one who leaves: comes back when the hold is over.
    pub(super) comes_back: bool,
    pub(super) closes: bool,
    pub(super) cancels: bool,
    pub(super) buys_again: bool,
    /// Picks seats in the front instead of asking for the best.
    pub(super) picks: bool,
    pub(super) seats: u8,
}

impl Manner {
    /// The behavior of person number `user`, the same in every run.
    pub(super) fn of(user: u32, shares: &TicketShares) -> Self {
        let mut random = fastrand::Rng::with_seed(u64::from(user) ^ 0x7123);
        let mut is_one = |percent: u8| random.u8(..100) < percent;
        Self {
            fails: is_one(shares.fail_percent),
            is_late: is_one(shares.late_percent),
            leaves: is_one(shares.leave_percent),
            comes_back: is_one(50),
            closes: is_one(shares.close_percent),
            cancels: is_one(shares.cancel_percent),
            buys_again: is_one(shares.again_percent),
            picks: is_one(50),
            seats: [1, 1, 2, 2, 2, 3, 4][random.usize(..7)],
        }
    }
}

/// The state of a person, as known from responses.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) manner: Manner,
    pub(super) step: Step,
    pub(super) pass: Option<String>,
    /// Number of the hold that is tried: its `Idempotency-Key`.
    pub(super) hold_number: u32,
    /// Refusals of holds in a row.
    pub(super) refusals: u8,
    /// Seats to try next, offered by the last refusal.
    pub(super) offered: Vec<SeatId>,
    pub(super) reservation: Option<ReservationId>,
    pub(super) amount: i64,
    pub(super) held_until: Timestamp,
    pub(super) payment: Option<PaymentId>,
    pub(super) key: Option<PaymentKey>,
    pub(super) transaction: String,
    pub(super) came_ns: u64,
    pub(super) hold_ns: u64,
    pub(super) tickets: u8,
}

impl Person {
    pub(super) fn new(user: u32, shares: &TicketShares) -> Self {
        Self {
            manner: Manner::of(user, shares),
            step: Step::Enter,
            pass: None,
            hold_number: 0,
            refusals: 0,
            offered: Vec::new(),
            reservation: None,
            amount: 0,
            held_until: Timestamp(0),
            payment: None,
            key: None,
            transaction: String::new(),
            came_ns: 0,
            hold_ns: 0,
            tickets: 0,
        }
    }

    /// Forgets the hold; the next one is another.
    pub(super) fn begin_again(&mut self) {
        self.hold_number += 1;
        (self.reservation, self.payment, self.key) = (None, None, None);
        self.step = Step::Hold;
    }
}

/// The account of a person in this run.
pub(super) fn account(run: u64, user: u32) -> AccountId {
    AccountId(Uuid::from_u64_pair(run, u64::from(user) + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_respected_and_reproducible() {
        let shares = TicketShares { late_percent: 20, fail_percent: 0, ..TicketShares::default() };
        let people: Vec<_> = (0..10_000).map(|user| Manner::of(user, &shares)).collect();
        let late = people.iter().filter(|manner| manner.is_late).count();
        assert!((1_800..2_200).contains(&late), "{late}");
        assert!(people.iter().all(|manner| !manner.fails && (1..=4).contains(&manner.seats)));
        assert_eq!(people[77], Manner::of(77, &shares));
        assert_ne!(account(1, 2), account(2, 1));
    }
}
