//! The rows of `goals.md` about gateway and catalog: what people read while they wait for a sale.

mod files;
mod flood;
mod place;
mod reads;

use crate::table::Table;
use std::path::PathBuf;

/// Options of `bench shop`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The program to measure.
    #[arg(long)]
    pub program: PathBuf,
    /// Rounds of each comparison; the median counts.
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// Seconds of each side of each round.
    #[arg(long, default_value_t = 3)]
    pub seconds: u64,
    /// Seats of the large hall.
    #[arg(long, default_value_t = 50_000)]
    pub seats: u32,
    /// Only rows whose section's name contains this: made, gateway, warm, cold, files, flood.
    #[arg(long)]
    pub only: Option<String>,
    /// Where results are kept.
    #[arg(long, default_value = "bench/results")]
    pub results: PathBuf,
}

/// Measures and keeps the rows.
///
/// # Errors
/// When a server cannot be started or answers wrongly.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut table = Table::new("shop");
    let wanted = |name: &str| arguments.only.as_ref().is_none_or(|only| name.contains(only.as_str()));
    let place = place::Place::open(&arguments.program, arguments.seats, &mut table)?;
    if wanted("gateway") {
        reads::gateway(arguments, &place, &mut table)?;
    }
    if wanted("warm") {
        reads::warm(arguments, &place, &mut table)?;
    }
    if wanted("cold") {
        reads::cold(&place, &mut table)?;
    }
    if wanted("files") {
        files::rows(arguments, &place, &mut table)?;
    }
    if wanted("flood") {
        flood::rows(arguments, &place, &mut table)?;
    }
    table.keep(&arguments.results)
}
