//! `onsale reconcile`: compares hot state with the database, coupon by coupon.

use super::{Ending, WrongUse, block_on_as};
use crate::cli::ReconcileArguments;
use crate::config::Config;
use crate::out::OutputError;
use crate::wiring::Engines;
use coupon::CouponService;
use coupon::reconcile::{CampaignReport, Report};
use domain::{CampaignId, ErrorCode};

/// Most campaigns named in an error.
const NAMES_MAX: usize = 20;

/// Runs the command. While a server runs on the same folder, its journal is only read, and only that server can repair
/// the differences.
///
/// # Errors
/// When the hot state or the database cannot be read.
pub fn run(config: &Config, arguments: &ReconcileArguments) -> anyhow::Result<Ending> {
    block_on_as("reconcile", async {
        let (coupons, running) = Engines::open_or_read(config).await?;
        if running && arguments.repair {
            let how = "a server is running on this data folder; stop it first, or let it repair the differences:\n  \
                       curl -X POST -H \"X-Api-Key: $ONSALE_KEY\" http://ADDRESS/api/v1/admin/reconcile";
            return Err(WrongUse(how.to_owned()).into());
        }
        let report = coupons.reconcile(arguments.campaign.as_ref(), arguments.repair).await;
        let report = match (report, &arguments.campaign) {
            (Ok(report), _) => report,
            (Err(error), Some(campaign)) if error.code == ErrorCode::CampaignNotFound => {
                return Err(WrongUse(unknown(&coupons, campaign).await).into());
            }
            (Err(error), _) => anyhow::bail!("cannot read the hot state or the database: {}", error.code.as_str()),
        };
        if arguments.json {
            say!("{}", serde_json::to_string_pretty(&report)?)?;
        } else {
            print(&report)?;
        }
        Ok(if report.balances { Ending::Done } else { Ending::CheckFailed })
    })
}

/// Names the campaigns that there are, for one that is not.
async fn unknown(coupons: &CouponService, wanted: &CampaignId) -> String {
    let all = coupon::rows::campaigns::all(&coupons.ledger).await.unwrap_or_default();
    let mut names: Vec<String> = all.iter().map(|campaign| campaign.id.to_string()).collect();
    names.sort();
    let more = names.len().saturating_sub(NAMES_MAX);
    names.truncate(NAMES_MAX);
    let list = match (names.is_empty(), more) {
        (true, _) => "there are no campaigns here".to_owned(),
        (false, 0) => format!("there are: {}", names.join(", ")),
        (false, more) => format!("there are: {}, and {more} more", names.join(", ")),
    };
    format!("there is no campaign {wanted} ({list}). The campaign of a tenant is written TENANT/NAME")
}

fn print(report: &Report) -> Result<(), OutputError> {
    report.campaigns.iter().try_for_each(print_campaign)?;
    let summary = if report.balances { "the books balance" } else { "THE BOOKS DO NOT BALANCE" };
    say!("{summary} ({} campaigns, {})", report.campaigns.len(), report.checked_at)
}

fn print_campaign(campaign: &CampaignReport) -> Result<(), OutputError> {
    let CampaignReport { tenant, event_id, stock, hot_count, ledger_count, in_flight, .. } = campaign;
    say!(
        "{tenant}/{event_id}: stock {stock}, issued {hot_count}, in the database {ledger_count}, in flight {in_flight}"
    )?;
    for finding in &campaign.findings {
        say!("  wrong: {}", serde_json::to_string(finding).unwrap_or_default())?;
    }
    campaign.repaired.iter().try_for_each(|done| say!("  repaired: {done}"))?;
    campaign.not_repaired.iter().try_for_each(|why| say!("  not repaired: {why}"))
}
