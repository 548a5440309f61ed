//! The rows over FastAPI, uvicorn and redis-py (`bench/baseline`): all users after the first thousand get SOLD_OUT.

use crate::CouponArguments;
use crate::comparison::{Ratio, compare, load};
use crate::coupon::{issue_request, with_campaign};
use crate::server::Server;
use crate::table::{Row, Table};
use anyhow::Context;
use lab::load::Until;
use testkit::{Flavor, Kit, RedisCluster, RedisNode};

const CONNECTIONS: usize = 64;
const STOCK: u32 = 1_000;
const WORKERS: usize = 2;
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/baseline");

/// The baseline and its Redis, a single server with the same settings as ours.
struct Baseline {
    server: Server,
    _redis: RedisNode,
}

impl Baseline {
    fn start(arguments: &CouponArguments, kit: &Kit) -> anyhow::Result<Self> {
        let environment = arguments.baseline.as_ref().context("--baseline says where bench/baseline is installed")?;
        let redis = RedisNode::start(kit, Flavor::Redis)?;
        let workers = WORKERS.to_string();
        let mut words = vec!["baseline:app", "--app-dir", FOLDER, "--host", "127.0.0.1", "--port", "0"];
        words.extend(["--workers", &workers, "--loop", "uvloop", "--http", "httptools", "--no-access-log"]);
        let variables = [("REDIS_URL", redis.url()), ("PYTHONDONTWRITEBYTECODE", "1".to_owned())];
        let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
        let mut server = Server::uvicorn(&environment.join("bin/uvicorn"), &words, &variables)?;
        server.wait_until_printed("Application startup complete", WORKERS)?;
        server.lean_on(redis.pid());
        server.ask("POST", &format!("/api/v1/admin/events/bench/stock?initial_stock={STOCK}"))?;
        Ok(Self { server, _redis: redis })
    }
}

fn ask(number: u64, out: &mut Vec<u8>) {
    issue_request("bench", 0, number, out);
}

fn measure(arguments: &CouponArguments, ours: &Server, baseline: &Baseline) -> anyhow::Result<Ratio> {
    for server in [ours, &baseline.server] {
        load(server, CONNECTIONS, Until::Requests(u64::from(2 * STOCK)), &ask)?;
    }
    compare(arguments.rounds, arguments.seconds, CONNECTIONS, (ours, &ask), (&baseline.server, &ask))
}

/// The embedded engine over it.
pub fn embedded(arguments: &CouponArguments, table: &mut Table) -> anyhow::Result<()> {
    let kit = Kit::temporary()?;
    let baseline = Baseline::start(arguments, &kit)?;
    let ours = with_campaign(&arguments.program, STOCK, &[])?;
    let ratio = measure(arguments, &ours, &baseline)?;
    let what = format!("embedded over FastAPI, sold out, {CONNECTIONS} connections");
    table.push(Row::at_least(format!("{what}: requests/s"), ratio.rate, "x", 25.0).made_of(ratio.raw()));
    let thrift = Row::at_least(format!("{what}: cpu a request"), 1.0 / ratio.cpu, "x", 40.0);
    table.push(thrift.made_of("[FastAPI's processes over ours; its Redis not counted]"));
    Ok(())
}

/// Ours on a cluster of six with every yes confirmed by a replica, over it on its single Redis.
pub fn redis(arguments: &CouponArguments, table: &mut Table) -> anyhow::Result<()> {
    let kit = Kit::temporary()?;
    let baseline = Baseline::start(arguments, &kit)?;
    let cluster = RedisCluster::start(&kit, Flavor::Redis)?;
    let url = cluster.url();
    let mut ours =
        with_campaign(&arguments.program, STOCK, &[("ONSALE__HOT__URL", &url), ("ONSALE__HOT__ACK", "replica")])?;
    ours.lean_on(cluster.nodes().iter().filter_map(|node| node.pid()));
    let ratio = measure(arguments, &ours, &baseline)?;
    let what = format!("Redis cluster (ack replica) over FastAPI (one Redis), sold out, {CONNECTIONS} connections");
    table.push(Row::at_least(what, ratio.rate, "x", 28.0).made_of(ratio.raw()));
    Ok(())
}
