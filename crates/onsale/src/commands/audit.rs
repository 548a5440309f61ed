//! `onsale audit`: who changed what.

use super::{Ending, block_on};
use crate::cli::{AuditCommand, AuditListArguments};
use crate::config::Config;
use crate::wiring::{COUPON_SCHEMA, open_ledger};
use coupon::views::audit::AuditEntry;
use ledger::calls::audit::{self, Filter};
use serde_json::Value;

/// Runs the command. A server may run meanwhile; it moves the changes of lines into the table within a second.
///
/// # Errors
/// When the database cannot be read.
pub fn run(config: &Config, command: &AuditCommand) -> anyhow::Result<Ending> {
    let AuditCommand::List(arguments) = command;
    block_on(list(config, arguments))
}

async fn list(config: &Config, arguments: &AuditListArguments) -> anyhow::Result<Ending> {
    let AuditListArguments { actor, action, target, from, to, limit, json } = arguments.clone();
    let filter = Filter { actor, action, target, from: from.map(Into::into), to: to.map(Into::into) };
    let ledger = open_ledger(config, &COUPON_SCHEMA).await?;
    let (entries, total) = audit::list(&ledger, &filter, 0, u64::from(limit)).await?;
    let entries: Vec<AuditEntry> = entries.into_iter().map(AuditEntry::from).collect();
    if json {
        println!("{}", serde_json::to_string_pretty(&entries)?);
        return Ok(Ending::Done);
    }
    if entries.is_empty() {
        println!("no entries");
    }
    entries.iter().for_each(print);
    let more = total.saturating_sub(entries.len() as u64);
    if more > 0 {
        println!("and {more} earlier ones; see --limit, --from and --to");
    }
    Ok(Ending::Done)
}

fn print(entry: &AuditEntry) {
    let AuditEntry { at, actor, action, target, before, after, .. } = entry;
    let shown = |side: &Option<Value>| side.as_ref().map_or("-".to_owned(), Value::to_string);
    println!(
        "{at}  {:<44} {action:<20} {target}  {} -> {}",
        format!("{}:{}", actor.kind, actor.id),
        shown(before),
        shown(after)
    );
}
