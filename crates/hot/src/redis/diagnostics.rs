//! The settings and state of every Redis node, for `onsale doctor`.

use super::acl;
use super::client::RedisAddress;
use crate::port::HotError;
use futures::future::join_all;
use redis::aio::ConnectionLike;
use redis::{RedisError, Value};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(3);
/// Settings that `INFO` does not have.
const SETTINGS: [&str; 3] = ["appendfsync", "min-replicas-to-write", "cluster-require-full-coverage"];
/// Most replicas read: `INFO` lists them by number.
const REPLICAS_MAX: u32 = 64;

/// The state of one node, as it reports it.
#[derive(Clone, Debug, Default)]
pub struct NodeSurvey {
    /// `host:port`.
    pub address: String,
    /// Why it did not answer; the other fields have no meaning then.
    pub unreachable: Option<String>,
    /// Whether it is a Valkey, and [`NodeSurvey::version`] the Valkey's own.
    pub is_valkey: bool,
    /// `redis_version` or `valkey_version`; empty when it may not be asked.
    pub version: String,
    /// `master` or `slave`.
    pub role: String,
    /// Whether decisions are made here: a master that is alone, or has slots.
    pub decides: bool,
    /// Replicas whose link is up, as a master sees them.
    pub replicas: u32,
    /// As a replica: whether the link to its master is up.
    pub link_is_up: bool,
    /// `appendonly`; none when it may not be asked.
    pub append_only: Option<bool>,
    /// Whether its last append was written.
    pub append_is_well: bool,
    /// `maxmemory-policy`; none when it may not be asked.
    pub eviction: Option<String>,
    /// `maxmemory` in bytes; 0 is no limit.
    pub memory_max_bytes: u64,
    /// Memory in use in bytes.
    pub memory_used_bytes: u64,
    /// Further settings: `appendfsync`, `min-replicas-to-write`, `cluster-require-full-coverage`.
    pub settings: BTreeMap<String, String>,
    /// How far its clock is ahead of ours, in milliseconds; half of the round trip is the error. None when it may not
    /// be asked.
    pub clock_ahead_ms: Option<i64>,
    /// As a cluster's node: `cluster_state`.
    pub cluster_state: Option<String>,
    /// As a cluster's node: slots that are well, of 16384.
    pub cluster_slots_ok: Option<u32>,
    /// The name of our user there; empty when it may not be asked.
    pub user: String,
    /// Rights that this program needs and the user lacks, as an access list names them: `+xadd`, `~rate:*`.
    pub lacks: Vec<String>,
    /// Rights for lack of which a question could not be asked, likewise: `+info`, `+config|get`.
    pub refused: Vec<String>,
}

/// Asks every node: of a cluster all that the given ones know.
///
/// # Errors
/// [`HotError::Unavailable`] when none can be reached.
pub async fn survey(address: &RedisAddress) -> Result<Vec<NodeSurvey>, HotError> {
    let urls = match address {
        RedisAddress::Single(url) => vec![url.clone()],
        RedisAddress::Cluster(given) => nodes_of(given).await?,
    };
    let nodes = join_all(urls.iter().map(|url| survey_node(url))).await;
    match nodes.as_slice() {
        [NodeSurvey { unreachable: Some(why), .. }] => {
            Err(HotError::unavailable(format!("Redis cannot be reached: {why}")))
        }
        _ => Ok(nodes),
    }
}

/// Why there is no answer.
#[derive(Debug)]
enum Refusal {
    NoRight,
    Failed(String),
}

impl Refusal {
    fn of(error: &RedisError) -> Self {
        if error.code() == Some("NOPERM") { Self::NoRight } else { Self::Failed(error.to_string()) }
    }
}

type Connection = redis::aio::MultiplexedConnection;

async fn connect(url: &str) -> Result<Connection, String> {
    let client = redis::Client::open(url).map_err(|error| error.to_string())?;
    let connecting = client.get_multiplexed_async_connection();
    let connected = tokio::time::timeout(TIMEOUT, connecting).await.map_err(|_| "no answer in time".to_owned())?;
    connected.map_err(|error| error.to_string())
}

async fn ask(connection: &mut Connection, words: &[&str]) -> Result<Value, Refusal> {
    let mut command = redis::cmd(words[0]);
    command.arg(&words[1..]);
    let asking = connection.req_packed_command(&command);
    let late = |_| Refusal::Failed("no answer in time".to_owned());
    let answer = tokio::time::timeout(TIMEOUT, asking).await.map_err(late)?;
    answer.and_then(Value::extract_error).map_err(|error| Refusal::of(&error))
}

fn text(value: Value) -> String {
    redis::from_redis_value(value).unwrap_or_default()
}

fn address_in(url: &str) -> String {
    url.rsplit(['@', '/']).next().unwrap_or_default().to_owned()
}

/// Every node known to the first given node that answers; only the given ones when it may not be asked.
async fn nodes_of(given: &[String]) -> Result<Vec<String>, HotError> {
    let mut trouble = String::new();
    for url in given {
        let asked = match connect(url).await {
            Ok(mut connection) => ask(&mut connection, &["CLUSTER", "NODES"]).await,
            Err(why) => Err(Refusal::Failed(why)),
        };
        match asked {
            Ok(nodes) => return Ok(urls_in(&text(nodes), url)),
            Err(Refusal::NoRight) => return Ok(given.to_vec()),
            Err(Refusal::Failed(why)) => trouble = format!("{}: {why}", address_in(url)),
        }
    }
    Err(HotError::unavailable(format!("Redis cannot be reached: {trouble}")))
}

/// The nodes of `CLUSTER NODES`, with the credentials of `url`.
fn urls_in(nodes: &str, url: &str) -> Vec<String> {
    let credentials = url.trim_start_matches("redis://").rsplit_once('@').map(|(user, _)| format!("{user}@"));
    let credentials = credentials.unwrap_or_default();
    let address = |line: &str| {
        let mut fields = line.split(' ').skip(1);
        let address = fields.next()?.split(['@', ',']).next()?.to_owned();
        let is_known = !fields.next()?.split(',').any(|flag| flag == "noaddr" || flag == "handshake");
        is_known.then(|| format!("redis://{credentials}{address}"))
    };
    nodes.lines().filter_map(address).collect()
}

async fn survey_node(url: &str) -> NodeSurvey {
    let mut node = NodeSurvey { address: address_in(url), ..NodeSurvey::default() };
    let surveyed = match connect(url).await {
        Ok(mut connection) => Look { connection: &mut connection, node: &mut node }.at_all().await,
        Err(why) => Err(why),
    };
    node.unreachable = surveyed.err();
    node
}

/// The survey of one node.
struct Look<'a> {
    connection: &'a mut Connection,
    node: &'a mut NodeSurvey,
}

impl Look<'_> {
    async fn at_all(mut self) -> Result<(), String> {
        let info = self.ask("+info", &["INFO"]).await?.map(text).unwrap_or_default();
        let info: BTreeMap<&str, &str> = info.lines().filter_map(|line| line.trim().split_once(':')).collect();
        self.at_info(&info);
        for setting in SETTINGS {
            let reply = self.ask("+config|get", &["CONFIG", "GET", setting]).await?;
            let values: Option<BTreeMap<String, String>> = reply.and_then(|value| redis::from_redis_value(value).ok());
            self.node.settings.extend(values.unwrap_or_default());
        }
        if info.get("cluster_enabled") == Some(&"1") {
            self.at_cluster().await?;
        }
        self.at_rights().await?;
        self.at_clock().await
    }

    /// The answer; none, and noted, when the user may not ask.
    async fn ask(&mut self, right: &str, words: &[&str]) -> Result<Option<Value>, String> {
        match ask(self.connection, words).await {
            Ok(value) => Ok(Some(value)),
            Err(Refusal::Failed(why)) => Err(format!("{}: {why}", words[0])),
            Err(Refusal::NoRight) => {
                if !self.node.refused.iter().any(|known| known == right) {
                    self.node.refused.push(right.to_owned());
                }
                Ok(None)
            }
        }
    }

    fn at_info(&mut self, info: &BTreeMap<&str, &str>) {
        let said = |name: &str| info.get(name).copied().unwrap_or_default();
        let number = |name: &str| said(name).parse().unwrap_or_default();
        let node = &mut *self.node;
        node.is_valkey = info.contains_key("valkey_version");
        node.version = said(if node.is_valkey { "valkey_version" } else { "redis_version" }).to_owned();
        node.role = said("role").to_owned();
        node.decides = node.role == "master";
        node.replicas =
            (0..REPLICAS_MAX).filter(|n| said(&format!("slave{n}")).contains("state=online")).count() as u32;
        node.link_is_up = said("master_link_status") == "up";
        node.append_only = info.get("aof_enabled").map(|enabled| *enabled == "1");
        node.append_is_well = said("aof_last_write_status") == "ok";
        node.eviction = info.get("maxmemory_policy").map(|policy| (*policy).to_owned());
        node.memory_max_bytes = number("maxmemory");
        node.memory_used_bytes = number("used_memory");
    }

    async fn at_cluster(&mut self) -> Result<(), String> {
        let state = self.ask("+cluster|info", &["CLUSTER", "INFO"]).await?.map(text).unwrap_or_default();
        let said = |name: &str| state.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(':'));
        self.node.cluster_state = said("cluster_state").map(str::to_owned);
        self.node.cluster_slots_ok = said("cluster_slots_ok").and_then(|slots| slots.parse().ok());
        let nodes = self.ask("+cluster|nodes", &["CLUSTER", "NODES"]).await?.map(text).unwrap_or_default();
        let own = nodes.lines().find(|line| line.contains("myself"));
        // Eight fields describe the node; behind them stand its slots.
        self.node.decides &= own.is_none_or(|line| line.split_whitespace().nth(8).is_some());
        Ok(())
    }

    async fn at_rights(&mut self) -> Result<(), String> {
        if let Ok(user) = ask(self.connection, &["ACL", "WHOAMI"]).await {
            self.node.user = text(user);
        }
        let arguments = acl::arguments();
        let words: Vec<&str> =
            ["EVAL", acl::SCRIPT, "0"].into_iter().chain(arguments.iter().map(String::as_str)).collect();
        match ask(self.connection, &words).await {
            Ok(answer) => self.node.lacks = acl::lacking(answer),
            Err(Refusal::NoRight) => self.node.lacks.push("+eval".to_owned()),
            Err(Refusal::Failed(why)) => return Err(why),
        }
        if self.node.cluster_state.is_some()
            && matches!(ask(self.connection, &["CLUSTER", "SLOTS"]).await, Err(Refusal::NoRight))
        {
            self.node.lacks.push("+cluster|slots".to_owned());
        }
        Ok(())
    }

    async fn at_clock(&mut self) -> Result<(), String> {
        let begun = Instant::now();
        let Some(time) = self.ask("+time", &["TIME"]).await? else { return Ok(()) };
        let half_way_ms = begun.elapsed().as_millis() as i64 / 2;
        let (seconds, micros): (i64, i64) = redis::from_redis_value(time).map_err(|error| error.to_string())?;
        self.node.clock_ahead_ms = Some(seconds * 1_000 + micros / 1_000 - (clock::now().millis() - half_way_ms));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_found_with_the_same_credentials() {
        let nodes = "a1 10.0.0.1:7000@17000,host myself,master - 0 0 1 connected 0-100\n\
                     b2 10.0.0.2:7000@17000 slave a1 0 0 1 connected\n\
                     c3 :0@0 slave,noaddr a1 0 0 1 disconnected\n";
        let wanted = ["redis://me:secret@10.0.0.1:7000", "redis://me:secret@10.0.0.2:7000"];
        assert_eq!(urls_in(nodes, "redis://me:secret@10.0.0.9:7000"), wanted);
        assert_eq!(urls_in(nodes, "redis://10.0.0.9:7000").first().map(String::as_str), Some("redis://10.0.0.1:7000"));
    }
}
