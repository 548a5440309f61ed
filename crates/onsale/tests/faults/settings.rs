//! The amount of load and repetition.

use std::time::Duration;

/// Stock of a campaign, large enough that the load continues beyond the fault.
pub const STOCK: u64 = 2_000;
/// Number of concurrent clients.
pub const PEOPLE: u64 = 16;
/// Pause between two requests of a client, to leave processor time for the servers.
pub const PAUSE_MS: std::ops::Range<u64> = 5..20;
/// Pause before a retry.
pub const COME_AGAIN: Duration = Duration::from_millis(100);
/// Longer than any outage may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Longer than messages take after the recovery.
pub const SETTLED: Duration = Duration::from_secs(60);

/// Number of trials of a fault: `ONSALE_FAULTS`, or else `each_commit`.
pub fn trials(each_commit: u32) -> u32 {
    std::env::var("ONSALE_FAULTS").ok().map_or(each_commit, |text| text.parse().expect("ONSALE_FAULTS is a number"))
}
