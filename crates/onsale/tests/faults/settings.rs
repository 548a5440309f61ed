//! The amount of load and repetition.

use std::time::Duration;

/// Stock of a campaign, large enough that the load continues beyond the fault.
pub const STOCK: u64 = 2_000;
/// Number of concurrent clients.
pub const PEOPLE: u64 = 16;
/// Pause between two requests of a client, to leave processor time for the servers.
pub const PAUSE_MS: std::ops::Range<u64> = 10..40;
/// Pause before a retry.
pub const COME_AGAIN: Duration = Duration::from_millis(100);
/// Longer than any outage may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Longer than messages take after the recovery.
pub const SETTLED: Duration = Duration::from_secs(120);
