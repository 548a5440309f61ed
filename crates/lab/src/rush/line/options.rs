//! What kind of crowd comes to a line, and whether it can come.

use super::super::options::{Checked, Options};
use anyhow::ensure;

/// Shortest pause between two looks, so that a mistake in the unit is noticed.
const POLL_MS_MIN: u32 = 10;
/// Longest pause between two looks.
const POLL_MS_MAX: u32 = 600_000;
/// As many as a line may let in a second.
const ADMIT_PER_SECOND_MAX: u32 = 1_000_000;

/// A rush at a waiting line before a campaign.
#[derive(Clone, Debug)]
pub struct LineOptions {
    /// The crowd and the campaign behind the line.
    pub crowd: Options,
    /// Whether people work their rank out from the public document, and ask only when their turn is near.
    pub by_document: bool,
    /// How often a person looks, in milliseconds (10..=600,000); jittered by a fifth.
    pub poll_ms: u32,
    /// People a second that the line lets in, changed before the crowd comes. `None`: as the server says.
    pub admit_per_second: Option<u32>,
    /// How people behave.
    pub shares: Shares,
}

/// Parts of the crowd in percent, each drawn by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// Go away and do not come back.
    pub leave_percent: u8,
    /// Go away and come back.
    pub back_percent: u8,
    /// Queue twice.
    pub twice_percent: u8,
    /// Try to get the coupon past the line.
    pub cheat_percent: u8,
    /// Hear of the public document over a stream.
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

/// Options that can be run.
pub(super) struct CheckedLine {
    pub(super) crowd: Checked,
    pub(super) by_document: bool,
    pub(super) poll_ms: u32,
    pub(super) admit_per_second: Option<u32>,
    pub(super) shares: Shares,
}

impl LineOptions {
    pub(super) fn check(self) -> anyhow::Result<CheckedLine> {
        let Self { crowd, by_document, poll_ms, admit_per_second, shares } = self;
        ensure!((POLL_MS_MIN..=POLL_MS_MAX).contains(&poll_ms), "poll-ms must be {POLL_MS_MIN} to {POLL_MS_MAX}");
        let rate_fits = admit_per_second.is_none_or(|rate| (1..=ADMIT_PER_SECOND_MAX).contains(&rate));
        ensure!(rate_fits, "admit must be 1 to {ADMIT_PER_SECOND_MAX} people a second");
        let Shares { leave_percent, back_percent, twice_percent, cheat_percent, stream_percent } = shares;
        for percent in [leave_percent, back_percent, twice_percent, cheat_percent, stream_percent] {
            ensure!(percent <= 100, "a share of the crowd is 0 to 100 percent");
        }
        ensure!(
            by_document || stream_percent == 0,
            "streams tell the public document: give --line for a share of them"
        );
        Ok(CheckedLine { crowd: crowd.check()?, by_document, poll_ms, admit_per_second, shares })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_run_is_refused_with_what_would_be_right() {
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
