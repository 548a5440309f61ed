//! The gateway: the way in for people (GW-*), and the sessions of pages (WEB-009).
//!
//! ```text
//! routes    the one table: method and path -> service, who may come, pass, buckets, time; its strict look-up
//! filter    the contract's filters in their order, one layer: internal, sizes, identity headers, route, token, role,
//!           CSRF, pass, buckets, breaker, time
//! breaker   one a service: an outage becomes quick refusals in the service's own words
//! upstream  services in other processes: a reverse proxy, one handler
//! operators what operators see and do over all roles, asked of each and joined
//! sessions  /session: cookies for pages, over the user role's /auth
//! ```
//!
//! The same filters run in both ways of running: [`around`] a router of services in this process, and [`proxy`], which is
//! [`around`] a router whose every route is the handler of [`Upstreams`]. Trace ids, security headers, CORS, the form of
//! paths, sizes of heads and the buckets of networks are [`onsale_http::standard`]'s, which stands around all of this.

mod breaker;
mod compression;
mod filter;
mod operators;
pub mod routes;
mod service;
mod sessions;
mod settings;
mod time;
mod upstream;
mod words;

pub use self::operators::{OperatorPeers, Operators, OperatorsDocument};
pub use filter::metrics::COUNTERS;
pub use service::Service;
pub use sessions::ApiDocument;
pub use settings::{Settings, TimeLimits};
pub use upstream::{UpstreamError, UpstreamSettings, Upstreams};

use access::TokenKeys;
use access::session_cookies::SessionCookies;
use axum::Router;
use axum::middleware::from_fn_with_state;
use hot::{KeyPort, LimitPort};
use std::sync::Arc;

/// What the filters decide with. Cheap to clone; all clones share breakers.
#[derive(Clone)]
pub struct Gateway(Arc<Parts>, Option<Operators>);

struct Parts {
    settings: Settings,
    sites: filter::site::Sites,
    tokens: TokenKeys,
    cookies: SessionCookies,
    keys: Arc<dyn KeyPort>,
    limits: Arc<dyn LimitPort>,
    breakers: breaker::Breakers,
}

impl Gateway {
    /// `tokens` and `cookies` are by `auth.jwt_secret`, which the roles gateway and user alone know. `keys` holds the
    /// blacklist of tokens, `limits` the buckets that all gateways share.
    pub fn new(
        settings: Settings,
        tokens: TokenKeys,
        cookies: SessionCookies,
        keys: Arc<dyn KeyPort>,
        limits: Arc<dyn LimitPort>,
    ) -> Self {
        let sites = filter::site::Sites::of(&settings.public_url);
        let breakers = breaker::Breakers::new(settings.breaker);
        Self(Arc::new(Parts { settings, sites, tokens, cookies, keys, limits, breakers }), None)
    }

    /// With the routes of operators over all roles; without them they are nobody's.
    #[must_use]
    pub fn with_operators(self, operators: Operators) -> Self {
        Self(self.0, Some(operators))
    }
}

/// Puts the filters around services of this process, and adds `/session` and `/time`. Every route of the router must be in
/// the table of [`routes`]: one that is not answers 404.
///
/// A handler finds [`access::Person`] in the extensions of a request whose token was good. `accounts`: the user role's routes
/// with its internal ones, which sessions call past the filters. Call it before [`onsale_http::standard`].
pub fn around(router: Router, accounts: Router, gateway: Gateway) -> Router {
    let sessions = sessions::routes(gateway.clone(), accounts);
    let of_operators = gateway.1.as_ref().map_or_else(Router::new, Operators::routes);
    let router = router.merge(sessions).merge(time::routes()).merge(of_operators);
    router.layer(from_fn_with_state(gateway, filter::filter)).layer(compression::layer())
}

/// The filters around services in other processes. A route whose service has no address answers 404.
pub fn proxy(gateway: Gateway, upstreams: &Upstreams) -> Router {
    around(upstreams.routes(), upstreams.of_service(Service::User), gateway)
}
