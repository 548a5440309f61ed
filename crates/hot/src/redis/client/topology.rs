//! Which node serves which slot, as the nodes say.

use super::address::{NodeAddress, RedisAddress};
use super::lane::Lane;
use super::slot::SLOTS;
use crate::redis::reply::{Array, Reading};
use arc_swap::ArcSwap;
use futures::future::select_ok;
use redis::{Pipeline, RedisError, Value};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// No slot belongs to nobody but after a failure.
const NOBODY: u16 = u16::MAX;
/// The nodes are asked at most so often, however many calls are redirected.
const ASKED_EVERY: Duration = Duration::from_millis(100);
/// Most nodes asked at once; the first that answers counts.
const ASKED_MAX: usize = 8;

/// The masters and their slots.
#[derive(Clone, Debug)]
pub(super) struct SlotMap {
    masters: Vec<NodeAddress>,
    replicas: Vec<NodeAddress>,
    /// The index of each slot's master; [`NOBODY`].
    owners: Vec<u16>,
}

impl SlotMap {
    fn empty() -> Self {
        Self { masters: Vec::new(), replicas: Vec::new(), owners: vec![NOBODY; SLOTS] }
    }

    /// One node with all slots.
    fn single(node: NodeAddress) -> Self {
        Self { masters: vec![node], replicas: Vec::new(), owners: vec![0; SLOTS] }
    }

    fn owner(&self, slot: u16) -> Option<&NodeAddress> {
        self.masters.get(usize::from(*self.owners.get(usize::from(slot))?))
    }

    fn index_of(&mut self, node: NodeAddress) -> u16 {
        let known = self.masters.iter().position(|master| *master == node);
        let index = known.unwrap_or_else(|| {
            self.masters.push(node);
            self.masters.len() - 1
        });
        u16::try_from(index).unwrap_or(NOBODY)
    }

    /// The reply to `CLUSTER SLOTS` of the node at `answered`.
    fn read(value: Value, answered: &NodeAddress) -> Reading<Self> {
        let (mut map, mut ranges) = (Self::empty(), Array::of(value)?);
        while ranges.len() > 0 {
            let mut range = ranges.array()?;
            let (first, last) = (range.number::<usize>()?, range.number::<usize>()?);
            let master = read_node(range.array()?, answered)?;
            let index = map.index_of(master);
            map.owners.iter_mut().take(last.saturating_add(1)).skip(first).for_each(|owner| *owner = index);
            while range.len() > 0 {
                let replica = read_node(range.array()?, answered)?;
                if !map.replicas.contains(&replica) {
                    map.replicas.push(replica);
                }
            }
        }
        Ok(map)
    }

    fn moved(&self, slot: u16, node: &NodeAddress) -> Self {
        let mut map = self.clone();
        let index = map.index_of(node.clone());
        if let Some(owner) = map.owners.get_mut(usize::from(slot)) {
            *owner = index;
        }
        map
    }
}

/// A node that does not know its own name leaves it out: it is the one that was asked.
fn read_node(mut fields: Array, answered: &NodeAddress) -> Reading<NodeAddress> {
    let (host, port) = (fields.text_or_none()?.unwrap_or_default(), fields.number()?);
    let host = if host.is_empty() || host == "?" { &answered.host } else { host.as_str() };
    Ok(NodeAddress::new(host, port))
}

/// What this process knows of the nodes; shared by all its lanes.
pub(super) struct Topology {
    address: RedisAddress,
    map: ArcSwap<SlotMap>,
    /// Connections of its own: its questions must not wait behind calls.
    lane: Lane,
    /// When the nodes were asked last.
    asked: tokio::sync::Mutex<Option<Instant>>,
}

impl Topology {
    /// Asks the nodes of the address.
    pub async fn open(address: &RedisAddress) -> Result<Self, RedisError> {
        let map = match address.nodes().into_iter().next() {
            Some(node) if !address.is_cluster() => SlotMap::single(node),
            _ => SlotMap::empty(),
        };
        let lane = Lane::new(address.clone());
        let topology =
            Self { address: address.clone(), map: ArcSwap::from_pointee(map), lane, asked: Default::default() };
        topology.ask().await?;
        Ok(topology)
    }

    /// The master of a slot; `None` while there is none.
    pub fn owner(&self, slot: u16) -> Option<NodeAddress> {
        self.map.load().owner(slot).cloned()
    }

    /// One of the masters, another for each number; `None` while none is known.
    pub fn some_master(&self, number: usize) -> Option<NodeAddress> {
        let map = self.map.load();
        map.masters.get(number.checked_rem(map.masters.len())?).cloned()
    }

    /// The masters that serve slots, each with one of its slots.
    pub fn masters(&self) -> Vec<(NodeAddress, u16)> {
        let map = self.map.load();
        let slot_of = |index: usize| map.owners.iter().position(|owner| usize::from(*owner) == index);
        let masters = map.masters.iter().enumerate();
        masters.filter_map(|(index, node)| Some((node.clone(), u16::try_from(slot_of(index)?).ok()?))).collect()
    }

    /// How many slots no node serves.
    pub fn unserved(&self) -> usize {
        self.map.load().owners.iter().filter(|owner| **owner == NOBODY).count()
    }

    /// A node has said that another one serves the slot.
    pub fn moved(&self, slot: u16, node: &NodeAddress) {
        self.map.rcu(|map| map.moved(slot, node));
    }

    /// Asks the nodes again, unless they were asked a moment ago. A failure leaves what was known.
    pub async fn refresh(&self) {
        let mut asked = self.asked.lock().await;
        if asked.is_some_and(|at| at.elapsed() < ASKED_EVERY) {
            return;
        }
        if let Err(error) = self.ask().await {
            tracing::debug!(%error, "no node of Redis says who serves which slot");
        }
        *asked = Some(Instant::now());
    }

    async fn ask(&self) -> Result<(), RedisError> {
        let nodes = self.nodes();
        let asking = nodes.iter().map(|node| Box::pin(self.ask_node(node)));
        let (map, _) = select_ok(asking).await?;
        if let Some(map) = map {
            self.map.store(Arc::new(map));
        }
        Ok(())
    }

    async fn ask_node(&self, node: &NodeAddress) -> Result<Option<SlotMap>, RedisError> {
        let mut question = Pipeline::with_capacity(1);
        if self.address.is_cluster() {
            question.cmd("CLUSTER").arg("SLOTS");
        } else {
            question.cmd("PING");
        }
        let values = self.lane.send(node, &question).await.map_err(|error| named(node, &error))?;
        let value = values.into_iter().next().unwrap_or(Value::Nil).extract_error()?;
        if !self.address.is_cluster() {
            return Ok(None);
        }
        let map = SlotMap::read(value, node).ok().filter(|map| !map.masters.is_empty());
        let strange = || RedisError::from((redis::ErrorKind::Client, "not a cluster", node.to_string()));
        map.map(Some).ok_or_else(strange)
    }

    /// The nodes to ask: those that are known, then those of the address.
    fn nodes(&self) -> Vec<NodeAddress> {
        let map = self.map.load();
        let mut nodes: Vec<NodeAddress> = map.masters.iter().chain(&map.replicas).cloned().collect();
        for node in self.address.nodes() {
            if !nodes.contains(&node) {
                nodes.push(node);
            }
        }
        if nodes.len() > ASKED_MAX {
            // Others each time, so that a few that are gone do not hide the rest.
            let turn = super::uptime_ms().unsigned_abs() as usize % nodes.len();
            nodes.rotate_left(turn);
        }
        nodes.truncate(ASKED_MAX);
        nodes
    }
}

/// The library's errors do not say which node it was.
pub(super) fn named(node: &NodeAddress, error: &RedisError) -> RedisError {
    (error.kind(), "Redis", format!("{node}: {error}")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::BulkString(text.into())
    }

    fn node(host: Value, port: i64) -> Value {
        Value::Array(vec![host, Value::Int(port), text("id"), Value::Array(Vec::new())])
    }

    #[test]
    fn slots_are_read_whatever_the_nodes_call_themselves() {
        let asked = NodeAddress::new("10.0.0.9", 7000);
        let range =
            |first, last, nodes: Vec<Value>| Value::Array([vec![Value::Int(first), Value::Int(last)], nodes].concat());
        let reply = Value::Array(vec![
            range(0, 99, vec![node(text("10.0.0.1"), 1), node(text("10.0.0.2"), 2)]),
            range(100, 199, vec![node(Value::Nil, 3)]),
            range(300, 16_383, vec![node(text("10.0.0.1"), 1)]),
        ]);
        let map = SlotMap::read(reply, &asked).expect("read");
        let owner = |slot| map.owner(slot).map(ToString::to_string);
        assert_eq!(owner(0), Some("10.0.0.1:1".to_owned()));
        assert_eq!(owner(150), Some("10.0.0.9:3".to_owned()), "without a name it is the node that was asked");
        assert_eq!((owner(200), owner(16_383)), (None, Some("10.0.0.1:1".to_owned())));
        assert_eq!(map.replicas, [NodeAddress::new("10.0.0.2", 2)]);
        let moved = map.moved(200, &NodeAddress::new("10.0.0.2", 2));
        assert_eq!(moved.owner(200).map(ToString::to_string), Some("10.0.0.2:2".to_owned()));
        assert!(SlotMap::read(Value::Okay, &asked).is_err());
    }
}
