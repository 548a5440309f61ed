//! The configuration in types, once it has been checked. Meanings and limits: `default.toml`.

use super::queue::Queue;
use domain::CampaignId;
use ipnet::IpNet;
use serde::{Deserialize, Deserializer};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Everything in force.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Connections and requests.
    pub http: Http,
    /// Files.
    pub data: Data,
    /// The demonstration.
    pub demo: Demo,
    /// Contended state.
    pub hot: Hot,
    /// Messages.
    pub bus: Engine,
    /// Rows.
    pub ledger: Engine,
    /// Coupons.
    pub coupon: Coupon,
    /// The gate before campaigns.
    pub gate: Gate,
    /// Waiting lines.
    pub queue: Queue,
    /// Calls between our own services.
    pub internal: Internal,
    /// How much a caller may ask.
    pub limits: Limits,
    /// The comparison of hot state and rows.
    pub reconcile: Reconcile,
    /// Logs.
    pub log: Log,
}

/// Connections and requests.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Where callers connect to.
    pub listen: SocketAddr,
    /// Where operators connect to; none: also `listen`.
    #[serde(deserialize_with = "address_or_none")]
    pub management_listen: Option<SocketAddr>,
    /// Serving threads; 0 is one for each core. [`Http::worker_count`] resolves it.
    pub workers: u16,
    /// Connections open at once.
    pub max_connections: u32,
    /// Largest body in bytes.
    pub body_limit_bytes: usize,
    /// Largest request head in bytes.
    pub header_limit_bytes: usize,
    /// Longest time for a request's head to arrive.
    pub header_timeout_ms: u64,
    /// Longest time from a request's head to its answer.
    pub request_timeout_ms: u64,
    /// Time for requests in flight after SIGTERM.
    pub drain_seconds: u64,
    /// Whose `X-Forwarded-For` is believed.
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
}

impl Http {
    /// Serving threads: as configured, or one for each core.
    pub fn worker_count(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            count => usize::from(count),
        }
    }

    /// Longest time for a request's head to arrive.
    pub fn header_timeout(&self) -> Duration {
        Duration::from_millis(self.header_timeout_ms)
    }

    /// Longest time from a request's head to its answer.
    pub fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    /// Time for requests in flight after SIGTERM.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}

/// Files.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// The folder of journal and database.
    pub dir: PathBuf,
}

/// The demonstration.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demo {
    /// Whether example data are made.
    pub enabled: bool,
}

/// Contended state.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hot {
    /// See [`Config::hot_engine`].
    pub url: String,
    /// When a yes may be heard, on Redis.
    pub ack: HotAck,
    /// Whether to serve with a Redis that can not keep what it promises.
    pub allow_unsafe: bool,
    /// Whether a yes waits for the disk.
    pub flush: bool,
}

/// When a yes may be heard, on Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HotAck {
    /// Once the master has decided.
    None,
    /// Once a replica has it.
    Replica,
    /// Once a replica and the bus have it.
    Bus,
}

/// Which engine, and where.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Engine {
    /// `local:`, `kafka://...`; `sqlite:`, `postgres://...`, `mysql://...`.
    pub url: String,
}

/// Coupons.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coupon {
    /// Whether the issue call needs no key.
    pub open_issue: bool,
    /// How long a coupon stays reserved for an order.
    pub redeem_hold_seconds: u32,
    /// Largest body of a coupon call in bytes.
    pub body_limit_bytes: usize,
}

/// The gate before campaigns.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// Campaigns that have a gate even if they do not say so.
    #[serde(deserialize_with = "campaigns")]
    pub event_ids: Vec<CampaignId>,
    /// How people go on.
    pub dispatch_mode: DispatchMode,
    /// People a second.
    pub dispatch_per_second: u32,
    /// Milliseconds between two batches.
    pub dispatch_interval_ms: u32,
    /// How long an active pass lives.
    pub active_ttl_seconds: u32,
    /// Who has been dealt with for so long is put back.
    pub stale_timeout_ms: u32,
    /// So many at a time.
    pub max_requeue: u32,
}

/// How people go on from the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DispatchMode {
    /// They get a pass and ask for the coupon themselves.
    ActiveQueue,
    /// An issuer does the work for them; on Kafka, or over the bus of one process.
    Kafka,
}

/// Calls between our own services.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Internal {
    /// The keys in force.
    pub key: InternalKey,
    /// The keys before, which still count.
    pub previous_key: PreviousInternalKey,
    /// Where roles in other processes are.
    pub url: InternalUrl,
}

/// The keys in force, one for each role.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InternalKey {
    /// With which the issuer calls the gate.
    pub issuer: String,
    /// A file with the same; empty for none.
    pub issuer_file: PathBuf,
    /// With which the queue role calls the coupon role.
    pub queue: String,
    /// A file with the same; empty for none.
    pub queue_file: PathBuf,
    /// A further key that the gate accepts, for operators.
    pub gate: String,
    /// A file with the same; empty for none.
    pub gate_file: PathBuf,
    /// A further key that the coupon role accepts, for operators.
    pub coupon: String,
    /// A file with the same; empty for none.
    pub coupon_file: PathBuf,
}

/// The keys before.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreviousInternalKey {
    /// The issuer's.
    pub issuer: String,
    /// The queue's.
    pub queue: String,
    /// The gate's.
    pub gate: String,
    /// The coupon role's.
    pub coupon: String,
}

/// Where roles in other processes are.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InternalUrl {
    /// The gate servers, with commas between them, or a balancer before them.
    pub gate: String,
    /// The coupon servers, likewise.
    pub coupon: String,
}

/// How much a caller may ask.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Whether there are limits at all.
    pub enabled: bool,
    /// Requests a second from one address.
    pub per_ip_per_second: u32,
    /// Requests at once from one address.
    pub per_ip_burst: u32,
    /// Issue calls a second for one user.
    pub issue_per_user_per_second: u32,
}

/// The comparison of hot state and rows.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reconcile {
    /// Seconds between two; 0 is never.
    pub interval_seconds: u64,
}

/// Logs.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Filter directives.
    pub level: String,
    /// For machines or for people.
    pub format: LogFormat,
    /// Whether each request is logged.
    pub access: bool,
    /// Of the issue call one in so many is logged.
    pub access_hot_every: u32,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Text.
    Text,
}

fn address_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
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
