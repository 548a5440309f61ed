//! `onsale rush`.

use super::RushLineArguments;
use clap::{Args, value_parser};
use domain::EventName;
use std::path::PathBuf;

/// `onsale rush`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale rush                                    1,000,000 people, 1,000 coupons, a server of its own
  onsale rush --users 100000 --connections 256 --stock 500
  onsale rush --url http://127.0.0.1:8080 --campaign sample_event --key KEY
  onsale rush --url http://127.0.0.1:8080 --key ADMIN_KEY --issue-key TENANT_KEY
  onsale rush --rate 20000 --report rush.html --keep
  onsale rush --gate --users 20000 --admit 1000 --stock 500    a waiting line before the campaign
  onsale rush --line gate:sample --url http://127.0.0.1:8080 --key KEY

Exit status 1 when the books do not balance: answers heard, hot state and database must agree, and a
waiting line must keep its order and its pace.")]
pub struct RushArguments {
    /// Distinct users [default: 1000000 who ask once, or 10000 at a waiting line]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=100_000_000))]
    pub users: Option<u32>,
    /// Connections held open
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = value_parser!(u32).range(1..=25_000))]
    pub connections: u32,
    /// Coupons of the campaign
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = value_parser!(u32).range(1..=100_000_000))]
    pub stock: u32,
    /// Campaign to rush at; made when it does not exist [default: a new one]
    #[arg(long, value_name = "NAME", value_parser = |text: &str| EventName::new(text))]
    pub campaign: Option<EventName>,
    /// Server to rush at [default: one of its own on a free port, with its data in a temporary folder]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// An administrator's or tenant's key for that server: makes the campaign, and opens its books
    #[arg(long, value_name = "KEY", env = "ONSALE_RUSH_KEY", hide_env_values = true, requires = "url")]
    pub key: Option<String>,
    /// A tenant's key, sent with every request for a coupon [default: none; enough where coupon.open_issue is true]
    #[arg(long, value_name = "KEY", env = "ONSALE_RUSH_ISSUE_KEY", hide_env_values = true, requires = "url")]
    pub issue_key: Option<String>,
    /// Requests a second over all connections [default: as many as the server answers]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=10_000_000))]
    pub rate: Option<u32>,
    /// Where the report is written
    #[arg(long, value_name = "FILE", default_value = "rush-report.html")]
    pub report: PathBuf,
    /// Keep the own server's data folder and say where it is
    #[arg(long)]
    pub keep: bool,
    /// About waiting lines
    #[command(flatten)]
    pub line: RushLineArguments,
}
