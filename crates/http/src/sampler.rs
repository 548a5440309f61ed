//! Log lines that a stranger causes: the first ones of each second, then their number. A line for each refusal would let
//! anybody fill the disk, and a full disk stops the issuing of coupons.

use std::sync::{Mutex, PoisonError};

/// Lines in one second.
const LINES_PER_SECOND: u32 = 10;
const US_PER_SECOND: u64 = 1_000_000;

/// Admits log lines of one kind.
#[derive(Debug, Default)]
pub struct Sampler(Mutex<Second>);

#[derive(Debug, Default)]
struct Second {
    number: u64,
    lines: u32,
    left_out: u64,
}

impl Sampler {
    /// Admits no line yet.
    pub const fn new() -> Self {
        Self(Mutex::new(Second { number: 0, lines: 0, left_out: 0 }))
    }

    /// Whether a line may be written now; then the number of lines that were left out since the line before.
    pub fn admit(&self) -> Option<u64> {
        self.admit_at(clock::now_us())
    }

    fn admit_at(&self, now_us: u64) -> Option<u64> {
        let mut second = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now_us / US_PER_SECOND;
        if second.number != number {
            (second.number, second.lines) = (number, 0);
        }
        if second.lines >= LINES_PER_SECOND {
            second.left_out += 1;
            return None;
        }
        second.lines += 1;
        Some(std::mem::take(&mut second.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_a_few_lines_a_second_and_their_number() {
        let sampler = Sampler::new();
        let lines = (0..1_000).filter_map(|_| sampler.admit_at(5 * US_PER_SECOND)).count();
        assert_eq!(lines, LINES_PER_SECOND as usize);
        assert_eq!(sampler.admit_at(6 * US_PER_SECOND), Some(990));
        assert_eq!(sampler.admit_at(6 * US_PER_SECOND), Some(0));
    }
}
