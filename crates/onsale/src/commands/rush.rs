//! `onsale rush`: sends a crowd, then checks the books.

use super::{Ending, WrongUse};
use crate::cli::RushArguments;
use crate::config::Config;

/// Runs the command.
///
/// # Errors
/// Whatever keeps it from doing its work.
pub fn run(_config: &Config, _arguments: &RushArguments) -> anyhow::Result<Ending> {
    Err(WrongUse("this build does not have `rush`".to_owned()).into())
}
