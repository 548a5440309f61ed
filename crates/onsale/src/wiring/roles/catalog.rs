//! The role `catalog`: venues, events and seats.

use super::Opening;
use crate::wiring::role::{Outbox, Role};
use crate::wiring::schemas::{CATALOG, ContextSchema};
use crate::wiring::supervisor::Task;
use crate::wiring::{calls, internal, probes};
use anyhow::Context;
use bus::{Cause, Leased};
use catalog::{CatalogService, Settings, api};
use coupon::issuer::LedgerOutbox;
use hot::lease::{Hold, Lease};
use onsale_http::with_calls;
use std::sync::Arc;
use utoipa::OpenApi;

/// The schemas that the role needs.
pub(super) const SCHEMAS: &[&ContextSchema] = &[&CATALOG];

/// Opens the role.
///
/// # Errors
/// When a key cannot be read.
pub fn open(opening: &Opening<'_>) -> anyhow::Result<Role> {
    let (config, engines) = (opening.config, opening.engines);
    let hot = engines.hot.as_ref().context("the role catalog has no hot state")?;
    let ledger = engines.ledgers.of(&CATALOG).context("the role catalog has no tables")?.clone();
    let settings = Settings {
        cache_ttl_seconds: config.catalog.cache_ttl_seconds.into(),
        cache_ttl_open_seconds: config.catalog.cache_ttl_open_seconds.into(),
    };
    let catalog = CatalogService::open(settings, ledger.clone(), hot.keys.clone());
    let lease = Arc::new(Lease::new(hot.keys.clone(), "catalog-changes"));
    let held = lease.clone();
    let is_held = move || {
        let lease = held.clone();
        async move { Ok::<_, Cause>(lease.hold().await? != Hold::Others) }
    };
    let changes = Leased::new(LedgerOutbox::new(ledger.clone()), is_held);
    let (cache, news) = (catalog.clone(), ledger.clone());
    let role = Role {
        routes: with_calls(api::routes(catalog.clone()), calls::of_people(config, &ledger)),
        internal_routes: api::internal_routes(catalog.clone(), accepted(opening)?),
        documents: vec![api::ApiDocument::openapi()],
        handlers: catalog.handlers(),
        outboxes: vec![Outbox { name: "catalog", source: Arc::new(changes), lease: Some(lease) }],
        tasks: vec![
            Task::new("catalog cache", move || cache.clone().run_cache()),
            Task::new("catalog news", move || ledger::news::listen(news.clone())),
            calls::purge("kept answers of the catalog", &ledger),
        ],
        catalog: Some(catalog),
        ..Role::default()
    };
    Ok(probes::with_ledger(probes::with_hot(role, hot), &ledger))
}

fn accepted(opening: &Opening<'_>) -> anyhow::Result<access::InternalKeys> {
    internal::accepted(opening.config, &["gateway", "queue", "catalog"])
}
