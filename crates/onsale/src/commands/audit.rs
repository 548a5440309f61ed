//! `onsale audit`: who changed what.

use super::{Ending, block_on};
use crate::cli::{AuditCommand, AuditListArguments};
use crate::config::Config;
use crate::out::OutputError;
use crate::wiring::{ALL_SCHEMAS, COUPON_SCHEMA, ContextSchema, open_ledger, pending_entries};
use call::Entry;
use coupon::views::audit::AuditEntry;
use ledger::Ledger;
use ledger::calls::audit::{self, Filter};
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::HashSet;
use uuid::Uuid;

/// Runs the command. A server may run meanwhile; it moves the changes of lines into the table within a second. Those that are
/// still in hot state, because no server with the database runs, are shown, too.
///
/// # Errors
/// When the database cannot be read. Without an answer of the hot state the command says so, and shows the table.
pub fn run(config: &Config, command: &AuditCommand) -> anyhow::Result<Ending> {
    let AuditCommand::List(arguments) = command;
    block_on(list(config, arguments))
}

async fn list(config: &Config, arguments: &AuditListArguments) -> anyhow::Result<Ending> {
    let AuditListArguments { actor, action, target, from, to, limit, json } = arguments.clone();
    let filter = Filter { actor, action, target, from: from.map(Into::into), to: to.map(Into::into) };
    let ledger = open_ledger(config, &COUPON_SCHEMA).await?;
    // Before the table: what is moved meanwhile is found in both, and not in neither.
    let pending = pending_entries(config).await.unwrap_or_else(|error| {
        note!("changes of lines that are still in hot state are not shown: {error:#}");
        Vec::new()
    });
    let pending: Vec<Entry> = pending.into_iter().filter(|entry| filter.fits(entry)).collect();
    let ids: Vec<Uuid> = pending.iter().map(|entry| entry.id).collect();
    // Before the table is listed: what is moved between both is shown once, and not left out.
    let in_table = audit::known(&ledger, &ids).await?;
    let (mut entries, mut total) = stored(config, &ledger, &filter, u64::from(limit)).await?;
    let mut shown: HashSet<Uuid> = entries.iter().map(|entry| entry.id).chain(in_table).collect();
    // An entry may also be kept twice.
    for entry in pending.into_iter().filter(|entry| shown.insert(entry.id)) {
        total += 1;
        entries.push(entry);
    }
    entries.sort_by_key(|entry| Reverse((entry.at_ms, entry.id)));
    entries.truncate(limit as usize);
    let entries: Vec<AuditEntry> = entries.into_iter().map(AuditEntry::from).collect();
    if json {
        say!("{}", serde_json::to_string_pretty(&entries)?)?;
        return Ok(Ending::Done);
    }
    if entries.is_empty() {
        say!("no entries")?;
    }
    entries.iter().try_for_each(print)?;
    let more = total.saturating_sub(entries.len() as u64);
    if more > 0 {
        say!("and {more} earlier ones; see --limit, --from and --to")?;
    }
    Ok(Ending::Done)
}

/// The latest changes of every context, and how many there are. Contexts whose tables cannot be read are named, and the others
/// are shown: where each role has a database of its own, an operator need not reach all of them.
async fn stored(config: &Config, coupons: &Ledger, filter: &Filter, limit: u64) -> anyhow::Result<(Vec<Entry>, u64)> {
    let (mut entries, mut total) = audit::list(coupons, filter, 0, limit).await?;
    for schema in ALL_SCHEMAS.into_iter().filter(|schema| schema.name != COUPON_SCHEMA.name && schema.is_there(config))
    {
        match of_context(config, schema, filter, limit).await {
            Ok((more, count)) => {
                entries.extend(more);
                total += count;
            }
            Err(error) => note!("changes of {} are not shown: {error:#}", schema.name),
        }
    }
    Ok((entries, total))
}

async fn of_context(
    config: &Config,
    schema: &ContextSchema,
    filter: &Filter,
    limit: u64,
) -> anyhow::Result<(Vec<Entry>, u64)> {
    let ledger = schema.connect(config).await?;
    Ok(audit::list(&ledger, filter, 0, limit).await?)
}

fn print(entry: &AuditEntry) -> Result<(), OutputError> {
    let AuditEntry { at, actor, action, target, before, after, .. } = entry;
    let shown = |side: &Option<Value>| side.as_ref().map_or("-".to_owned(), Value::to_string);
    say!(
        "{at}  {:<44} {action:<20} {target}  {} -> {}",
        format!("{}:{}", actor.kind, actor.id),
        shown(before),
        shown(after)
    )
}
