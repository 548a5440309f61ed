//! `onsale reconcile`: compares hot state with the database, coupon by coupon.

use super::{Ending, WrongUse, block_on};
use crate::cli::ReconcileArguments;
use crate::config::Config;
use crate::wiring::Engines;
use coupon::reconcile::{CampaignReport, Report};

/// Runs the command. While a server runs on the same folder its journal is read beside it; mending is then the
/// server's own business.
///
/// # Errors
/// When one of the books can not be read.
pub fn run(config: &Config, arguments: &ReconcileArguments) -> anyhow::Result<Ending> {
    block_on(async {
        let (coupons, running) = Engines::open_or_read(config).await?;
        if running && arguments.repair {
            let how = "a server is running on this data folder; stop it first, or ask it to mend its books:\n  \
                       curl -X POST -H \"X-Api-Key: $ONSALE_KEY\" http://ADDRESS/api/v1/admin/reconcile";
            return Err(WrongUse(how.to_owned()).into());
        }
        let report = coupons.reconcile(arguments.campaign.as_ref(), arguments.repair).await;
        let report = report.map_err(|error| anyhow::anyhow!("the books can not be read: {}", error.code.as_str()))?;
        if arguments.json {
            println!("{}", serde_json::to_string_pretty(&report)?);
        } else {
            print(&report);
        }
        Ok(if report.balances { Ending::Done } else { Ending::CheckFailed })
    })
}

fn print(report: &Report) {
    for campaign in &report.campaigns {
        print_campaign(campaign);
    }
    let verdict = if report.balances { "the books balance" } else { "THE BOOKS DO NOT BALANCE" };
    println!("{verdict} ({} campaigns, {})", report.campaigns.len(), report.checked_at);
}

fn print_campaign(campaign: &CampaignReport) {
    let CampaignReport { tenant, event_id, stock, hot_count, ledger_count, in_flight, .. } = campaign;
    println!("{tenant}/{event_id}: stock {stock}, decided {hot_count}, kept {ledger_count}, on their way {in_flight}");
    for finding in &campaign.findings {
        println!("  wrong: {}", serde_json::to_string(finding).unwrap_or_default());
    }
    campaign.repaired.iter().for_each(|done| println!("  mended: {done}"));
    campaign.not_repaired.iter().for_each(|why| println!("  not mended: {why}"));
}
