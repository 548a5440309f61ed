//! The section `queue`.

use domain::line::Challenge;
use serde::Deserialize;
use std::path::PathBuf;

/// Settings of waiting lines.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// Names of the lines for websites.
    pub lines: Vec<String>,
    /// Admissions per second.
    pub rate_per_second: u32,
    /// Milliseconds between two batches of admissions.
    pub batch_interval_ms: u32,
    /// Maximum number of waiting users per line.
    pub capacity: u32,
    /// Lifetime of a pass.
    pub token_ttl_seconds: u32,
    /// Looks at the own position for one visitor in a minute.
    pub status_per_minute: u32,
    /// Users that were inactive for longer are skipped; 0 skips none.
    pub abandon_after_seconds: u32,
    /// For so long after that a user gets the old position back.
    pub return_seconds: u32,
    /// Maximum number of waiting users of one network per line; 0 is no limit.
    pub positions_per_network: u32,
    /// What is asked for before a position.
    pub challenge: Challenge,
    /// The work of a proof of work, in bits.
    pub pow_bits: u8,
    /// Maximum number of admitted users at a time; 0 is no limit.
    pub max_inside: u32,
    /// How many may be inside without seats for each free seat; 0 is no limit.
    pub inside_per_free_seat: u32,
    /// Maximum number of open streams.
    pub streams_max: usize,
    /// Maximum number of open streams per network; 0 is no limit.
    pub streams_max_per_network: usize,
    /// Key that signs cookies; empty: from the file, or generated and stored.
    pub cookie_key: String,
    /// File that contains this key; empty for none.
    pub cookie_key_file: PathBuf,
    /// Previous key, whose cookies are still valid; empty for none.
    pub cookie_previous_key: String,
    /// Whether a cookie is valid only in the network that it was issued to.
    pub bind_network: bool,
    /// `lax` or `none`: whether browsers send the cookies with what other sites make them do.
    pub cookie_same_site: String,
    /// Whether the pass of a user who uses the site is lengthened.
    pub pass_renewed_by_use: bool,
    /// Key that signs receipts of opening draws; empty: from the file, or generated and stored.
    pub receipt_key: String,
    /// File that contains this key; empty for none.
    pub receipt_key_file: PathBuf,
}
