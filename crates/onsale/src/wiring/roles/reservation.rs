//! The role `reservation`: seats that people hold, and their tickets.

use super::Opening;
use crate::cli;
use crate::wiring::role::Role;
use crate::wiring::schemas::{ContextSchema, RESERVATION};
use crate::wiring::supervisor::Task;
use crate::wiring::{calls, internal, outboxes, probes, tickets};
use anyhow::Context;
use bus::{Handler, Places};
use onsale_http::with_calls;
use reservation::messages::{EventGroup, PaymentGroup};
use reservation::{Peers, ReservationService, api};
use std::sync::Arc;
use utoipa::OpenApi;

/// The schemas that the role needs.
pub(super) const SCHEMAS: &[&ContextSchema] = &[&RESERVATION];

/// Opens the role.
///
/// # Errors
/// When a key is missing or cannot be used, or the outbox cannot be read as the configuration says.
pub async fn open(opening: &Opening<'_>) -> anyhow::Result<Role> {
    let (config, engines) = (opening.config, opening.engines);
    let hot = engines.hot.as_ref().context("the role reservation has no hot state")?;
    let seats = hot.seats.clone().context("the role reservation has no seats")?;
    let ledger = engines.ledgers.of(&RESERVATION).context("the role reservation has no tables")?.clone();
    let peer = |callee| opening.peer("reservation", callee);
    let peers = Peers {
        catalog: peer(cli::Role::Catalog)?,
        queue: peer(cli::Role::Queue)?,
        payment: peer(cli::Role::Payment)?,
        coupon: peer(cli::Role::Coupon)?,
    };
    let (settings, keys) = (tickets::reservation_settings(config, opening.public_url)?, tickets::ticket_keys(config)?);
    let reservations = ReservationService::open(settings, keys, ledger.clone(), seats, hot.keys.clone(), peers);
    let (outbox, mut tasks) = outboxes::of(opening, ("reservation", "reservation-changes"), &ledger).await?;
    tasks.extend(self::tasks(&reservations));
    let callers = super::queue::callers(opening, "reservation")?;
    // Doors come with keys, everybody else as a person.
    let calls = calls::over_ledger(config, &callers, &ledger);
    let known = callers.clone();
    let accepted = internal::accepted(config, &["gateway", "payment", "catalog", "queue", "user", "reservation"])?;
    let ended = reservations.clone();
    let role = Role {
        routes: opening.with_appeals(with_calls(api::routes(reservations.clone(), callers), calls), "reservation"),
        callers: Some(known),
        internal_routes: api::internal_routes(reservations.clone(), accepted).merge(api::operator_routes(
            reservations.clone(),
            internal::accepted(config, &["gateway", "reservation"])?,
        )),
        documents: vec![api::ApiDocument::openapi()],
        handlers: handlers(&reservations, opening.places()),
        outboxes: vec![outbox],
        tasks,
        at_stop: vec![Box::new(move || ended.end_streams())],
        reservations: Some(reservations),
        ..Role::default()
    };
    Ok(probes::with_ledger(probes::with_hot(role, hot), &ledger))
}

fn handlers(reservations: &ReservationService, places: Places) -> Vec<Arc<dyn Handler>> {
    let workers = reservations.workers();
    vec![Arc::new(PaymentGroup::new(workers.clone(), places)), Arc::new(EventGroup::new(workers.clone(), places))]
}

fn tasks(reservations: &ReservationService) -> Vec<Task> {
    let of = || reservations.workers().clone();
    let (sweep, put_right, questions, sold) = (of(), of(), of(), of());
    let (catalog, fence, follow) = (of(), of(), of());
    vec![
        Task::new("holds that end", move || sweep.clone().run_sweep()),
        Task::new("seats put right", move || put_right.clone().run_put_right()),
        Task::new("questions to payment", move || questions.clone().run_questions()),
        Task::new("seats that are sold", move || sold.clone().run_sold()),
        Task::new("cancelled schedules", move || catalog.clone().run_catalog()),
        Task::new("reservation fence", move || fence.clone().run_fence()),
        Task::new("seats of messages", move || follow.clone().run_follow()),
        calls::purge("kept answers of reservations", reservations.ledger()),
    ]
}
