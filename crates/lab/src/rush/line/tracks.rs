//! Full histories of some users: their ranks and estimated waits.

use super::super::crowd::user_id;
use super::replies::Document;
use crate::report::{Estimates, Shown};

/// Number of users whose estimates are evaluated.
const TRACKED_MAX: u32 = 1_000;
/// Number of users whose ranks are drawn.
const DRAWN_MAX: usize = 60;
/// Maximum number of moments per user; when exceeded, every second one is dropped.
const MOMENTS_MAX: usize = 128;
/// Shorter waits are not evaluated: the polling interval would dominate the error.
const WAIT_NS_MIN: u64 = 10_000_000_000;
/// Not evaluated either when the time of admission is less certain than a tenth of the wait.
const GAPS_IN_WAIT_MIN: u64 = 10;
/// Maximum age of the document behind a computed number; the admission may appear earlier by this time.
const NUMBER_AGE_SECONDS: f64 = 2.0;

/// The rank and the estimated wait that a user receives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Forecast {
    rank: u32,
    number: u64,
    /// Estimated wait in seconds; `None` if unknown.
    wait_seconds: Option<f64>,
}

impl Forecast {
    /// The estimate of the document for this rank and number.
    pub(super) fn by(document: &Document, rank: u32, number: u64) -> Self {
        Self { rank, number, wait_seconds: document.wait_seconds(rank, number) }
    }
}

/// One observation.
#[derive(Clone, Copy, Debug)]
struct Moment {
    at_ns: u64,
    told: Forecast,
}

/// The history of one user.
#[derive(Clone, Debug, Default)]
struct Track {
    moments: Vec<Moment>,
    /// One of this many observations is stored.
    step: usize,
    looks: usize,
    /// Time of the last response as waiting, and of the first as admitted.
    admitted_ns: Option<(u64, u64)>,
    /// The number by the last computation, which is the most exact.
    number: u64,
}

/// All histories.
#[derive(Clone, Debug)]
pub(super) struct Tracks {
    /// One of this many users is tracked.
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

    /// Records an estimate at this time.
    pub(super) fn shown(&mut self, user: u32, at_ns: u64, told: Forecast) {
        if let Some(track) = self.of(user) {
            track.look(Moment { at_ns, told });
        }
    }

    /// Records the admission.
    pub(super) fn admitted(&mut self, user: u32, waited_until_ns: u64, at_ns: u64) {
        let Some(track) = self.of(user) else { return };
        track.admitted_ns.get_or_insert((waited_until_ns, at_ns));
    }

    /// Some histories, for the chart.
    pub(super) fn drawn(&self) -> Vec<Shown> {
        let every = self.all.len().div_ceil(DRAWN_MAX).max(1);
        let drawn = self.all.iter().enumerate().step_by(every).filter(|(_, track)| !track.moments.is_empty());
        drawn.map(|(at, track)| track.drawn(user_id(at as u32 * self.every))).collect()
    }

    /// Evaluates the estimates. `let_in` returns the interval in which a number was admitted, by the documents.
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

    /// The errors of all evaluated moments; `None` where there was no estimate.
    ///
    /// The admission counts as the middle of its interval.
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

    /// The interval of the admission, narrowed by the documents unless they contradict it: a user that was skipped and
    /// returned is admitted long after the number.
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

    fn told(rank: u32, wait_seconds: Option<f64>) -> Forecast {
        Forecast { rank, number: u64::from(rank), wait_seconds }
    }

    fn unseen(_: u64) -> Option<(f64, f64)> {
        None
    }

    #[test]
    fn long_histories_are_thinned_evenly_and_keep_their_beginning() {
        let mut tracks = Tracks::new(1);
        for look in 0..10_000u32 {
            tracks.shown(0, u64::from(look) * SECOND_NS, told(10_000 - look, None));
        }
        tracks.admitted(0, 9_999 * SECOND_NS, 10_000 * SECOND_NS);
        let shown = tracks.drawn().remove(0);
        assert!((MOMENTS_MAX / 2..=MOMENTS_MAX + 1).contains(&shown.ranks.len()), "{}", shown.ranks.len());
        assert_eq!((shown.ranks[0], shown.ranks.last()), ((0.0, 10_000), Some(&(10_000.0, 0))));
        assert!(shown.ranks.is_sorted_by(|a, b| a.0 < b.0 && a.1 > b.1));
        assert_eq!(tracks.estimates(unseen), None, "without a wait there is no estimate");
    }

    #[test]
    fn estimates_are_compared_with_the_actual_wait() {
        let mut tracks = Tracks::new(3_000);
        assert_eq!(tracks.all.len(), 1_000);
        // Expects 20 s, 22 s and 1 s; waits for 20 s, 20 s and 1 s.
        for (user, seconds, at) in [(0, 20.0, 0), (3, 22.0, 0), (6, 1.0, 19), (7, 100.0, 0)] {
            tracks.shown(user, at * SECOND_NS, told(9, Some(seconds)));
            tracks.admitted(user, 19 * SECOND_NS, 21 * SECOND_NS);
        }
        // Received no estimate.
        tracks.shown(12, 0, told(9, None));
        tracks.admitted(12, 19 * SECOND_NS, 21 * SECOND_NS);
        // Polled too rarely to know the time of admission.
        tracks.shown(9, 0, told(500, Some(22.0)));
        tracks.admitted(9, 5 * SECOND_NS, 35 * SECOND_NS);
        let estimates = tracks.estimates(unseen).expect("two waited long enough");
        assert_eq!(
            (estimates.count, estimates.untold),
            (2, 1),
            "one waited for too short a time, and one is not tracked"
        );
        assert!((estimates.worst_percent - 10.0).abs() < 1e-9 && estimates.median_percent < 1e-9);
        // The documents narrow the admission to between 19.9 s and 20.1 s.
        let seen = |number| (number == 500).then_some((19.9, 18.1));
        let estimates = tracks.estimates(seen).expect("three");
        assert_eq!(estimates.count, 3);
        assert!((estimates.median_percent - 10.0).abs() < 1e-9, "{estimates:?}");
        // A contradicting interval is ignored.
        assert_eq!(tracks.estimates(|_| Some((40.0, 50.0))).expect("two").count, 2);
    }
}
