//! `onsale config`: the effective configuration and its sources.

use super::Ending;
use crate::cli::ConfigArguments;
use crate::config::{DEFAULT_TOML, Sources, load, print};
use crate::out;

/// Prints the effective configuration, or the commented default file.
///
/// # Errors
/// When the configuration is refused, or standard output cannot be written.
pub fn run(sources: &Sources, arguments: &ConfigArguments) -> anyhow::Result<Ending> {
    let text = if arguments.default { DEFAULT_TOML.to_owned() } else { print::print(&load(sources)?) };
    out::text(&text)?;
    Ok(Ending::Done)
}
