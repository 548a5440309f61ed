//! The role `gateway`: the way in for people. In one process it stands around the routes of all roles; apart it is a proxy.

use super::Opening;
use crate::cli;
use crate::config::Config;
use crate::wiring::role::{Around, Pages, Role};
use crate::wiring::schemas::ContextSchema;
use crate::wiring::{calls, internal, page_settings, people, probes};
use access::Callers;
use anyhow::Context;
use axum::Router;
use gateway::{Gateway, OperatorPeers, Operators, OperatorsDocument, Service, Settings, UpstreamSettings, Upstreams};
use std::sync::Arc;
use utoipa::OpenApi;

/// The schemas that the role needs.
pub(super) const SCHEMAS: &[&ContextSchema] = &[];

/// Services that may run in other processes.
const APART: [Service; 7] = [
    Service::User,
    Service::Catalog,
    Service::Queue,
    Service::Reservation,
    Service::Payment,
    Service::Coupon,
    Service::Gate,
];

/// Opens the role.
///
/// # Errors
/// When a secret or a key is missing, or an address or the zone of days cannot be used.
pub fn open(opening: &Opening<'_>) -> anyhow::Result<Role> {
    let config = opening.config;
    let hot = opening.engines.hot.as_ref().context("the role gateway has no hot state")?;
    let tokens = people::tokens(config, opening.public_url)?;
    let shop = page_settings::of(opening.config, opening.public_url, opening.sandbox, &tokens.cookies)?;
    let shop = pages::Shared::new(shop);
    let service_key = internal::own_or_made(config, "gateway")?;
    let settings = settings(config, opening.public_url, service_key.clone());
    let operators = operators(opening)?;
    let (known, ended) = (operators.0, operators.1.clone());
    let gateway = Gateway::new(settings, tokens.keys, tokens.cookies, hot.keys.clone(), hot.limits.clone());
    let gateway = gateway.with_operators(operators.1);
    let is_whole = opening.engines.roles.len() == cli::Role::ALL.len();
    let around: Around = if is_whole {
        Arc::new(move |router, accounts| gateway::around(router, accounts, gateway.clone()))
    } else {
        let upstreams = upstreams(opening, service_key)?;
        let proxy = gateway::proxy(gateway, &upstreams);
        Arc::new(move |router: Router, _| router.merge(proxy.clone()))
    };
    let pages: Pages = Arc::new(move |api| shop.routes(api));
    let role = Role {
        around: Some(around),
        pages: Some(pages),
        documents: vec![gateway::ApiDocument::openapi(), OperatorsDocument::openapi()],
        callers: Some(known),
        at_stop: vec![Box::new(move || ended.end_streams())],
        ..Role::default()
    };
    Ok(probes::with_hot(role, hot))
}

/// The routes of operators over all roles, and what knows administrators by their keys.
fn operators(opening: &Opening<'_>) -> anyhow::Result<(Callers, Operators)> {
    let hot = opening.engines.hot.as_ref().context("the role gateway has no hot state")?;
    let callers = super::queue::callers(opening, "gateway")?;
    let peer = |callee| opening.peers.of_operators(opening.config, &opening.engines.roles, callee);
    let peers = OperatorPeers {
        user: peer(cli::Role::User)?,
        catalog: peer(cli::Role::Catalog)?,
        queue: peer(cli::Role::Queue)?,
        reservation: peer(cli::Role::Reservation)?,
        payment: peer(cli::Role::Payment)?,
        coupon: peer(cli::Role::Coupon)?,
    };
    let calls = calls::over_hot(opening.config, &callers, hot.calls.clone());
    Ok((callers.clone(), Operators::new(peers, callers, calls)))
}

fn settings(config: &Config, public_url: &str, service_key: String) -> Settings {
    let limits = &config.limits;
    Settings {
        public_url: public_url.to_owned(),
        service_key,
        limits_enabled: limits.enabled,
        per_user_per_minute: limits.per_user_per_minute,
        payments_per_user_per_minute: limits.payments_per_user_per_minute,
        payments_per_ip_per_minute: limits.payments_per_ip_per_minute,
        payments_per_second: limits.payments_per_second,
        body_bytes_max: config.http.body_limit_bytes as u64,
        ..Settings::default()
    }
}

fn upstreams(opening: &Opening<'_>, service_key: String) -> anyhow::Result<Upstreams> {
    let config = opening.config;
    let mut urls: Vec<(Service, String)> =
        APART.into_iter().map(|service| (service, config.gateway.url.of(service.name()).to_owned())).collect();
    urls.extend(opening.sandbox.map(|sandbox| (Service::Sandbox, sandbox.url().to_owned())));
    let authorities = config.internal_authorities().map(ToOwned::to_owned);
    let settings = UpstreamSettings { urls, service_key, authorities, ..UpstreamSettings::default() };
    Upstreams::new(&settings).context("gateway.url cannot be used")
}
