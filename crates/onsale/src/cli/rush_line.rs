//! `onsale rush` at a waiting line.

use clap::{Args, value_parser};
use domain::line::LineId;

fn line(text: &str) -> Result<LineId, String> {
    text.parse().map_err(|_| "a line is named gate:CAMPAIGN".to_owned())
}

/// The options of `onsale rush` for waiting lines.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Waiting lines")]
pub struct RushLineArguments {
    /// Test the waiting line before the campaign: enqueue, poll the rank, request the coupon when admitted
    #[arg(long)]
    pub gate: bool,
    /// Test this line (gate:NAME) with users that read its public document instead of polling their rank
    #[arg(long, value_name = "LINE", conflicts_with_all = ["gate", "campaign"], value_parser = line)]
    pub line: Option<LineId>,
    /// Polling interval of one user in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 3_000, value_parser = value_parser!(u32).range(10..=600_000))]
    pub poll_ms: u32,
    /// Users admitted per second [default: 500 on a temporary server, else unchanged]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub admit: Option<u32>,
    /// Percent of the users that leave and do not return
    #[arg(long, value_name = "PERCENT", default_value_t = 5, value_parser = value_parser!(u8).range(0..=100))]
    pub leave_percent: u8,
    /// Percent of the users that leave and return
    #[arg(long, value_name = "PERCENT", default_value_t = 5, value_parser = value_parser!(u8).range(0..=100))]
    pub back_percent: u8,
    /// Percent of the users that enqueue twice
    #[arg(long, value_name = "PERCENT", default_value_t = 5, value_parser = value_parser!(u8).range(0..=100))]
    pub twice_percent: u8,
    /// Percent of the users that request the coupon without being admitted
    #[arg(long, value_name = "PERCENT", default_value_t = 5, value_parser = value_parser!(u8).range(0..=100))]
    pub cheat_percent: u8,
    /// Percent of the users that receive the public document over a stream (with --line)
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = value_parser!(u8).range(0..=100), requires = "line", conflicts_with = "gate")]
    pub stream_percent: u8,
}

impl RushLineArguments {
    /// Whether a waiting line is tested.
    pub fn is_wanted(&self) -> bool {
        self.gate || self.line.is_some()
    }
}
