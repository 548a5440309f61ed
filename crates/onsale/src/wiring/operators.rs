//! What this process shows to operators, whatever its roles are: audit logs, dead letters, and who was told what.

use super::engines::Engines;
use super::messaging::dead_letters;
use super::role::Role;
use super::schemas::{CATALOG, COUPON, ContextSchema, PAYMENT, RESERVATION, USER};
use super::supervisor::Task;
use super::{Peers, accepted_keys};
use crate::cli;
use crate::config::Config;
use operators::appeal::{self, Kept, Sink};
use operators::{Appeals, DeadLetterDesk, Parts};

/// The roles whose audit log is told under their name, and the schema that has it.
const LOGS: [(&str, cli::Role, &ContextSchema); 5] = [
    ("coupon", cli::Role::Coupon, &COUPON),
    ("user", cli::Role::User, &USER),
    ("catalog", cli::Role::Catalog, &CATALOG),
    ("reservation", cli::Role::Reservation, &RESERVATION),
    ("payment", cli::Role::Payment, &PAYMENT),
];
/// Adds the routes for the gateway and the writer of answers to the roles of this process.
///
/// # Errors
/// When a key or the dead letters cannot be read.
pub fn add(
    config: &Config,
    (engines, peers): (&Engines, &Peers),
    appeals: &Appeals,
    role: &mut Role,
) -> anyhow::Result<()> {
    let kept = Kept { days: config.log.appeal_days, rows: config.log.appeal_rows };
    let mut parts = Parts::default();
    for (name, of, schema) in LOGS {
        let ledger = engines.ledgers.of(schema).filter(|_| engines.has(of));
        parts.audits.extend(ledger.map(|ledger| (name, ledger.clone())));
    }
    if let Some((_, ledger)) = parts.audits.first() {
        parts.dead_letters = Some(DeadLetterDesk::new(dead_letters(config)?, ledger.clone()));
    }
    let coupons = engines.ledgers.of(&COUPON).cloned();
    parts.appeals = coupons.clone().filter(|_| engines.has(cli::Role::Coupon)).map(|ledger| (ledger, kept));
    // The roles gate and issuer have the tables, too. Of all processes those of the role coupon remove what is old.
    let sink = match coupons {
        Some(ledger) => Sink::Table(Box::new(ledger), kept),
        None => Sink::Role(peers.of(config, &engines.roles, caller(engines), cli::Role::Coupon)?),
    };
    let appeals = appeals.clone();
    role.tasks.push(Task::new("answers for appeals", move || appeal::run(appeals.clone(), sink.clone())));
    // Any role may ask, and tells what it has told.
    let routes = operators::routes(parts, accepted_keys(config, &cli::Role::ALL.map(cli::Role::as_str))?);
    role.internal_routes = std::mem::take(&mut role.internal_routes).merge(routes);
    Ok(())
}

/// The role whose key a process without the coupon schema shows.
fn caller(engines: &Engines) -> &'static str {
    engines.roles.first().map_or("gateway", |role| role.as_str())
}
