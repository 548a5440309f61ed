//! `onsale migrate`: brings the database's tables up to date.

use super::{Ending, block_on};
use crate::config::Config;
use crate::wiring::open_ledger;

/// Runs the command.
///
/// # Errors
/// When the database can not be opened, or is of a newer version than this program.
pub fn run(config: &Config) -> anyhow::Result<Ending> {
    block_on(async {
        open_ledger(config).await?;
        println!("the database's tables are up to date");
        Ok(Ending::Done)
    })
}
