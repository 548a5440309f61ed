//! `onsale dead-letters`.

use clap::{Args, Subcommand};
use uuid::Uuid;

/// `onsale dead-letters`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale dead-letters list
  onsale dead-letters show 0b0e0f5e-6c3d-4a57-9e3f-6d1f0a4f6a11
  onsale dead-letters replay --all               sends them once more, after the cause is gone
  onsale dead-letters drop 0b0e0f5e-6c3d-4a57-9e3f-6d1f0a4f6a11")]
pub struct DeadLettersArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: DeadLettersCommand,
}

/// What can be done with dead letters.
#[derive(Clone, Debug, Subcommand)]
pub enum DeadLettersCommand {
    /// List them: id, topic, type, reason, attempts, time
    List {
        /// At most so many, the newest first
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
        id: Uuid,
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
    pub ids: Vec<Uuid>,
    /// All of them
    #[arg(long)]
    pub all: bool,
}
