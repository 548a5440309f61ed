//! `onsale migrate`: updates the database tables to this version.

use super::{Ending, block_on};
use crate::config::Config;
use crate::wiring::open_ledger;

/// Runs the command.
///
/// # Errors
/// When the database cannot be opened, or is of a newer version than this program.
pub fn run(config: &Config) -> anyhow::Result<Ending> {
    block_on(async {
        open_ledger(config).await?;
        println!("the database tables are up to date");
        Ok(Ending::Done)
    })
}
