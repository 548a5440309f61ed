//! Seats side by side.

use super::{Hall, Run, Spot, Terms};
use crate::catalog::template::Flag;
use std::cmp::Reverse;

/// How good a choice is; the least is the best: of one grade, single seats left over, obstructed views, the distance from the
/// middle of the front, at an end of its gap, the order.
type Merit = (bool, u32, u32, u64, Reverse<bool>, u32);

impl Hall {
    /// The best seats side by side among which are those of `kept`.
    pub(super) fn side_by_side(&self, terms: &Terms, kept: &[u32], is_free: &impl Fn(u32) -> bool) -> Option<Vec<u32>> {
        let mut best: Option<(Merit, &[Spot])> = None;
        let only = kept.first().and_then(|index| self.spot(*index)).map(|spot| spot.run);
        for run in &self.runs {
            // The nearest runs come first: what has no fault and is nearer than any of the rest is the best.
            let bound = (false, 0, 0, run.distance.saturating_mul(terms.count as u64));
            if best.as_ref().is_some_and(|((mixed, orphans, faults, distance, ..), _)| {
                (*mixed, *orphans, *faults, *distance) < bound
            }) {
                break;
            }
            if only.is_none_or(|only| only == run.number) {
                self.in_run(run, terms, kept, is_free, &mut best);
            }
        }
        best.map(|(_, chosen)| chosen.iter().map(|spot| spot.index).collect())
    }

    /// Looks at every choice in the gaps of a run.
    fn in_run<'a>(
        &'a self,
        run: &Run,
        terms: &Terms,
        kept: &[u32],
        is_free: &impl Fn(u32) -> bool,
        best: &mut Option<(Merit, &'a [Spot])>,
    ) {
        let is_open = |spot: &&Spot| terms.may_be(spot) && is_free(spot.index);
        let mut at = run.first;
        while at < run.end {
            let length = self.spots[at..run.end].iter().take_while(is_open).count();
            for offset in 0..(length + 1).saturating_sub(terms.count) {
                let chosen = &self.spots[at + offset..at + offset + terms.count];
                let is_whole = kept.iter().all(|index| chosen.iter().any(|spot| spot.index == *index));
                if !is_whole || !terms.is_met_by(chosen) {
                    continue;
                }
                let is_at_end = offset == 0 || offset + terms.count == length;
                let orphans = self.orphans(at + offset, terms.count, is_free);
                let merit = merit(terms, chosen, orphans, is_at_end);
                if best.as_ref().is_none_or(|(least, _)| merit < *least) {
                    *best = Some((merit, chosen));
                }
            }
            at += length.max(1);
        }
    }

    /// How many single seats are left over when `count` seats from `first` on are taken.
    fn orphans(&self, first: usize, count: usize, is_free: &impl Fn(u32) -> bool) -> u32 {
        let run = self.spots.get(first).map(|spot| spot.run);
        let is_left = |at: Option<usize>| {
            let spot = at.and_then(|at| self.spots.get(at)).filter(|spot| Some(spot.run) == run);
            spot.is_some_and(|spot| !spot.flags.has(Flag::Blocked) && is_free(spot.index))
        };
        let to_the_left = is_left(first.checked_sub(1)) && !is_left(first.checked_sub(2));
        let to_the_right = is_left(Some(first + count)) && !is_left(Some(first + count + 1));
        u32::from(to_the_left) + u32::from(to_the_right)
    }
}

fn merit(terms: &Terms, chosen: &[Spot], orphans: u32, is_at_end: bool) -> Merit {
    let is_mixed = chosen.iter().any(|spot| spot.grade != chosen[0].grade);
    let distance = chosen.iter().map(Spot::distance).sum();
    // Of two choices that are alike the one at the end of its gap keeps the rest together.
    (is_mixed, orphans, terms.faults(chosen), distance, Reverse(is_at_end), chosen[0].index)
}
