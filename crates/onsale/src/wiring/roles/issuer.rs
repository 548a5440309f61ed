//! The role `issuer`: writes what was decided into the tables.

use super::Opening;
use crate::cli;
use crate::config::{BusEngine, Config, DispatchMode, without_secrets};
use crate::wiring::engines::Engines;
use crate::wiring::role::{Role, probe};
use crate::wiring::schemas::{COUPON, ContextSchema};
use crate::wiring::supervisor::Task;
use crate::wiring::{internal, kafka, probes};
use anyhow::Context;
use coupon::issuer::{CouponGroup, GateCall, GateReporter, Issuer, Requests};
use std::sync::Arc;

/// The schemas that the role needs.
pub(super) const SCHEMAS: &[&ContextSchema] = &[&COUPON];

/// Opens the role.
///
/// # Errors
/// When it has no key for the gate and needs one, or the bus cannot be used.
pub fn open(opening: &Opening<'_>) -> anyhow::Result<Role> {
    let ledger = opening.engines.ledgers.of(&COUPON).cloned().context("the role issuer has no database")?;
    let requests = Requests::new(ledger.clone(), gate(opening.config, opening.engines)?);
    let mut tasks = Vec::new();
    // What this process writes is relayed by the role `coupon`.
    if !opening.engines.has(cli::Role::Coupon) {
        let ledger = ledger.clone();
        tasks.push(Task::new("outbox wakes", move || ledger::news::pass_on_always(ledger.clone())));
    }
    let mut probes = Vec::new();
    // An issuer alone has nothing to do without the bus; a process that decides goes on without it.
    if opening.engines.hot.is_none()
        && let BusEngine::Kafka(brokers) = opening.config.bus_engine()
    {
        let publisher = kafka::publisher(&brokers)?;
        let check = move || {
            let publisher = publisher.clone();
            async move { publisher.ping().await.map(drop).map_err(|error| bus::chain(&error)) }
        };
        probes.push(("bus", probe(check)));
    }
    let handler = CouponGroup::new(Issuer::new(ledger.clone()), requests, opening.places());
    let role = Role { handlers: vec![Arc::new(handler)], tasks, probes, ..Role::default() };
    Ok(probes::with_ledger(role, &ledger))
}

/// How the issuer of this process reaches the gate.
fn gate(config: &Config, engines: &Engines) -> anyhow::Result<Arc<dyn GateReporter>> {
    if let Some(context) = engines.coupon.as_ref().filter(|_| engines.has(cli::Role::Gate)) {
        return Ok(Arc::new(context.gate.clone()));
    }
    let key = match internal::issuer_key(config)? {
        Some(key) => key,
        None if config.gate.dispatch_mode == DispatchMode::Kafka => internal::demand_issuer_key(config)?,
        // Nothing is asked for then, but for what is left of another mode: the gate refuses, and the log says so.
        None => String::new(),
    };
    let urls = config.internal.url.of("gate");
    Ok(Arc::new(
        GateCall::new(urls, key, config.internal_authorities())
            .with_context(|| format!("internal.url.gate {} cannot be used", without_secrets(urls)))?,
    ))
}
