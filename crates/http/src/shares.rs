//! Shares of what is scarce and held: connections, streams. A bucket limits how often a network asks; a share limits how
//! much it holds at a time. The holder may be something else than a network, such as a tenant.

use crate::network::Network;
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::sync::{Arc, Mutex, PoisonError};

/// Locks, so that workers seldom wait for each other.
const SHARDS: usize = 16;

type Shard<H> = Mutex<HashMap<H, usize>>;

struct Table<H> {
    max: usize,
    shards: [Shard<H>; SHARDS],
    hasher: RandomState,
}

/// How many of one thing each network holds. A network that holds none takes no memory. Cheap to clone.
pub struct Shares<H = Network>(Arc<Table<H>>);

impl<H> Clone for Shares<H> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// One thing that a network holds, given back when this is dropped.
pub struct Share<H: Eq + Hash = Network>(Option<(Arc<Table<H>>, H)>);

impl<H: Eq + Hash + Clone> Shares<H> {
    /// At most `max` for each network; 0: without a limit.
    pub fn new(max: usize) -> Self {
        let shards = std::array::from_fn(|_| Mutex::default());
        Self(Arc::new(Table { max, shards, hasher: RandomState::new() }))
    }

    /// Most things that one network may hold; 0: without a limit.
    pub fn max(&self) -> usize {
        self.0.max
    }

    /// Takes one for the network; none when it holds its share.
    pub fn take(&self, holder: H) -> Option<Share<H>> {
        self.take_within(holder, self.0.max)
    }

    /// As [`Shares::take`], for a holder with a limit of its own; 0: without a limit.
    pub fn take_within(&self, holder: H, max: usize) -> Option<Share<H>> {
        if max == 0 {
            return Some(Share(None));
        }
        let mut shard = self.0.shard(&holder).lock().unwrap_or_else(PoisonError::into_inner);
        let held = shard.entry(holder.clone()).or_insert(0);
        if *held >= max {
            return None;
        }
        *held += 1;
        Some(Share(Some((self.0.clone(), holder))))
    }
}

impl<H: Hash> Table<H> {
    fn shard(&self, holder: &H) -> &Shard<H> {
        &self.shards[self.hasher.hash_one(holder) as usize % SHARDS]
    }
}

impl<H: Eq + Hash> Drop for Share<H> {
    fn drop(&mut self) {
        let Some((table, holder)) = self.0.take() else { return };
        let mut shard = table.shard(&holder).lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = shard.get_mut(&holder) {
            *held -= 1;
            if *held == 0 {
                shard.remove(&holder);
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
