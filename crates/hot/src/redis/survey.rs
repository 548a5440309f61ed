//! What a Redis says of itself, for `onsale doctor`: whether it can keep promises.

use super::link::RedisAddress;
use crate::port::HotError;
use redis::Value;
use redis::aio::ConnectionLike;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(3);

/// One node's account of itself.
#[derive(Clone, Debug, Default)]
pub struct NodeSurvey {
    /// `host:port`.
    pub address: String,
    /// `redis_version`, or `valkey_version` where there is one.
    pub version: String,
    /// `master` or `slave`.
    pub role: String,
    /// Replicas whose link is up, as a master sees them.
    pub replicas: u32,
    /// As a replica: whether the link to its master is up.
    pub link_is_up: bool,
    /// The settings that promises depend on: `appendonly`, `maxmemory-policy`, `min-replicas-to-write`, ...
    pub settings: BTreeMap<String, String>,
    /// How far its clock is ahead of ours, in milliseconds; half of the round trip is the error.
    pub clock_ahead_ms: i64,
    /// As a cluster's node: `cluster_state`.
    pub cluster_state: Option<String>,
    /// What could not be asked, for want of rights.
    pub refused: Vec<String>,
}

/// Settings that are asked for.
const SETTINGS: [&str; 6] =
    ["appendonly", "appendfsync", "maxmemory", "maxmemory-policy", "min-replicas-to-write", "cluster-node-timeout"];

/// Asks every node: of a cluster all that the given ones know.
///
/// # Errors
/// [`HotError::Unavailable`] when none can be reached.
pub async fn survey(address: &RedisAddress) -> Result<Vec<NodeSurvey>, HotError> {
    let given = match address {
        RedisAddress::Single(url) => vec![url.clone()],
        RedisAddress::Cluster(urls) => urls.clone(),
    };
    let mut urls = Vec::new();
    let mut last_error = String::new();
    for url in &given {
        match nodes_known_to(url, matches!(address, RedisAddress::Cluster(_))).await {
            Ok(known) => {
                urls = known;
                break;
            }
            Err(error) => last_error = error,
        }
    }
    if urls.is_empty() {
        return Err(HotError::Unavailable(format!("Redis can not be reached: {last_error}")));
    }
    let mut surveys = Vec::new();
    for url in urls {
        let address = url.rsplit(['@', '/']).next().unwrap_or_default().to_owned();
        surveys.push(survey_node(&url).await.unwrap_or_else(|error| NodeSurvey {
            address,
            refused: vec![error],
            ..NodeSurvey::default()
        }));
    }
    Ok(surveys)
}

type Connection = redis::aio::MultiplexedConnection;

async fn connect(url: &str) -> Result<Connection, String> {
    let client = redis::Client::open(url).map_err(|error| error.to_string())?;
    let connecting = client.get_multiplexed_async_connection();
    let connected = tokio::time::timeout(TIMEOUT, connecting).await.map_err(|_| "no answer in time".to_owned())?;
    connected.map_err(|error| error.to_string())
}

async fn ask(connection: &mut Connection, words: &[&str]) -> Result<Value, String> {
    let mut command = redis::cmd(words[0]);
    command.arg(&words[1..]);
    let asking = connection.req_packed_command(&command);
    let answer = tokio::time::timeout(TIMEOUT, asking).await.map_err(|_| "no answer in time".to_owned())?;
    answer.and_then(Value::extract_error).map_err(|error| error.to_string())
}

fn text(value: Value) -> String {
    redis::from_redis_value(value).unwrap_or_default()
}

/// Every node of the cluster that one of them knows, with the same credentials.
async fn nodes_known_to(url: &str, is_cluster: bool) -> Result<Vec<String>, String> {
    let mut connection = connect(url).await?;
    if !is_cluster {
        return Ok(vec![url.to_owned()]);
    }
    let credentials = url.trim_start_matches("redis://").rsplit_once('@').map(|(user, _)| user.to_owned());
    let nodes = text(ask(&mut connection, &["CLUSTER", "NODES"]).await?);
    let address = |line: &str| line.split(' ').nth(1)?.split('@').next().map(str::to_owned);
    let with = |node: String| match &credentials {
        Some(user) => format!("redis://{user}@{node}"),
        None => format!("redis://{node}"),
    };
    Ok(nodes.lines().filter_map(address).map(with).collect())
}

async fn survey_node(url: &str) -> Result<NodeSurvey, String> {
    let mut connection = connect(url).await?;
    let info = text(ask(&mut connection, &["INFO"]).await?);
    let info: BTreeMap<&str, &str> = info.lines().filter_map(|line| line.trim().split_once(':')).collect();
    let said = |name: &str| info.get(name).copied().unwrap_or_default().to_owned();
    let mut node = NodeSurvey {
        address: url.rsplit(['@', '/']).next().unwrap_or_default().to_owned(),
        version: if info.contains_key("valkey_version") { said("valkey_version") } else { said("redis_version") },
        role: said("role"),
        replicas: (0..16).filter(|n| said(&format!("slave{n}")).contains("state=online")).count() as u32,
        link_is_up: said("master_link_status") == "up",
        ..NodeSurvey::default()
    };
    for setting in SETTINGS {
        match ask(&mut connection, &["CONFIG", "GET", setting]).await {
            Ok(value) => {
                let pairs: BTreeMap<String, String> = redis::from_redis_value(value).unwrap_or_default();
                node.settings.extend(pairs);
            }
            Err(error) => node.refused.push(format!("CONFIG GET {setting}: {error}")),
        }
    }
    let asked = Instant::now();
    let time: (i64, i64) = redis::from_redis_value(ask(&mut connection, &["TIME"]).await?).unwrap_or_default();
    let half_way_ms = asked.elapsed().as_millis() as i64 / 2;
    node.clock_ahead_ms = time.0 * 1_000 + time.1 / 1_000 - (super::wall_ms() - half_way_ms);
    if said("cluster_enabled") == "1" {
        let state = text(ask(&mut connection, &["CLUSTER", "INFO"]).await?);
        node.cluster_state =
            state.lines().find_map(|line| line.trim().strip_prefix("cluster_state:")).map(str::to_owned);
    }
    Ok(node)
}
