//! The counts and latencies of one thread, and their merging.

use super::answer::CouponRef;
use crate::load::{latency_histogram, record_ns};
use crate::report::{Instants, Timeline, Trouble};
use domain::coupon::issue::IssueCode;
use hdrhistogram::Histogram;

const NS_PER_SECOND: f64 = 1e9;
const BUCKET_NS: u64 = Timeline::BUCKET_MS * 1_000_000;
/// Maximum number of buckets of the time line: a day. Later events count in the last bucket.
const BUCKETS_MAX: usize = 864_000;

/// A coupon that a user received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Yes {
    /// The user number, from 0.
    pub(super) user: u32,
    /// The coupon from the response.
    pub(super) held: CouponRef,
}

/// The counts and latencies.
pub(super) struct Tally {
    /// Decisions by code, in the order of [`IssueCode::ALL`].
    pub(super) decisions: [u64; IssueCode::ALL.len()],
    pub(super) success_us: Histogram<u64>,
    pub(super) refusal_us: Histogram<u64>,
    pub(super) heard: Vec<Yes>,
    pub(super) timeline: Timeline,
    pub(super) trouble: Trouble,
    /// Users that gave up without a decision.
    pub(super) gave_up: u64,
    first_sold_out_ns: Option<u64>,
    last_ns: u64,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            decisions: [0; IssueCode::ALL.len()],
            success_us: latency_histogram(),
            refusal_us: latency_histogram(),
            heard: Vec::new(),
            timeline: Timeline::default(),
            trouble: Trouble::default(),
            gave_up: 0,
            first_sold_out_ns: None,
            last_ns: 0,
        }
    }

    /// Counts a decision. `is_yes`: the user has a coupon by it.
    pub(super) fn decided(&mut self, code: IssueCode, is_yes: bool, latency_ns: u64, now_ns: u64) {
        self.decisions[code as usize] += 1;
        record_ns(if is_yes { &mut self.success_us } else { &mut self.refusal_us }, latency_ns);
        if code == IssueCode::SoldOut && self.first_sold_out_ns.is_none() {
            self.first_sold_out_ns = Some(now_ns);
        }
        self.last_ns = now_ns;
        let bucket = bucket_at(&mut self.timeline, now_ns);
        bucket.answers += 1;
        bucket.issued += u32::from(is_yes);
    }

    /// Counts an attempt without a decision.
    pub(super) fn troubled(&mut self, now_ns: u64) {
        bucket_at(&mut self.timeline, now_ns).troubles += 1;
    }

    pub(super) fn merge(parts: impl Iterator<Item = Self>) -> Self {
        parts.fold(Self::new(), |mut sum, part| {
            for (total, count) in sum.decisions.iter_mut().zip(part.decisions) {
                *total += count;
            }
            // All histograms have the same bounds, so adding cannot fail.
            let _fits = sum.success_us.add(&part.success_us).and(sum.refusal_us.add(&part.refusal_us));
            sum.heard.extend(part.heard);
            sum.timeline.add(&part.timeline);
            sum.trouble.add(&part.trouble);
            sum.gave_up += part.gave_up;
            sum.first_sold_out_ns = [sum.first_sold_out_ns, part.first_sold_out_ns].into_iter().flatten().min();
            sum.last_ns = sum.last_ns.max(part.last_ns);
            sum
        })
    }

    pub(super) fn answers(&self) -> u64 {
        self.decisions.iter().sum()
    }

    pub(super) fn yes_count(&self) -> u64 {
        self.heard.len() as u64
    }

    /// From the start to the last decision.
    pub(super) fn elapsed_seconds(&self) -> f64 {
        self.last_ns as f64 / NS_PER_SECOND
    }

    /// Time of the first response that the campaign is sold out.
    pub(super) fn sold_out_seconds(&self) -> Option<f64> {
        self.first_sold_out_ns.map(|at_ns| at_ns as f64 / NS_PER_SECOND)
    }
}

fn bucket_at(timeline: &mut Timeline, now_ns: u64) -> &mut Instants {
    let bucket = usize::try_from(now_ns / BUCKET_NS).unwrap_or(usize::MAX).min(BUCKETS_MAX - 1);
    if bucket >= timeline.buckets.len() {
        timeline.buckets.resize(bucket + 1, Instants::default());
    }
    &mut timeline.buckets[bucket]
}
