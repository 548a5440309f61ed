//! The HTTP server over what the roles brought.

use super::hot_routes::ProcessRoutes;
use super::role::{Around, Look, MakeHotRoute, Pages, Probe, Role};
use crate::commands::WrongUse;
use crate::config::Config;
use access::person::believe_gateway;
use access::{Callers, InternalKeys};
use anyhow::Context;
use axum::Router;
use axum::http::Method;
use metrics_exporter_prometheus::PrometheusHandle;
use onsale_http::health::{self, Details, Health};
use onsale_http::limits::{LimitSettings, Limits};
use onsale_http::server::{Bound, Server as HttpServer, ServerSettings, Tls};
use onsale_http::{
    BodyBudget, Cors, HttpMetrics, HttpSettings, Language, NetworkPrefixes, TrustedProxies, docs, metrics, standard,
    welcome,
};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

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
    /// Calls between services, then operators: both end after the others, in this order.
    beside: Vec<HttpServer>,
    internal: Option<SocketAddr>,
    at_stop: Vec<Box<dyn Fn() + Send + Sync>>,
    /// What balancers are told.
    pub health: Arc<Health>,
    /// How long kept connections are given back before it closes.
    leave: Duration,
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.http.address()
    }

    /// Where it takes calls between services, if apart.
    pub fn internal_address(&self) -> Option<SocketAddr> {
        self.internal
    }

    /// Whether a part of it has ended by itself: it cannot be started again in this process.
    pub fn has_failed(&self) -> bool {
        self.http.has_failed() || self.beside.iter().any(HttpServer::has_failed)
    }

    /// Gives kept connections back, then takes nothing new, and answers what is under way. Whether all of it was answered in time.
    ///
    /// # Errors
    /// When that failed.
    pub async fn close(self) -> anyhow::Result<bool> {
        self.health.drain();
        if !self.leave.is_zero() {
            std::iter::once(&self.http).chain(&self.beside).for_each(HttpServer::leave);
            tokio::time::sleep(self.leave).await;
        }
        self.at_stop.iter().for_each(|end| end());
        let (http, beside) = (self.http, self.beside);
        let close = move || {
            let all_answered = http.close();
            // Last: operators watch how the others end.
            for server in beside {
                server.close();
            }
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
    internal: Option<Bound>,
}

impl Addresses {
    /// Where people reach the process.
    ///
    /// # Errors
    /// The system's.
    pub fn listen(&self) -> std::io::Result<SocketAddr> {
        self.listen.address()
    }

    /// Takes them. Who calls before the server is ready is turned away. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`WrongUse`] for two settings with one address; else when another program has one.
    pub fn take(config: &Config) -> anyhow::Result<Self> {
        demand_different(config)?;
        let take = |address: SocketAddr, otherwise: &str| {
            let bound = Bound::to(address).and_then(Bound::turn_away);
            bound.with_context(|| cannot_listen(address, &format!("or choose another with {otherwise}")))
        };
        let (management, internal) = (config.http.management_listen, config.internal.listen);
        Ok(Self {
            listen: take(config.http.listen, "--listen")?,
            management: management.map(|address| take(address, "http.management_listen")).transpose()?,
            internal: internal.map(|address| take(address, "internal.listen")).transpose()?,
        })
    }
}

/// Refuses two settings that name one address: the system would say that another program has it.
fn demand_different(config: &Config) -> anyhow::Result<()> {
    let all = [
        ("http.listen", Some(config.http.listen)),
        ("http.management_listen", config.http.management_listen),
        ("internal.listen", config.internal.listen),
    ];
    let given: Vec<_> = all.into_iter().filter_map(|(key, address)| Some((key, address?))).collect();
    for (place, (key, address)) in given.iter().enumerate() {
        if let Some((earlier, _)) = given[..place].iter().find(|(_, earlier)| overlap(*earlier, *address)) {
            let change = format!("choose another port for {key}, or \"\"");
            return Err(WrongUse(format!("{key} = {address} is the address of {earlier}: {change}")).into());
        }
    }
    Ok(())
}

/// Whether one socket would take what the other is to have. Port 0 is a free one each time.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let (one_ip, other_ip) = (one.ip().to_canonical(), other.ip().to_canonical());
    let is_same = one_ip == other_ip || one_ip.is_unspecified() || other_ip.is_unspecified();
    one.port() == other.port() && one.port() != 0 && is_same
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
    /// The certificate, where clients speak TLS.
    pub tls: Option<Tls>,
    /// Whether the process has all roles: then calls between services are nobody's on `http.listen`.
    pub has_all_roles: bool,
    /// The keys with which the gateway says who calls.
    pub gateway_keys: InternalKeys,
}

/// How the routes of a listener know people.
#[derive(Clone)]
enum Way {
    /// The gateway stands around them, and pages before it. The router: accounts, for sessions.
    Around(Around, Router, Option<Pages>),
    /// The gateway is elsewhere, and has one of these keys.
    Believes(InternalKeys),
}

/// Opens the server.
///
/// # Errors
/// When an address cannot be listened on.
pub fn open(opening: Opening<'_>, role: Role, hot: Vec<MakeHotRoute>) -> anyhow::Result<Server> {
    let Opening {
        config,
        addresses,
        limits,
        metrics: http_metrics,
        exporter,
        probes,
        tls,
        has_all_roles,
        gateway_keys,
    } = opening;
    let Role {
        routes,
        internal_routes,
        documents,
        probes: of_roles,
        looks,
        at_stop,
        callers,
        around,
        pages,
        accounts_router,
        ..
    } = role;
    let has_pages = pages.is_some();
    let around = around.map(|around| (around, accounts_router, pages));
    let health = Arc::new(health_of(of_roles.into_iter().chain(probes), looks));
    let http = settings(config, http_metrics, limits.clone());
    let document = docs::document(env!("CARGO_PKG_VERSION"), documents);
    // What the document says about keys is what counts.
    callers.iter().for_each(|callers| callers.scopes.declare(&document));
    let management = metrics::routes(exporter, http.metrics.clone()).merge(docs::routes(document));
    let to_operators = health::routes(health.clone(), details(callers));
    let (operators, public) = match addresses.management {
        Some(bound) => {
            let routes = management.merge(health::routes(health.clone(), Details::ForAll));
            let server = open_management(config, bound, &limits, standard(routes, http.clone()))?;
            (Some(server), to_operators)
        }
        None => (None, management.merge(to_operators)),
    };
    // Where there are pages, they have the address `/`.
    let public = if has_pages { public } else { public.merge(welcome::routes(operators.is_none())) };
    let (public, internal) = (public.merge(routes), internal_routes);
    // On the internal listener every role is as if apart: it believes the gateway's key.
    let make = |routes: Router, way: Way| {
        let (hot, limits, http) = (hot.clone(), limits.clone(), http.clone());
        move || worker_routes(&hot, (routes.clone(), &way), &limits, &http)
    };
    let believes = Way::Believes(gateway_keys);
    let outside =
        around.map_or_else(|| believes.clone(), |(around, accounts, pages)| Way::Around(around, accounts, pages));
    let (mut servers, mut internal_address) = (Vec::new(), None);
    if let Some(bound) = addresses.internal {
        let routes = make(public.clone().merge(internal.clone()), believes.clone());
        let server = HttpServer::open_on(bound, side_settings(config, &limits), routes);
        let server = server.context("cannot listen on internal.listen")?;
        internal_address = Some(server.address());
        servers.push(server);
    }
    servers.extend(operators);
    let routes = make(if has_all_roles { public } else { public.merge(internal) }, outside);
    let settings = ServerSettings { tls, ..server_settings(config, limits.clone()) };
    let http = HttpServer::open_on(addresses.listen, settings, routes)
        .with_context(|| cannot_listen(config.http.listen, "or choose another with --listen"))?;
    Ok(Server { http, beside: servers, internal: internal_address, at_stop, health, leave: config.http.leave() })
}

/// The routes of one worker: those of the fast path, and the router for all others.
fn worker_routes(
    hot: &[MakeHotRoute],
    (mut router, way): (Router, &Way),
    limits: &Arc<Limits>,
    http: &HttpSettings,
) -> (ProcessRoutes, Router) {
    let mut routes = Vec::new();
    for make_hot in hot {
        let (route, routes_beside) = make_hot();
        routes.push(route);
        router = router.merge(routes_beside);
    }
    let router = match way {
        Way::Around(around, accounts, pages) => {
            let api = around(router, accounts.clone());
            let pages = pages.as_ref().map(|pages| standard(pages(api.clone()), http.clone()));
            let api = standard(api, http.clone());
            // Each has the layers of its own: they read the route that was matched.
            pages.map_or(api.clone(), |pages| pages::in_front(pages, api))
        }
        Way::Believes(keys) => standard(believe_gateway(router, keys.clone()), http.clone()),
    };
    (ProcessRoutes { routes: routes.into(), limits: limits.clone() }, router)
}

/// Why a part is down is told to administrators, by their key.
fn details(callers: Option<Callers>) -> Details {
    let Some(callers) = callers else { return Details::ForNone };
    Details::For(Arc::new(move |headers| {
        let callers = callers.clone();
        Box::pin(async move { headers.contains_key("x-api-key") && callers.is_operator(&headers).await })
    }))
}

/// Longer than the gateway waits, so that it is the one that says which service was late.
const BEYOND_GATEWAY: Duration = Duration::from_secs(1);
/// The time of calls between services, some of which compare whole tables.
const INTERNAL_TIME: Duration = Duration::from_secs(31);

/// The time of a route (contract: gateway), of every role, by the gateway's own table.
fn time_of_route(method: &Method, path: &str) -> Option<Duration> {
    if path.starts_with("/internal/") {
        return Some(INTERNAL_TIME);
    }
    gateway::routes::time_limit(method, path).map(|limit| limit + BEYOND_GATEWAY)
}

/// The listener for operators: a server like the other, with places of its own.
fn open_management(config: &Config, bound: Bound, limits: &Arc<Limits>, router: Router) -> anyhow::Result<HttpServer> {
    let settings = side_settings(config, limits);
    let limits = limits.clone();
    let make = move || (ProcessRoutes { routes: Vec::new().into(), limits: limits.clone() }, router.clone());
    HttpServer::open_on(bound, settings, make).context("cannot listen on http.management_listen")
}

/// Of a listener for operators or for our own services.
fn side_settings(config: &Config, limits: &Arc<Limits>) -> ServerSettings {
    ServerSettings {
        workers: 1,
        connections_max: MANAGEMENT_CONNECTIONS,
        connections_reserved: 0,
        connections_per_network_max: MANAGEMENT_CONNECTIONS_PER_NETWORK,
        ..server_settings(config, limits.clone())
    }
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
        time_of_route,
        access_log: config.log.access,
        body_budget: BodyBudget::new(config.http.body_budget_bytes),
        limits,
        default_language: Language::En,
        metrics,
        cors: Cors::new(&config.cors.origins),
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
        leaves_origins: !config.cors.origins.is_empty(),
        tls: None,
    }
}

/// The parts that this process cannot do its work without.
fn health_of(probes: impl Iterator<Item = (&'static str, Probe)>, looks: Vec<(&'static str, Look)>) -> Health {
    let health = Health::new(env!("CARGO_PKG_VERSION"));
    let health = probes.fold(health, |health, (name, probe)| health.with(name, move || probe()));
    looks.into_iter().fold(health, |health, (_, look)| health.with_warnings(move || look()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every route of the gateway's table, in every role: the gateway is never cut short.
    #[test]
    fn no_route_ends_before_the_gateway_has_waited_for_it() {
        for (method, path, seconds) in [
            (Method::GET, "/events", 31),
            (Method::POST, "/venues/1/halls", 31),
            (Method::POST, "/tickets/verify", 31),
            (Method::POST, "/api/v1/admin/campaigns", 31),
            (Method::POST, "/gate/events/shoes/enqueue", 31),
            (Method::POST, "/issue/events/shoes", 31),
            (Method::POST, "/session", 31),
            (Method::POST, "/auth/login", 31),
            (Method::POST, "/queue/enter", 11),
            (Method::POST, "/payments/confirm", 61),
            (Method::GET, "/internal/seats/status/1", 31),
        ] {
            assert_eq!(time_of_route(&method, path), Some(Duration::from_secs(seconds)), "{method} {path}");
        }
        assert_eq!(time_of_route(&Method::GET, "/health"), None);
    }
}
