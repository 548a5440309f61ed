//! Shares of what is scarce and held: connections, streams. A bucket limits how often a network asks; a share limits how
//! much it holds at a time.

use crate::network::Network;
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};

/// Locks, so that workers seldom wait for each other.
const SHARDS: usize = 16;

type Shard = Mutex<HashMap<Network, usize>>;

struct Table {
    max: usize,
    shards: [Shard; SHARDS],
    hasher: RandomState,
}

/// How many of one thing each network holds. A network that holds none takes no memory. Cheap to clone.
#[derive(Clone)]
pub struct Shares(Arc<Table>);

/// One thing that a network holds, given back when this is dropped.
pub struct Share(Option<(Arc<Table>, Network)>);

impl Shares {
    /// At most `max` for each network; 0: without a limit.
    pub fn new(max: usize) -> Self {
        Self(Arc::new(Table { max, shards: Default::default(), hasher: RandomState::new() }))
    }

    /// Most things that one network may hold; 0: without a limit.
    pub fn max(&self) -> usize {
        self.0.max
    }

    /// Takes one for the network; none when it holds its share.
    pub fn take(&self, network: Network) -> Option<Share> {
        if self.0.max == 0 {
            return Some(Share(None));
        }
        let mut shard = self.0.shard(&network).lock().unwrap_or_else(PoisonError::into_inner);
        let held = shard.entry(network).or_insert(0);
        if *held >= self.0.max {
            return None;
        }
        *held += 1;
        Some(Share(Some((self.0.clone(), network))))
    }
}

impl Table {
    fn shard(&self, network: &Network) -> &Shard {
        &self.shards[self.hasher.hash_one(network) as usize % SHARDS]
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let Some((table, network)) = self.0.take() else { return };
        let mut shard = table.shard(&network).lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = shard.get_mut(&network) {
            *held -= 1;
            if *held == 0 {
                shard.remove(&network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::NetworkPrefixes;

    fn network(address: &str) -> Network {
        NetworkPrefixes::default().network(address.parse().expect("an address"))
    }

    #[test]
    fn a_network_holds_its_share_and_takes_nothing_from_another() {
        let shares = Shares::new(2);
        let (first, second) = (shares.take(network("2001:db8::1")), shares.take(network("2001:db8::2")));
        assert!(first.is_some() && second.is_some());
        assert!(shares.take(network("2001:db8::3")).is_none(), "the whole /64 is one holder");
        assert!(shares.take(network("2001:db8:0:1::1")).is_some());
        drop(first);
        assert!(shares.take(network("2001:db8::4")).is_some());
    }

    #[test]
    fn what_is_given_back_leaves_no_memory() {
        let shares = Shares::new(1);
        for last in 0..=255u8 {
            drop(shares.take(network(&format!("203.0.113.{last}"))));
        }
        assert!(shares.0.shards.iter().all(|shard| shard.lock().expect("not poisoned").is_empty()));
        assert!((0..10).all(|_| Shares::new(0).take(network("203.0.113.1")).is_some()), "0 is no limit");
    }
}
