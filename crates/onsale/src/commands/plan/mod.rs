//! `onsale plan`: from a crowd to machines.
//!
//! ```text
//! figures   what was measured, with its source
//! demand    what a crowd asks for in its busiest second: assumed
//! sizes     the machines for it
//! text      for people
//! ```

mod demand;
mod figures;
mod sizes;
#[cfg(test)]
mod tests;
mod text;

use super::Ending;
use crate::cli::PlanArguments;
use demand::{Demand, Evening};
use figures::Figure;
use serde::Serialize;
use sizes::Sizes;

/// Open files that the shipped unit and containers allow.
const SHIPPED_DESCRIPTORS: u64 = 65_536;
/// Coupons that a tenant may have unless it is given more.
const TENANT_COUPONS: u64 = 10_000_000;

/// The whole plan.
#[derive(Debug, Serialize)]
struct Plan {
    evening: Evening,
    demand: Demand,
    sizes: Sizes,
    assumptions: Vec<String>,
    not_counted: Vec<&'static str>,
    warnings: Vec<String>,
    figures: [Figure; 17],
}

/// Runs the command.
///
/// # Errors
/// When nobody reads the output.
pub fn run(arguments: &PlanArguments) -> anyhow::Result<Ending> {
    let plan = Plan::of(Evening {
        people: arguments.people,
        stock: arguments.stock,
        minutes: arguments.minutes,
        peak: arguments.peak,
        line: arguments.line,
        cores: arguments.cores,
    });
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&plan)?)?;
    } else {
        text::print(&plan)?;
    }
    Ok(Ending::Done)
}

impl Plan {
    fn of(evening: Evening) -> Self {
        let demand = evening.demand();
        let sizes = sizes::sizes(&evening, &demand);
        let warnings = warnings(&evening, &demand, &sizes);
        Self {
            evening,
            demand,
            sizes,
            assumptions: assumptions(&evening),
            not_counted: not_counted(&evening),
            warnings,
            figures: figures::ALL,
        }
    }
}

fn assumptions(evening: &Evening) -> Vec<String> {
    let mut all = vec![
        format!("{} times as many people come in the busiest second as in an average one (--peak)", evening.peak),
        format!("each asks {} times until it is decided", demand::ASKS),
        format!("everything is there {} times over what the figures say", sizes::HEADROOM),
        "1 KiB for each request, each answer, and each coupon or place in Redis, Kafka, database and files; 512 MiB for a \
         process with nothing to do"
            .to_owned(),
        "NGINX and TLS need as many machines as the servers behind them".to_owned(),
    ];
    if evening.line {
        all.push(
            "everybody waits from the first second on, and pages follow the line as docs/client.en.md says".to_owned(),
        );
    } else {
        all.push(format!("a connection stays open for {} seconds behind its last request", demand::KEPT_OPEN_SECONDS));
    }
    all
}

fn not_counted(evening: &Evening) -> Vec<&'static str> {
    let mut all = vec![
        "pages, scripts and pictures, and the systems behind this one: your shop, your payment provider",
        "tickets, seats and payments: no figures are kept of them. Measure with `onsale rush --tickets`",
        "TLS handshakes of a crowd that comes at once",
        "attackers",
    ];
    if evening.line {
        all.push("a cache before /queue/serving/, which takes most looks at the line away");
    }
    all
}

fn warnings(evening: &Evening, demand: &Demand, sizes: &Sizes) -> Vec<String> {
    let mut all = vec![
        "the figures are from machines with 2 cores that the load generator used as well: rehearse on yours before you rely on \
         this plan"
            .to_owned(),
    ];
    if sizes.one_process {
        all.push("one process has no second one: while its machine is down, nobody gets anything".to_owned());
    } else if sizes::shard_cores(demand) * sizes::HEADROOM > 1.0 {
        all.push(
            "a campaign and its line are on one node of Redis, and this is more than half of what one was measured to do: \
             spread the start (an opening draw, --peak), or rehearse exactly this"
                .to_owned(),
        );
    }
    if sizes.rows_seconds > u64::from(evening.minutes) * 60 {
        all.push(format!(
            "the last row is stored {} seconds after the first: coupons are valid at once, and show in lists later",
            sizes.rows_seconds
        ));
    }
    if sizes.descriptors > SHIPPED_DESCRIPTORS {
        all.push(format!(
            "{} open files on a machine are more than the shipped unit allows ({SHIPPED_DESCRIPTORS}): raise LimitNOFILE, \
             http.max_connections and NGINX's worker_connections, or take more machines",
            sizes.descriptors
        ));
    }
    if evening.stock > TENANT_COUPONS {
        all.push(format!("a tenant may have {TENANT_COUPONS} coupons: `onsale admin tenants set --max-coupons`"));
    }
    if evening.line && evening.stock < evening.people {
        all.push(
            "a line gives nobody more: most of those who wait will hear that it is sold out. Say so early".to_owned(),
        );
    }
    all
}
