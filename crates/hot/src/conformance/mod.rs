//! The suites that every engine must pass: one for each port with rules of its own.

pub mod coupon;
pub mod line;
pub mod seat;

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Random histories: how many, and which. The same seed gives the same ones.
#[derive(Clone, Copy, Debug)]
pub struct Histories {
    count: u32,
    steps: usize,
    seed: u8,
}

impl Histories {
    /// `count` histories of `steps` steps.
    pub fn new(count: u32, steps: usize) -> Self {
        Self { count, steps, seed: 0 }
    }

    /// As many, shared out among those who play side by side: each share has a seed of its own.
    pub fn shared_out(self, shares: u8) -> Vec<Self> {
        let count = self.count.div_ceil(shares.max(1).into());
        (0..shares).map(|seed| Self { count, seed, ..self }).collect()
    }

    fn runner(self) -> TestRunner {
        TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[self.seed; 32]))
    }
}
