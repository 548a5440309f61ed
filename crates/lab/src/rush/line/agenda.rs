//! Who does something next: newcomers in order, and everybody else when it is time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Everybody's next moment. A person stands in it once at most, so it never holds more than there are people.
pub(super) struct Agenda {
    /// By moment in nanoseconds since the start.
    known: BinaryHeap<Reverse<(u64, u32)>>,
    newcomer: u32,
    people: u32,
    ns_per_arrival: f64,
    /// Whether a newcomer is preferred this time.
    prefers_newcomer: bool,
}

impl Agenda {
    /// `rate`: newcomers a second; none: all at once.
    pub(super) fn new(people: u32, rate: Option<u32>) -> Self {
        let ns_per_arrival = rate.map_or(0.0, |rate| 1e9 / f64::from(rate));
        Self { known: BinaryHeap::new(), newcomer: 0, people, ns_per_arrival, prefers_newcomer: true }
    }

    /// Comes back at that moment.
    pub(super) fn put(&mut self, person: u32, at_ns: u64) {
        self.known.push(Reverse((at_ns, person)));
    }

    /// The next person who is due. Newcomers and those who have come before take turns: neither keeps the other out.
    pub(super) fn take(&mut self, now_ns: u64) -> Option<u32> {
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

    /// When somebody is due next; none while all who are left are being dealt with.
    pub(super) fn next_ns(&self) -> Option<u64> {
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
    fn newcomers_and_those_who_come_back_take_turns() {
        let mut agenda = Agenda::new(3, None);
        assert_eq!(agenda.take(0), Some(0));
        agenda.put(0, 5);
        assert_eq!(agenda.take(4), Some(1), "nobody else is due");
        assert_eq!(agenda.take(5), Some(0), "though a newcomer waits");
        assert_eq!(agenda.take(5), Some(2));
        assert_eq!((agenda.take(u64::MAX), agenda.next_ns()), (None, None));
    }

    #[test]
    fn newcomers_come_at_the_rate() {
        let mut agenda = Agenda::new(2, Some(10));
        assert_eq!(agenda.take(0), Some(0));
        agenda.put(0, 300_000_000);
        assert_eq!((agenda.take(99_999_999), agenda.next_ns()), (None, Some(100_000_000)));
        assert_eq!(agenda.take(100_000_000), Some(1));
        assert_eq!(agenda.next_ns(), Some(300_000_000));
    }
}
