//! `onsale tickets`: the list of tickets for doors without the network.

use super::{Ending, block_on};
use crate::cli::{ExportTickets, TicketsCommand};
use crate::config::Config;
use crate::wiring::{RESERVATION_SCHEMA, open_ledger, tickets};
use anyhow::Context;
use domain::ScheduleId;
use reservation::TicketExport;

/// Runs the command. A server may run on the same folder meanwhile.
///
/// # Errors
/// When the database or the key cannot be read, or the file cannot be written.
pub fn run(config: &Config, command: &TicketsCommand) -> anyhow::Result<Ending> {
    let TicketsCommand::Export(arguments) = command;
    block_on(export(config, arguments))
}

async fn export(config: &Config, arguments: &ExportTickets) -> anyhow::Result<Ending> {
    let keys = tickets::ticket_keys(config)?;
    let ledger = open_ledger(config, &RESERVATION_SCHEMA).await?;
    // Before the rows are read: what is made later is not missing from the list, it is younger.
    let at = clock::now();
    let list = TicketExport { ledger, keys }.list(ScheduleId(arguments.schedule), at).await;
    let list = list.context("the tickets cannot be read")?;
    match &arguments.out {
        None => say!("{}", list.text)?,
        Some(file) => {
            use std::io::Write;
            let mut out = files::create_new(file).with_context(|| format!("{} cannot be made", file.display()))?;
            writeln!(out, "{}", list.text).with_context(|| format!("{} cannot be written", file.display()))?;
        }
    }
    note!("{} tickets", list.tickets);
    if list.tickets == 0 {
        note!("nothing of this schedule is sold: if people have tickets, the id is another's");
    }
    Ok(Ending::Done)
}
