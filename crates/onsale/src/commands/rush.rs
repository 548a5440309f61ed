//! `onsale rush`: runs a load test on a campaign or its waiting line, then compares all records.

use super::{Ending, WrongUse, rush_tickets};
use crate::cli::{RushArguments, RushLineArguments};
use crate::config::Config;
use crate::out;
use anyhow::{Context, bail};
use domain::line::LineId;
use domain::name::DEFAULT_TENANT;
use lab::report::{demand_place, summary};
use lab::rush::line::{LineOptions, Shares, run as rush_at_line};
use lab::rush::{Options, run as rush};

/// Runs the command. The load test uses the server's HTTP interface; that of tickets also reads the books where the
/// configuration says.
///
/// # Errors
/// When the server cannot be started or reached, or sends a response that cannot be read.
pub fn run(config: &Config, arguments: &RushArguments) -> anyhow::Result<Ending> {
    // One for each connection; the server that is started for the test inherits the limit.
    launch::descriptors::raise();
    let line = &arguments.line;
    demand_place(&arguments.report, arguments.force).map_err(|error| WrongUse(format!("{error:#}")))?;
    let report = if arguments.tickets.tickets {
        rush_tickets::run(config, arguments, crowd(arguments, rush_tickets::USERS_DEFAULT)?)?
    } else if line.is_wanted() {
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
    out::text(&summary(&report, &arguments.report))?;
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
        program: std::env::current_exe().context("cannot find the path of this program")?,
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

/// The campaign of the line given by `--line`.
fn campaign_of(line: &RushLineArguments) -> anyhow::Result<Option<String>> {
    match &line.line {
        None => Ok(None),
        Some(LineId::Gate(campaign)) if campaign.tenant.as_str() == DEFAULT_TENANT => {
            Ok(Some(campaign.event.to_string()))
        }
        Some(LineId::Gate(_)) => bail!("--line: leave out the tenant's name, and give the tenant's key with --key"),
        Some(LineId::Queue(_)) => {
            bail!("--line: only gate:NAME lines can be tested, not queue:NAME lines")
        }
    }
}
