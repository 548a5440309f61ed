//! Connections to Redis, single node or cluster, and how a script gets there.
//!
//! Redirections, a new topology and lost connections are the library's business. That it may send a script a second
//! time is why every script must bear being run again.

mod address;
pub(super) mod reply;

pub use address::RedisAddress;

use super::scripts::Script;
use crate::port::HotError;
use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{Route, SingleNodeRoutingInfo, Slot, SlotAddr};
use redis::{Pipeline, RedisError, Value};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// Longest time for one call with everything the library tries; past it the outcome is unknown.
const CALL_TIMEOUT: Duration = Duration::from_secs(3);
/// Longest time for one answer of one node: longer than a node may wait for its replica.
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(2_000);
const CONNECT_TIMEOUT: Duration = Duration::from_millis(1_000);
/// How long a node waits for its replica before it says that it could not.
const WAIT_MS: u64 = 1_000;
/// How often the library tries again within [`CALL_TIMEOUT`], and how long it waits in between.
const RETRIES: u32 = 12;
const RETRY_WAIT_MS: std::ops::RangeInclusive<u64> = 20..=300;

#[derive(Clone)]
enum Connection {
    Single(ConnectionManager),
    Cluster(ClusterConnection),
}

impl Connection {
    async fn open(address: &RedisAddress) -> Result<Self, RedisError> {
        match address {
            RedisAddress::Single(url) => {
                let config = ConnectionManagerConfig::new()
                    .set_response_timeout(Some(RESPONSE_TIMEOUT))
                    .set_connection_timeout(Some(CONNECT_TIMEOUT));
                let manager = ConnectionManager::new_with_config(redis::Client::open(url.as_str())?, config);
                Ok(Self::Single(manager.await?))
            }
            RedisAddress::Cluster(nodes) => {
                let client = ClusterClient::builder(nodes.iter().map(String::as_str))
                    .connection_timeout(CONNECT_TIMEOUT)
                    .response_timeout(RESPONSE_TIMEOUT)
                    .retries(RETRIES)
                    .min_retry_wait(*RETRY_WAIT_MS.start())
                    .max_retry_wait(*RETRY_WAIT_MS.end())
                    .build()?;
                Ok(Self::Cluster(client.get_async_connection().await?))
            }
        }
    }

    async fn send(&self, key: &str, commands: Pipeline) -> Result<Vec<Value>, RedisError> {
        let count = commands.len();
        match self {
            Self::Single(manager) => manager.clone().req_packed_commands(&commands, 0, count).await,
            Self::Cluster(cluster) => {
                let route = Route::with_slot(Slot::for_key(key), SlotAddr::Master);
                cluster.clone().route_pipeline(commands, 0, count, SingleNodeRoutingInfo::SpecificNode(route)).await
            }
        }
    }
}

/// Whether a call waits until a replica has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    Replica,
    Nobody,
}

/// Which connection a call takes. `WAIT` blocks its own connection: a call for a decision must not queue behind a relay,
/// nor the relay behind an admission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// A caller waits for the answer.
    Decision,
    /// Messages are handed over in the background.
    Relay,
    /// People in line are admitted in the background.
    Admission,
    /// Everything else; nothing waits for a replica here.
    Other,
}

/// The reply of a script.
#[derive(Debug)]
pub(super) struct Reply {
    pub value: Value,
    /// Whether a replica has what was written, where that was asked for.
    pub is_durable: bool,
}

/// The connections of a process, on which its engines are opened: some for decisions, one each for the other lanes.
/// Cheap to clone.
#[derive(Clone)]
pub struct RedisConnections(Arc<Lanes>);

struct Lanes {
    decisions: Vec<Connection>,
    relay: Connection,
    admission: Connection,
    others: Connection,
    /// Counts decisions: they take the connections in turn.
    next: AtomicUsize,
}

impl Lanes {
    async fn open(address: &RedisAddress, decisions: usize) -> Result<Self, RedisError> {
        let mut connections = Vec::with_capacity(decisions.max(1));
        for _ in 0..decisions.max(1) {
            connections.push(Connection::open(address).await?);
        }
        Ok(Self {
            decisions: connections,
            relay: Connection::open(address).await?,
            admission: Connection::open(address).await?,
            others: Connection::open(address).await?,
            next: AtomicUsize::new(0),
        })
    }

    fn on(&self, lane: Lane) -> &Connection {
        match lane {
            Lane::Decision => &self.decisions[self.next.fetch_add(1, Ordering::Relaxed) % self.decisions.len()],
            Lane::Relay => &self.relay,
            Lane::Admission => &self.admission,
            Lane::Other => &self.others,
        }
    }
}

fn unknown(what: &str, error: impl std::error::Error + Send + Sync + 'static) -> HotError {
    HotError::unknown(format!("{what}: {error}")).because(error)
}

impl RedisConnections {
    /// Connects. `decisions`: connections for decisions, at least one: as many as batches may be under way, of all
    /// engines together.
    ///
    /// # Errors
    /// [`HotError::Unavailable`] when Redis cannot be reached.
    pub async fn open(address: &RedisAddress, decisions: usize) -> Result<Self, HotError> {
        let lanes = Lanes::open(address, decisions).await;
        lanes
            .map(|lanes| Self(Arc::new(lanes)))
            .map_err(|error| HotError::unavailable(format!("Redis cannot be reached: {error}")).because(error))
    }

    /// Runs a script at the master of its first key.
    ///
    /// # Errors
    /// [`HotError::Unknown`]: it may have run.
    pub(super) async fn run(
        &self,
        script: &'static Script,
        keys: &[&str],
        arguments: &[&[u8]],
        (lane, wait): (Lane, Wait),
    ) -> Result<Reply, HotError> {
        let connection = self.0.on(lane);
        let begun = Instant::now();
        let reply = run_on(connection, script, keys, arguments, wait).await;
        metrics::histogram!("onsale_hot_call_seconds", "call" => script.name).record(begun.elapsed().as_secs_f64());
        reply
    }

    /// Sends plain commands that belong to the slot of `key`.
    ///
    /// # Errors
    /// [`HotError::Unknown`]: they may have been carried out.
    pub(super) async fn send(&self, key: &str, commands: Pipeline) -> Result<Vec<Value>, HotError> {
        let values = within(self.0.others.send(key, commands)).await?;
        values.into_iter().map(|value| value.extract_error().map_err(|error| unknown("Redis", error))).collect()
    }
}

async fn within(sent: impl Future<Output = Result<Vec<Value>, RedisError>>) -> Result<Vec<Value>, HotError> {
    match tokio::time::timeout(CALL_TIMEOUT, sent).await {
        Ok(Ok(values)) => Ok(values),
        Ok(Err(error)) => Err(unknown("Redis cannot be reached", error)),
        Err(_) => Err(HotError::unknown(format!("Redis did not answer within {} s", CALL_TIMEOUT.as_secs()))),
    }
}

async fn run_on(
    connection: &Connection,
    script: &'static Script,
    keys: &[&str],
    arguments: &[&[u8]],
    wait: Wait,
) -> Result<Reply, HotError> {
    let first = keys.first().copied().unwrap_or_default();
    for known in [true, false] {
        let values = within(connection.send(first, commands(script, known, keys, arguments, wait))).await?;
        let mut values = values.into_iter();
        let Some(value) = values.next() else { return Err(HotError::unknown("Redis gave no answer")) };
        match value.extract_error() {
            Ok(value) => {
                let is_durable = match (wait, values.next()) {
                    (Wait::Nobody, _) => true,
                    (Wait::Replica, Some(Value::Int(replicas))) => replicas >= 1,
                    (Wait::Replica, _) => false,
                };
                return Ok(Reply { value, is_durable });
            }
            // A node that was promoted, restarted or flushed has no scripts: it gets the text.
            Err(error) if known && error.code() == Some("NOSCRIPT") => {}
            Err(error) => return Err(unknown(script.name, error)),
        }
    }
    Err(HotError::unknown(format!("{}: Redis does not take the script", script.name)))
}

fn commands(script: &Script, known: bool, keys: &[&str], arguments: &[&[u8]], wait: Wait) -> Pipeline {
    let mut pipeline = Pipeline::with_capacity(2);
    let (command, text) = if known { ("EVALSHA", script.digest()) } else { ("EVAL", script.text) };
    pipeline.cmd(command).arg(text).arg(keys.len()).arg(keys).arg(arguments);
    if wait == Wait::Replica {
        pipeline.cmd("WAIT").arg(1).arg(WAIT_MS);
    }
    pipeline
}

/// Milliseconds since this process began to use Redis: what is only this process's business does not depend on clocks
/// that can be set.
pub(super) fn uptime_ms() -> i64 {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    BEGAN.elapsed().as_millis() as i64
}
