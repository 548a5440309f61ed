//! `onsale dead-letters`.

use clap::{Args, Subcommand};

/// `onsale dead-letters`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale dead-letters list
  onsale dead-letters show 17
  onsale dead-letters replay --all               sends all again, after the cause is fixed
  onsale dead-letters drop 17")]
pub struct DeadLettersArguments {
    /// The action.
    #[command(subcommand)]
    pub command: DeadLettersCommand,
}

/// The actions on dead letters.
#[derive(Clone, Debug, Subcommand)]
pub enum DeadLettersCommand {
    /// List dead letters: id, topic, type, reason, time
    List {
        /// Maximum number of dead letters, the oldest of each topic first
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print one dead letter: headers, payload, error
    Show {
        /// Id of the dead letter, as printed by `list`
        #[arg(value_name = "ID")]
        id: i64,
    },
    /// Send dead letters again to their original topics
    Replay(Selection),
    /// Delete dead letters permanently
    Drop(Selection),
}

/// The selected dead letters: by id, or all.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct Selection {
    /// Ids of the dead letters, as printed by `list`
    #[arg(value_name = "ID")]
    pub ids: Vec<i64>,
    /// Select all dead letters
    #[arg(long)]
    pub all: bool,
}
