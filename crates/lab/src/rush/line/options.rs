//! Options of a load test at a line, and their validation.

use super::super::options::{CheckedOptions, Options};
use anyhow::ensure;

/// Shortest polling interval; a smaller value is probably a mistake in the unit.
const POLL_MS_MIN: u32 = 10;
/// Longest polling interval.
const POLL_MS_MAX: u32 = 600_000;
/// Maximum admission rate of a line.
const ADMIT_PER_SECOND_MAX: u32 = 1_000_000;

/// A load test of a waiting line before a campaign.
#[derive(Clone, Debug)]
pub struct LineOptions {
    /// The users and the campaign behind the line.
    pub crowd: Options,
    /// Whether users compute their rank from the public document, and poll the rank only near their turn.
    pub by_document: bool,
    /// Polling interval in milliseconds (10..=600,000), jittered by a fifth.
    pub poll_ms: u32,
    /// Admissions per second, set before the load test. `None`: the server's present rate.
    pub admit_per_second: Option<u32>,
    /// Shares of special behavior.
    pub shares: Shares,
}

/// Shares of the users in percent, each drawn independently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// Users that leave and do not return.
    pub leave_percent: u8,
    /// Users that leave and return.
    pub back_percent: u8,
    /// Users that enqueue twice.
    pub twice_percent: u8,
    /// Users that request the coupon without admission.
    pub cheat_percent: u8,
    /// Users that receive the public document over a stream.
    pub stream_percent: u8,
}

impl Default for Shares {
    fn default() -> Self {
        Self { leave_percent: 5, back_percent: 5, twice_percent: 5, cheat_percent: 5, stream_percent: 0 }
    }
}

impl Default for LineOptions {
    fn default() -> Self {
        Self {
            crowd: Options { users: 10_000, ..Options::default() },
            by_document: false,
            poll_ms: 3_000,
            admit_per_second: None,
            shares: Shares::default(),
        }
    }
}

/// Validated options.
pub(super) struct CheckedLineOptions {
    pub(super) crowd: CheckedOptions,
    pub(super) by_document: bool,
    pub(super) poll_ms: u32,
    pub(super) admit_per_second: Option<u32>,
    pub(super) shares: Shares,
}

impl LineOptions {
    pub(super) fn check(self) -> anyhow::Result<CheckedLineOptions> {
        let Self { crowd, by_document, poll_ms, admit_per_second, shares } = self;
        ensure!((POLL_MS_MIN..=POLL_MS_MAX).contains(&poll_ms), "poll-ms must be {POLL_MS_MIN} to {POLL_MS_MAX}");
        let rate_fits = admit_per_second.is_none_or(|rate| (1..=ADMIT_PER_SECOND_MAX).contains(&rate));
        ensure!(rate_fits, "admit must be 1 to {ADMIT_PER_SECOND_MAX} users per second");
        let Shares { leave_percent, back_percent, twice_percent, cheat_percent, stream_percent } = shares;
        for percent in [leave_percent, back_percent, twice_percent, cheat_percent, stream_percent] {
            ensure!(percent <= 100, "a share of the users must be 0 to 100 percent");
        }
        ensure!(
            by_document || stream_percent == 0,
            "streams deliver the public document: --stream-percent requires --line"
        );
        Ok(CheckedLineOptions { crowd: crowd.check()?, by_document, poll_ms, admit_per_second, shares })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_options_are_refused_with_the_permitted_values() {
        type Change = fn(&mut LineOptions);
        let cases: [(Change, &str); 5] = [
            (|o| o.poll_ms = 3, "poll-ms must be 10"),
            (|o| o.admit_per_second = Some(0), "admit must be 1"),
            (|o| o.shares.leave_percent = 101, "0 to 100 percent"),
            (|o| o.shares.stream_percent = 1, "--line"),
            (|o| o.crowd.users = 0, "users must be 1"),
        ];
        for (change, words) in cases {
            let mut options = LineOptions::default();
            change(&mut options);
            let refusal = options.check().err().expect(words).to_string();
            assert!(refusal.contains(words), "{refusal}");
        }
        assert!(LineOptions::default().check().is_ok());
    }
}
