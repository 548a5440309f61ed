//! The HTTP server over what the roles brought.

use super::hot_routes::ProcessRoutes;
use super::role::{Look, MakeHotRoute, Probe, Role};
use crate::config::Config;
use anyhow::Context;
use axum::Router;
use axum::middleware::from_fn_with_state;
use metrics_exporter_prometheus::PrometheusHandle;
use onsale_http::health::{self, Health};
use onsale_http::limits::{LimitSettings, Limits, limit_by_address};
use onsale_http::server::{Bound, Server as HttpServer, ServerSettings};
use onsale_http::{HttpMetrics, HttpSettings, Language, TrustedProxies, docs, metrics, standard, welcome};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// How long a connection may be silent between requests.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

/// An open server.
pub struct Server {
    http: HttpServer,
    management: Option<JoinHandle<()>>,
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
        self.http.has_failed() || self.management.as_ref().is_some_and(JoinHandle::is_finished)
    }

    /// Takes nothing new, and answers what is under way. Whether all of it was answered in time.
    ///
    /// # Errors
    /// When that failed.
    pub async fn close(self) -> anyhow::Result<bool> {
        self.health.drain();
        self.at_stop.iter().for_each(|end| end());
        let http = self.http;
        tokio::task::spawn_blocking(move || http.close()).await.context("closing the server")
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
    let Role { routes, internal_routes, documents, probes: of_roles, looks, at_stop, .. } = role;
    let health = Arc::new(health_of(of_roles.into_iter().chain(probes), looks));
    let http = settings(config, http_metrics);
    let document = docs::document(env!("CARGO_PKG_VERSION"), documents);
    let management = health::routes(health.clone())
        .merge(metrics::routes(exporter, http.metrics.clone()))
        .merge(docs::routes(document));
    let (management_task, beside) = match addresses.management {
        Some(bound) => {
            let task = listen(bound, standard(management, http.clone()), "http.management_listen")?;
            (Some(task), health::routes(health.clone()).merge(welcome::routes(false)))
        }
        None => (None, management.merge(welcome::routes(true))),
    };
    let limited = routes.layer(from_fn_with_state(limits.clone(), limit_by_address));
    let beside = beside.merge(limited).merge(internal_routes);
    let make = move || {
        let (mut routes, mut router) = (Vec::new(), beside.clone());
        for make_hot in &hot {
            let (route, routes_beside) = make_hot();
            routes.push(route);
            router = router.merge(routes_beside);
        }
        (ProcessRoutes { routes: routes.into(), limits: limits.clone() }, standard(router, http.clone()))
    };
    let http = HttpServer::open_on(addresses.listen, server_settings(config), make)
        .with_context(|| cannot_listen(config.http.listen, "or choose another with --listen"))?;
    Ok(Server { http, management: management_task, at_stop, health })
}

/// How much a caller may ask, by the configuration.
pub fn limits(config: &Config) -> Arc<Limits> {
    Arc::new(Limits::new(LimitSettings {
        enabled: config.limits.enabled,
        per_ip_per_second: config.limits.per_ip_per_second,
        per_ip_burst: config.limits.per_ip_burst,
        issue_per_user_per_second: config.limits.issue_per_user_per_second,
        trusted_proxies: TrustedProxies::new(config.http.trusted_proxies.clone()),
    }))
}

fn cannot_listen(address: SocketAddr, otherwise: &str) -> String {
    format!("cannot listen on {address}; stop what uses it, {otherwise}")
}

fn settings(config: &Config, metrics: Arc<HttpMetrics>) -> HttpSettings {
    HttpSettings {
        body_limit_bytes: config.http.body_limit_bytes,
        request_timeout: config.http.request_timeout(),
        access_log: config.log.access,
        trusted_proxies: TrustedProxies::new(config.http.trusted_proxies.clone()),
        default_language: Language::En,
        metrics,
    }
}

fn server_settings(config: &Config) -> ServerSettings {
    ServerSettings {
        listen: config.http.listen,
        workers: config.http.worker_count(),
        connections_max: config.http.max_connections as usize,
        head_bytes_max: config.http.header_limit_bytes,
        body_bytes_max: config.coupon.body_limit_bytes.min(config.http.body_limit_bytes),
        request_timeout: config.http.header_timeout(),
        idle_timeout: IDLE_TIMEOUT,
        drain_timeout: config.http.drain(),
        streams_under: "/queue/stream/",
    }
}

fn listen(bound: Bound, router: Router, key: &'static str) -> anyhow::Result<JoinHandle<()>> {
    let listener = bound.listen().with_context(|| format!("cannot listen on {key}"))?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    Ok(tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, service).await {
            tracing::error!(%error, key, "a listener stopped");
        }
    }))
}

/// The parts that this process cannot do its work without.
fn health_of(probes: impl Iterator<Item = (&'static str, Probe)>, looks: Vec<(&'static str, Look)>) -> Health {
    let health = Health::new(env!("CARGO_PKG_VERSION"));
    let health = probes.fold(health, |health, (name, probe)| health.with(name, move || probe()));
    looks.into_iter().fold(health, |health, (_, look)| health.with_warnings(move || look()))
}
