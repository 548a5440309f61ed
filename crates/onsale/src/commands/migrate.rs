//! `onsale migrate`: brings the database's tables up to date.

use super::{Ending, WrongUse};
use crate::config::Config;

/// Runs the command.
///
/// # Errors
/// Whatever keeps it from doing its work.
pub fn run(_config: &Config) -> anyhow::Result<Ending> {
    Err(WrongUse("this build does not have `migrate`".to_owned()).into())
}
