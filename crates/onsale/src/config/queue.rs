//! The section `queue`.

use serde::Deserialize;
use std::path::PathBuf;

/// Waiting lines.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// Names of lines before sites.
    pub lines: Vec<String>,
    /// People a second.
    pub rate_per_second: u32,
    /// Milliseconds between two batches.
    pub batch_interval_ms: u32,
    /// Most people waiting in one line.
    pub capacity: u32,
    /// How long a pass lives.
    pub token_ttl_seconds: u32,
    /// Who was not heard of for longer is passed over; 0 for never.
    pub abandon_after_seconds: u32,
    /// Most people inside at once; 0 for no limit.
    pub max_inside: u32,
    /// Most streams open at once.
    pub streams_max: usize,
    /// What cookies are signed with; empty: see the file, or one that is made and kept.
    pub cookie_key: String,
    /// A file with the same; empty for none.
    pub cookie_key_file: PathBuf,
    /// The key before, whose cookies still count; empty for none.
    pub cookie_previous_key: String,
    /// Whether cookies count only in the network that they were made for.
    pub bind_network: bool,
    /// What numbers in opening draws are signed with; empty: see the file, or one that is made and kept.
    pub receipt_key: String,
    /// A file with the same; empty for none.
    pub receipt_key_file: PathBuf,
}
