//! How much is tried.

use std::time::Duration;

/// Coupons of a campaign: so many that the load is still on when the fault has come.
pub const STOCK: u64 = 2_000;
/// Clients at once.
pub const PEOPLE: u64 = 16;
/// Between two requests of a client: the machine is to have time for the servers too.
pub const PAUSE_MS: std::ops::Range<u64> = 5..20;
/// Before a client asks again that was told to come again, or was cut off.
pub const COME_AGAIN: Duration = Duration::from_millis(100);
/// Longer than any outage here may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Longer than messages travel once everything is well.
pub const SETTLED: Duration = Duration::from_secs(60);

/// How often a fault is tried: `each_commit`, or what `ONSALE_FAULTS` says.
pub fn trials(each_commit: u32) -> u32 {
    std::env::var("ONSALE_FAULTS").ok().map_or(each_commit, |text| text.parse().expect("ONSALE_FAULTS is a number"))
}
