//! The section `rehearsal`.

use serde::Deserialize;

/// The evening that `onsale rehearse` plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rehearsal {
    /// The people.
    pub people: u32,
    /// Keep-alive connections that they share.
    pub connections: u32,
    /// Coupons of a campaign of its own; 0: none.
    pub coupons: u32,
    /// Admissions per second of a line before it; 0: none.
    pub admit_per_second: u32,
    /// Seats of a show of its own; 0: none.
    pub seats: u32,
    /// Slowest acceptable answer of 99 in 100.
    pub p99_ms: u32,
}
