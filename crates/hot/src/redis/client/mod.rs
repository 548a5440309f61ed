//! Connections to Redis, single node or cluster, and how a script gets there.
//!
//! Redirections, a new topology and lost connections are the library's business. That it may send a script a second
//! time is why every script must bear being run again.

pub(super) mod reply;

use super::scripts::Script;
use crate::port::HotError;
use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{Route, SingleNodeRoutingInfo, Slot, SlotAddr};
use redis::{Pipeline, RedisError, Value};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
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

/// Where Redis is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedisAddress {
    /// `redis://[user:password@]host:port`
    Single(String),
    /// `redis+cluster://[user:password@]a:port,b:port`: any of the nodes, the others are found.
    Cluster(Vec<String>),
}

impl RedisAddress {
    /// Reads the form of the configuration; `None` if it is not one.
    pub fn parse(url: &str) -> Option<Self> {
        if let Some(nodes) = url.strip_prefix("redis+cluster://") {
            let (credentials, nodes) = nodes.rsplit_once('@').map_or(("", nodes), |(user, nodes)| (user, nodes));
            let at = if credentials.is_empty() { "" } else { "@" };
            let nodes: Vec<String> = nodes.split(',').map(|node| format!("redis://{credentials}{at}{node}")).collect();
            return nodes.iter().all(|node| is_node(node)).then_some(Self::Cluster(nodes));
        }
        is_node(url).then(|| Self::Single(url.to_owned()))
    }
}

fn is_node(url: &str) -> bool {
    let host = url.strip_prefix("redis://").map(|rest| rest.rsplit('@').next().unwrap_or_default());
    host.is_some_and(|host| !host.is_empty() && !host.starts_with(['/', ':'])) && redis::Client::open(url).is_ok()
}

#[derive(Clone)]
enum Link {
    Single(ConnectionManager),
    Cluster(ClusterConnection),
}

impl Link {
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

/// Which connection a call takes. `WAIT` holds up its own connection, so that people must not stand behind a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// Somebody waits for a decision.
    Decision,
    /// Work that goes on by itself: messages are handed over, people in line are admitted.
    Relay,
    /// Everything else; nothing waits for a replica here.
    Other,
}

/// What a script gave.
#[derive(Debug)]
pub(super) struct Ran {
    pub value: Value,
    /// Whether a replica has what was written, where that was asked for.
    pub kept: bool,
}

/// Connections: some for decisions, one each for the other lanes.
pub(super) struct Links {
    decisions: Vec<Link>,
    relay: Link,
    others: Link,
    turn: AtomicUsize,
}

fn unknown(what: &str, error: impl std::error::Error + Send + Sync + 'static) -> HotError {
    HotError::unknown(format!("{what}: {error}")).because(error)
}

impl Links {
    pub async fn open(address: &RedisAddress, decisions: usize) -> Result<Self, RedisError> {
        let mut links = Vec::with_capacity(decisions);
        for _ in 0..decisions.max(1) {
            links.push(Link::open(address).await?);
        }
        let (relay, others) = (Link::open(address).await?, Link::open(address).await?);
        Ok(Self { decisions: links, relay, others, turn: AtomicUsize::new(0) })
    }

    fn on(&self, lane: Lane) -> &Link {
        match lane {
            Lane::Decision => &self.decisions[self.turn.fetch_add(1, Ordering::Relaxed) % self.decisions.len()],
            Lane::Relay => &self.relay,
            Lane::Other => &self.others,
        }
    }

    /// Runs a script at the master of its first key.
    ///
    /// # Errors
    /// [`HotError::Unknown`]: it may have run.
    pub async fn run(
        &self,
        script: &'static Script,
        keys: &[&str],
        arguments: &[&[u8]],
        (lane, wait): (Lane, Wait),
    ) -> Result<Ran, HotError> {
        let link = self.on(lane);
        let begun = Instant::now();
        let ran = run_on(link, script, keys, arguments, wait).await;
        metrics::histogram!("onsale_hot_call_seconds", "call" => script.name).record(begun.elapsed().as_secs_f64());
        ran
    }

    /// Sends plain commands that belong to the slot of `key`.
    ///
    /// # Errors
    /// [`HotError::Unknown`]: they may have been carried out.
    pub async fn send(&self, key: &str, commands: Pipeline) -> Result<Vec<Value>, HotError> {
        let values = within(self.others.send(key, commands)).await?;
        values.into_iter().map(|value| value.extract_error().map_err(|error| unknown("Redis", error))).collect()
    }
}

async fn within(sent: impl Future<Output = Result<Vec<Value>, RedisError>>) -> Result<Vec<Value>, HotError> {
    match tokio::time::timeout(CALL_TIMEOUT, sent).await {
        Ok(Ok(values)) => Ok(values),
        Ok(Err(error)) => Err(unknown("Redis can not be reached", error)),
        Err(_) => Err(HotError::unknown(format!("Redis did not answer within {} s", CALL_TIMEOUT.as_secs()))),
    }
}

async fn run_on(
    link: &Link,
    script: &'static Script,
    keys: &[&str],
    arguments: &[&[u8]],
    wait: Wait,
) -> Result<Ran, HotError> {
    let first = keys.first().copied().unwrap_or_default();
    for known in [true, false] {
        let values = within(link.send(first, commands(script, known, keys, arguments, wait))).await?;
        let mut values = values.into_iter();
        let Some(value) = values.next() else { return Err(HotError::unknown("Redis gave no answer")) };
        match value.extract_error() {
            Ok(value) => {
                let kept = match (wait, values.next()) {
                    (Wait::Nobody, _) => true,
                    (Wait::Replica, Some(Value::Int(replicas))) => replicas >= 1,
                    (Wait::Replica, _) => false,
                };
                return Ok(Ran { value, kept });
            }
            // A node that was promoted, restarted or told to forget has no scripts: it gets the text.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let cluster = RedisAddress::parse("redis+cluster://me:secret@a:1,b:2");
        let nodes = vec!["redis://me:secret@a:1".to_owned(), "redis://me:secret@b:2".to_owned()];
        assert_eq!(cluster, Some(RedisAddress::Cluster(nodes)));
        let single = RedisAddress::parse("redis://127.0.0.1:6379");
        assert_eq!(single, Some(RedisAddress::Single("redis://127.0.0.1:6379".into())));
        for wrong in ["", "redis:", "redis://", "embedded:", "redis+cluster://", "redis+cluster://a:1,", "kafka://a"] {
            assert_eq!(RedisAddress::parse(wrong), None, "{wrong}");
        }
    }
}
