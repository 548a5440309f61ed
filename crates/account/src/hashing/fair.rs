//! A bounded queue that shares a scarce thing fairly between its flows: start-time fair queueing, with two flows an entry.
//!
//! An entry's turn is counted in rounds: the first entry of a flow comes in the round that is served now, the second one in
//! the next, and so on. An entry belongs to a network and to an account, and comes in the later round of the two. So
//! whoever sends much, from one network or at one account, waits behind itself; anyone else is served in this round. A full
//! queue gives up the entry of the latest round, which is one of a flood's.

use std::collections::{BTreeMap, HashMap};

/// The name of a flow.
pub(super) type Flow = String;

struct Entry<T> {
    flows: [Flow; 2],
    item: T,
}

/// What became of an entry, and of another one in its favour.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pushed<T> {
    /// It waits.
    Waits,
    /// It waits in the place of this one.
    Displaced(T),
    /// The queue is full of entries that come before it.
    Full(T),
}

/// The queue. Its memory follows its length, whatever the number of flows that ever came.
pub(super) struct FairQueue<T> {
    waiting: BTreeMap<(u64, u64), Entry<T>>,
    /// The round after the last entry of each flow, where that is later than now.
    next_round: HashMap<Flow, u64>,
    round: u64,
    sequence: u64,
    capacity: usize,
}

impl<T> FairQueue<T> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { waiting: BTreeMap::new(), next_round: HashMap::new(), round: 0, sequence: 0, capacity }
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Adds an entry.
    pub(super) fn push(&mut self, flows: [Flow; 2], item: T) -> Pushed<T> {
        let round = flows.iter().filter_map(|flow| self.next_round.get(flow)).fold(self.round, |a, b| a.max(*b));
        let mut displaced = None;
        if self.waiting.len() >= self.capacity {
            let last = self.waiting.last_key_value().map(|((last, _), _)| *last);
            if last.is_none_or(|last| last <= round) {
                return Pushed::Full(item);
            }
            displaced = self.give_up_last();
        }
        for flow in &flows {
            self.next_round.insert(flow.clone(), round + 1);
        }
        self.sequence += 1;
        self.waiting.insert((round, self.sequence), Entry { flows, item });
        displaced.map_or(Pushed::Waits, Pushed::Displaced)
    }

    /// The entry whose turn it is.
    pub(super) fn pop(&mut self) -> Option<T> {
        let ((round, _), entry) = self.waiting.pop_first()?;
        self.round = self.round.max(round);
        // A flow that has nothing in this round or later is like one that never came.
        if self.next_round.len() > 2 * self.waiting.len() + 16 {
            let round = self.round;
            self.next_round.retain(|_, next| *next > round);
        }
        Some(entry.item)
    }

    fn give_up_last(&mut self) -> Option<T> {
        let ((round, _), entry) = self.waiting.pop_last()?;
        for flow in &entry.flows {
            if let Some(next) = self.next_round.get_mut(flow).filter(|next| **next == round + 1) {
                *next = round;
            }
        }
        Some(entry.item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn flows(network: &str, account: &str) -> [Flow; 2] {
        [format!("n:{network}"), format!("a:{account}")]
    }

    #[test]
    fn a_newcomer_is_served_before_a_floods_second_entry() {
        let mut queue = FairQueue::new(100);
        for n in 0..50 {
            assert_eq!(queue.push(flows("flood", &n.to_string()), n), Pushed::Waits);
        }
        assert_eq!(queue.push(flows("home", "kim"), 1_000), Pushed::Waits);
        assert_eq!((queue.pop(), queue.pop()), (Some(0), Some(1_000)));
    }

    #[test]
    fn many_networks_at_one_account_wait_behind_each_other() {
        let mut queue = FairQueue::new(100);
        for n in 0..50 {
            queue.push(flows(&n.to_string(), "victim"), n);
        }
        queue.push(flows("home", "kim"), 1_000);
        assert_eq!((queue.pop(), queue.pop()), (Some(0), Some(1_000)));
    }

    #[test]
    fn a_full_queue_gives_up_the_floods_latest_entry_and_never_a_fair_one() {
        let mut queue = FairQueue::new(4);
        for n in 0..4 {
            queue.push(flows("flood", &n.to_string()), n);
        }
        assert_eq!(queue.push(flows("flood", "more"), 9), Pushed::Full(9));
        assert_eq!(queue.push(flows("home", "kim"), 10), Pushed::Displaced(3));
        assert_eq!(queue.push(flows("office", "lee"), 11), Pushed::Displaced(2));
        assert_eq!(queue.len(), 4);
        let order: Vec<i32> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(order, [0, 10, 11, 1]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        #[test]
        fn nothing_is_lost_starved_or_kept_beyond_the_capacity(
            steps in prop::collection::vec((any::<bool>(), 0u8..4, 0u8..4), 0..200), capacity in 1usize..20,
        ) {
            let mut queue = FairQueue::new(capacity);
            let (mut pushed, mut out) = (0u32, Vec::new());
            for (push, network, account) in steps {
                if push {
                    match queue.push(flows(&network.to_string(), &account.to_string()), pushed) {
                        Pushed::Waits => {}
                        Pushed::Displaced(other) | Pushed::Full(other) => out.push(other),
                    }
                    pushed += 1;
                } else {
                    out.extend(queue.pop());
                }
                prop_assert!(queue.len() <= capacity);
                prop_assert!(queue.next_round.len() <= 2 * capacity + 18 + 8);
            }
            out.extend(std::iter::from_fn(|| queue.pop()));
            out.sort_unstable();
            prop_assert_eq!(out, (0..pushed).collect::<Vec<_>>());
        }

        #[test]
        fn a_flow_with_one_entry_waits_for_one_round_at_most(floods in 1usize..6, each in 1usize..30) {
            let mut queue = FairQueue::new(1_000);
            for n in 0..each {
                for flood in 0..floods {
                    queue.push(flows(&format!("f{flood}"), &format!("{flood}-{n}")), 0);
                }
            }
            for _ in 0..each / 2 {
                queue.pop();
            }
            queue.push(flows("home", "kim"), 1);
            let before = std::iter::from_fn(|| queue.pop()).position(|item| item == 1);
            prop_assert!(before.is_some_and(|before| before <= floods), "{before:?}");
        }
    }
}
