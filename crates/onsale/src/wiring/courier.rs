//! Messages on their way from decisions to rows.

use super::Parts;
use crate::config::Config;

/// What carries messages.
pub struct Courier;

impl Courier {
    /// Starts.
    pub fn start(_config: &Config, _parts: &Parts) -> anyhow::Result<Self> {
        Ok(Self)
    }

    /// Stops.
    pub async fn stop(self) {}
}

pub fn dead_letters() {}
