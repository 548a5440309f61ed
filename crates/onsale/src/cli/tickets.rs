//! `onsale tickets`.

use clap::{Args, Subcommand};
use std::path::PathBuf;
use uuid::Uuid;

/// `onsale tickets`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale tickets export --schedule 0199aaaa-0000-8000-8000-000000000000 --out door.txt")]
pub struct TicketsArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: TicketsCommand,
}

/// The commands on tickets.
#[derive(Clone, Debug, Subcommand)]
pub enum TicketsCommand {
    /// Write the signed list of a schedule's tickets, for doors without the network
    Export(ExportTickets),
}

/// `onsale tickets export`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
A door reads the list with the keys of GET /tickets/keys: it checks a code's signature, looks the ticket up, and hands its marks
in later with POST /tickets/verify/batch. Make the list after the day of the event has begun: from then on nobody cancels.

Examples:
  onsale tickets export --schedule 0199aaaa-0000-8000-8000-000000000000              to the terminal
  onsale tickets export --schedule 0199aaaa-0000-8000-8000-000000000000 --out door.txt")]
pub struct ExportTickets {
    /// The schedule
    #[arg(long, value_name = "ID")]
    pub schedule: Uuid,
    /// The file to write; it must not exist yet [default: the terminal]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
