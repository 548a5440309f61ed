//! `onsale rush`: sends a crowd at a campaign, then checks the books.

use super::Ending;
use crate::cli::RushArguments;
use crate::config::Config;
use anyhow::Context;
use lab::rush::{Options, run as rush};

/// Runs the command. The crowd knows the server by its HTTP interface only: of our configuration it needs nothing.
///
/// # Errors
/// When the server can not be started or reached, or answers what can not be understood.
pub fn run(_config: &Config, arguments: &RushArguments) -> anyhow::Result<Ending> {
    let options = Options {
        users: arguments.users,
        connections: arguments.connections as usize,
        stock: arguments.stock,
        campaign: arguments.campaign.as_ref().map(ToString::to_string),
        url: arguments.url.clone(),
        admin_key: arguments.key.clone(),
        issue_key: arguments.issue_key.clone(),
        rate: arguments.rate,
        keep_data: arguments.keep,
        report: arguments.report.clone(),
        program: std::env::current_exe().context("this program's own path")?,
        ..Options::default()
    };
    let report = rush(options)?;
    Ok(if report.books_balance() { Ending::Done } else { Ending::CheckFailed })
}
