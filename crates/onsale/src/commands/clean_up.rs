//! `onsale clean-up`: deletes old messages, and old records of processed ones, of every schema.

use super::{Ending, block_on, with_causes};
use crate::cli::CleanUpArguments;
use crate::config::Config;
use crate::wiring::{ALL_SCHEMAS, ContextSchema, why_not_together};
use ledger::{Ledger, purge};
use serde::Serialize;

/// What was deleted in one schema.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Deleted {
    schema: &'static str,
    /// Rows of `outbox_events`.
    messages: u64,
    /// Rows of `processed_events`.
    records: u64,
}

/// Runs the command, schema by schema. Tables that are not there are left out: where each role has a database of its own, an
/// operator need not reach all of them. A schema that fails is named, and the others are cleaned up. Servers may run meanwhile:
/// the rows are deleted in small steps, and no server looks for them any more.
///
/// # Errors
/// When nobody reads the output.
pub fn run(config: &Config, arguments: &CleanUpArguments) -> anyhow::Result<Ending> {
    block_on(async {
        let (mut deleted, mut ending, mut together) = (Vec::new(), Ending::Done, Vec::new());
        for schema in ALL_SCHEMAS.into_iter().filter(|schema| schema.is_there(config)) {
            together.push(schema);
            if let Some(why) = why_not_together(config, &together) {
                together.pop();
                note!("{}: left out: {why}", schema.tables.name);
                continue;
            }
            match of_schema(config, schema).await {
                Ok(done) => deleted.push(done),
                Err(error) => {
                    ending = Ending::CheckFailed;
                    note!("{}: cannot be cleaned up now: {}", schema.tables.name, with_causes(&error));
                }
            }
        }
        if arguments.json {
            say!("{}", serde_json::to_string_pretty(&deleted)?)?;
        } else {
            print(&deleted)?;
        }
        Ok(ending)
    })
}

fn print(deleted: &[Deleted]) -> anyhow::Result<()> {
    for Deleted { schema, messages, records } in deleted {
        say!("{schema}: deleted {messages} published messages and {records} records of processed messages")?;
    }
    Ok(())
}

async fn of_schema(config: &Config, schema: &ContextSchema) -> anyhow::Result<Deleted> {
    // As the tables are: this is no time for changing them.
    let ledger: Ledger = schema.connect(config).await?;
    let (messages, records) = purge::once(&ledger, clock::now()).await?;
    Ok(Deleted { schema: schema.tables.name, messages, records })
}
