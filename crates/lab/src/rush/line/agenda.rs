//! The schedule of the users: newcomers in order, all others at their next due time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The next due time of each user. A user has at most one entry, so the number of entries is bounded.
pub(in crate::rush) struct Agenda {
    /// Ordered by due time, in nanoseconds since the start.
    known: BinaryHeap<Reverse<(u64, u32)>>,
    newcomer: u32,
    people: u32,
    ns_per_arrival: f64,
    /// Whether a newcomer goes first this time.
    prefers_newcomer: bool,
}

impl Agenda {
    /// `rate`: newcomers per second; `None`: all at once.
    pub(in crate::rush) fn new(people: u32, rate: Option<u32>) -> Self {
        let ns_per_arrival = rate.map_or(0.0, |rate| 1e9 / f64::from(rate));
        Self { known: BinaryHeap::new(), newcomer: 0, people, ns_per_arrival, prefers_newcomer: true }
    }

    /// Schedules the user at `at_ns`.
    pub(in crate::rush) fn put(&mut self, person: u32, at_ns: u64) {
        self.known.push(Reverse((at_ns, person)));
    }

    /// The next user that is due. Newcomers and returning users alternate, so that neither group starves.
    pub(in crate::rush) fn take(&mut self, now_ns: u64) -> Option<u32> {
        let newcomer = self.newcomer_ns().is_some_and(|at_ns| at_ns <= now_ns);
        let known = self.known.peek().is_some_and(|Reverse((at_ns, _))| *at_ns <= now_ns);
        if newcomer && (self.prefers_newcomer || !known) {
            self.prefers_newcomer = false;
            self.newcomer += 1;
            return Some(self.newcomer - 1);
        }
        self.prefers_newcomer = true;
        if known { self.known.pop().map(|Reverse((_, person))| person) } else { None }
    }

    /// The next due time; `None` while all remaining users have a request in flight.
    pub(in crate::rush) fn next_ns(&self) -> Option<u64> {
        let known_ns = self.known.peek().map(|Reverse((at_ns, _))| *at_ns);
        [known_ns, self.newcomer_ns()].into_iter().flatten().min()
    }

    fn newcomer_ns(&self) -> Option<u64> {
        (self.newcomer < self.people).then_some((f64::from(self.newcomer) * self.ns_per_arrival) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newcomers_and_returning_users_alternate() {
        let mut agenda = Agenda::new(3, None);
        assert_eq!(agenda.take(0), Some(0));
        agenda.put(0, 5);
        assert_eq!(agenda.take(4), Some(1), "no other user is due");
        assert_eq!(agenda.take(5), Some(0), "although a newcomer is due");
        assert_eq!(agenda.take(5), Some(2));
        assert_eq!((agenda.take(u64::MAX), agenda.next_ns()), (None, None));
    }

    #[test]
    fn newcomers_arrive_at_the_rate() {
        let mut agenda = Agenda::new(2, Some(10));
        assert_eq!(agenda.take(0), Some(0));
        agenda.put(0, 300_000_000);
        assert_eq!((agenda.take(99_999_999), agenda.next_ns()), (None, Some(100_000_000)));
        assert_eq!(agenda.take(100_000_000), Some(1));
        assert_eq!(agenda.next_ns(), Some(300_000_000));
    }
}
