//! A sample of people whose way is kept in full: the ranks that they were shown, and what they could expect.

use super::super::crowd::user_id;
use super::said::Document;
use crate::report::{Estimates, Shown};

/// People whose estimates are judged.
const TRACKED_MAX: u32 = 1_000;
/// People whose ranks are drawn.
const DRAWN_MAX: usize = 60;
/// Moments kept of one person; of a longer way every second one is kept.
const MOMENTS_MAX: usize = 128;
/// Who waits for less cannot tell a bad estimate from a late look.
const WAIT_NS_MIN: u64 = 10_000_000_000;
/// Nor can anybody where the moment of being let in is not known to a tenth of the wait.
const GAPS_IN_WAIT_MIN: u64 = 10;
/// A number is worked out from a document that may be so old: its holder is let in so much later than it seems.
const NUMBER_AGE_SECONDS: f64 = 2.0;

/// What somebody is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    rank: u32,
    number: u64,
    /// Seconds that are still to be expected; none while nobody knows.
    wait_seconds: Option<f64>,
}

impl Told {
    /// By the document, somebody of this rank and number.
    pub(super) fn by(document: &Document, rank: u32, number: u64) -> Self {
        Self { rank, number, wait_seconds: document.wait_seconds(rank, number) }
    }
}

/// One look.
#[derive(Clone, Copy, Debug)]
struct Moment {
    at_ns: u64,
    told: Told,
}

/// One person's way.
#[derive(Clone, Debug, Default)]
struct Track {
    moments: Vec<Moment>,
    /// Every so manieth look is kept.
    step: usize,
    looks: usize,
    /// When the person was last heard waiting, and first heard to have been let in.
    admitted_ns: Option<(u64, u64)>,
    /// The number as it was worked out last, which is the best.
    number: u64,
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

    /// Was told so at that moment.
    pub(super) fn shown(&mut self, user: u32, at_ns: u64, told: Told) {
        if let Some(track) = self.of(user) {
            track.look(Moment { at_ns, told });
        }
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

    /// How good the estimates were. `let_in` tells between which seconds a number was let in, as far as documents told.
    pub(super) fn estimates(&self, let_in: impl Fn(u64) -> Option<(f64, f64)>) -> Option<Estimates> {
        let judged: Vec<_> = self.all.iter().flat_map(|track| track.errors_percent(&let_in)).collect();
        let mut errors: Vec<f64> = judged.iter().filter_map(|error| *error).collect();
        errors.sort_by(f64::total_cmp);
        let at = |percent: usize| errors.get(errors.len().saturating_sub(1) * percent / 100).copied();
        Some(Estimates {
            count: errors.len() as u64,
            untold: (judged.len() - errors.len()) as u64,
            median_percent: at(50)?,
            p90_percent: at(90)?,
            worst_percent: at(100)?,
        })
    }
}

impl Track {
    fn look(&mut self, moment: Moment) {
        self.number = moment.told.number;
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
        let mut ranks: Vec<_> = self.moments.iter().map(|moment| (seconds(moment.at_ns), moment.told.rank)).collect();
        ranks.extend(self.admitted_ns.map(|(_, at_ns)| (seconds(at_ns), 0)));
        Shown { user, ranks }
    }

    /// One for each moment that can be judged; none in it where nothing was told.
    ///
    /// Let in at some moment between two: the middle is as good as can be known.
    fn errors_percent(&self, let_in: impl Fn(u64) -> Option<(f64, f64)>) -> Vec<Option<f64>> {
        let Some(heard_ns) = self.admitted_ns else { return Vec::new() };
        let (before_ns, after_ns) = self.narrowed(heard_ns, let_in(self.number));
        let gap_ns = after_ns.saturating_sub(before_ns);
        let admitted_ns = before_ns + gap_ns / 2;
        let wait_ns_min = WAIT_NS_MIN.max(gap_ns.saturating_mul(GAPS_IN_WAIT_MIN));
        let error = |moment: &Moment| {
            let wait_ns = admitted_ns.checked_sub(moment.at_ns).filter(|wait_ns| *wait_ns >= wait_ns_min)?;
            let wait_seconds = wait_ns as f64 / 1e9;
            Some(moment.told.wait_seconds.map(|told| (told - wait_seconds).abs() * 100.0 / wait_seconds))
        };
        self.moments.iter().filter_map(error).collect()
    }

    /// What was heard, narrowed by what the documents told of the number, unless the two contradict each other: who was
    /// passed over and came back is let in long after the number.
    fn narrowed(&self, (before_ns, after_ns): (u64, u64), let_in: Option<(f64, f64)>) -> (u64, u64) {
        let Some((from_seconds, until_seconds)) = let_in else { return (before_ns, after_ns) };
        let from_ns = (from_seconds.max(0.0) * 1e9) as u64;
        let until_ns = ((until_seconds + NUMBER_AGE_SECONDS).max(0.0) * 1e9) as u64;
        let (first_ns, last_ns) = (before_ns.max(from_ns), after_ns.min(until_ns));
        if first_ns <= last_ns { (first_ns, last_ns) } else { (before_ns, after_ns) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND_NS: u64 = 1_000_000_000;

    fn told(rank: u32, wait_seconds: Option<f64>) -> Told {
        Told { rank, number: u64::from(rank), wait_seconds }
    }

    fn unseen(_: u64) -> Option<(f64, f64)> {
        None
    }

    #[test]
    fn long_ways_are_thinned_evenly_and_keep_their_beginning() {
        let mut tracks = Tracks::new(1);
        for look in 0..10_000u32 {
            tracks.shown(0, u64::from(look) * SECOND_NS, told(10_000 - look, None));
        }
        tracks.admitted(0, 9_999 * SECOND_NS, 10_000 * SECOND_NS);
        let shown = tracks.drawn().remove(0);
        assert!((MOMENTS_MAX / 2..=MOMENTS_MAX + 1).contains(&shown.ranks.len()), "{}", shown.ranks.len());
        assert_eq!((shown.ranks[0], shown.ranks.last()), ((0.0, 10_000), Some(&(10_000.0, 0))));
        assert!(shown.ranks.is_sorted_by(|a, b| a.0 < b.0 && a.1 > b.1));
        assert_eq!(tracks.estimates(unseen), None, "nothing told, no estimate");
    }

    #[test]
    fn estimates_are_held_against_the_wait_itself() {
        let mut tracks = Tracks::new(3_000);
        assert_eq!(tracks.all.len(), 1_000);
        // Expects 20 s, 22 s and 1 s; waits for 20 s, 20 s and 1 s.
        for (user, seconds, at) in [(0, 20.0, 0), (3, 22.0, 0), (6, 1.0, 19), (7, 100.0, 0)] {
            tracks.shown(user, at * SECOND_NS, told(9, Some(seconds)));
            tracks.admitted(user, 19 * SECOND_NS, 21 * SECOND_NS);
        }
        // Was told nothing.
        tracks.shown(12, 0, told(9, None));
        tracks.admitted(12, 19 * SECOND_NS, 21 * SECOND_NS);
        // Looked too rarely to know when it was let in.
        tracks.shown(9, 0, told(500, Some(22.0)));
        tracks.admitted(9, 5 * SECOND_NS, 35 * SECOND_NS);
        let estimates = tracks.estimates(unseen).expect("two waited long enough");
        assert_eq!(
            (estimates.count, estimates.untold),
            (2, 1),
            "one waited for too short a time, and one is not tracked"
        );
        assert!((estimates.worst_percent - 10.0).abs() < 1e-9 && estimates.median_percent < 1e-9);
        // But documents tell when the number was let in: after 19.9 s at the earliest, at 20.1 s as far as is known.
        let seen = |number| (number == 500).then_some((19.9, 18.1));
        let estimates = tracks.estimates(seen).expect("three");
        assert_eq!(estimates.count, 3);
        assert!((estimates.median_percent - 10.0).abs() < 1e-9, "{estimates:?}");
        // What cannot be is not believed.
        assert_eq!(tracks.estimates(|_| Some((40.0, 50.0))).expect("two").count, 2);
    }
}
