//! `onsale rush` at a waiting line.

use clap::{Args, value_parser};
use domain::line::LineId;

fn line(text: &str) -> Result<LineId, String> {
    text.parse().map_err(|_| "a line is named gate:CAMPAIGN".to_owned())
}

/// The part of `onsale rush` about waiting lines.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Waiting lines")]
pub struct RushLineArguments {
    /// Rush at the waiting line before the campaign: queue, ask for the rank, go on when let in
    #[arg(long)]
    pub gate: bool,
    /// Rush at this line (gate:NAME), following its public document instead of asking for the own rank
    #[arg(long, value_name = "LINE", conflicts_with_all = ["gate", "campaign"], value_parser = line)]
    pub line: Option<LineId>,
    /// Milliseconds between two looks of one person
    #[arg(long, value_name = "MS", default_value_t = 3_000, value_parser = value_parser!(u32).range(10..=600_000))]
    pub poll_ms: u32,
    /// People a second that the line lets in [default: 500 at a server of its own, else what the server says]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub admit: Option<u32>,
    /// Percent of the people who go away and do not come back
    #[arg(long, value_name = "PERCENT", default_value_t = 5, value_parser = value_parser!(u8).range(0..=100))]
    pub leave_percent: u8,
    /// Percent who go away and come back
    #[arg(long, value_name = "PERCENT", default_value_t = 5, value_parser = value_parser!(u8).range(0..=100))]
    pub back_percent: u8,
    /// Percent who queue twice
    #[arg(long, value_name = "PERCENT", default_value_t = 5, value_parser = value_parser!(u8).range(0..=100))]
    pub twice_percent: u8,
    /// Percent who try to get the coupon past the line
    #[arg(long, value_name = "PERCENT", default_value_t = 5, value_parser = value_parser!(u8).range(0..=100))]
    pub cheat_percent: u8,
    /// Percent who hear of the public document over a stream (with --line)
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = value_parser!(u8).range(0..=100), requires = "line", conflicts_with = "gate")]
    pub stream_percent: u8,
}

impl RushLineArguments {
    /// Whether the rush is at a line.
    pub fn is_wanted(&self) -> bool {
        self.gate || self.line.is_some()
    }
}
