//! One user: a small state machine, so that 100,000 users fit into a few megabytes.

use super::options::Shares;
use super::overtaking::OrderEntry;

/// The next request of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Enqueue.
    Enqueue,
    /// Poll the rank.
    PollRank,
    /// Read the public document.
    ReadDocument,
    /// Request the coupon after admission.
    RequestCoupon,
    /// Request the coupon at the gate without admission, or a second time.
    BypassAtGate,
    /// The same at the coupon service.
    BypassAtCoupons,
}

/// The behavior of a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Behavior {
    /// Leaves after this many polls and does not return; 0: stays.
    pub(super) leaves_after: u8,
    /// Leaves after this many polls and returns; 0: stays.
    pub(super) pauses_after: u8,
    /// Enqueues twice.
    pub(super) twice: bool,
    /// Tries to bypass the line.
    pub(super) cheats: bool,
    /// Receives the document over a stream.
    pub(super) streams: bool,
}

/// Number of polls before a user leaves.
const LOOKS_MAX: u8 = 3;

impl Behavior {
    /// The behavior of user number `user`, the same in every run.
    pub(super) fn of(user: u32, shares: &Shares) -> Self {
        let mut random = fastrand::Rng::with_seed(u64::from(user));
        let mut is_one = |percent: u8| random.u8(..100) < percent;
        let (leaves, pauses) = (is_one(shares.leave_percent), is_one(shares.back_percent));
        let (twice, cheats, streams) =
            (is_one(shares.twice_percent), is_one(shares.cheat_percent), is_one(shares.stream_percent));
        let after = random.u8(1..=LOOKS_MAX);
        let when = |goes: bool| if goes { after } else { 0 };
        Self { leaves_after: when(leaves), pauses_after: when(pauses && !leaves), twice, cheats, streams }
    }
}

/// The state of a user, as known from responses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Person {
    pub(super) behavior: Behavior,
    pub(super) step: Step,
    pub(super) turn: OrderEntry,
    /// The last received rank, 0 when admitted; [`Person::NO_RANK`] before.
    pub(super) rank: u32,
    /// The queue number of this rank, by the public document at that time.
    pub(super) number: u64,
    /// The next rank must be smaller than this, if known.
    pub(super) bound: Option<u32>,
    /// Number of polls.
    pub(super) looks: u8,
    /// Whether the first request is still to come.
    pub(super) is_new: bool,
    /// Whether the decision is received.
    pub(super) is_decided: bool,
    /// Time of the first request, in nanoseconds since the start.
    pub(super) came_ns: u64,
    /// Time of the last response with the place.
    pub(super) heard_ns: u64,
}

impl Person {
    pub(super) const NO_RANK: u32 = u32::MAX;

    pub(super) fn new(user: u32, shares: &Shares) -> Self {
        let behavior = Behavior::of(user, shares);
        Self {
            behavior,
            step: if behavior.cheats { Step::BypassAtGate } else { Step::Enqueue },
            turn: OrderEntry::NOT_COMPARED,
            rank: Self::NO_RANK,
            number: 0,
            bound: None,
            looks: 0,
            is_new: true,
            is_decided: false,
            came_ns: 0,
            heard_ns: 0,
        }
    }

    /// Whether the user has a place.
    pub(super) fn has_place(&self) -> bool {
        self.rank != Self::NO_RANK
    }

    /// Whether the user knows of the admission.
    pub(super) fn is_inside(&self) -> bool {
        self.rank == 0
    }

    /// Forgets the lost place; a new one is not compared.
    pub(super) fn forget_place(&mut self) {
        self.rank = Self::NO_RANK;
        self.turn = OrderEntry::NOT_COMPARED;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_respected_and_reproducible() {
        let shares = Shares { leave_percent: 20, back_percent: 0, twice_percent: 100, ..Shares::default() };
        let people: Vec<_> = (0..10_000).map(|user| Behavior::of(user, &shares)).collect();
        let left = people.iter().filter(|behavior| behavior.leaves_after > 0).count();
        assert!((1_800..2_200).contains(&left), "{left}");
        assert!(people.iter().all(|behavior| behavior.twice && behavior.pauses_after == 0));
        assert_eq!(people[77], Behavior::of(77, &shares));
        let nobody =
            Shares { leave_percent: 0, back_percent: 0, twice_percent: 0, cheat_percent: 0, stream_percent: 0 };
        assert_eq!(Behavior::of(3, &nobody), Behavior::default());
    }
}
