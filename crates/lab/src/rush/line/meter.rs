//! Samples the line during the load test: the number of admissions and the configured rate.

use super::super::Reached;
use super::super::answer::Interpretation;
use super::super::client::Client;
use super::latest::Latest;
use super::replies;
use serde::Deserialize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_millis(50);
/// The public document changes once per second, so more frequent sampling is useless.
const DOCUMENT_EVERY: Duration = Duration::from_secs(1);
/// Maximum age of a public document: its cache lifetime.
const DOCUMENT_AGE: Duration = Duration::from_secs(1);
/// More than a day of samples; sampling then ends.
const LOOKS_MAX: usize = 2_000_000;
/// Each window is extended by this share, because clocks differ in speed.
const SLACK_SECONDS: f64 = 0.005;

/// The line's counter at a time between two limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    /// Lower limit in seconds since the start.
    pub(super) from_seconds: f64,
    /// Upper limit in seconds since the start.
    pub(super) until_seconds: f64,
    /// Admissions so far.
    pub(super) admitted: u64,
    /// Permitted admissions per second; `None` where unknown.
    pub(super) rate_per_second: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stats {
    schedule_stats: Vec<LineStats>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LineStats {
    schedule_id: String,
    admitted_count: u64,
    rate_per_second: u32,
}

/// All samples.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter {
    looks: Vec<Sample>,
    /// The highest admitted numbers, from the public document.
    served: Vec<Sample>,
}

/// Too many admissions within a window.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Excess {
    pub(super) seconds: u32,
    pub(super) admitted: u64,
    pub(super) allowed: u64,
}

impl Meter {
    /// Samples until `stop`. Without an administrator's key only the public document is available.
    pub(super) fn watch(reached: &Reached, line: &str, start: Instant, latest: &Latest, stop: &AtomicBool) -> Self {
        let mut client = Client::at_once(reached.target.clone(), reached.admin_key.clone());
        let (mut looks, mut served, mut document_at) = (Vec::new(), Vec::new(), None);
        while !stop.load(Ordering::Relaxed) && looks.len() < LOOKS_MAX {
            if document_at.is_none_or(|at: Instant| at.elapsed() >= DOCUMENT_EVERY) {
                document_at = Some(Instant::now());
                served.extend(look_at_document(&mut client, line, start, latest));
            }
            if reached.admin_key.is_some() {
                looks.extend(look_at_counter(&mut client, line, start));
            }
            std::thread::sleep(EVERY);
        }
        // The highest admitted number equals the count as long as no number was released.
        let looks = if reached.admin_key.is_none() { served.clone() } else { looks };
        Self { looks, served }
    }

    /// The time interval in which this number was admitted, in seconds since the start; `None` if not observed.
    pub(super) fn let_in(&self, number: u64) -> Option<(f64, f64)> {
        let first = self.served.partition_point(|look| look.admitted < number);
        let until_seconds = self.served.get(first)?.until_seconds;
        let from_seconds = first.checked_sub(1).map_or(0.0, |before| self.served[before].from_seconds);
        Some((from_seconds, until_seconds))
    }

    /// The highest configured rate.
    pub(super) fn rate_per_second(&self) -> Option<u32> {
        self.looks.iter().filter_map(|look| look.rate_per_second).max()
    }

    /// The largest certain number of admissions within any window of this many seconds.
    ///
    /// The difference of two samples was admitted between the lower limit of the first and the upper limit of the second.
    pub(super) fn busiest(&self, seconds: u32) -> Option<u64> {
        let window = f64::from(seconds) - SLACK_SECONDS;
        let (mut last, mut most) = (0, None);
        for (first, from) in self.looks.iter().enumerate() {
            last = last.max(first);
            while self.looks.get(last + 1).is_some_and(|next| next.until_seconds - from.from_seconds <= window) {
                last += 1;
            }
            if last > first {
                most = most.max(Some(self.looks[last].admitted.saturating_sub(from.admitted)));
            }
        }
        most
    }

    /// A window with more admissions than `rate_per_second` allows.
    pub(super) fn excess(&self, rate_per_second: u32) -> Option<Excess> {
        [1u32, 2, 3, 5, 10, 30].into_iter().find_map(|seconds| {
            let (admitted, allowed) = (self.busiest(seconds)?, u64::from(rate_per_second) * u64::from(seconds));
            (admitted > allowed).then_some(Excess { seconds, admitted, allowed })
        })
    }

    /// Admissions per second, over time.
    pub(super) fn over_time(&self, points: usize) -> Vec<(f64, f64)> {
        let (Some(first), Some(last)) = (self.looks.first(), self.looks.last()) else { return Vec::new() };
        let step = ((last.until_seconds - first.until_seconds) / points as f64).max(1.0);
        let (mut before, mut rates) = (*first, Vec::new());
        for look in &self.looks {
            let seconds = look.until_seconds - before.until_seconds;
            if seconds >= step {
                rates.push((look.until_seconds, look.admitted.saturating_sub(before.admitted) as f64 / seconds));
                before = *look;
            }
        }
        rates
    }
}

fn look_at_counter(client: &mut Client, line: &str, start: Instant) -> Option<Sample> {
    let from_seconds = start.elapsed().as_secs_f64();
    let reply = client.get("/queue/admin/stats").ok().filter(|reply| reply.status == 200)?;
    let until_seconds = start.elapsed().as_secs_f64();
    let stats: Stats = serde_json::from_slice(&reply.body).ok()?;
    let of = stats.schedule_stats.into_iter().find(|of| of.schedule_id == line)?;
    let rate_per_second = Some(of.rate_per_second);
    Some(Sample { from_seconds, until_seconds, admitted: of.admitted_count, rate_per_second })
}

fn look_at_document(client: &mut Client, line: &str, start: Instant, latest: &Latest) -> Option<Sample> {
    let from_seconds = start.elapsed().as_secs_f64() - DOCUMENT_AGE.as_secs_f64();
    let reply = client.get(&format!("/queue/serving/{line}")).ok().filter(|reply| reply.status == 200)?;
    let until_seconds = start.elapsed().as_secs_f64();
    let Interpretation::Decision(document) = replies::document(&reply.body) else { return None };
    let admitted = document.serving;
    latest.put(document);
    Some(Sample { from_seconds, until_seconds, admitted, rate_per_second: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(from: f64, until: f64, admitted: u64) -> Sample {
        Sample { from_seconds: from, until_seconds: until, admitted, rate_per_second: Some(100) }
    }

    #[test]
    fn only_certain_admissions_within_a_second_count() {
        // A hundred in the first second, two hundred in the third.
        let looks = vec![look(0.0, 0.01, 0), look(0.9, 0.91, 100), look(2.0, 2.01, 100), look(2.9, 2.91, 300)];
        let meter = Meter { looks, ..Meter::default() };
        assert_eq!((meter.busiest(1), meter.rate_per_second()), (Some(200), Some(100)));
        assert_eq!(meter.excess(100), Some(Excess { seconds: 1, admitted: 200, allowed: 100 }));
        assert_eq!(meter.excess(200), None);
        // The same samples with an age of up to a second: nothing is certain.
        let aged = meter.looks.iter().map(|look| Sample { from_seconds: look.from_seconds - 1.0, ..*look }).collect();
        assert_eq!(Meter { looks: aged, ..Meter::default() }.excess(100), None);
    }

    #[test]
    fn a_number_is_admitted_between_two_documents() {
        let served = vec![look(-1.0, 0.1, 0), look(0.0, 1.1, 50), look(1.0, 2.1, 100)];
        let meter = Meter { served, ..Meter::default() };
        assert_eq!([50, 51, 100].map(|number| meter.let_in(number)), [(-1.0, 1.1), (0.0, 2.1), (0.0, 2.1)].map(Some));
        assert_eq!((meter.let_in(101), meter.let_in(0)), (None, Some((0.0, 0.1))));
    }

    #[test]
    fn a_rate_a_little_too_high_shows_in_a_longer_window() {
        let looks = (0..200).map(|n| look(f64::from(n) * 0.3, f64::from(n) * 0.3 + 0.01, n as u64 * 33)).collect();
        let meter = Meter { looks, ..Meter::default() };
        assert_eq!(meter.busiest(1), Some(99));
        assert_eq!(meter.excess(100).map(|excess| excess.seconds), Some(5));
        let rates = meter.over_time(10);
        assert!((5..=12).contains(&rates.len()) && rates.iter().all(|(_, people)| (*people - 110.0).abs() < 1.0));
        assert_eq!((Meter::default().busiest(1), Meter::default().over_time(10)), (None, Vec::new()));
    }
}
