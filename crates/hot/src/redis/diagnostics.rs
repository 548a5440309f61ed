//! The settings and state of every Redis node, for `onsale doctor`.

use super::acl;
use super::client::{NodeAddress, RedisAddress, key_in};
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
    /// Why a write was refused, where decisions are made; none when it passed.
    pub write_refused: Option<String>,
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
    let nodes = if address.is_cluster() { nodes_of(address).await? } else { address.nodes() };
    let nodes = join_all(nodes.iter().map(|node| survey_node(address, node))).await;
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

async fn connect(address: &RedisAddress, node: &NodeAddress) -> Result<Connection, String> {
    let client = address.client(node).map_err(|error| error.to_string())?;
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

/// Every node known to the first given node that answers; only the given ones when it may not be asked.
async fn nodes_of(address: &RedisAddress) -> Result<Vec<NodeAddress>, HotError> {
    let mut trouble = String::new();
    for node in address.nodes() {
        let asked = match connect(address, &node).await {
            Ok(mut connection) => ask(&mut connection, &["CLUSTER", "NODES"]).await,
            Err(why) => Err(Refusal::Failed(why)),
        };
        match asked {
            Ok(nodes) => return Ok(nodes_in(&text(nodes), &node)),
            Err(Refusal::NoRight) => return Ok(address.nodes()),
            Err(Refusal::Failed(why)) => trouble = format!("{node}: {why}"),
        }
    }
    Err(HotError::unavailable(format!("Redis cannot be reached: {trouble}")))
}

/// The nodes of `CLUSTER NODES`, as the node at `answered` knows them.
fn nodes_in(nodes: &str, answered: &NodeAddress) -> Vec<NodeAddress> {
    let address = |line: &str| {
        let mut fields = line.split(' ').skip(1);
        let address = fields.next()?.split(['@', ',']).next()?;
        let is_known = !fields.next()?.split(',').any(|flag| flag == "noaddr" || flag == "handshake");
        NodeAddress::redirected(address, answered).filter(|_| is_known)
    };
    nodes.lines().filter_map(address).collect()
}

async fn survey_node(address: &RedisAddress, node: &NodeAddress) -> NodeSurvey {
    let mut survey = NodeSurvey { address: node.to_string(), ..NodeSurvey::default() };
    let surveyed = match connect(address, node).await {
        Ok(mut connection) => Look { connection: &mut connection, node: &mut survey, first_slot: 0 }.at_all().await,
        Err(why) => Err(why),
    };
    survey.unreachable = surveyed.err();
    survey
}

/// The survey of one node.
struct Look<'a> {
    connection: &'a mut Connection,
    node: &'a mut NodeSurvey,
    /// One of its slots.
    first_slot: u16,
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
        self.at_write().await;
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
        let slots = own.and_then(|line| line.split_whitespace().nth(8));
        self.node.decides &= own.is_none() || slots.is_some();
        let first = slots.and_then(|slots| slots.split('-').next()?.parse().ok());
        self.first_slot = first.unwrap_or_default();
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

    /// A value that is gone a minute later.
    async fn at_write(&mut self) {
        if !self.node.decides {
            return;
        }
        let words = ["SET", &key_in(self.first_slot), "written", "PX", "60000"];
        self.node.write_refused = match ask(self.connection, &words).await {
            Ok(_) => None,
            Err(Refusal::NoRight) => None,
            Err(Refusal::Failed(why)) => Some(why),
        };
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
    fn nodes_are_found() {
        let nodes = "a1 10.0.0.1:7000@17000,host myself,master - 0 0 1 connected 0-100\n\
                     b2 10.0.0.2:7000@17000 slave a1 0 0 1 connected\n\
                     c3 :0@0 slave,noaddr a1 0 0 1 disconnected\n";
        let nodes = nodes_in(nodes, &NodeAddress::new("10.0.0.9", 7000));
        assert_eq!(nodes.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.0.0.1:7000", "10.0.0.2:7000"]);
    }
}
