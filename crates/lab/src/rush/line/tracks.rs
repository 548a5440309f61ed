//! A sample of people whose way is kept in full: the ranks that they were shown, and what they could expect.

use super::super::crowd::user_id;
use crate::report::{Estimates, Shown};

/// People whose estimates are judged.
const TRACKED_MAX: u32 = 1_000;
/// People whose ranks are drawn.
const DRAWN_MAX: usize = 60;
/// Moments kept of one person; of a longer way every second one is kept.
const MOMENTS_MAX: usize = 128;
/// Who waits for less can not tell a bad estimate from a late look.
const WAIT_NS_MIN: u64 = 10_000_000_000;
/// Nor can who looks so rarely that the moment of being let in is not known to a tenth of the wait.
const GAPS_IN_WAIT_MIN: u64 = 10;

/// One look.
#[derive(Clone, Copy, Debug)]
struct Moment {
    at_ns: u64,
    rank: u32,
    /// Seconds that were still expected; none where the rate was not known.
    expected_seconds: Option<f64>,
}

/// One person's way.
#[derive(Clone, Debug, Default)]
struct Track {
    moments: Vec<Moment>,
    /// Every so manieth look is kept.
    step: usize,
    looks: usize,
    /// When the person was last seen waiting, and first seen inside.
    admitted_ns: Option<(u64, u64)>,
}

/// All of them.
#[derive(Clone, Debug)]
pub(super) struct Tracks {
    /// Every so manieth person is tracked.
    every: u32,
    all: Vec<Track>,
}

impl Tracks {
    pub(super) fn new(people: u32) -> Self {
        let every = people.div_ceil(TRACKED_MAX).max(1);
        Self { every, all: vec![Track::default(); people.div_ceil(every) as usize] }
    }

    fn of(&mut self, user: u32) -> Option<&mut Track> {
        if !user.is_multiple_of(self.every) {
            return None;
        }
        self.all.get_mut((user / self.every) as usize)
    }

    /// Was shown a rank, while the line let so many in a second.
    pub(super) fn shown(&mut self, user: u32, at_ns: u64, rank: u32, rate_per_second: f64) {
        let Some(track) = self.of(user) else { return };
        let expected_seconds = (rate_per_second > 0.0).then(|| f64::from(rank) / rate_per_second);
        track.look(Moment { at_ns, rank, expected_seconds });
    }

    /// Was seen inside.
    pub(super) fn admitted(&mut self, user: u32, waited_until_ns: u64, at_ns: u64) {
        let Some(track) = self.of(user) else { return };
        track.admitted_ns.get_or_insert((waited_until_ns, at_ns));
    }

    /// Some of the ways, for drawing.
    pub(super) fn drawn(&self) -> Vec<Shown> {
        let every = self.all.len().div_ceil(DRAWN_MAX).max(1);
        let drawn = self.all.iter().enumerate().step_by(every).filter(|(_, track)| !track.moments.is_empty());
        drawn.map(|(at, track)| track.drawn(user_id(at as u32 * self.every))).collect()
    }

    /// How good the estimates were.
    pub(super) fn estimates(&self) -> Option<Estimates> {
        let mut errors: Vec<f64> = self.all.iter().flat_map(Track::errors_percent).collect();
        errors.sort_by(f64::total_cmp);
        let (median_percent, worst_percent) = (*errors.get(errors.len() / 2)?, *errors.last()?);
        Some(Estimates { count: errors.len() as u64, median_percent, worst_percent })
    }
}

impl Track {
    fn look(&mut self, moment: Moment) {
        self.step = self.step.max(1);
        if self.looks.is_multiple_of(self.step) {
            if self.moments.len() >= MOMENTS_MAX {
                let mut at = 0;
                self.moments.retain(|_| {
                    at += 1;
                    at % 2 == 1
                });
                self.step *= 2;
            }
            self.moments.push(moment);
        }
        self.looks += 1;
    }

    fn drawn(&self, user: String) -> Shown {
        let seconds = |at_ns: u64| at_ns as f64 / 1e9;
        let mut ranks: Vec<_> = self.moments.iter().map(|moment| (seconds(moment.at_ns), moment.rank)).collect();
        ranks.extend(self.admitted_ns.map(|(_, at_ns)| (seconds(at_ns), 0)));
        Shown { user, ranks }
    }

    /// Let in at some moment between two looks: the middle is as good as can be known.
    fn errors_percent(&self) -> Vec<f64> {
        let Some((before_ns, after_ns)) = self.admitted_ns else { return Vec::new() };
        let gap_ns = after_ns.saturating_sub(before_ns);
        let admitted_ns = before_ns + gap_ns / 2;
        let wait_ns_min = WAIT_NS_MIN.max(gap_ns.saturating_mul(GAPS_IN_WAIT_MIN));
        let error = |moment: &Moment| {
            let wait_ns = admitted_ns.checked_sub(moment.at_ns).filter(|wait_ns| *wait_ns >= wait_ns_min)?;
            let wait_seconds = wait_ns as f64 / 1e9;
            Some((moment.expected_seconds? - wait_seconds).abs() * 100.0 / wait_seconds)
        };
        self.moments.iter().filter_map(error).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND_NS: u64 = 1_000_000_000;

    #[test]
    fn long_ways_are_thinned_evenly_and_keep_their_beginning() {
        let mut tracks = Tracks::new(1);
        for look in 0..10_000u32 {
            tracks.shown(0, u64::from(look) * SECOND_NS, 10_000 - look, 0.0);
        }
        tracks.admitted(0, 9_999 * SECOND_NS, 10_000 * SECOND_NS);
        let shown = tracks.drawn().remove(0);
        assert!((MOMENTS_MAX / 2..=MOMENTS_MAX + 1).contains(&shown.ranks.len()), "{}", shown.ranks.len());
        assert_eq!((shown.ranks[0], shown.ranks.last()), ((0.0, 10_000), Some(&(10_000.0, 0))));
        assert!(shown.ranks.is_sorted_by(|a, b| a.0 < b.0 && a.1 > b.1));
        assert_eq!(tracks.estimates(), None, "no rate, no estimate");
    }

    #[test]
    fn estimates_are_held_against_the_wait_itself() {
        let mut tracks = Tracks::new(3_000);
        assert_eq!(tracks.all.len(), 1_000);
        // Expects 20 s, 22 s and 1 s; waits for 20 s, 20 s and 1 s.
        for (user, rank, at) in [(0, 200, 0), (3, 220, 0), (6, 10, 19), (7, 1_000, 0)] {
            tracks.shown(user, at * SECOND_NS, rank, 10.0);
            tracks.admitted(user, 19 * SECOND_NS, 21 * SECOND_NS);
        }
        // Looked too rarely to know when it was let in.
        tracks.shown(9, 0, 1_000, 10.0);
        tracks.admitted(9, 5 * SECOND_NS, 35 * SECOND_NS);
        let estimates = tracks.estimates().expect("two waited long enough");
        assert_eq!(estimates.count, 2, "one waited for too short a time, and one is not tracked");
        assert!((estimates.worst_percent - 10.0).abs() < 1e-9 && estimates.median_percent <= estimates.worst_percent);
    }
}
