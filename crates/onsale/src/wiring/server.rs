//! The door with everything behind it.

use super::Parts;
use crate::config::Config;
use anyhow::Context;
use axum::Router;
use axum::middleware::from_fn_with_state;
use metrics_exporter_prometheus::PrometheusHandle;
use services::coupon::{self, IssueMetrics, IssueParts, IssueRoute};
use services::http::door::{Door, DoorSettings};
use services::http::health::{self, Health};
use services::http::limits::{LimitSettings, Limits, limit_by_address};
use services::http::{HttpMetrics, HttpSettings, Language, TrustedProxies, docs, metrics, standard, with_body_limit};
use std::sync::Arc;
use std::time::Duration;
use utoipa::OpenApi;

/// How long a connection may be silent between requests.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

/// An open server.
pub struct Server {
    /// Where people come in.
    pub door: Door,
    /// What balancers are told.
    pub health: Arc<Health>,
}

/// Opens the door.
///
/// # Errors
/// When an address can not be listened on.
pub fn open(config: &Config, parts: &Parts, exporter: PrometheusHandle) -> anyhow::Result<Server> {
    let health = Arc::new(health_of(parts));
    let limits = Arc::new(Limits::new(LimitSettings {
        enabled: config.limits.enabled,
        per_ip_per_second: config.limits.per_ip_per_second,
        per_ip_burst: config.limits.per_ip_burst,
        issue_per_user_per_second: config.limits.issue_per_user_per_second,
        trusted_proxies: TrustedProxies::new(config.http.trusted_proxies.clone()),
    }));
    let issue = Arc::new(IssueParts {
        port: parts.coupons.port.clone(),
        keys: parts.coupons.keys.clone(),
        limits: limits.clone(),
        open_issue: parts.coupons.open_issue,
        log_every: if config.log.access { config.log.access_hot_every } else { 0 },
    });
    let http = settings(config);
    let management = management(&health, exporter, http.metrics.clone());
    let beside = match config.http.management_listen {
        Some(address) => {
            listen_beside(address, standard(management, http.clone()))?;
            health::routes(health.clone())
        }
        None => management,
    };
    let coupons = parts.coupons.clone();
    let body_bytes_max = config.coupon.body_limit_bytes;
    let enter = move || {
        let route = IssueRoute::new(issue.clone(), Arc::new(IssueMetrics::new()));
        let limited = coupon::api::routes(coupons.clone());
        let limited = limited.layer(from_fn_with_state(limits.clone(), limit_by_address));
        let coupon_routes = with_body_limit(limited.merge(coupon::api::issue_routes(route.clone())), body_bytes_max);
        (route, standard(coupon_routes.merge(beside.clone()), http.clone()))
    };
    let listen = config.http.listen;
    let door = Door::open(door_settings(config), enter).with_context(|| {
        format!("{listen} can not be listened on; stop what uses it, or choose another with --listen")
    })?;
    Ok(Server { door, health })
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

fn door_settings(config: &Config) -> DoorSettings {
    DoorSettings {
        listen: config.http.listen,
        workers: config.http.worker_count(),
        connections_max: config.http.max_connections as usize,
        head_bytes_max: config.http.header_limit_bytes,
        body_bytes_max: config.coupon.body_limit_bytes,
        request_timeout: config.http.header_timeout(),
        idle_timeout: IDLE_TIMEOUT,
        drain_timeout: config.http.drain(),
    }
}

/// What is for operators and balancers, and the document of the API.
fn management(health: &Arc<Health>, exporter: PrometheusHandle, http: Arc<HttpMetrics>) -> Router {
    let document = docs::document(env!("CARGO_PKG_VERSION"), [coupon::api::ApiDocument::openapi()]);
    health::routes(health.clone()).merge(metrics::routes(exporter, http)).merge(docs::routes(document))
}

fn listen_beside(address: std::net::SocketAddr, router: Router) -> anyhow::Result<()> {
    let listener = std::net::TcpListener::bind(address)
        .with_context(|| format!("{address} can not be listened on (http.management_listen)"))?;
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, service).await {
            tracing::error!(%error, "the management listener stopped");
        }
    });
    Ok(())
}

fn health_of(parts: &Parts) -> Health {
    let (port, ledger) = (parts.coupons.port.clone(), parts.ledger.clone());
    let decides = move || {
        let port = port.clone();
        async move { if port.stats().await.available { Ok(()) } else { Err("the engine can not decide".to_owned()) } }
    };
    let keeps = move || {
        let ledger = ledger.clone();
        async move { ledger.ping().await.map_err(|error| error.to_string()) }
    };
    Health::new(env!("CARGO_PKG_VERSION")).with("hot", decides).with("ledger", keeps)
}
