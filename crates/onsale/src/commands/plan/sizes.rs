//! From a demand to machines.

use super::demand::{Demand, Evening};
use super::figures::{
    CONNECTION_KIB, ENTER_PER_SECOND, ENTER_US, Figure, LOOK_US, PLACE_BYTES, PUSH_US, REDIS_ENTER_US, REDIS_LOOK_US,
    REFUSED_US, ROW_US, ROWS_PER_SECOND, SHARD_ENTER_US, SHARD_LOOK_US, SHARD_WON_US, WINNER_BYTES, WON_PER_SECOND,
    WON_US,
};
use serde::Serialize;

/// Twice what the figures say: what was measured at full load is planned at half of it.
pub const HEADROOM: f64 = 2.0;
/// The cores that all figures were measured on.
const MEASURED_CORES: f64 = 2.0;
/// A request or an answer with its heads and its TLS, in bytes. Assumed.
const MESSAGE_BYTES: f64 = 1_024.0;
/// A coupon or a place on Redis, in Kafka, or as a row with its indexes, in bytes. Assumed.
const KEPT_BYTES: f64 = 1_024.0;
/// A process with nothing to do, in MiB. Assumed.
const PROCESS_MIB: f64 = 512.0;
/// Servers of each kind at least: one may fail.
const SERVERS_MIN: u64 = 2;
const SHARDS_MIN: u64 = 3;
const BROKERS: u64 = 3;
const PARTITIONS: u64 = 6;
const MICROSECONDS: f64 = 1e6;
const MIB: f64 = 1_048_576.0;

/// What an evening takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sizes {
    /// Whether one process with its own files is enough.
    pub one_process: bool,
    /// Cores of all servers of the program.
    pub server_cores: u64,
    /// Servers of the program, with one to spare.
    pub servers: u64,
    /// Memory of one server, in MiB.
    pub server_mib: u64,
    /// NGINX before them; none where one process needs none.
    pub edges: u64,
    /// Connections that are open at the same time.
    pub connections: u64,
    /// Open files of each machine that people reach.
    pub descriptors: u64,
    /// Masters of Redis, each with a replica.
    pub redis_shards: u64,
    /// Memory of one node of Redis, in MiB.
    pub redis_node_mib: u64,
    /// Brokers of Kafka.
    pub kafka_brokers: u64,
    /// Servers that store rows.
    pub issuers: u64,
    /// Cores of the database, and as many of its replica.
    pub database_cores: u64,
    /// Rows, indexes and log, in MiB.
    pub disk_mib: u64,
    /// Seconds until the last row is stored.
    pub rows_seconds: u64,
    /// Towards people, in Mbit/s.
    pub out_mbit: u64,
    /// From people, in Mbit/s.
    pub in_mbit: u64,
}

fn whole(value: f64) -> u64 {
    value.ceil() as u64
}

/// Cores that are busy with so many things a second, each of which takes so many microseconds.
fn cores(work: &[(f64, Figure)]) -> f64 {
    work.iter().map(|(per_second, figure)| per_second * figure.value / MICROSECONDS).sum()
}

/// Cores of the servers, before headroom, where the lines are in their own memory or on Redis.
pub fn server_cores(demand: &Demand, enter: Figure, look: Figure) -> f64 {
    let refused = demand.asks - demand.given;
    cores(&[
        (demand.given, WON_US),
        (refused, REFUSED_US),
        (demand.enters, enter),
        (demand.looks, LOOK_US),
        (demand.own_looks, look),
        (demand.streams, PUSH_US),
    ])
}

/// Cores of the busiest node of Redis, before headroom: a campaign and its line are on one.
pub fn shard_cores(demand: &Demand) -> f64 {
    cores(&[(demand.given, SHARD_WON_US), (demand.enters, SHARD_ENTER_US), (demand.own_looks, SHARD_LOOK_US)])
}

/// Whether one process does it, with headroom, on the cores that it was measured on.
fn fits_one_process(demand: &Demand) -> bool {
    let cores = server_cores(demand, ENTER_US, LOOK_US) * HEADROOM;
    cores <= MEASURED_CORES
        && demand.given * HEADROOM <= WON_PER_SECOND.value
        && demand.enters * HEADROOM <= ENTER_PER_SECOND.value
}

/// What the evening takes.
pub fn sizes(evening: &Evening, demand: &Demand) -> Sizes {
    let one_process = fits_one_process(demand);
    // Several servers never take less than one process would.
    let by_itself = server_cores(demand, ENTER_US, LOOK_US);
    let on_redis = if one_process { 0.0 } else { server_cores(demand, REDIS_ENTER_US, REDIS_LOOK_US) };
    let server_cores = whole(by_itself.max(on_redis) * HEADROOM).max(1);
    let machines = server_cores.div_ceil(u64::from(evening.cores));
    let servers = if one_process { 1 } else { (machines + 1).max(SERVERS_MIN) };
    let places = if evening.line { evening.people as f64 } else { 0.0 };
    let stock = evening.stock as f64;
    let kept = places * PLACE_BYTES.value + stock * WINNER_BYTES.value;
    let open = demand.connections * CONNECTION_KIB.value * 1_024.0;
    let edges = if one_process { 0 } else { servers };
    let doors = edges.max(1);
    let to_servers = if one_process { 1.0 } else { 2.0 };
    let messages = demand.asks + demand.enters + demand.looks + demand.own_looks + demand.streams;
    let mbit = whole(messages * MESSAGE_BYTES * 8.0 / 1e6);
    let of_servers = |count: u64| if one_process { 0 } else { count };
    // A campaign and its line are on one node, so more nodes are for more campaigns, and for the copy of a node that is lost.
    let shards = whole(shard_cores(demand) * HEADROOM).max(SHARDS_MIN);
    Sizes {
        one_process,
        server_cores,
        servers,
        server_mib: whole(PROCESS_MIB + HEADROOM * (kept + open) / MIB),
        edges,
        connections: whole(demand.connections),
        descriptors: whole(demand.connections * to_servers * HEADROOM / doors as f64),
        redis_shards: of_servers(shards),
        redis_node_mib: of_servers(whole(PROCESS_MIB + HEADROOM * KEPT_BYTES * (places + stock) / MIB)),
        kafka_brokers: of_servers(BROKERS),
        issuers: of_servers(machines.clamp(SERVERS_MIN, PARTITIONS)),
        database_cores: of_servers(whole(cores(&[(demand.given, ROW_US)]) * HEADROOM).max(SERVERS_MIN)),
        disk_mib: whole(KEPT_BYTES * HEADROOM * (stock + places) / MIB),
        rows_seconds: whole(stock * HEADROOM / ROWS_PER_SECOND.value),
        out_mbit: mbit,
        in_mbit: mbit,
    }
}
