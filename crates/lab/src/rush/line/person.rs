//! One person of the crowd: a small state machine, so that a hundred thousand fit into a few megabytes.

use super::options::Shares;
use super::order::Turn;

/// What a person asks for next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A place in the line.
    Queue,
    /// The own rank.
    Look,
    /// The public document.
    Read,
    /// The coupon, having been let in.
    Ask,
    /// The coupon at the gate, without having been let in, or a second time.
    CheatAtGate,
    /// The same of the coupon service.
    CheatAtCoupons,
}

/// How a person behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Manners {
    /// Goes away after so many looks, and does not come back; 0: stays.
    pub(super) leaves_after: u8,
    /// Goes away after so many looks, and comes back; 0: stays.
    pub(super) pauses_after: u8,
    /// Queues twice.
    pub(super) twice: bool,
    /// Tries to get past the line.
    pub(super) cheats: bool,
    /// Hears of the document over a stream.
    pub(super) streams: bool,
}

/// Looks before somebody goes away.
const LOOKS_MAX: u8 = 3;

impl Manners {
    /// Of person number `user`: the same in every run.
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

/// Where a person stands, as far as the person knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Person {
    pub(super) manners: Manners,
    pub(super) step: Step,
    pub(super) turn: Turn,
    /// The last rank heard, 0 when let in; [`Person::NO_RANK`] before.
    pub(super) rank: u32,
    /// The number that this rank belongs to, as the public document told then.
    pub(super) number: u64,
    /// The rank that the next answer must stay below, when there is one to compare with.
    pub(super) bound: Option<u32>,
    /// Ranks heard.
    pub(super) looks: u8,
    /// Whether the first request for a place is still to come.
    pub(super) is_new: bool,
    /// Whether the decision has been heard.
    pub(super) is_decided: bool,
    /// When the person first asked for anything, in nanoseconds since the start.
    pub(super) came_ns: u64,
    /// When the person last heard of the own place.
    pub(super) heard_ns: u64,
}

impl Person {
    pub(super) const NO_RANK: u32 = u32::MAX;

    pub(super) fn new(user: u32, shares: &Shares) -> Self {
        let manners = Manners::of(user, shares);
        Self {
            manners,
            step: if manners.cheats { Step::CheatAtGate } else { Step::Queue },
            turn: Turn::NOT_COMPARED,
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

    /// Whether the person has heard of a place.
    pub(super) fn has_place(&self) -> bool {
        self.rank != Self::NO_RANK
    }

    /// Whether the person has heard of having been let in.
    pub(super) fn is_inside(&self) -> bool {
        self.rank == 0
    }

    /// The place is gone for good: what comes is another one, and is not compared.
    pub(super) fn forget_place(&mut self) {
        self.rank = Self::NO_RANK;
        self.turn = Turn::NOT_COMPARED;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_kept_and_the_same_each_time() {
        let shares = Shares { leave_percent: 20, back_percent: 0, twice_percent: 100, ..Shares::default() };
        let people: Vec<_> = (0..10_000).map(|user| Manners::of(user, &shares)).collect();
        let left = people.iter().filter(|manners| manners.leaves_after > 0).count();
        assert!((1_800..2_200).contains(&left), "{left}");
        assert!(people.iter().all(|manners| manners.twice && manners.pauses_after == 0));
        assert_eq!(people[77], Manners::of(77, &shares));
        let nobody =
            Shares { leave_percent: 0, back_percent: 0, twice_percent: 0, cheat_percent: 0, stream_percent: 0 };
        assert_eq!(Manners::of(3, &nobody), Manners::default());
    }
}
