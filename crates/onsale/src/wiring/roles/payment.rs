//! The role `payment`: payments of reservations, and their refunds.

use super::Opening;
use crate::cli;
use crate::wiring::role::Role;
use crate::wiring::schemas::{ContextSchema, PAYMENT};
use crate::wiring::supervisor::Task;
use crate::wiring::{calls, internal, outboxes, probes, tickets};
use anyhow::Context;
use onsale_http::with_calls;
use operators::behalf::around as on_behalf;

use payment::{PaymentService, Peers, api};
use utoipa::OpenApi;

/// The schemas that the role needs.
pub(super) const SCHEMAS: &[&ContextSchema] = &[&PAYMENT];

/// Opens the role.
///
/// # Errors
/// When a secret or a key is missing or cannot be used.
pub async fn open(opening: &Opening<'_>) -> anyhow::Result<Role> {
    let (config, engines) = (opening.config, opening.engines);
    let hot = engines.hot.as_ref().context("the role payment has no hot state")?;
    let ledger = engines.ledgers.of(&PAYMENT).context("the role payment has no tables")?.clone();
    let peer = |callee| opening.peer("payment", callee);
    let peers = Peers {
        reservation: peer(cli::Role::Reservation)?,
        coupon: peer(cli::Role::Coupon)?,
        catalog: peer(cli::Role::Catalog)?,
    };
    let settings = tickets::payment_settings(config, opening.sandbox)?;
    let payments = PaymentService::open(settings, ledger.clone(), peers).context("payments cannot be opened")?;
    let (outbox, mut tasks) = outboxes::of(opening, ("payment", "payment-changes"), &ledger).await?;
    tasks.extend(self::tasks(&payments));
    let keys = internal::accepted(config, &["gateway", "reservation", "queue", "payment"])?;
    let role = Role {
        routes: opening
            .with_appeals(with_calls(api::routes(payments.clone()), calls::of_people(config, &ledger)), "payment"),
        internal_routes: api::internal_routes(payments.clone(), keys).merge(on_behalf(api::operator_routes(
            payments.clone(),
            internal::accepted(config, &["gateway", "payment"])?,
        ))),
        documents: vec![api::ApiDocument::openapi()],
        handlers: payments.handlers(opening.places()),
        outboxes: vec![outbox],
        tasks,
        payments: Some(payments),
        ..Role::default()
    };
    Ok(probes::with_ledger(probes::with_hot(role, hot), &ledger))
}

fn tasks(payments: &PaymentService) -> Vec<Task> {
    let of = || payments.clone();
    let (due, refunds, coupons, notices, comparison) = (of(), of(), of(), of(), of());
    vec![
        Task::new("payments due", move || due.clone().run_due()),
        Task::new("refunds", move || refunds.clone().run_refunds()),
        Task::new("coupons of payments", move || coupons.clone().run_coupons()),
        Task::new("notices of payments", move || notices.clone().run_notices()),
        Task::new("comparison of payments", move || comparison.clone().run_comparison()),
        calls::purge("kept answers of payments", payments.ledger()),
    ]
}
