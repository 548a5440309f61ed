//! `onsale clean-up`.

use clap::Args;

/// `onsale clean-up`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale clean-up                                all databases of the data folder, or of onsale.toml here
  onsale clean-up --config /etc/onsale.toml
  onsale clean-up --config /etc/onsale.toml --json

Deleted are messages that were handed over to the bus more than 7 days ago, and the records by which a repeated message
is known, after 30 days. Messages that wait, and dead letters, stay. Servers do the same by themselves daily at 02:00 UTC,
each for the databases of its roles; they may run meanwhile, and it may be repeated. On PostgreSQL and MySQL all services
share these tables, and the first service shows the rows of all.")]
pub struct CleanUpArguments {
    /// Print the numbers as JSON
    #[arg(long)]
    pub json: bool,
}
