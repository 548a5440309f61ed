//! Redis, all win, every yes confirmed by a replica: coalescing over one script call a request.

use crate::CouponArguments;
use crate::comparison::{Side, load, ratio_of};
use crate::coupon::issue_request;
use crate::server::Server;
use crate::table::{Row, Table, median};
use anyhow::Context;
use coupon::campaigns::open_with_stock;
use domain::{CampaignId, EventName, TenantName};
use hot::redis::{RedisAddress, RedisConnections, RedisEngine, RedisOptions};
use hot::{Completeness, CouponPort};
use lab::load::Until;
use std::time::Duration;
use testkit::{Flavor, Kit, RedisCluster, RedisNode};

/// Requests under way; each is a script call of its own on the side that does not coalesce.
const CONNECTIONS: [usize; 2] = [64, 1_000];
/// Connections to each node of the side that does not coalesce. `WAIT` holds up its own connection, so that fewer than
/// there are requests under way would hold that side up.
const LINKS: usize = 64;
const STOCK: u32 = 100_000_000;
const WARM: Duration = Duration::from_millis(500);

/// Measures.
pub fn rows(arguments: &CouponArguments, table: &mut Table) -> anyhow::Result<()> {
    let kit = Kit::temporary()?;
    let cluster = RedisCluster::start(&kit, Flavor::Redis)?;
    quiet(cluster.nodes())?;
    let (url, links) = (cluster.url(), LINKS.to_string());
    let start = |words: &[&str]| -> anyhow::Result<Server> {
        let words = [&["coupon-server", "--redis", &url], words].concat();
        let mut server = Server::own(&words)?;
        server.lean_on(cluster.nodes().iter().filter_map(|node| node.pid()));
        Ok(server)
    };
    let (coalescing, single) = (start(&["--links", "2"])?, start(&["--one-by-one", "--links", &links])?);
    let campaigns = Campaigns::open(&url)?;
    for connections in CONNECTIONS {
        let (mut pairs, mut batches) = (Vec::new(), Vec::new());
        for round in 0..arguments.rounds {
            let side = |name: &str, server: &Server| -> anyhow::Result<(Side, f64)> {
                let name = format!("{name}-{connections}-{round}");
                measure(arguments.seconds, connections, &campaigns, &cluster, &name, server)
            };
            let (ours, batch) = side("ours", &coalescing)?;
            pairs.push((ours, side("single", &single)?.0));
            batches.push(batch);
        }
        push(table, connections, &pairs, median(&batches));
    }
    Ok(())
}

fn push(table: &mut Table, connections: usize, pairs: &[(Side, Side)], batch: f64) {
    let ratio = ratio_of(pairs);
    let what = format!("Redis, all win, WAIT 1, coalesced over one by one, {connections} connections");
    let rate = Row::at_least(format!("{what}: requests/s"), ratio.rate, "x", 1.3);
    table.push(rate.made_of(format!("{} [{batch:.0} requests a script call]", ratio.raw())));
    let behind = Row::at_most(format!("{what}: Redis's cpu"), ratio.behind, "x", 1.0 / 3.0);
    table.push(behind.made_of("[all six nodes, a request]"));
}

/// One side of one round on a campaign of its own; and how many requests a script call decided.
fn measure(
    seconds: u64,
    connections: usize,
    campaigns: &Campaigns,
    cluster: &RedisCluster,
    name: &str,
    server: &Server,
) -> anyhow::Result<(Side, f64)> {
    campaigns.make(name, STOCK)?;
    load(server, connections, Until::Elapsed(WARM), &|number, out| issue_request(name, 1, number, out))?;
    let before = (script_calls(cluster)?, campaigns.given(name)?);
    let until = Until::Elapsed(Duration::from_secs(seconds));
    let (side, outcome) = load(server, connections, until, &|number, out| issue_request(name, 2, number, out))?;
    let after = (script_calls(cluster)?, campaigns.given(name)?);
    let given = after.1 - before.1;
    // Requests in flight at the end of the warm-up or the measurement were decided, but their responses do not count.
    let abandoned_max = 2 * connections as u64;
    anyhow::ensure!(
        (outcome.answers..=outcome.answers + abandoned_max).contains(&given),
        "{given} coupons were given, and {} answers came",
        outcome.answers
    );
    forget(cluster.nodes(), name);
    Ok((side, given as f64 / (after.0 - before.0)))
}

/// Campaigns made past the servers.
pub struct Campaigns {
    runtime: tokio::runtime::Runtime,
    engine: RedisEngine,
}

impl Campaigns {
    /// Connects.
    pub fn open(url: &str) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let address = RedisAddress::parse(url).context("a Redis URL")?;
        // A single server has no replica to wait for.
        let ack = if !address.is_cluster() { hot::redis::Ack::None } else { hot::redis::Ack::Replica };
        let options = RedisOptions { ack, ..RedisOptions::default() };
        let connections = runtime.block_on(RedisConnections::open(&address, 2))?;
        let engine = runtime.block_on(async { RedisEngine::new(connections, options) });
        Ok(Self { runtime, engine })
    }

    fn id(name: &str) -> anyhow::Result<CampaignId> {
        Ok(CampaignId::new(TenantName::default_tenant(), EventName::new(name)?))
    }

    /// An open campaign with one coupon a user.
    pub fn make(&self, name: &str, stock: u32) -> anyhow::Result<()> {
        let id = Self::id(name)?;
        let campaign = open_with_stock(id.clone(), name, stock);
        self.runtime.block_on(async {
            if self.engine.put_campaign(campaign).await? == Completeness::Incomplete {
                self.engine.complete(&id).await?;
            }
            Ok(())
        })
    }

    /// How many coupons were given.
    pub fn given(&self, name: &str) -> anyhow::Result<u64> {
        let id = Self::id(name)?;
        Ok(self.runtime.block_on(self.engine.counts(&id))?.context("no such campaign")?.given)
    }
}

/// No rewriting of the append-only files in the middle of a round.
pub fn quiet(nodes: &[RedisNode]) -> anyhow::Result<()> {
    for node in nodes {
        node.tell(&["CONFIG", "SET", "auto-aof-rewrite-percentage", "0"])?;
    }
    Ok(())
}

/// Removes what the round has made, on whichever node it is; the others refuse.
pub fn forget(nodes: &[RedisNode], name: &str) {
    for node in nodes {
        for part in ["participants", "outbox"] {
            let _ = node.tell(&["DEL", &format!("coupon:{{{name}}}:{part}")]);
        }
    }
}

/// Scripts run so far by all nodes.
fn script_calls(cluster: &RedisCluster) -> anyhow::Result<f64> {
    let mut calls = 0.0;
    for node in cluster.nodes() {
        let text = node.ask(&["INFO", "commandstats"])?;
        let line = text.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:calls="));
        calls += line.and_then(|rest| rest.split(',').next()?.parse::<f64>().ok()).unwrap_or(0.0);
    }
    Ok(calls)
}
