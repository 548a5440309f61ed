//! The role `user`: accounts, log-ins and sessions.

use super::Opening;
use crate::cli;
use crate::wiring::messaging::dead_letters;
use crate::wiring::role::Role;
use crate::wiring::schemas::{ContextSchema, USER};
use crate::wiring::supervisor::Task;
use crate::wiring::{calls, internal, people, probes};
use account::mails::TicketMailParts;
use account::{AccountService, api};
use anyhow::Context;
use onsale_http::{with_body_limit, with_calls};
use utoipa::OpenApi;

/// The schemas that the role needs.
pub(super) const SCHEMAS: &[&ContextSchema] = &[&USER];

/// Largest body of its routes, in bytes (GW-014).
const BODY_BYTES_MAX: usize = 10_240;

/// Opens the role.
///
/// # Errors
/// When a key or a secret is missing or cannot be used.
pub fn open(opening: &Opening<'_>) -> anyhow::Result<Role> {
    let (config, engines) = (opening.config, opening.engines);
    let hot = engines.hot.as_ref().context("the role user has no hot state")?;
    let ledger = engines.ledgers.of(&USER).context("the role user has no tables")?.clone();
    let tokens = people::tokens(config, opening.public_url)?;
    let settings = people::account_settings(config, opening.public_url, opening.sandbox)?;
    let accounts = AccountService::open(settings, ledger.clone(), hot.keys.clone(), tokens.keys)
        .context("the accounts cannot be opened")?
        .with_ticket_mails(ticket_mails(opening)?);
    let routes = with_body_limit(api::routes(accounts.clone(), tokens.cookies), BODY_BYTES_MAX);
    let internal = api::internal_routes(accounts.clone(), internal::accepted(config, &["gateway", "user"])?);
    let calls = calls::of_accounts(config, &ledger).with_secret(&accounts.call_secret());
    let role = Role {
        accounts_router: routes.clone().merge(internal.clone()),
        internal_routes: internal,
        routes: opening.with_appeals(with_calls(routes, calls), "user"),
        documents: vec![api::ApiDocument::openapi()],
        handlers: accounts.handlers(opening.places()),
        tasks: tasks(&accounts),
        accounts: Some(accounts),
        ..Role::default()
    };
    Ok(probes::with_ledger(probes::with_hot(role, hot), &ledger))
}

/// What mails about reservations need beside the accounts.
fn ticket_mails(opening: &Opening<'_>) -> anyhow::Result<TicketMailParts> {
    Ok(TicketMailParts {
        reservation: Some(opening.peer("user", cli::Role::Reservation)?),
        catalog: Some(opening.peer("user", cli::Role::Catalog)?),
        dead_letters: Some(dead_letters(opening.config)?),
    })
}

fn tasks(accounts: &AccountService) -> Vec<Task> {
    let (blacklist, notices, house) = (accounts.clone(), accounts.clone(), accounts.clone());
    vec![
        Task::new("token blacklist", move || blacklist.clone().run_blacklist()),
        Task::new("owed mails", move || notices.clone().run_notices()),
        Task::new("accounts", move || house.clone().run_housekeeping()),
        calls::purge("kept answers of accounts", &accounts.ledger),
    ]
}
