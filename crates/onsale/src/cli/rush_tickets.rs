//! The options of `onsale rush` for a sale of tickets.

use clap::{Args, value_parser};

/// A sale of tickets.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Tickets")]
pub struct RushTicketArguments {
    /// Test a whole sale of tickets: wait, hold seats, pay, confirm [default: 20000 users, 2000 seats]
    #[arg(long, conflicts_with_all = ["gate", "line", "campaign", "issue_key"])]
    pub tickets: bool,
    /// Seats of the show
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = value_parser!(u32).range(1..=100_000))]
    pub seats: u32,
    /// Where the sandbox is, if it runs apart [default: the server]
    #[arg(long, value_name = "URL")]
    pub sandbox: Option<String>,
    /// Life of a hold on the temporary server in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 8, value_parser = value_parser!(u32).range(1..=300))]
    pub hold_seconds: u32,
}
