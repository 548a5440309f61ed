//! `onsale rush`.

use super::{RushLineArguments, RushTicketArguments};
use clap::{Args, value_parser};
use domain::EventName;
use std::path::PathBuf;

/// `onsale rush`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale rush                                    1,000,000 users, 1,000 coupons, a temporary server
  onsale rush --users 100000 --connections 256 --stock 500
  onsale rush --url http://127.0.0.1:8080 --campaign sample_event --key KEY
  onsale rush --url http://127.0.0.1:8080 --key ADMIN_KEY --issue-key TENANT_KEY
  onsale rush --rate 20000 --report rush.html --keep
  onsale rush --gate --users 20000 --admit 1000 --stock 500    with a waiting line before the campaign
  onsale rush --tickets                          20,000 people, 2,000 seats: wait, hold, pay, confirm; every book compared
  onsale rush --line gate:sample --url http://127.0.0.1:8080 --key KEY

Exit status 1 when the books do not balance: the responses, the hot state and the database must agree, and a
waiting line must keep its order and its rate.")]
pub struct RushArguments {
    /// Number of users [default: 1000000, or 10000 at a waiting line]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=100_000_000))]
    pub users: Option<u32>,
    /// Number of keep-alive connections
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = value_parser!(u32).range(1..=25_000))]
    pub connections: u32,
    /// Stock of the campaign, if it is created
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = value_parser!(u32).range(1..=100_000_000))]
    pub stock: u32,
    /// Campaign to test; created when it does not exist [default: a new campaign]
    #[arg(long, value_name = "NAME", value_parser = |text: &str| EventName::new(text))]
    pub campaign: Option<EventName>,
    /// Server to test [default: a new server on a free port, with its data in a temporary folder]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// API key of an administrator or tenant of that server, to create the campaign and read its records
    #[arg(long, value_name = "KEY", env = "ONSALE_RUSH_KEY", hide_env_values = true, requires = "url")]
    pub key: Option<String>,
    /// API key of a tenant, sent with every coupon request; not needed where coupon.open_issue is true
    #[arg(long, value_name = "KEY", env = "ONSALE_RUSH_ISSUE_KEY", hide_env_values = true, requires = "url")]
    pub issue_key: Option<String>,
    /// Requests per second over all connections [default: as many as the server answers]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=10_000_000))]
    pub rate: Option<u32>,
    /// File of the report; the data goes beside it as JSON. An earlier report there is replaced
    #[arg(long, value_name = "FILE", default_value = "rush-report.html")]
    pub report: PathBuf,
    /// Replace any file that has the name of the report or its data
    #[arg(long)]
    pub force: bool,
    /// Keep the data folder of the temporary server and print its path
    #[arg(long)]
    pub keep: bool,
    /// Options for waiting lines
    #[command(flatten)]
    pub line: RushLineArguments,
    /// Options for a sale of tickets
    #[command(flatten)]
    pub tickets: RushTicketArguments,
}
