//! `onsale migrate`: updates the database tables of every schema to this version.

use super::{Ending, block_on};
use crate::config::Config;
use crate::wiring::{ALL_SCHEMAS, open_ledger, why_not_together};

/// Runs the command, schema by schema. A schema that fails ends it; those before it are up to date.
///
/// # Errors
/// When a database cannot be opened, or is of a newer version than this program.
pub fn run(config: &Config) -> anyhow::Result<Ending> {
    block_on(async {
        let mut done = Vec::new();
        for schema in ALL_SCHEMAS {
            // The first one has the database: so it was before there were others.
            done.push(schema);
            if let Some(why) = why_not_together(config, &done) {
                done.pop();
                note!("{}: left out: {why}", schema.tables.name);
                continue;
            }
            open_ledger(config, schema).await?;
            say!("{}: the tables are up to date", schema.tables.name)?;
        }
        Ok(Ending::Done)
    })
}
