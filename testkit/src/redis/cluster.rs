//! Six nodes: three masters, each with a replica.

use super::resp::{ask, ask_text};
use super::topology::{Member, members};
use super::{Flavor, RedisNode};
use crate::error::{KitError, Result};
use crate::kit::{self, Kit};
use crate::tls::Certificate;
use crate::wait::until;
use std::time::Duration;

/// Nodes of a cluster.
pub const NODES: usize = 6;
const MASTERS: usize = 3;
const SLOTS: u16 = 16_384;
/// A cluster forms in two seconds, a failover takes four, a replica's full copy as long as there are decisions.
const READY_LIMIT: Duration = Duration::from_secs(60);

/// A cluster of six nodes on this machine.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<RedisNode>,
}

impl RedisCluster {
    /// Starts six nodes and makes them a cluster: the first three are masters of a third of the slots each, the others
    /// their replicas in the same order. Returns when it is ready.
    ///
    /// # Errors
    /// When a node is not installed or does not start, or the cluster does not form.
    pub fn start(kit: &Kit, flavor: Flavor) -> Result<Self> {
        Self::start_with(kit, flavor, None)
    }

    /// The same with nodes that speak TLS, too.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn start_encrypted(kit: &Kit, flavor: Flavor, certificate: &Certificate) -> Result<Self> {
        Self::start_with(kit, flavor, Some(certificate))
    }

    fn start_with(kit: &Kit, flavor: Flavor, certificate: Option<&Certificate>) -> Result<Self> {
        let folders: Vec<_> = (0..NODES).map(|_| kit.claim(flavor.name())).collect::<Result<_>>()?;
        let nodes = folders.iter().map(|folder| RedisNode::create(kit, folder, flavor, true, certificate));
        Self::form(nodes.collect::<Result<_>>()?)
    }

    /// `rediss+cluster://127.0.0.1:PORT,...`.
    ///
    /// # Panics
    /// When the nodes do not speak TLS.
    #[must_use]
    pub fn encrypted_url(&self) -> String {
        let addresses: Vec<String> =
            self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.encrypted_port())).collect();
        format!("rediss+cluster://{}", addresses.join(","))
    }

    /// The cluster of the kit's folders `NAME-1` to `NAME-6`: the one that runs, else started again, else made.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn open(kit: &Kit, name: &str, flavor: Flavor) -> Result<Self> {
        let places = (1..=NODES).map(|number| kit.place(&format!("{name}-{number}"))).collect::<Result<Vec<_>>>()?;
        let loaded = places.iter().map(|(folder, _)| RedisNode::load(kit, folder, flavor));
        let loaded: Option<Vec<_>> = loaded.collect::<Result<Vec<_>>>()?.into_iter().collect();
        if let Some(nodes) = loaded {
            nodes.iter().try_for_each(|node| node.bring_up())?;
            let cluster = Self { nodes };
            if cluster.is_formed() {
                return cluster.wait_until_ready().map(|()| cluster);
            }
        }
        places.iter().try_for_each(|(folder, _)| kit::empty(folder))?;
        let nodes = places.iter().map(|(folder, _)| RedisNode::create(kit, folder, flavor, true, None));
        Self::form(nodes.collect::<Result<_>>()?)
    }

    /// Whether the nodes were joined to a cluster: the process that started them may have been killed before.
    fn is_formed(&self) -> bool {
        let replicas = self.nodes.iter().filter_map(|node| view(node).ok()).flatten();
        replicas.filter(|member| member.is_self && !member.is_master).count() == NODES - MASTERS
    }

    fn form(nodes: Vec<RedisNode>) -> Result<Self> {
        let cluster = Self { nodes };
        cluster.share_slots()?;
        cluster.introduce()?;
        let (masters, replicas) = cluster.nodes.split_at(MASTERS);
        for (master, replica) in masters.iter().zip(replicas) {
            let id = master.ask(&["CLUSTER", "MYID"])?;
            until("a replica knows its master", READY_LIMIT, || {
                ask(replica.port(), &["CLUSTER", "REPLICATE", &id]).map(drop)
            })?;
        }
        cluster.wait_until_ready()?;
        Ok(cluster)
    }

    fn share_slots(&self) -> Result<()> {
        for (index, node) in (0_u16..).zip(&self.nodes) {
            // Epochs that differ from the start need not be settled later.
            node.tell(&["CLUSTER", "SET-CONFIG-EPOCH", &(index + 1).to_string()])?;
            if usize::from(index) < MASTERS {
                let share = |part: u16| u32::from(SLOTS) * u32::from(part) / MASTERS as u32;
                let (first, last) = (share(index).to_string(), (share(index + 1) - 1).to_string());
                node.tell(&["CLUSTER", "ADDSLOTSRANGE", &first, &last])?;
            }
        }
        Ok(())
    }

    /// Each to each, which is faster than waiting for the gossip.
    fn introduce(&self) -> Result<()> {
        for (index, node) in self.nodes.iter().enumerate() {
            for other in self.nodes.iter().skip(index + 1) {
                let introduction = other.introduction();
                let words = ["CLUSTER", "MEET"].into_iter().chain(introduction.iter().map(String::as_str));
                node.tell(&words.collect::<Vec<_>>())?;
            }
        }
        until("the nodes know each other", READY_LIMIT, || self.nodes.iter().try_for_each(knows_all))
    }

    /// `redis+cluster://127.0.0.1:PORT,127.0.0.1:PORT,...`.
    #[must_use]
    pub fn url(&self) -> String {
        let addresses: Vec<String> = self.nodes.iter().map(RedisNode::address).collect();
        format!("redis+cluster://{}", addresses.join(","))
    }

    /// The nodes. Those that run and those that do not.
    #[must_use]
    pub fn nodes(&self) -> &[RedisNode] {
        &self.nodes
    }

    /// The node that serves the slot now; waits while there is none. Of two that say so, the later one: an old master
    /// that has not heard of its successor goes on saying so.
    ///
    /// # Errors
    /// When none serves it within a minute.
    pub fn master_of(&self, slot: u16) -> Result<usize> {
        until(&format!("a master for slot {slot}"), READY_LIMIT, || {
            let selves = self.nodes.iter().enumerate().filter_map(|(index, node)| Some((index, own_view(node)?)));
            let serving = selves.filter(|(_, member)| member.serves(slot));
            let latest = serving.max_by_key(|(_, member)| member.epoch);
            latest.map(|(index, _)| index).ok_or_else(|| "no node serves it".to_owned())
        })
    }

    /// The replica of a master; waits while there is none.
    ///
    /// # Errors
    /// When it has none within a minute.
    ///
    /// # Panics
    /// When there is no node `master`.
    pub fn replica_of(&self, master: usize) -> Result<usize> {
        let port = self.nodes[master].port();
        until(&format!("a replica of node {master}"), READY_LIMIT, || {
            let mut selves = self.nodes.iter().enumerate().filter_map(|(index, node)| Some((index, view(node).ok()?)));
            let found = selves.find(|(_, members)| master_port(members) == Some(port));
            found.map(|(index, _)| index).ok_or_else(|| "no node follows it".to_owned())
        })
    }

    /// Waits until all is as it should be: every node knows six that are well, three of them serve every slot, and every
    /// replica has a link to its master and all that the master had. Before that, a failover would lose decisions.
    ///
    /// # Errors
    /// When it is not so within a minute, with what is missing.
    pub fn wait_until_ready(&self) -> Result<()> {
        let ready = until("the Redis cluster is whole", READY_LIMIT, || self.nodes.iter().try_for_each(is_ready));
        ready.map_err(|error| KitError::failed(format!("{error}\n{}", self.account())))
    }

    /// The view of each node on the cluster, for an error message.
    fn account(&self) -> String {
        let lines = self.nodes.iter().map(|node| {
            let view = ask_text(node.port(), &["CLUSTER", "NODES"]).unwrap_or_else(|why| why);
            format!("{} says:\n{view}", node.address())
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn view(node: &RedisNode) -> std::result::Result<Vec<Member>, String> {
    Ok(members(&ask_text(node.port(), &["CLUSTER", "NODES"])?))
}

/// A node's description of itself.
fn own_view(node: &RedisNode) -> Option<Member> {
    // One that does not run need not be waited for.
    node.pid()?;
    view(node).ok()?.into_iter().find(|member| member.is_self)
}

/// The port of the master whom the node follows.
fn master_port(members: &[Member]) -> Option<u16> {
    let own = members.iter().find(|member| member.is_self)?;
    let master_id = own.master_id.as_ref()?;
    members.iter().find(|member| &member.id == master_id).map(|master| master.port)
}

fn knows_all(node: &RedisNode) -> std::result::Result<(), String> {
    let members = view(node)?;
    let well = members.iter().filter(|member| member.is_well).count();
    if members.len() == NODES && well == NODES {
        return Ok(());
    }
    Err(format!("{} knows {} nodes, {well} of them well", node.address(), members.len()))
}

fn is_ready(node: &RedisNode) -> std::result::Result<(), String> {
    let port = node.port();
    knows_all(node)?;
    let masters = view(node)?.iter().filter(|member| member.is_master && !member.slots.is_empty()).count();
    if masters != MASTERS {
        return Err(format!("127.0.0.1:{port} knows {masters} masters"));
    }
    // "ok" alone would not do: it also says so when slots are missing, as one lost shard must not stop the others.
    let cluster = ask_text(port, &["CLUSTER", "INFO"])?;
    expect(port, &cluster, "cluster_state:ok")?;
    expect(port, &cluster, &format!("cluster_slots_ok:{SLOTS}"))?;
    let replication = ask_text(port, &["INFO", "replication"])?;
    if has_line(&replication, "role:slave") {
        expect(port, &replication, "master_link_status:up")
    } else if replication.lines().any(|line| line.starts_with("slave0:") && line.contains("state=online")) {
        Ok(())
    } else {
        Err(format!("127.0.0.1:{port} is a master without a replica"))
    }
}

fn has_line(text: &str, wanted: &str) -> bool {
    text.lines().any(|line| line == wanted)
}

fn expect(port: u16, text: &str, line: &str) -> std::result::Result<(), String> {
    if has_line(text, line) { Ok(()) } else { Err(format!("127.0.0.1:{port} does not say {line}")) }
}
