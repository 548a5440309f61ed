//! How opening draws are announced, and the task that brings them their public randomness.

use super::supervisor::Task;
use crate::config::Config;
use anyhow::Context;
use domain::line::LineId;
use hot::line::LinePort;
use lines::draw::announce::DrawSettings;
use lines::draw::drand::Drand;
use lines::draw::values::fetch_in_background;
use std::sync::Arc;

fn drand(config: &Config) -> anyhow::Result<Drand> {
    let draw = &config.draw;
    Drand::new(&draw.drand_url, &draw.drand_chain, &draw.drand_public_key).context("no HTTP client can be made")
}

/// How draws are announced.
///
/// # Errors
/// When no HTTP client can be made.
pub(super) fn settings(config: &Config) -> anyhow::Result<DrawSettings> {
    Ok(DrawSettings { randomness: config.draw.randomness, drand: drand(config)? })
}

/// Brings values to the draws of a role's lines.
///
/// # Errors
/// When no HTTP client can be made.
pub(super) fn task(
    name: &'static str,
    config: &Config,
    port: Arc<dyn LinePort>,
    serves: fn(&LineId) -> bool,
) -> anyhow::Result<Task> {
    let drand = drand(config)?;
    Ok(Task::new(name, move || fetch_in_background(port.clone(), serves, drand.clone())))
}
