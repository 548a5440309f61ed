//! How long somebody will wait: from what a line was seen to do, and only from the time in which it had something to do.
//!
//! Three things make rank over rate a lie. A line that was empty, paused or not yet open let few people in, and says
//! nothing about how many it can: only spans count in which somebody waited throughout, at the rate in force now. Those
//! ahead do not all come to their turn: the share of tickets that served people leave unused is taken to go on as it did.
//! And a rate that nobody has measured yet is only a promise: the configured one counts until then, and less with each
//! second that was seen.
//!
//! Source: W. Whitt, "Improving Service by Informing Customers About Anticipated Delays", Management Science 45(2), 1999:
//! a wait is foretold from the number ahead and the pace of departures, those who give up among them.

use super::rule::LineRule;
use super::status::LineCounts;
use crate::time::Timestamp;
use std::collections::VecDeque;

/// So much busy time is looked back on: shorter than people's patience, longer than a pause for breath.
const WINDOW_MS: i64 = 30_000;
/// More of it where few people go: as much as it takes to see so many,
const WINDOW_PEOPLE: i64 = 30;
/// but nothing older than this.
const WINDOW_AGE_MS_MAX: i64 = 300_000;
/// After so much busy time the configured rate counts no more.
const TRUST_MS: f64 = 10_000.0;
/// Looks nearer to each other are one, so that whoever looks often fills no memory.
const SPAN_MS_MIN: i64 = 500;
/// Too much can happen unseen between two looks that are farther apart.
const SPAN_MS_MAX: i64 = 60_000;
/// How long it takes for what was seen of unused tickets to count half.
const UNUSED_HALF_LIFE_MS: f64 = 60_000.0;
/// People who came to their turn before any unused ticket is believed to be more than chance.
const CAME_AT_FIRST: f64 = 10.0;

/// A line at some moment, as far as it tells how fast people go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// When.
    pub at_ms: i64,
    /// Tickets given so far.
    pub tickets: u64,
    /// People who stand in the line.
    pub waiting: u64,
    /// The highest ticket admitted.
    pub serving: u64,
    /// Admissions so far.
    pub admitted: u64,
    /// People a second that may go; 0 while nobody is let in.
    pub rate_per_second: u32,
}

impl Observation {
    /// What figures and rule tell at that moment.
    pub fn of(rule: &LineRule, figures: &LineCounts, now: Timestamp) -> Self {
        let lets_in = rule.admits_at(now) && (rule.draw.is_none() || figures.drawn.is_some());
        Self {
            at_ms: now.millis(),
            tickets: figures.tickets,
            waiting: figures.waiting,
            serving: figures.serving,
            admitted: figures.admitted,
            rate_per_second: if lets_in { rule.rate_per_second } else { 0 },
        }
    }

    /// Tickets whose holders do not stand in the line any more.
    fn departed(&self) -> u64 {
        self.tickets.saturating_sub(self.waiting)
    }

    /// Neither clock nor counters went back.
    fn follows(&self, before: &Self) -> bool {
        self.at_ms >= before.at_ms
            && self.tickets >= before.tickets
            && self.serving >= before.serving
            && self.admitted >= before.admitted
    }

    /// Fewer have gone since than waited then, so that somebody waited all the time.
    fn was_never_empty_since(&self, before: &Self) -> bool {
        self.departed() < before.tickets
    }
}

/// What happened between two looks while people waited.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    until_ms: i64,
    length_ms: i64,
    admitted: i64,
    /// Those who do not stand in the line any more, less those who stand in it again.
    departed: i64,
}

/// What is to be expected of a line, from looks at it.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    last: Option<Observation>,
    spans: VecDeque<Span>,
    /// All spans together.
    sum: Span,
    /// People who came to their turn lately, and tickets that were passed meanwhile and used by nobody.
    came: f64,
    unused: f64,
}

impl Outlook {
    /// The line looks so. A clock or a counter that went back starts anew.
    pub fn observe(&mut self, now: Observation) {
        let Some(before) = self.last.filter(|before| now.follows(before)) else {
            *self = Self { last: Some(now), ..Self::default() };
            return;
        };
        if before.rate_per_second != now.rate_per_second {
            // What was measured at another rate tells nothing about this one.
            (self.last, self.spans, self.sum) = (Some(now), VecDeque::new(), Span::default());
            return;
        }
        let length_ms = now.at_ms.saturating_sub(before.at_ms);
        if length_ms < SPAN_MS_MIN {
            return;
        }
        self.last = Some(now);
        if now.rate_per_second > 0 && length_ms <= SPAN_MS_MAX && now.was_never_empty_since(&before) {
            self.note(&before, &now, length_ms);
        }
        self.forget(now.at_ms);
    }

    fn note(&mut self, before: &Observation, now: &Observation, length_ms: i64) {
        let admitted = (now.admitted - before.admitted).cast_signed();
        let departed = now.departed().cast_signed() - before.departed().cast_signed();
        self.spans.push_back(Span { until_ms: now.at_ms, length_ms, admitted, departed });
        self.sum.length_ms += length_ms;
        self.sum.admitted += admitted;
        self.sum.departed += departed;
        let passed = (now.serving - before.serving).cast_signed();
        let kept = 0.5f64.powf(length_ms as f64 / UNUSED_HALF_LIFE_MS);
        self.came = self.came * kept + admitted as f64;
        // People put back, and those who came back, go without a new ticket being passed.
        self.unused = (self.unused * kept + (passed - admitted) as f64).max(0.0);
    }

    fn forget(&mut self, now_ms: i64) {
        while let Some(first) = self.spans.front() {
            let is_old = first.until_ms < now_ms.saturating_sub(WINDOW_AGE_MS_MAX);
            let is_dispensable = self.sum.length_ms - first.length_ms >= WINDOW_MS
                && self.sum.admitted - first.admitted >= WINDOW_PEOPLE;
            if !is_old && !is_dispensable {
                return;
            }
            self.sum.length_ms -= first.length_ms;
            self.sum.admitted -= first.admitted;
            self.sum.departed -= first.departed;
            self.spans.pop_front();
        }
    }

    /// What is to be expected from now on.
    pub fn forecast(&self) -> Forecast {
        let configured = f64::from(self.last.map_or(0, |last| last.rate_per_second));
        let seen_ms = self.sum.length_ms as f64;
        // Who was put back goes twice, and is one person less in the line all the same.
        let gone = self.sum.admitted.min(self.sum.departed).max(0) as f64;
        let measured = if seen_ms > 0.0 { (gone * 1_000.0 / seen_ms).min(configured) } else { configured };
        let trust = (seen_ms / TRUST_MS).min(1.0);
        let people_per_second = measured * trust + configured * (1.0 - trust);
        let tickets_per_person = 1.0 + self.unused / (self.came + CAME_AT_FIRST);
        Forecast { people_per_second, tickets_per_second: people_per_second * tickets_per_person }
    }
}

#[cfg(test)]
impl Outlook {
    pub(super) fn spans_kept(&self) -> usize {
        self.spans.len()
    }
}

/// How fast a line is expected to go.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Forecast {
    /// People a second; 0 while nobody is let in, and nobody knows when somebody will be.
    pub people_per_second: f64,
    /// Tickets a second: more, for some of those ahead will not come to their turn.
    pub tickets_per_second: f64,
}

impl Forecast {
    /// Seconds until somebody goes who holds this ticket and is of this rank, while the line serves `serving`; none
    /// while nobody knows.
    ///
    /// No longer than it would take if everybody ahead came to their turn. Whoever stands before all who were served
    /// (passed over, and back) waits for those of a better rank only.
    pub fn wait_seconds(&self, rank: u64, ticket: u64, serving: u64) -> Option<f64> {
        if self.people_per_second <= 0.0 {
            return None;
        }
        let by_rank = rank as f64 / self.people_per_second;
        let by_ticket = ticket.checked_sub(serving).filter(|ahead| *ahead > 0);
        Some(by_ticket.map_or(by_rank, |ahead| by_rank.min(ahead as f64 / self.tickets_per_second)))
    }
}
