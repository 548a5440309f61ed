//! Services in other processes: a reverse proxy.
//!
//! ```text
//! client    connections to the services, pooled; TLS
//! hop       headers that belong to one connection, taken away in both directions
//! exchange  one call: which server, sent again or not, what a failure is
//! answer    the answer on its way back: bounded, and not waited for without end
//! ```
//!
//! What a service sends is not believed: heads are bounded, half an answer is none, and nothing of its connection reaches
//! the client.

mod answer;
mod client;
mod exchange;
mod hop;

use crate::Service;
use crate::routes::ROWS;
use axum::Router;
use axum::extract::{Request, State};
use axum::routing::any;
use client::Client;
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Uri};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

/// Where the services are.
#[derive(Clone, Debug)]
pub struct UpstreamSettings {
    /// `gateway.url.<role>`: addresses of each service, `http://host:port` or `https://host:port`, with commas between
    /// several servers of one service. A service without any is not served.
    pub urls: Vec<(Service, String)>,
    /// The gateway's own key, beside which services believe who calls (`internal.key.gateway`).
    pub service_key: String,
    /// Certificates in PEM of the authorities that are trusted for `https`.
    pub authorities: Option<PathBuf>,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// A connection that was idle for so long is not used again. It must be shorter than the services' own idle time.
    pub idle_timeout: Duration,
    /// Longest silence within an answer that is no stream.
    pub silence_max: Duration,
}

impl Default for UpstreamSettings {
    fn default() -> Self {
        Self {
            urls: Vec::new(),
            service_key: String::new(),
            authorities: None,
            connect_timeout: Duration::from_secs(2),
            idle_timeout: Duration::from_secs(30),
            silence_max: Duration::from_secs(30),
        }
    }
}

/// Addresses that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// No address of a server.
    #[error("gateway.url.{service} = {url:?}: must be http://host:port or https://host:port, without a path")]
    Url {
        /// Whose.
        service: Service,
        /// As given.
        url: String,
    },
    /// A key that cannot stand in a header.
    #[error("internal.key.gateway cannot stand in a header")]
    Key,
    /// The certificates of the authorities.
    #[error("the certificates of the authorities cannot be read: {0}")]
    Authorities(String),
    /// `https` without authorities.
    #[error("gateway.url.{0} is https: name the authorities that signed its certificate")]
    NoAuthorities(Service),
}

/// The services and the connections to them. Cheap to clone.
#[derive(Clone)]
pub struct Upstreams(Arc<Inner>);

struct Inner {
    client: Client,
    service_key: HeaderValue,
    pools: BTreeMap<&'static str, Pool>,
    silence_max: Duration,
}

/// The servers of one service.
struct Pool {
    servers: Vec<Server>,
    next: AtomicUsize,
}

/// One server.
struct Server {
    scheme: Scheme,
    authority: Authority,
    /// Passed over until this moment, in milliseconds: it refused a connection.
    away_until_ms: AtomicI64,
}

impl Upstreams {
    /// Opens no connection yet.
    ///
    /// # Errors
    /// [`UpstreamError`].
    pub fn new(settings: &UpstreamSettings) -> Result<Self, UpstreamError> {
        let mut pools = BTreeMap::new();
        for (service, urls) in &settings.urls {
            let urls = urls.split(',').map(str::trim).filter(|url| !url.is_empty());
            let servers = urls.map(|url| server(*service, url)).collect::<Result<Vec<_>, _>>()?;
            let is_secure = servers.iter().any(|server| server.scheme == Scheme::HTTPS);
            if is_secure && settings.authorities.is_none() {
                return Err(UpstreamError::NoAuthorities(*service));
            }
            if !servers.is_empty() {
                pools.insert(service.name(), Pool { servers, next: AtomicUsize::new(0) });
            }
        }
        let mut service_key = HeaderValue::from_str(&settings.service_key).map_err(|_| UpstreamError::Key)?;
        service_key.set_sensitive(true);
        let client = client::open(settings)?;
        Ok(Self(Arc::new(Inner { client, service_key, pools, silence_max: settings.silence_max })))
    }

    /// The routes of all services that have an address: each path of the table once, so that metrics and logs know it.
    pub fn routes(&self) -> Router {
        let served = |service: Service| self.0.pools.contains_key(service.name());
        let mut patterns = BTreeSet::new();
        for row in ROWS {
            // Lines of campaigns stand under the paths of the queue.
            if served(row.service) || (row.service == Service::Queue && served(Service::Gate)) {
                patterns.insert(row.pattern);
            }
        }
        let handler = async |State(upstreams): State<Self>, request: Request| upstreams.pass(request).await;
        let router = patterns.into_iter().fold(Router::new(), |router, pattern| router.route(pattern, any(handler)));
        router.with_state(self.clone())
    }

    /// Everything at one service, whatever the table says: for the gateway's own calls, which pass no filter.
    pub(crate) fn of_service(&self, service: Service) -> Router {
        let handler =
            async move |State(upstreams): State<Self>, request: Request| upstreams.call(service, false, request).await;
        Router::new().fallback(handler).with_state(self.clone())
    }
}

fn server(service: Service, url: &str) -> Result<Server, UpstreamError> {
    let fault = || UpstreamError::Url { service, url: url.to_owned() };
    let uri: Uri = url.parse().map_err(|_| fault())?;
    let parts = uri.into_parts();
    let is_bare = parts.path_and_query.is_none_or(|path| path == "/");
    match (parts.scheme, parts.authority) {
        (Some(scheme), Some(authority))
            if is_bare && [Scheme::HTTP, Scheme::HTTPS].contains(&scheme) && !authority.as_str().contains('@') =>
        {
            Ok(Server { scheme, authority, away_until_ms: AtomicI64::new(0) })
        }
        _ => Err(fault()),
    }
}

impl Pool {
    /// The servers in the order in which a call tries them: round robin; those that refused a connection a moment ago last.
    fn in_turn(&self, now_ms: i64) -> Vec<&Server> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let count = self.servers.len();
        let mut servers: Vec<&Server> = (0..count).map(|at| &self.servers[first.wrapping_add(at) % count]).collect();
        servers.sort_by_key(|server| server.is_away(now_ms));
        servers
    }
}

impl Server {
    /// How long a server is passed over that refused a connection.
    const AWAY_MS: i64 = 1_000;

    fn is_away(&self, now_ms: i64) -> bool {
        let until_ms = self.away_until_ms.load(Ordering::Relaxed);
        now_ms < until_ms && until_ms - now_ms <= Self::AWAY_MS
    }

    fn refused(&self, now_ms: i64) {
        self.away_until_ms.store(now_ms + Self::AWAY_MS, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(url: &str) -> Result<Upstreams, UpstreamError> {
        let urls = vec![(Service::User, url.to_owned())];
        Upstreams::new(&UpstreamSettings { urls, ..UpstreamSettings::default() })
    }

    #[tokio::test]
    async fn only_addresses_of_servers_are_taken() {
        for good in ["http://127.0.0.1:8081", "http://user", "http://[::1]:8081/", "http://a:1, http://b:2,", ""] {
            assert!(opened(good).is_ok(), "{good}");
        }
        for bad in
            ["user:8081", "ftp://user", "http://user/api", "http://a:1;http://b", "http://x@user", "http://", "/"]
        {
            assert!(matches!(opened(bad), Err(UpstreamError::Url { .. })), "{bad}");
        }
        assert!(matches!(opened("https://user"), Err(UpstreamError::NoAuthorities(Service::User))));
    }

    #[test]
    fn servers_take_turns_and_one_that_refused_comes_last() {
        let servers = ["http://a:1", "http://b:1"].map(|url| server(Service::User, url).expect("a server"));
        let pool = Pool { servers: servers.into(), next: AtomicUsize::new(usize::MAX - 1) };
        let first = |now_ms| pool.in_turn(now_ms)[0].authority.to_string();
        let four: Vec<_> = (0..4).map(|_| first(0)).collect();
        assert!(four[0] != four[1] && four[0] == four[2] && four[1] == four[3], "{four:?}");
        pool.servers[0].refused(0);
        assert!((0..4).all(|_| first(999) == "b:1"));
        assert!((0..4).any(|_| first(1_000) == "a:1"));
    }
}
