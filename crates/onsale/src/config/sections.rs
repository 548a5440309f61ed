//! The checked configuration in types. `default.toml` explains meanings and limits.

use super::accounts::{Auth, User};
use super::aliases::COUPON_ROLES;
use super::draw::Draw;
use super::internal::{Gateway, Internal};
use super::outside::{Cors, Tls};
use super::queue::Queue;
use super::rehearsal::Rehearsal;
use super::tickets::{Outbox, Payment, Reservation};
use domain::CampaignId;
use domain::quota::Quotas;
use ipnet::IpNet;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// The effective configuration.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Connections and requests.
    pub http: Http,
    /// Pages of other origins.
    pub cors: Cors,
    /// TLS towards clients.
    pub tls: Tls,
    /// The data folder.
    pub data: Data,
    /// The demonstration.
    pub demo: Demo,
    /// The hot state.
    pub hot: Hot,
    /// The message bus.
    pub bus: Bus,
    /// The databases.
    pub ledger: Ledger,
    /// Coupons.
    pub coupon: Coupon,
    /// The gate before campaigns.
    pub gate: Gate,
    /// Waiting lines.
    pub queue: Queue,
    /// Tokens of people.
    pub auth: Auth,
    /// Accounts, and the services around them.
    pub user: User,
    /// Venues, events and seats.
    pub catalog: Catalog,
    /// Seats that people hold, and their tickets.
    pub reservation: Reservation,
    /// Payments.
    pub payment: Payment,
    /// Messages on their way to the bus.
    pub outbox: Outbox,
    /// The way in for people.
    pub gateway: Gateway,
    /// What stands in for services that are not ours.
    pub sandbox: Sandbox,
    /// The evening of `onsale rehearse`.
    pub rehearsal: Rehearsal,
    /// Opening draws.
    pub draw: Draw,
    /// Calls between Onsale's own services.
    pub internal: Internal,
    /// Rate limits of callers.
    pub limits: Limits,
    /// What one tenant may have.
    pub tenant: Tenant,
    /// The comparison of hot state and database.
    pub reconcile: Reconcile,
    /// Logs.
    pub log: Log,
}

/// Connections and requests.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Address for clients.
    pub listen: SocketAddr,
    /// Address for operators; `None`: the same as `listen`.
    #[serde(deserialize_with = "address_or_none")]
    pub management_listen: Option<SocketAddr>,
    /// Whether to start in spite of unsafe settings.
    pub allow_unsafe: bool,
    /// Worker threads; 0 means one per core. [`Http::worker_count`] resolves it.
    pub workers: u16,
    /// Maximum number of open connections.
    pub max_connections: u32,
    /// Maximum number of open connections per network; 0 is no limit.
    pub max_connections_per_network: u32,
    /// Time limit for an idle connection.
    pub idle_timeout_ms: u64,
    /// Maximum body size in bytes.
    pub body_limit_bytes: usize,
    /// Maximum number of bytes of all bodies together.
    pub body_budget_bytes: usize,
    /// Maximum size of a request head in bytes.
    pub header_limit_bytes: usize,
    /// Time limit for receiving a request head.
    pub header_timeout_ms: u64,
    /// Time limit from the request head to the response.
    pub request_timeout_ms: u64,
    /// How long kept connections are given back after SIGTERM, before anything is closed.
    pub leave_seconds: u64,
    /// Time limit for requests in flight after SIGTERM.
    pub drain_seconds: u64,
    /// Proxies whose `X-Forwarded-For` is trusted.
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// Where people reach the site; empty: at the listener.
    pub public_url: String,
}

/// One connection in this many is reserved for health and operators.
const RESERVED_SHARE: u32 = 16;
/// Most connections of the reserve.
const RESERVED_MAX: u32 = 256;

impl Http {
    /// Connections that answer only health and operators, among `max_connections`.
    pub fn connections_reserved(&self) -> u32 {
        (self.max_connections / RESERVED_SHARE).clamp(1, RESERVED_MAX).min(self.max_connections - 1)
    }

    /// Number of worker threads: as configured, or one per core.
    pub fn worker_count(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            count => usize::from(count),
        }
    }

    /// Time limit for receiving a request head.
    pub fn header_timeout(&self) -> Duration {
        Duration::from_millis(self.header_timeout_ms)
    }

    /// Time limit for an idle connection.
    pub fn idle_timeout(&self) -> Duration {
        Duration::from_millis(self.idle_timeout_ms)
    }

    /// Time limit from the request head to the response.
    pub fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    /// How long kept connections are given back after SIGTERM.
    pub fn leave(&self) -> Duration {
        Duration::from_secs(self.leave_seconds)
    }

    /// Time limit for requests in flight after SIGTERM.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}

/// The data folder.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// The folder of the journal and the database files.
    pub dir: PathBuf,
}

/// The demonstration.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demo {
    /// Whether example data is created.
    pub enabled: bool,
    /// The example administrator.
    pub admin_email: String,
    /// Its password; empty: made, and told once.
    pub admin_password: String,
    /// The example user.
    pub user_email: String,
    /// Its password; empty: made, and told once.
    pub user_password: String,
}

/// Venues, events and seats.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    /// How long lists, details and seats are kept in hot state.
    pub cache_ttl_seconds: u32,
    /// The same in the first ten minutes of a sale.
    pub cache_ttl_open_seconds: u32,
}

/// What stands in for services that are not ours.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sandbox {
    /// Where it runs; empty: in this process, with the demonstration.
    pub url: String,
}

/// The hot state.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hot {
    /// See [`Config::hot_engine`].
    pub url: String,
    /// Trusted authorities, in PEM; empty: the system's.
    pub ca_file: PathBuf,
    /// When a coupon counts as confirmed, on Redis.
    pub ack: HotAck,
    /// Whether to start even if Redis cannot keep its guarantees.
    pub allow_unsafe: bool,
    /// Whether a coupon is confirmed only after the disk flush.
    pub flush: bool,
}

/// When a coupon counts as confirmed, on Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HotAck {
    /// When the master has decided.
    None,
    /// When a replica has the decision.
    Replica,
    /// When a replica and the bus have the decision.
    Bus,
}

/// The message bus.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bus {
    /// `local:`, `kafka://...` or `kafka+ssl://...`.
    pub url: String,
    /// Trusted authorities, in PEM; empty: the system's.
    pub ca_file: PathBuf,
    /// How to log in; empty: not at all.
    pub sasl_mechanism: String,
    /// The user that logs in.
    pub sasl_username: String,
    /// The user's password.
    pub sasl_password: String,
}

/// The databases. A context whose schema has no URL of its own uses that of all.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Ledger {
    /// `sqlite:`, `postgres://...`, `mysql://...`.
    pub url: String,
    /// Trusted authorities, in PEM; empty: the system's.
    pub ca_file: PathBuf,
    /// The settings of the schemas by the names of their contexts (`ledger.coupon.url`). Which names there are, the
    /// table of keys says.
    #[serde(flatten)]
    schemas: BTreeMap<String, SchemaSettings>,
}

/// What is set for one schema.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemaSettings {
    /// Its own URL; empty for none.
    url: String,
}

impl Ledger {
    /// The URL of a schema, or that of all.
    pub fn url_of(&self, schema: &str) -> &str {
        self.own_url_of(schema).unwrap_or(&self.url)
    }

    /// The URL of this schema alone; `None` where it uses that of all.
    pub fn own_url_of(&self, schema: &str) -> Option<&str> {
        let given = |name: &str| Some(self.schemas.get(name)?.url.as_str()).filter(|url| !url.is_empty());
        if COUPON_ROLES.contains(&schema) { COUPON_ROLES.into_iter().find_map(given) } else { given(schema) }
    }
}

/// Coupons.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coupon {
    /// Whether the issue call needs no key.
    pub open_issue: bool,
    /// Whether anybody may read the list of campaigns.
    pub public_list: bool,
    /// How long a coupon stays reserved for an order.
    pub redeem_hold_seconds: u32,
    /// Maximum body size of a coupon request in bytes.
    pub body_limit_bytes: usize,
}

/// The gate before campaigns.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// Campaigns that have a gate regardless of their own setting.
    #[serde(deserialize_with = "campaigns")]
    pub event_ids: Vec<CampaignId>,
    /// How admitted users continue.
    pub dispatch_mode: DispatchMode,
    /// Admissions per second.
    pub dispatch_per_second: u32,
    /// Milliseconds between two batches of admissions.
    pub dispatch_interval_ms: u32,
    /// Lifetime of an active pass.
    pub active_ttl_seconds: u32,
    /// Users whose processing takes longer return to the line.
    pub stale_timeout_ms: u32,
    /// Batch size.
    pub max_requeue: u32,
}

/// How admitted users continue after the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DispatchMode {
    /// Users get a pass and request the coupon themselves.
    ActiveQueue,
    /// An issuer requests the coupon for them, over Kafka or the local bus.
    Kafka,
}

/// Rate limits of callers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Whether limits are enforced.
    pub enabled: bool,
    /// Leading bits of an IPv4 address that name its network.
    pub ipv4_prefix: u8,
    /// Leading bits of an IPv6 address that name its network.
    pub ipv6_prefix: u8,
    /// Requests per second per network.
    pub per_ip_per_second: u32,
    /// Burst of requests per network.
    pub per_ip_burst: u32,
    /// Issue requests per second per user.
    pub issue_per_user_per_second: u32,
    /// Requests of one person in a minute.
    pub per_user_per_minute: u32,
    /// Payment calls of one person in a minute.
    pub payments_per_user_per_minute: u32,
    /// Payment calls of one network in a minute.
    pub payments_per_ip_per_minute: u32,
    /// Payment calls of all in a second.
    pub payments_per_second: u32,
}

/// What one tenant may have, unless it has values of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// Campaigns.
    pub max_campaigns: u64,
    /// Lines.
    pub max_lines: u64,
    /// API keys.
    pub max_keys: u64,
    /// Streams at a server.
    pub max_streams: u64,
    /// Coupons in all.
    pub max_coupons: u64,
    /// Requests a second at a server; 0 is no limit.
    pub requests_per_second: u64,
}

impl Tenant {
    /// As the rules take it.
    pub fn quotas(&self) -> Quotas {
        Quotas {
            campaigns: self.max_campaigns,
            lines: self.max_lines,
            keys: self.max_keys,
            streams: self.max_streams,
            coupons: self.max_coupons,
            requests_per_second: self.requests_per_second,
        }
    }
}

/// The comparison of hot state and database.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reconcile {
    /// Seconds between two comparisons; 0 turns them off.
    pub interval_seconds: u64,
}

/// Logs.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Filter directives.
    pub level: String,
    /// JSON or text.
    pub format: LogFormat,
    /// Whether each request is logged.
    pub access: bool,
    /// One of this many issue requests is logged.
    pub access_hot_every: u32,
    /// How long it is kept who was told what, in days.
    pub appeal_days: u32,
    /// Most answers that are kept for it.
    pub appeal_rows: u64,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object per line.
    Json,
    /// Text.
    Text,
}

pub(super) fn address_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(serde::de::Error::custom) }
}

fn campaigns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<CampaignId>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| text.parse().map_err(serde::de::Error::custom)).collect()
}

fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| network(text).ok_or_else(|| serde::de::Error::custom("no network"))).collect()
}

/// Reads `10.0.0.7` or `10.0.0.0/8`.
pub(super) fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
