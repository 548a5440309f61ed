//! `onsale dead-letters`: looks after dead letters.

use super::{Ending, WrongUse};
use crate::cli::DeadLettersCommand;
use crate::config::Config;

/// Runs the command.
///
/// # Errors
/// Whatever keeps it from doing its work.
pub fn run(_config: &Config, _command: &DeadLettersCommand) -> anyhow::Result<Ending> {
    Err(WrongUse("this build does not have `dead-letters`".to_owned()).into())
}
