//! Queue numbers given up: every later queue number is served that much earlier.

use super::QueueNumber;
use std::collections::BTreeMap;

/// Ranges of queue numbers, first to last.
#[derive(Clone, Debug, Default)]
pub(super) struct Gone(BTreeMap<u64, u64>);

impl Gone {
    /// This queue number was given up; it was not before.
    pub fn add(&mut self, number: QueueNumber) {
        self.add_all(number.get(), number.get());
    }

    /// These queue numbers, first to last, were given up; none of them was before.
    pub fn add_all(&mut self, first: u64, last: u64) {
        if first > last {
            return;
        }
        let mut range = (first, last);
        if let Some((&before, &end)) = self.0.range(..first).next_back()
            && end + 1 == first
        {
            range.0 = before;
        }
        if let Some(end) = self.0.remove(&(last + 1)) {
            range.1 = end;
        }
        self.0.insert(range.0, range.1);
    }

    /// What is served already does not matter any more.
    pub fn forget_through(&mut self, serving: u64) {
        while let Some(first) = self.0.first_entry().filter(|range| *range.key() <= serving) {
            let last = first.remove();
            if last > serving {
                self.0.insert(serving + 1, last);
                return;
            }
        }
    }

    /// The ranges that are served first.
    pub fn ranges(&self, max: usize) -> Vec<(u64, u64)> {
        self.0.iter().take(max).map(|(first, last)| (*first, *last)).collect()
    }
}
