//! `onsale dead-letters`.

use clap::{Args, Subcommand};

/// `onsale dead-letters`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale dead-letters list
  onsale dead-letters show 17
  onsale dead-letters replay --all               sends them once more, after the cause is gone
  onsale dead-letters drop 17")]
pub struct DeadLettersArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: DeadLettersCommand,
}

/// What can be done with dead letters.
#[derive(Clone, Debug, Subcommand)]
pub enum DeadLettersCommand {
    /// List them: id, topic, type, reason, time
    List {
        /// At most so many; those of one topic oldest first
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print one whole: headers, payload, error
    Show {
        /// Its id, as `list` prints it
        #[arg(value_name = "ID")]
        id: i64,
    },
    /// Send again to the topic that they came from
    Replay(Selection),
    /// Throw away for good
    Drop(Selection),
}

/// Which dead letters: some by their ids, or all.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct Selection {
    /// Their ids, as `list` prints them
    #[arg(value_name = "ID")]
    pub ids: Vec<i64>,
    /// All of them
    #[arg(long)]
    pub all: bool,
}
