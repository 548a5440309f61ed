//! `onsale admin`: looks after API keys.

use super::{Ending, WrongUse};
use crate::cli::AdminCommand;
use crate::config::Config;

/// Runs the command.
///
/// # Errors
/// Whatever keeps it from doing its work.
pub fn run(_config: &Config, _command: &AdminCommand) -> anyhow::Result<Ending> {
    Err(WrongUse("this build does not have `admin`".to_owned()).into())
}
