//! The places of a line by their people, packed: a million people wait in one line, and each costs memory until the end.
//!
//! ```text
//! index: user -> slot      slots: user and place, in blocks that are never moved
//! ```
//!
//! A map of these entries would double at once and be half empty afterwards; here only the index does, at four bytes each.

use super::place::Place;
use crate::name::UserId;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// Slots of a block.
const BLOCK: usize = 256;

#[derive(Clone, Debug)]
struct Entry {
    user: UserId,
    place: Place,
}

type Block = Box<[Option<Entry>; BLOCK]>;

/// Everybody who has a place.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    index: HashTable<u32>,
    blocks: Vec<Block>,
    /// Slots below `used` that are free.
    free: Vec<u32>,
    /// Slots that were ever used.
    used: u32,
    hasher: DefaultHashBuilder,
}

impl Places {
    /// For so many people.
    pub fn with_capacity(people: usize) -> Self {
        Self { index: HashTable::with_capacity(people), ..Self::default() }
    }

    fn entry(&self, slot: u32) -> Option<&Entry> {
        self.blocks.get(slot as usize / BLOCK)?[slot as usize % BLOCK].as_ref()
    }

    fn entry_mut(&mut self, slot: u32) -> Option<&mut Entry> {
        self.blocks.get_mut(slot as usize / BLOCK)?[slot as usize % BLOCK].as_mut()
    }

    fn slot(&self, user: &UserId) -> Option<u32> {
        let is_users = |slot: &u32| self.entry(*slot).is_some_and(|entry| entry.user == *user);
        self.index.find(self.hasher.hash_one(user), is_users).copied()
    }

    /// The place of a user.
    pub fn get(&self, user: &UserId) -> Option<&Place> {
        Some(&self.entry(self.slot(user)?)?.place)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, user: &UserId) -> Option<&mut Place> {
        let slot = self.slot(user)?;
        Some(&mut self.entry_mut(slot)?.place)
    }

    /// Gives a user a place, instead of any that the user had.
    pub fn insert(&mut self, user: UserId, place: Place) {
        if let Some(known) = self.get_mut(&user) {
            *known = place;
            return;
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.used += 1;
            self.used - 1
        });
        if slot as usize / BLOCK == self.blocks.len() {
            self.blocks.push(Box::new([const { None }; BLOCK]));
        }
        let hash = self.hasher.hash_one(&user);
        self.blocks[slot as usize / BLOCK][slot as usize % BLOCK] = Some(Entry { user, place });
        let Self { index, blocks, hasher, .. } = self;
        let hash_of = |slot: &u32| {
            let entry = blocks[*slot as usize / BLOCK][*slot as usize % BLOCK].as_ref();
            entry.map_or(0, |entry| hasher.hash_one(&entry.user))
        };
        index.insert_unique(hash, slot, hash_of);
    }

    /// Takes the place of a user.
    pub fn remove(&mut self, user: &UserId) -> Option<Place> {
        let Self { index, blocks, hasher, .. } = self;
        let is_users = |slot: &u32| {
            let entry = blocks[*slot as usize / BLOCK][*slot as usize % BLOCK].as_ref();
            entry.is_some_and(|entry| entry.user == *user)
        };
        let (slot, _) = index.find_entry(hasher.hash_one(user), is_users).ok()?.remove();
        let entry = self.blocks[slot as usize / BLOCK][slot as usize % BLOCK].take()?;
        self.free.push(slot);
        Some(entry.place)
    }

    /// Everybody with a place, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&UserId, &Place)> {
        self.blocks.iter().flat_map(|block| block.iter().flatten()).map(|entry| (&entry.user, &entry.place))
    }
}

#[cfg(test)]
impl Places {
    /// The places alone.
    pub fn values(&self) -> impl Iterator<Item = &Place> {
        self.iter().map(|(_, place)| place)
    }

    pub fn len(&self) -> usize {
        self.index.len()
    }

    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::QueueNumber;
    use crate::time::Timestamp;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn user(number: u16) -> UserId {
        UserId::new(&format!("user-{number}")).expect("valid")
    }

    fn place(number: u64) -> Place {
        Place::new(QueueNumber(number), number, None, Timestamp(0))
    }

    proptest! {
        /// As a map of the standard library, whatever comes and goes.
        #[test]
        fn places_are_a_map(steps in prop::collection::vec((0u16..600, any::<bool>()), 1..2_000)) {
            let (mut ours, mut map) = (Places::default(), HashMap::new());
            for (at, (who, comes)) in steps.into_iter().enumerate() {
                let (who, place) = (user(who), place(at as u64 + 1));
                if comes {
                    ours.insert(who.clone(), place);
                    map.insert(who.clone(), place);
                } else {
                    prop_assert_eq!(ours.remove(&who), map.remove(&who));
                }
                prop_assert_eq!(ours.get(&who), map.get(&who));
                prop_assert_eq!(ours.len(), map.len());
            }
            prop_assert_eq!(ours.iter().map(|(user, place)| (user.clone(), *place)).collect::<HashMap<_, _>>(), map);
        }
    }

    #[test]
    fn slots_are_used_again() {
        let mut places = Places::default();
        for number in 0..10_000u16 {
            places.insert(user(number), place(1));
            if number >= 300 {
                places.remove(&user(number - 300));
            }
        }
        assert_eq!((places.len(), places.used), (300, 301));
    }
}
