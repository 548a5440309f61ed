//! `onsale rush`: sends a crowd at a campaign, or at the waiting line before one, then checks the books.

use super::Ending;
use crate::cli::{RushArguments, RushLineArguments};
use crate::config::Config;
use anyhow::{Context, bail};
use domain::line::LineId;
use domain::name::DEFAULT_TENANT;
use lab::rush::line::{LineOptions, Shares, run as rush_at_line};
use lab::rush::{Options, run as rush};

/// Runs the command. The crowd knows the server by its HTTP interface only: of our configuration it needs nothing.
///
/// # Errors
/// When the server can not be started or reached, or answers what can not be understood.
pub fn run(_config: &Config, arguments: &RushArguments) -> anyhow::Result<Ending> {
    let line = &arguments.line;
    let report = if line.is_wanted() {
        let options = LineOptions::default();
        let crowd = crowd(arguments, options.crowd.users)?;
        rush_at_line(LineOptions {
            crowd: Options { campaign: campaign_of(line)?.or(crowd.campaign), ..crowd },
            by_document: line.line.is_some(),
            poll_ms: line.poll_ms,
            admit_per_second: line.admit,
            shares: shares(line),
        })?
    } else {
        rush(crowd(arguments, Options::default().users)?)?
    };
    Ok(if report.books_balance() { Ending::Done } else { Ending::CheckFailed })
}

fn crowd(arguments: &RushArguments, users: u32) -> anyhow::Result<Options> {
    Ok(Options {
        users: arguments.users.unwrap_or(users),
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
    })
}

fn shares(line: &RushLineArguments) -> Shares {
    Shares {
        leave_percent: line.leave_percent,
        back_percent: line.back_percent,
        twice_percent: line.twice_percent,
        cheat_percent: line.cheat_percent,
        stream_percent: line.stream_percent,
    }
}

/// The campaign behind the line that was named.
fn campaign_of(line: &RushLineArguments) -> anyhow::Result<Option<String>> {
    match &line.line {
        None => Ok(None),
        Some(LineId::Gate(campaign)) if campaign.tenant.as_str() == DEFAULT_TENANT => {
            Ok(Some(campaign.event.to_string()))
        }
        Some(LineId::Gate(_)) => bail!("--line: name the campaign alone, and give the tenant's key with --key"),
        Some(LineId::Queue(_)) => {
            bail!("--line: people enter gate:NAME lines so far; queue: lines have no open entrance")
        }
    }
}
