//! A brake from downstream: admission slows to what the next part can take. Nobody is refused for it: people stay
//! where they stand.
//!
//! Source: additive increase, multiplicative decrease, as in congestion control (RFC 5681).

/// Share of the rate that the first step back leaves; half of what there is at each step.
const STEP_DOWN: f64 = 0.5;
/// Share of the rate that comes back with each good look.
const STEP_UP: f64 = 0.1;
/// Least share of the rate: who lets nobody through never learns that it is over.
const SHARE_MIN: f64 = 0.01;

/// What share of its rate a line may use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Brake {
    share: f64,
}

impl Default for Brake {
    fn default() -> Self {
        Self { share: 1.0 }
    }
}

impl Brake {
    /// The next part answered, and in time, since the last look.
    pub fn goes_well(&mut self) {
        self.share = (self.share + STEP_UP).min(1.0);
    }

    /// It was slow, failed, or did not answer.
    pub fn goes_badly(&mut self) {
        self.share = (self.share * STEP_DOWN).max(SHARE_MIN);
    }

    /// People that may go in a tick for which the rate alone would let `full` go; at least one in a hundred ticks.
    pub fn most(&self, full: f64) -> f64 {
        full * self.share
    }

    /// From 0 to 1.
    pub fn share(&self) -> f64 {
        self.share
    }
}
