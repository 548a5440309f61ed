//! The role `queue`: lines before sites, and the public documents, streams and controls of lines of any kind. It needs
//! no database: API keys are checked by the coupon role.

use super::Opening;
use crate::cli;
use crate::config::{Config, HotEngine, without_secrets};
use crate::wiring::hot_routes::HotRoute;
use crate::wiring::role::{MakeHotRoute, Role};
use crate::wiring::schemas::ContextSchema;
use crate::wiring::supervisor::Task;
use crate::wiring::{calls, draws, internal, probes, receipts, secrets};
use access::TenantQuotas;
use access::callers::Callers;
use access::remote::RemoteKeys;
use anyhow::{Context, bail};
use axum::Router;
use domain::EventName;
use domain::line::LineId;
use hot::line::LinePort;
use lines::operation::Defaults;
use lines::stream::TenantMax;
use lines::{LineClient, Scheduler, ServingCache, Streams};
use onsale_http::with_calls;
use queue::api::draw::{self, DrawApi};
use queue::api::serving_route::ServingRoute;
use queue::api::{self, QueueApi, control, site_lines};
use queue::site::cookie_keys::{KEY_BYTES_MIN, new_key};
use queue::tickets::api::with_tickets;
use queue::{ConfiguredLines, CookieKeys, LineSettings, PublicNames, SameSite, Site, SiteOptions, site};
use queue::{TicketParts, TicketPeers, TicketQueue, TicketSettings};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use utoipa::OpenApi;

/// The file in the data folder with the key that was made.
const KEY_FILE: &str = "cookie.key";

/// The lines of this role; those of gates are the gate's.
fn is_site(line: &LineId) -> bool {
    matches!(line, LineId::Queue(_))
}

/// The schemas that the role needs.
pub(super) const SCHEMAS: &[&ContextSchema] = &[];

/// Opens the role. Makes the configured lines that do not exist yet.
///
/// # Errors
/// When there is nothing to sign cookies with, or a key cannot be read.
pub async fn open(opening: &Opening<'_>) -> anyhow::Result<Role> {
    let config = opening.config;
    let hot = opening.engines.hot.as_ref().context("the role queue has no hot state")?;
    let client = LineClient::new(hot.lines.clone());
    let callers = callers(opening, "queue")?;
    let cache = ServingCache::new(hot.lines.clone());
    let queue = &config.queue;
    let (most, per_network) = (queue.streams_max, queue.streams_max_per_network);
    let streams = Streams::new(
        client.clone(),
        cache.clone(),
        most,
        per_network,
        opening.failures.clone(),
        tenant_max(callers.quotas.clone()),
    );
    let (keys, may_make_lines) = cookie_keys(config)?;
    let keys = Arc::new(keys);
    let names = PublicNames::new(client.clone(), may_make_lines.then(|| keys.clone()));
    let site = Site::new(client.clone(), cache.clone(), keys, site_options(config));
    let site = site.with_challenges(hot.challenges.clone()).with_limits(opening.limits.clone());
    let defaults = Defaults {
        rate_per_second: config.queue.rate_per_second,
        interval_ms: config.queue.batch_interval_ms,
        challenge: config.queue.challenge,
        positions_per_network: config.queue.positions_per_network,
    };
    let ended = streams.clone();
    let settings = draws::settings(config)?;
    let draw_api = DrawApi {
        lines: client.clone(),
        names: names.clone(),
        callers: callers.clone(),
        receipts: receipts::key(config)?,
        settings,
    };
    let mut tasks = tasks(config, &hot.lines).await;
    tasks.push(draws::task("line draws", config, hot.lines.clone(), is_site)?);
    let known = callers.clone();
    let tickets = tickets(opening, (&client, &cache, &streams))?;
    let followed = tickets.clone();
    tasks.push(Task::new("lines before seats", move || followed.clone().run_lines()));
    let calls = calls::over_hot(config, &callers, hot.calls.clone());
    let serving = serving_route(opening, &cache, &tickets);
    let new_line = Arc::new(settings_of(config).rule());
    let queue_api =
        QueueApi { lines: client, cache, streams, site, names, callers, defaults, new_line, may_make_lines };
    let of_gateway = api::operator_routes(queue_api.clone(), internal::accepted(config, &["gateway", "queue"])?);
    let of_operators = with_tickets(routes(queue_api.clone()).merge(draw::routes(draw_api)), tickets.clone());
    let role = Role {
        routes: opening
            .with_appeals(with_calls(of_operators.merge(queue::tickets::api::routes(tickets.clone())), calls), "queue")
            .merge(site::api::proxy_routes(queue_api)),
        internal_routes: queue::tickets::api::internal_routes(
            tickets,
            internal::accepted(config, &["gateway", "reservation", "queue"])?,
        )
        .merge(of_gateway),
        callers: Some(known),
        hot: vec![serving],
        documents: vec![
            api::ApiDocument::openapi(),
            control::ApiDocument::openapi(),
            site_lines::ApiDocument::openapi(),
            site::api::ApiDocument::openapi(),
            draw::ApiDocument::openapi(),
            queue::tickets::api::ApiDocument::openapi(),
        ],
        tasks,
        at_stop: vec![Box::new(move || ended.end())],
        ..Role::default()
    };
    Ok(probes::with_hot(role, hot))
}

/// The lines before the seats of schedules.
fn tickets(
    opening: &Opening<'_>,
    (lines, cache, streams): (&LineClient, &ServingCache, &Streams),
) -> anyhow::Result<TicketQueue> {
    let config = opening.config;
    let hot = opening.engines.hot.as_ref().context("the role queue has no hot state")?;
    let peer = |callee| opening.peer("queue", callee);
    let peers = TicketPeers {
        catalog: peer(cli::Role::Catalog)?,
        reservation: Some(peer(cli::Role::Reservation)?),
        payment: Some(peer(cli::Role::Payment)?),
    };
    let settings = TicketSettings {
        status_per_minute: config.queue.status_per_minute,
        limits_enabled: config.limits.enabled,
        inside_per_free_seat: config.queue.inside_per_free_seat,
        ..TicketSettings::from(&settings_of(config))
    };
    let parts = TicketParts {
        lines: lines.clone(),
        cache: cache.clone(),
        streams: streams.clone(),
        challenges: Some(hot.challenges.clone()),
        keys: hot.keys.clone(),
        limits: hot.limits.clone(),
        peers,
    };
    Ok(TicketQueue::open(settings, parts))
}

fn serving_route(opening: &Opening<'_>, cache: &ServingCache, tickets: &TicketQueue) -> MakeHotRoute {
    let (cache, limits, metrics) = (cache.clone(), opening.limits.clone(), opening.metrics.clone());
    let (tickets, log_every) = (tickets.clone(), opening.log_every());
    Arc::new(move || {
        let tickets = Some(tickets.clone());
        let route = ServingRoute::new(cache.clone(), tickets, limits.clone(), &metrics, log_every);
        (HotRoute::Serving(route), Router::new())
    })
}

fn routes(queue_api: QueueApi) -> Router {
    api::routes(queue_api.clone())
        .merge(control::routes(queue_api.clone()))
        .merge(site_lines::routes(queue_api.clone()))
        .merge(site::api::routes(queue_api))
}

async fn tasks(config: &Config, port: &Arc<dyn LinePort>) -> Vec<Task> {
    let mut configured = ConfiguredLines::new(port.clone(), settings_of(config));
    if let Err(error) = configured.follow().await {
        tracing::warn!(%error, "the configured lines could not be made yet");
    }
    // What was brought up to date once stays so, also when the task is started again.
    let configured = Arc::new(Mutex::new(configured));
    let (metrics_port, scheduler_port) = (port.clone(), port.clone());
    vec![
        Task::new("configured lines", move || ConfiguredLines::follow_in_background(configured.clone())),
        Task::new("line metrics", move || lines::metrics::report_metrics(metrics_port.clone(), is_site)),
        Task::ending("line scheduler", move |context| {
            let port = scheduler_port.clone();
            async move { Scheduler::run(port, is_site, None, context.failures, context.shutdown.stopped()).await }
        }),
    ]
}

/// How lines admit of which nothing else is said.
fn settings_of(config: &Config) -> LineSettings {
    let queue = &config.queue;
    LineSettings {
        // Checked with the configuration.
        lines: queue.lines.iter().filter_map(|name| EventName::new(name).ok()).collect(),
        rate_per_second: queue.rate_per_second,
        interval_ms: queue.batch_interval_ms,
        capacity: queue.capacity,
        pass_ttl_ms: queue.token_ttl_seconds * 1_000,
        abandon_after_ms: queue.abandon_after_seconds * 1_000,
        return_ms: queue.return_seconds * 1_000,
        positions_per_network: queue.positions_per_network,
        challenge: queue.challenge,
        inside_max: queue.max_inside,
    }
}

/// How sites treat their visitors.
fn site_options(config: &Config) -> SiteOptions {
    let queue = &config.queue;
    let life = Duration::from_secs(queue.token_ttl_seconds.into());
    SiteOptions {
        binds_network: queue.bind_network,
        same_site: if queue.cookie_same_site == "none" { SameSite::None } else { SameSite::Lax },
        pass_renewal: queue.pass_renewed_by_use.then_some(life),
    }
}

fn tenant_max(quotas: Arc<TenantQuotas>) -> TenantMax {
    Arc::new(move |tenant| quotas.of(tenant).streams)
}

/// Callers by the table of keys of a role without it, where this process has it; else the coupon role is asked.
pub(super) fn callers(opening: &Opening<'_>, role: &str) -> anyhow::Result<Callers> {
    if let Some(context) = &opening.engines.coupon {
        return Ok(context.coupons.callers.clone());
    }
    let key = internal::key_of(opening.config, role)?.unwrap_or_else(|| {
        tracing::warn!("administrators' calls are refused here: set internal.key.{role}, the same for the coupon role");
        String::new()
    });
    let urls = opening.config.internal.url.of("coupon");
    let keys = RemoteKeys::new(urls, key, opening.config.internal_authorities())
        .with_context(|| format!("internal.url.coupon {} cannot be used", without_secrets(urls)))?;
    // Values of single tenants are in the database, which this role has not: it goes by those of all.
    let quotas = TenantQuotas::new(opening.config.tenant.quotas());
    Ok(Callers::by_coupon_role(keys).with_quotas(Arc::new(quotas)))
}

/// The keys that sign cookies, and whether all servers that share these lines have them.
fn cookie_keys(config: &Config) -> anyhow::Result<(CookieKeys, bool)> {
    let queue = &config.queue;
    let given = secrets::given(&queue.cookie_key, &queue.cookie_key_file, "queue.cookie_key_file")?;
    let are_shared = given.is_some() || config.hot_engine() == HotEngine::Embedded;
    let newest = given.map_or_else(|| made_key(config), Ok)?;
    let previous = Some(queue.cookie_previous_key.as_bytes()).filter(|key| !key.is_empty());
    let keys = CookieKeys::new(newest.as_bytes(), previous).context("queue.cookie_key cannot be used")?;
    Ok((keys, are_shared))
}

/// The key of a process that shares lines with no other. Where servers share lines, none of them is before a site.
fn made_key(config: &Config) -> anyhow::Result<String> {
    let make = || new_key().context("the system has no randomness");
    if config.hot_engine() == HotEngine::Embedded {
        return secrets::kept(&config.data.dir, KEY_FILE, make);
    }
    if !config.queue.lines.is_empty() {
        bail!(
            "servers that share lines must sign cookies alike: set queue.cookie_key (or queue.cookie_key_file) to the \
             same {KEY_BYTES_MIN} characters or more on each, such as those of `openssl rand -hex 32`"
        );
    }
    make()
}
