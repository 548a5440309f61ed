//! `onsale reconcile`: compares hot state with the database.

use super::{Ending, WrongUse};
use crate::cli::ReconcileArguments;
use crate::config::Config;

/// Runs the command.
///
/// # Errors
/// Whatever keeps it from doing its work.
pub fn run(_config: &Config, _arguments: &ReconcileArguments) -> anyhow::Result<Ending> {
    Err(WrongUse("this build does not have `reconcile`".to_owned()).into())
}
