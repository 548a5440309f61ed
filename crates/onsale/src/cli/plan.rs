//! `onsale plan`.

use clap::{Args, value_parser};

/// `onsale plan`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale plan --people 1000000 --stock 50000 --minutes 10
  onsale plan --people 1000000 --stock 50000 --minutes 10 --line --cores 8
  onsale plan --people 20000 --stock 500 --minutes 5 --json      with every figure and the run that it is from

It reckons from figures that were measured on two cores, and from assumptions that it names. It is where a rehearsal
begins, and not a promise.")]
pub struct PlanArguments {
    /// People who come
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..=1_000_000_000))]
    pub people: u64,
    /// Items that they come for
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..=1_000_000_000))]
    pub stock: u64,
    /// Minutes within which all of them are answered
    #[arg(long, value_name = "MINUTES", value_parser = value_parser!(u32).range(1..=1_440))]
    pub minutes: u32,
    /// They wait in a line, and are let in evenly over the minutes
    #[arg(long)]
    pub line: bool,
    /// People in the busiest second, as a multiple of an average second
    #[arg(long, value_name = "TIMES", default_value_t = 10, value_parser = value_parser!(u32).range(1..=1_000))]
    pub peak: u32,
    /// Cores of one machine
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = value_parser!(u32).range(1..=256))]
    pub cores: u32,
    /// Print the plan as JSON, with the figures and their runs
    #[arg(long)]
    pub json: bool,
}
