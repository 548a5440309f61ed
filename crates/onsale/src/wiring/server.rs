//! The server with everything behind it.

use super::hot_routes::RoutesOfRoles;
use super::{Deciding, Lines, Parts, gate, kafka};
use crate::config::{BusEngine, Config};
use anyhow::Context;
use axum::Router;
use axum::middleware::from_fn_with_state;
use coupon::gate::GateService;
use coupon::gate::route::{GateParts, GateRoute};
use coupon::{self, CouponService, IssueMetrics, IssueParts, IssueRoute};
use metrics_exporter_prometheus::PrometheusHandle;
use onsale_http::health::{self, Health};
use onsale_http::limits::{LimitSettings, Limits, limit_by_address};
use onsale_http::server::{Server as HotServer, ServerSettings};
use onsale_http::{HttpMetrics, HttpSettings, Language, TrustedProxies, docs, metrics, standard, with_body_limit};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use utoipa::OpenApi;

/// How long a connection may be silent between requests.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

/// An open server.
pub struct Server {
    entrance: Entrance,
    /// Ended first: nothing else would end them.
    lines: Option<Lines>,
    /// What balancers are told.
    pub health: Arc<Health>,
}

/// Where people come in.
enum Entrance {
    /// With hot routes.
    Hot(HotServer),
    /// A service that nobody but operators calls.
    Quiet { address: SocketAddr, task: JoinHandle<()> },
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        match &self.entrance {
            Entrance::Hot(server) => server.address(),
            Entrance::Quiet { address, .. } => *address,
        }
    }

    /// Takes nothing new, and answers what is under way. Whether all of it was answered in time.
    ///
    /// # Errors
    /// When that failed.
    pub async fn close(self) -> anyhow::Result<bool> {
        self.health.drain();
        if let Some(lines) = &self.lines {
            lines.streams.end();
        }
        match self.entrance {
            Entrance::Hot(server) => {
                tokio::task::spawn_blocking(move || server.close()).await.context("closing the server")
            }
            Entrance::Quiet { task, .. } => {
                task.abort();
                Ok(true)
            }
        }
    }
}

/// Opens the server.
///
/// # Errors
/// When an address can not be listened on.
pub fn open(
    config: &Config,
    parts: &Parts,
    lines: Option<Lines>,
    exporter: PrometheusHandle,
) -> anyhow::Result<Server> {
    let health = Arc::new(health_of(config, parts)?);
    let http = settings(config);
    let management = management(&health, exporter, http.metrics.clone());
    let beside = match config.http.management_listen {
        Some(address) => {
            listen(address, standard(management, http.clone()), "http.management_listen")?;
            health::routes(health.clone())
        }
        None => management,
    };
    let limits = limits(config);
    let beside = match (parts.queue_service(), &lines) {
        (Some(deciding), Some(lines)) => {
            let limited = gate::routes(config, deciding, lines)?;
            let limited = limited.layer(from_fn_with_state(limits.clone(), limit_by_address));
            beside.merge(limited).merge(gate::routes_without_limits(config, deciding, lines)?)
        }
        _ => beside,
    };
    let entrance = if parts.coupon_service().is_some() || parts.queue_service().is_some() {
        Entrance::Hot(open_hot_server(config, parts, limits, beside, http)?)
    } else {
        let (address, task) = listen(config.http.listen, standard(beside, http), "http.listen")?;
        Entrance::Quiet { address, task }
    };
    Ok(Server { entrance, lines, health })
}

fn limits(config: &Config) -> Arc<Limits> {
    Arc::new(Limits::new(LimitSettings {
        enabled: config.limits.enabled,
        per_ip_per_second: config.limits.per_ip_per_second,
        per_ip_burst: config.limits.per_ip_burst,
        issue_per_user_per_second: config.limits.issue_per_user_per_second,
        trusted_proxies: TrustedProxies::new(config.http.trusted_proxies.clone()),
    }))
}

/// What every worker's routes are made of.
struct Making {
    issue: Option<(Arc<IssueParts>, CouponService)>,
    gate: Option<(Arc<GateParts>, GateService)>,
    limits: Arc<Limits>,
    body_bytes_max: usize,
    beside: Router,
    http: HttpSettings,
}

impl Making {
    fn issue(config: &Config, deciding: &Deciding, limits: &Arc<Limits>) -> (Arc<IssueParts>, CouponService) {
        let coupons = &deciding.coupons;
        let parts = IssueParts {
            port: coupons.port.clone(),
            gate: Some(Arc::new(deciding.gate.clone())),
            keys: coupons.callers.keys.clone(),
            limits: limits.clone(),
            open_issue: coupons.callers.open,
            log_every: log_every(config),
        };
        (Arc::new(parts), coupons.clone())
    }

    fn gate(config: &Config, deciding: &Deciding, limits: &Arc<Limits>) -> (Arc<GateParts>, GateService) {
        let callers = deciding.coupons.callers.clone();
        let parts = GateParts { callers, limits: limits.clone(), log_every: log_every(config) };
        (Arc::new(parts), deciding.gate.clone())
    }

    /// The routes of one worker.
    fn make(&self) -> (RoutesOfRoles, Router) {
        let mut router = self.beside.clone();
        let issue = self.issue.as_ref().map(|(parts, coupons)| {
            let route = IssueRoute::new(parts.clone(), Arc::new(IssueMetrics::new()));
            let limited = coupon::api::routes(coupons.clone());
            let limited = limited.layer(from_fn_with_state(self.limits.clone(), limit_by_address));
            let routes = limited.merge(coupon::api::issue_routes(route.clone()));
            router = with_body_limit(routes, self.body_bytes_max).merge(std::mem::take(&mut router));
            route
        });
        let gate = self.gate.as_ref();
        let gate = gate.map(|(parts, gate)| GateRoute::new(parts.clone(), gate.clone(), &self.http.metrics));
        (RoutesOfRoles { issue, gate }, standard(router, self.http.clone()))
    }
}

/// Of hot requests one in so many is logged; 0: none.
fn log_every(config: &Config) -> u32 {
    if config.log.access { config.log.access_hot_every } else { 0 }
}

fn open_hot_server(
    config: &Config,
    parts: &Parts,
    limits: Arc<Limits>,
    beside: Router,
    http: HttpSettings,
) -> anyhow::Result<HotServer> {
    let making = Making {
        issue: parts.coupon_service().map(|deciding| Making::issue(config, deciding, &limits)),
        gate: parts.queue_service().map(|deciding| Making::gate(config, deciding, &limits)),
        limits,
        body_bytes_max: config.coupon.body_limit_bytes,
        beside,
        http,
    };
    HotServer::open(server_settings(config), move || making.make())
        .with_context(|| can_not_listen(config.http.listen, "or choose another with --listen"))
}

fn can_not_listen(address: SocketAddr, otherwise: &str) -> String {
    format!("{address} can not be listened on; stop what uses it, {otherwise}")
}

fn settings(config: &Config) -> HttpSettings {
    HttpSettings {
        body_limit_bytes: config.http.body_limit_bytes,
        request_timeout: config.http.request_timeout(),
        access_log: config.log.access,
        trusted_proxies: TrustedProxies::new(config.http.trusted_proxies.clone()),
        default_language: Language::En,
        metrics: Arc::new(HttpMetrics::default()),
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

/// What is for operators and balancers, and the document of the API.
fn management(health: &Arc<Health>, exporter: PrometheusHandle, http: Arc<HttpMetrics>) -> Router {
    let document = docs::document(
        env!("CARGO_PKG_VERSION"),
        [
            coupon::api::ApiDocument::openapi(),
            coupon::gate::api::ApiDocument::openapi(),
            queue::api::ApiDocument::openapi(),
            queue::site::api::ApiDocument::openapi(),
            queue::api::draw::ApiDocument::openapi(),
        ],
    );
    health::routes(health.clone()).merge(metrics::routes(exporter, http)).merge(docs::routes(document))
}

fn listen(address: SocketAddr, router: Router, key: &'static str) -> anyhow::Result<(SocketAddr, JoinHandle<()>)> {
    let listener = std::net::TcpListener::bind(address)
        .with_context(|| can_not_listen(address, &format!("or choose another with {key}")))?;
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let address = listener.local_addr()?;
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, service).await {
            tracing::error!(%error, key, "a listener stopped");
        }
    });
    Ok((address, task))
}

/// What this process can not do its work without.
fn health_of(config: &Config, parts: &Parts) -> anyhow::Result<Health> {
    let mut health = Health::new(env!("CARGO_PKG_VERSION"));
    if let Some(deciding) = &parts.deciding {
        let port = deciding.coupons.port.clone();
        health =
            health.with("hot", move || {
                let port = port.clone();
                async move {
                    if port.stats().await.available { Ok(()) } else { Err("the engine can not decide".to_owned()) }
                }
            });
    } else if let BusEngine::Kafka(brokers) = config.bus_engine() {
        // Who decides goes on without it; who only listens has nothing to do without it.
        let publisher = kafka::publisher(&brokers)?;
        health = health.with("bus", move || {
            let publisher = publisher.clone();
            async move { publisher.ping().await.map(drop).map_err(|error| error.to_string()) }
        });
    }
    let ledger = parts.ledger.clone();
    Ok(health.with("ledger", move || {
        let ledger = ledger.clone();
        async move { ledger.ping().await.map_err(|error| error.to_string()) }
    }))
}
