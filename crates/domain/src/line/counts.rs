//! Counts with sums: a Fenwick tree.

/// Counts in a row.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    /// Node `n` (from 1) is the sum of the last `n & -n` counts up to `n`.
    tree: Vec<u32>,
    all: u64,
}

fn lowest_bit(n: usize) -> usize {
    n & n.wrapping_neg()
}

impl Counts {
    /// These counts.
    pub fn of(counts: impl Iterator<Item = u32>) -> Self {
        let mut sums = Self { tree: counts.collect(), all: 0 };
        sums.all = sums.tree.iter().map(|count| u64::from(*count)).sum();
        for node in 1..=sums.tree.len() {
            let above = node + lowest_bit(node);
            if above <= sums.tree.len() {
                sums.tree[above - 1] += sums.tree[node - 1];
            }
        }
        sums
    }

    /// One more count, 0.
    pub fn push(&mut self) {
        let node = self.tree.len() + 1;
        let (mut sum, mut below) = (0, node - 1);
        while below > node - lowest_bit(node) {
            sum += self.tree[below - 1];
            below -= lowest_bit(below);
        }
        self.tree.push(sum);
    }

    /// The count at `at` (from 0) grows, or falls, by one.
    pub fn change(&mut self, at: usize, grows: bool) {
        let mut node = at + 1;
        while node <= self.tree.len() {
            let sum = &mut self.tree[node - 1];
            *sum = if grows { *sum + 1 } else { *sum - 1 };
            node += lowest_bit(node);
        }
        self.all = if grows { self.all + 1 } else { self.all - 1 };
    }

    /// The sum of the counts before `at`.
    pub fn before(&self, at: usize) -> u64 {
        let (mut node, mut sum) = (at.min(self.tree.len()), 0);
        while node > 0 {
            sum += u64::from(self.tree[node - 1]);
            node -= lowest_bit(node);
        }
        sum
    }

    /// The sum of all counts.
    pub fn all(&self) -> u64 {
        self.all
    }

    /// The first count that is not 0.
    pub fn first(&self) -> Option<usize> {
        if self.all == 0 {
            return None;
        }
        let mut node = 0;
        let mut step = self.tree.len().next_power_of_two();
        while step > 0 {
            // None of the first `node + step` counts: it lies beyond.
            if node + step <= self.tree.len() && self.tree[node + step - 1] == 0 {
                node += step;
            }
            step /= 2;
        }
        Some(node)
    }
}
