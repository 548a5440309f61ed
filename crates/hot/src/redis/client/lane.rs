//! The connections of one lane: one to each node that it has called.

use super::address::{NodeAddress, RedisAddress};
use super::link::Link;
use redis::{Pipeline, RedisError, Value};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Most nodes whose connections are kept; past that all are closed, and those in use are opened again.
const LINKS_MAX: usize = 256;

/// Whether the user of the connection may not do what was asked.
pub(super) fn is_refusal(error: &RedisError) -> bool {
    error.code() == Some("NOPERM")
}

/// Connections that the calls of other lanes do not wait behind.
pub(super) struct Lane {
    address: RedisAddress,
    links: Mutex<HashMap<NodeAddress, Arc<Link>>>,
}

impl Lane {
    /// Connects when it is used.
    pub fn new(address: RedisAddress) -> Self {
        Self { address, links: Mutex::default() }
    }

    /// Sends commands to a node and returns one value for each.
    pub async fn send(&self, node: &NodeAddress, commands: &Pipeline) -> Result<Vec<Value>, RedisError> {
        self.link(node)?.send(commands).await
    }

    fn link(&self, node: &NodeAddress) -> Result<Arc<Link>, RedisError> {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(link) = links.get(node) {
            return Ok(link.clone());
        }
        if links.len() >= LINKS_MAX {
            links.clear();
        }
        let link = Arc::new(Link::new(&self.address, node)?);
        links.insert(node.clone(), link.clone());
        Ok(link)
    }
}
