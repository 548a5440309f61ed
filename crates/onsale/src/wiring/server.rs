//! The HTTP server over what the roles brought.

use super::hot_routes::ProcessRoutes;
use super::role::{Look, MakeHotRoute, Probe, Role};
use crate::config::Config;
use access::Callers;
use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use onsale_http::health::{self, Details, Health};
use onsale_http::limits::{LimitSettings, Limits};
use onsale_http::server::{Bound, Server as HttpServer, ServerSettings};
use onsale_http::{
    BodyBudget, HttpMetrics, HttpSettings, Language, NetworkPrefixes, TrustedProxies, docs, metrics, standard, welcome,
};
use std::net::SocketAddr;
use std::sync::Arc;

/// What the reserve of connections answers when all others are in use: health, metrics, and operators.
const RESERVE_PATHS: &[&str] = &["/health", "/actuator/health", "/metrics", "/api/v1/admin/", "/queue/admin/"];
/// Largest body that the fast path reads: more than any issue call needs. The router reads larger ones, which count to
/// the budget of all bodies.
const FAST_BODY_BYTES_MAX: usize = 4_096;
/// Connections of the management listener: some operators, some monitors.
const MANAGEMENT_CONNECTIONS: usize = 256;
/// Of one network, so that it never has all of them.
const MANAGEMENT_CONNECTIONS_PER_NETWORK: usize = 128;

/// An open server.
pub struct Server {
    http: HttpServer,
    management: Option<HttpServer>,
    at_stop: Vec<Box<dyn Fn() + Send + Sync>>,
    /// What balancers are told.
    pub health: Arc<Health>,
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.http.address()
    }

    /// Whether a part of it has ended by itself: it cannot be started again in this process.
    pub fn has_failed(&self) -> bool {
        self.http.has_failed() || self.management.as_ref().is_some_and(HttpServer::has_failed)
    }

    /// Takes nothing new, and answers what is under way. Whether all of it was answered in time.
    ///
    /// # Errors
    /// When that failed.
    pub async fn close(self) -> anyhow::Result<bool> {
        self.health.drain();
        self.at_stop.iter().for_each(|end| end());
        let (http, management) = (self.http, self.management);
        let close = move || {
            let all_answered = http.close();
            // Last: operators watch how the others end.
            management.map(HttpServer::close);
            all_answered
        };
        tokio::task::spawn_blocking(close).await.context("closing the server")
    }
}

/// The addresses of the process, taken before anything is made.
#[derive(Debug)]
pub struct Addresses {
    listen: Bound,
    management: Option<Bound>,
}

impl Addresses {
    /// Takes them.
    ///
    /// # Errors
    /// When another program has one.
    pub fn take(config: &Config) -> anyhow::Result<Self> {
        let bind = |address: SocketAddr, otherwise: &str| {
            Bound::to(address).with_context(|| cannot_listen(address, &format!("or choose another with {otherwise}")))
        };
        let management = config.http.management_listen;
        Ok(Self {
            listen: bind(config.http.listen, "--listen")?,
            management: management.map(|address| bind(address, "http.management_listen")).transpose()?,
        })
    }
}

/// What the server is opened with beside the roles.
pub struct Opening<'a> {
    /// The configuration in force.
    pub config: &'a Config,
    /// Where it listens.
    pub addresses: Addresses,
    /// How much a caller may ask.
    pub limits: Arc<Limits>,
    /// Where the routes are counted.
    pub metrics: Arc<HttpMetrics>,
    /// What `/metrics` shows.
    pub exporter: PrometheusHandle,
    /// Asked by health beside the probes of the roles.
    pub probes: Vec<(&'static str, Probe)>,
}

/// Opens the server.
///
/// # Errors
/// When an address cannot be listened on.
pub fn open(opening: Opening<'_>, role: Role, hot: Vec<MakeHotRoute>) -> anyhow::Result<Server> {
    let Opening { config, addresses, limits, metrics: http_metrics, exporter, probes } = opening;
    let Role { routes, internal_routes, documents, probes: of_roles, looks, at_stop, callers, .. } = role;
    let health = Arc::new(health_of(of_roles.into_iter().chain(probes), looks));
    let http = settings(config, http_metrics, limits.clone());
    let document = docs::document(env!("CARGO_PKG_VERSION"), documents);
    // What the document says about keys is what counts.
    callers.iter().for_each(|callers| callers.scopes.declare(&document));
    let management = metrics::routes(exporter, http.metrics.clone()).merge(docs::routes(document));
    let to_operators = health::routes(health.clone(), details(callers));
    let (management, beside) = match addresses.management {
        Some(bound) => {
            let routes = management.merge(health::routes(health.clone(), Details::ForAll));
            let server = open_management(config, bound, &limits, standard(routes, http.clone()))?;
            (Some(server), to_operators.merge(welcome::routes(false)))
        }
        None => (None, management.merge(to_operators).merge(welcome::routes(true))),
    };
    let beside = beside.merge(routes).merge(internal_routes);
    let settings = server_settings(config, limits.clone());
    let make = move || {
        let (mut routes, mut router) = (Vec::new(), beside.clone());
        for make_hot in &hot {
            let (route, routes_beside) = make_hot();
            routes.push(route);
            router = router.merge(routes_beside);
        }
        (ProcessRoutes { routes: routes.into(), limits: limits.clone() }, standard(router, http.clone()))
    };
    let http = HttpServer::open_on(addresses.listen, settings, make)
        .with_context(|| cannot_listen(config.http.listen, "or choose another with --listen"))?;
    Ok(Server { http, management, at_stop, health })
}

/// Why a part is down is told to administrators, by their key.
fn details(callers: Option<Callers>) -> Details {
    let Some(callers) = callers else { return Details::ForNone };
    Details::For(Arc::new(move |headers| {
        let callers = callers.clone();
        Box::pin(async move { headers.contains_key("x-api-key") && callers.is_operator(&headers).await })
    }))
}

/// The listener for operators: a server like the other, with places of its own.
fn open_management(
    config: &Config,
    bound: Bound,
    limits: &Arc<Limits>,
    router: axum::Router,
) -> anyhow::Result<HttpServer> {
    let settings = ServerSettings {
        workers: 1,
        connections_max: MANAGEMENT_CONNECTIONS,
        connections_reserved: 0,
        connections_per_network_max: MANAGEMENT_CONNECTIONS_PER_NETWORK,
        ..server_settings(config, limits.clone())
    };
    let limits = limits.clone();
    let make = move || (ProcessRoutes { routes: Vec::new().into(), limits: limits.clone() }, router.clone());
    HttpServer::open_on(bound, settings, make).context("cannot listen on http.management_listen")
}

/// How much a caller may ask, by the configuration.
pub fn limits(config: &Config) -> Arc<Limits> {
    Arc::new(Limits::new(LimitSettings {
        enabled: config.limits.enabled,
        per_ip_per_second: config.limits.per_ip_per_second,
        per_ip_burst: config.limits.per_ip_burst,
        issue_per_user_per_second: config.limits.issue_per_user_per_second,
        status_per_minute: config.queue.status_per_minute,
        trusted_proxies: TrustedProxies::new(config.http.trusted_proxies.clone()),
        prefixes: NetworkPrefixes { ipv4: config.limits.ipv4_prefix, ipv6: config.limits.ipv6_prefix },
        forwarded_per_network: config.http.max_connections_per_network as usize,
    }))
}

fn cannot_listen(address: SocketAddr, otherwise: &str) -> String {
    format!("cannot listen on {address}; stop what uses it, {otherwise}")
}

fn settings(config: &Config, metrics: Arc<HttpMetrics>, limits: Arc<Limits>) -> HttpSettings {
    HttpSettings {
        body_limit_bytes: config.http.body_limit_bytes,
        request_timeout: config.http.request_timeout(),
        access_log: config.log.access,
        body_budget: BodyBudget::new(config.http.body_budget_bytes),
        limits,
        default_language: Language::En,
        metrics,
    }
}

fn server_settings(config: &Config, limits: Arc<Limits>) -> ServerSettings {
    ServerSettings {
        listen: config.http.listen,
        workers: config.http.worker_count(),
        connections_max: config.http.max_connections as usize,
        connections_reserved: config.http.connections_reserved() as usize,
        reserve_paths: RESERVE_PATHS,
        connections_per_network_max: config.http.max_connections_per_network as usize,
        limits,
        head_bytes_max: config.http.header_limit_bytes,
        body_bytes_max: FAST_BODY_BYTES_MAX.min(config.coupon.body_limit_bytes).min(config.http.body_limit_bytes),
        request_timeout: config.http.header_timeout(),
        idle_timeout: config.http.idle_timeout(),
        drain_timeout: config.http.drain(),
        streams_under: "/queue/stream/",
    }
}

/// The parts that this process cannot do its work without.
fn health_of(probes: impl Iterator<Item = (&'static str, Probe)>, looks: Vec<(&'static str, Look)>) -> Health {
    let health = Health::new(env!("CARGO_PKG_VERSION"));
    let health = probes.fold(health, |health, (name, probe)| health.with(name, move || probe()));
    looks.into_iter().fold(health, |health, (_, look)| health.with_warnings(move || look()))
}
