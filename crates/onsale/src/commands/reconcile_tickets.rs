//! `onsale reconcile --seats` and `--payments`: the books of tickets.

use super::{Ending, WrongUse, block_on_as};
use crate::cli::ReconcileArguments;
use crate::config::Config;
use crate::wiring::comparisons::{self, Comparisons};
use anyhow::{Context, bail};
use payment::workers::{Comparison, Repair};
use serde_json::json;

/// Runs the command.
///
/// # Errors
/// When a side cannot be read.
pub fn run(config: &Config, arguments: &ReconcileArguments) -> anyhow::Result<Ending> {
    block_on_as("reconcile", async {
        let comparisons = comparisons::open(config).await?;
        if arguments.repair && comparisons.is_served {
            let how = "a server is running on this data folder; it puts right by itself what is older than ten minutes. Stop it \
                       first to repair now";
            return Err(WrongUse(how.to_owned()).into());
        }
        let restored = Restored::of(&comparisons, arguments).await?;
        let compared = match arguments.seats {
            true => seats(&comparisons, arguments).await,
            false => payments(config, &comparisons, arguments).await,
        };
        restored.ending(compared?)
    })
}

/// What was found of a database of reservations that was put back to an older copy. It goes before all comparisons: what it lacks
/// would be called free, or unknown.
struct Restored {
    is_well: bool,
}

impl Restored {
    /// Looks, takes over with `--repair`, and tells it: on the error output, since the report has the other.
    async fn of(comparisons: &Comparisons, arguments: &ReconcileArguments) -> anyhow::Result<Self> {
        let known = |error: onsale_http::ApiError| {
            anyhow::anyhow!("{}", error.detail.unwrap_or_else(|| error.code.as_str().to_owned()))
        };
        let Some(behind) = comparisons.reservations.behind().await.map_err(known)? else {
            return Ok(Self { is_well: true });
        };
        note!(
            "THE DATABASE OF RESERVATIONS WAS PUT BACK TO AN OLDER COPY: its last hold is number {}, and others have stored {}. \
             Nothing is sold, swept, secured or cancelled until it has taken over what payment knows",
            behind.counter,
            behind.seen
        );
        if !arguments.repair {
            note!("repair: the same command with --repair");
            return Ok(Self { is_well: false });
        }
        let Some(taken) = comparisons.reservations.take_over_paid().await.map_err(known)? else {
            return Ok(Self { is_well: true });
        };
        let (paid, made, counter) = (taken.paid, taken.made, taken.counter);
        note!(
            "{made} of {paid} paid reservations were made again; sales go on, the next hold is number {}",
            counter + 1
        );
        for left in &taken.left {
            note!("NOT MADE AGAIN: reservation {}, payment {}: {}", left.reservation, left.payment, left.why);
        }
        Ok(Self { is_well: taken.left.is_empty() })
    }

    fn ending(&self, compared: Ending) -> anyhow::Result<Ending> {
        Ok(if self.is_well { compared } else { Ending::CheckFailed })
    }
}

async fn seats(comparisons: &Comparisons, arguments: &ReconcileArguments) -> anyhow::Result<Ending> {
    note!(
        "comparing; what differs is looked at a second time{}",
        if arguments.repair { " after a minute" } else { "" }
    );
    let (compared, repaired) =
        comparisons.seats.reconcile(arguments.repair).await.context("the seats cannot be compared")?;
    let left = repaired.as_ref().map_or(compared.differences.len(), |repaired| repaired.left);
    if arguments.json {
        let report = json!({"compared": &compared, "repaired": &repaired});
        say!("{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        for one in &compared.differences {
            say!("{} {}: {}; repair: {}", one.kind, one.id, one.details, one.repair)?;
        }
        let repaired = repaired.map_or_else(String::new, |repaired| format!(", {} seats put right", repaired.seats));
        let verdict =
            if left == 0 && compared.not_compared == 0 { "the seats agree" } else { "THE SEATS DO NOT AGREE" };
        let (schedules, not) = (compared.schedules, compared.not_compared);
        say!("{verdict} ({schedules} schedules, {not} not compared{repaired})")?;
    }
    Ok(if left == 0 && compared.not_compared == 0 { Ending::Done } else { Ending::CheckFailed })
}

async fn payments(
    config: &Config,
    comparisons: &Comparisons,
    arguments: &ReconcileArguments,
) -> anyhow::Result<Ending> {
    if config.payment.portone.base_url.is_empty() {
        bail!("payment.portone.base_url is empty: there is no provider whose list could be compared");
    }
    let repair = if arguments.repair { Repair::Yes } else { Repair::No };
    let compared = comparisons.payments.reconcile(repair).await;
    let compared = compared.map_err(|error| {
        anyhow::anyhow!(
            "payments cannot be compared: {}",
            error.detail.unwrap_or_else(|| error.code.as_str().to_owned())
        )
    })?;
    if arguments.json {
        as_json(&compared)?
    } else {
        as_text(&compared)?
    }
    let is_good = compared.differences.is_empty() && compared.unreadable == 0;
    Ok(if is_good { Ending::Done } else { Ending::CheckFailed })
}

fn as_json(compared: &Comparison) -> anyhow::Result<()> {
    let differences: Vec<_> = compared
        .differences
        .iter()
        .map(|one| json!({"paymentKey": one.payment_key, "kind": format!("{:?}", one.kind), "details": one.details(), "isRepaired": one.is_repaired}))
        .collect();
    let report = json!({"compared": compared.compared, "unreadable": compared.unreadable, "differences": differences,
        "leftOut": compared.left_out});
    Ok(say!("{}", serde_json::to_string_pretty(&report)?)?)
}

fn as_text(compared: &Comparison) -> anyhow::Result<()> {
    for one in &compared.differences {
        let repaired = if one.is_repaired { "; repair begun" } else { "" };
        say!("{}: {}{repaired}", one.payment_key, one.details())?;
    }
    let verdict = if compared.differences.is_empty() { "the payments agree" } else { "THE PAYMENTS DO NOT AGREE" };
    let (all, unreadable, more) = (compared.compared, compared.unreadable, compared.left_out);
    Ok(say!("{verdict} ({all} compared, {unreadable} cannot be read, {more} more differences)")?)
}
