//! Options of a load test of tickets, and their validation.

use super::super::options::{CheckedOptions, Options};
use anyhow::ensure;
use books::Books;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Most seats: a hall has no more (`catalog`).
const SEATS_MAX: u32 = 100_000;
/// Bounds of a hold's life on a temporary server, in seconds.
const HOLD_SECONDS: std::ops::RangeInclusive<u32> = 1..=300;
/// Shortest secret of tokens (`auth.jwt_secret`), in bytes.
const SECRET_BYTES_MIN: usize = 64;

/// Reads the books of the server under test: of a temporary one in this data folder, of another one wherever its configuration
/// says. Hot state and what people were told are added by the load test.
pub type ReadBooks = Arc<dyn Fn(Option<&Path>) -> anyhow::Result<Books> + Send + Sync>;

/// A load test of a sale of tickets.
#[derive(Clone)]
pub struct TicketOptions {
    /// The people; `stock` is the number of seats.
    pub crowd: Options,
    /// The secret of the server's access tokens, for a server that is running: people's tokens are made with it. A temporary
    /// server gets one.
    pub jwt_secret: Option<String>,
    /// Where the sandbox is, if not at the server's own address.
    pub sandbox: Option<String>,
    /// How the books are read; none: only what people were told is compared.
    pub books: Option<ReadBooks>,
    /// Life of a hold on a temporary server, in seconds.
    pub hold_seconds: u32,
    /// Shares of special behavior.
    pub shares: TicketShares,
}

/// Shares of the people in percent, each drawn independently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketShares {
    /// Those whose payment fails; they come back and try again.
    pub fail_percent: u8,
    /// Those who pay when their hold is over.
    pub late_percent: u8,
    /// Those who leave with a hold; half of them come back.
    pub leave_percent: u8,
    /// Those who close the page after paying.
    pub close_percent: u8,
    /// Those who give the ticket back.
    pub cancel_percent: u8,
    /// Those who buy again.
    pub again_percent: u8,
}

impl Default for TicketShares {
    fn default() -> Self {
        Self {
            fail_percent: 5,
            late_percent: 5,
            leave_percent: 10,
            close_percent: 3,
            cancel_percent: 3,
            again_percent: 5,
        }
    }
}

impl Default for TicketOptions {
    fn default() -> Self {
        Self {
            crowd: Options { users: 20_000, stock: 2_000, ..Options::default() },
            jwt_secret: None,
            sandbox: None,
            books: None,
            hold_seconds: 8,
            shares: TicketShares::default(),
        }
    }
}

impl fmt::Debug for TicketOptions {
    /// Without the secret.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("TicketOptions")
            .field("crowd", &self.crowd)
            .field("shares", &self.shares)
            .finish_non_exhaustive()
    }
}

/// Validated options.
pub(super) struct CheckedTickets {
    pub(super) crowd: CheckedOptions,
    pub(super) jwt_secret: Option<String>,
    pub(super) sandbox: Option<String>,
    pub(super) books: Option<ReadBooks>,
    pub(super) hold_seconds: u32,
    pub(super) shares: TicketShares,
}

impl TicketOptions {
    pub(super) fn check(self) -> anyhow::Result<CheckedTickets> {
        let Self { crowd, jwt_secret, sandbox, books, hold_seconds, shares } = self;
        ensure!((1..=SEATS_MAX).contains(&crowd.stock), "seats must be 1 to {SEATS_MAX}");
        ensure!(HOLD_SECONDS.contains(&hold_seconds), "hold-seconds must be 1 to {}", HOLD_SECONDS.end());
        let is_known = crowd.url.is_none() || jwt_secret.is_some();
        ensure!(is_known, "a running server's people need tokens: give the secret of auth.jwt_secret");
        let is_long = jwt_secret.as_ref().is_none_or(|secret| secret.len() >= SECRET_BYTES_MIN);
        ensure!(is_long, "the secret of tokens has at least {SECRET_BYTES_MIN} bytes");
        let TicketShares { fail_percent, late_percent, leave_percent, close_percent, cancel_percent, again_percent } =
            shares;
        for percent in [fail_percent, late_percent, leave_percent, close_percent, cancel_percent, again_percent] {
            ensure!(percent <= 100, "a share of the people must be 0 to 100 percent");
        }
        Ok(CheckedTickets { crowd: crowd.check()?, jwt_secret, sandbox, books, hold_seconds, shares })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_options_are_refused_with_the_permitted_values() {
        type Change = fn(&mut TicketOptions);
        let cases: [(Change, &str); 5] = [
            (|o| o.crowd.stock = 0, "seats must be 1"),
            (|o| o.hold_seconds = 0, "hold-seconds must be 1"),
            (|o| o.crowd.url = Some("http://127.0.0.1:1".into()), "auth.jwt_secret"),
            (|o| o.jwt_secret = Some("short".into()), "64 bytes"),
            (|o| o.shares.late_percent = 101, "0 to 100 percent"),
        ];
        for (change, words) in cases {
            let mut options = TicketOptions::default();
            change(&mut options);
            let refusal = options.check().err().expect(words).to_string();
            assert!(refusal.contains(words), "{refusal}");
        }
        assert!(TicketOptions::default().check().is_ok());
    }
}
