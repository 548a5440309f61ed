//! The role `catalog`: venues, events and seats.

use super::Opening;
use crate::cli;
use crate::wiring::hot_routes::HotRoute;
use crate::wiring::role::{MakeHotRoute, Role};
use crate::wiring::schemas::{CATALOG, ContextSchema};
use crate::wiring::supervisor::Task;
use crate::wiring::{calls, internal, outboxes, probes};
use anyhow::Context;
use axum::Router;
use catalog::compare::{ReservationSeats, SeatComparison, SeatDesk};
use catalog::{CatalogService, Settings, api};
use onsale_http::with_calls;
use operators::behalf::around as on_behalf;
use std::sync::Arc;
use utoipa::OpenApi;

/// The schemas that the role needs.
pub(super) const SCHEMAS: &[&ContextSchema] = &[&CATALOG];

/// Opens the role.
///
/// # Errors
/// When a key cannot be read, or the outbox cannot be read as the configuration says.
pub async fn open(opening: &Opening<'_>) -> anyhow::Result<Role> {
    let (config, engines) = (opening.config, opening.engines);
    let hot = engines.hot.as_ref().context("the role catalog has no hot state")?;
    let ledger = engines.ledgers.of(&CATALOG).context("the role catalog has no tables")?.clone();
    let settings = Settings {
        cache_ttl_seconds: config.catalog.cache_ttl_seconds.into(),
        cache_ttl_open_seconds: config.catalog.cache_ttl_open_seconds.into(),
    };
    let reservation = ReservationSeats::new(opening.peer("catalog", cli::Role::Reservation)?);
    let catalog = CatalogService::open(settings, ledger.clone(), hot.keys.clone());
    let catalog = catalog.with_held_seats(Arc::new(reservation.clone()));
    let (comparison, keys) = (SeatComparison::new(catalog.clone(), reservation), hot.keys.clone());
    let desk = SeatDesk::new(comparison.clone());
    let (outbox, mut tasks) = outboxes::of(opening, ("catalog", "catalog-changes"), &ledger).await?;
    let cache = catalog.clone();
    tasks.push(Task::new("catalog cache", move || cache.clone().run_cache()));
    tasks.push(Task::new("comparison of seats", move || comparison.clone().run(keys.clone())));
    tasks.push(calls::purge("kept answers of the catalog", &ledger));
    let role = Role {
        routes: opening
            .with_appeals(with_calls(api::routes(catalog.clone()), calls::of_people(config, &ledger)), "catalog"),
        internal_routes: api::internal_routes(catalog.clone(), accepted(opening)?).merge(on_behalf(
            api::operator_routes(catalog.clone(), desk, internal::accepted(config, &["gateway", "catalog"])?),
        )),
        hot: vec![reads(opening, &catalog)],
        documents: vec![api::ApiDocument::openapi()],
        handlers: catalog.handlers(opening.places()),
        outboxes: vec![outbox],
        tasks,
        catalog: Some(catalog),
        ..Role::default()
    };
    Ok(probes::with_ledger(probes::with_hot(role, hot), &ledger))
}

fn reads(opening: &Opening<'_>, catalog: &CatalogService) -> MakeHotRoute {
    let (catalog, limits, metrics) = (catalog.clone(), opening.limits.clone(), opening.metrics.clone());
    let log_every = opening.log_every();
    Arc::new(move || {
        let route = api::ReadRoute::new(catalog.clone(), limits.clone(), &metrics, log_every);
        (HotRoute::Events(Box::new(route)), Router::new())
    })
}

fn accepted(opening: &Opening<'_>) -> anyhow::Result<access::InternalKeys> {
    internal::accepted(opening.config, &["gateway", "queue", "reservation", "payment", "user", "catalog"])
}
