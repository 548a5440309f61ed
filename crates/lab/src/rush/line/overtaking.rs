//! Detects overtaking from the ranks that users receive.
//!
//! User A is before user B if A received a place before B began to request one. The order holds while both wait, and
//! ranks only decrease. So a rank of A must be smaller than every earlier rank of any such B. A Fenwick tree of minima
//! over the users, in the order of their first requests, holds the smallest of these ranks: each rank costs two
//! operations of logarithmic time.

/// The user has requested a place and has no response yet.
const NONE: u32 = u32::MAX;

/// One user's entry in the order of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OrderEntry {
    /// Number of users that began earlier.
    number: u32,
    /// All users from this number on began after this user received a place.
    after: u32,
}

impl OrderEntry {
    /// A user that is not compared.
    pub(super) const NOT_COMPARED: Self = Self { number: NONE, after: NONE };
}

/// The order of requests, and the best ranks received.
pub(super) struct Order {
    /// Node `n` (from 1) holds the smallest rank of the last `n & -n` users up to the `n`th from the end.
    least: Vec<u32>,
    begun: u32,
}

impl Order {
    /// `people`: maximum number of users.
    pub(super) fn new(people: u32) -> Self {
        Self { least: vec![NONE; people as usize], begun: 0 }
    }

    /// Records the first request of a user.
    pub(super) fn begin(&mut self) -> OrderEntry {
        let number = self.begun;
        if number as usize >= self.least.len() {
            return OrderEntry::NOT_COMPARED;
        }
        self.begun += 1;
        OrderEntry { number, after: NONE }
    }

    /// Records the first response with a place.
    pub(super) fn entered(&self, turn: &mut OrderEntry) {
        if turn.number != NONE {
            turn.after = self.begun;
        }
    }

    /// Records a received rank; 0 when admitted.
    pub(super) fn heard(&mut self, turn: OrderEntry, rank: u32) {
        if turn.number == NONE {
            return;
        }
        let mut node = self.least.len() - turn.number as usize;
        while node <= self.least.len() {
            self.least[node - 1] = self.least[node - 1].min(rank);
            node += lowest_bit(node);
        }
    }

    /// Every further rank of this user must be smaller than this; `None` before any later user has a rank.
    pub(super) fn bound(&self, turn: OrderEntry) -> Option<u32> {
        if turn.after == NONE {
            return None;
        }
        let mut node = self.least.len() - turn.after as usize;
        let mut least = NONE;
        while node > 0 {
            least = least.min(self.least[node - 1]);
            node -= lowest_bit(node);
        }
        Some(least).filter(|least| *least != NONE)
    }
}

fn lowest_bit(node: usize) -> usize {
    node & node.wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(order: &mut Order) -> OrderEntry {
        let mut turn = order.begin();
        order.entered(&mut turn);
        turn
    }

    #[test]
    fn the_bound_is_the_smallest_rank_of_the_later_users() {
        let mut order = Order::new(4);
        let first = entered(&mut order);
        let (mut second, mut third) = (order.begin(), order.begin());
        order.entered(&mut third);
        order.entered(&mut second);
        let last = entered(&mut order);
        assert_eq!([first, second, third, last].map(|turn| order.bound(turn)), [None; 4]);
        order.heard(third, 2);
        assert_eq!(order.bound(first), Some(2), "the first must stand before it");
        assert_eq!([second, last].map(|turn| order.bound(turn)), [None; 2], "these two requested at the same time");
        order.heard(last, 4);
        assert_eq!([first, second, third].map(|turn| order.bound(turn)), [Some(2), Some(4), Some(4)]);
        order.heard(last, 0);
        assert_eq!([first, third].map(|turn| order.bound(turn)), [Some(0); 2], "a user that still waits was overtaken");
    }

    #[test]
    fn the_tree_agrees_with_a_linear_search() {
        let mut random = fastrand::Rng::with_seed(5);
        for people in [1u32, 2, 7, 8, 9, 100] {
            let mut order = Order::new(people);
            let mut best: Vec<Option<u32>> = vec![None; people as usize];
            let mut turns = Vec::new();
            for _ in 0..people {
                turns.push(order.begin());
                let at = random.usize(..turns.len());
                order.entered(&mut turns[at]);
            }
            for _ in 0..300 {
                let (who, rank) = (random.usize(..turns.len()), random.u32(..50));
                order.heard(turns[who], rank);
                best[who] = Some(best[who].map_or(rank, |before| before.min(rank)));
                let asks = turns[random.usize(..turns.len())];
                let later = best.iter().enumerate().filter(|(number, _)| *number as u32 >= asks.after);
                assert_eq!(order.bound(asks), later.filter_map(|(_, rank)| *rank).min());
            }
        }
    }

    #[test]
    fn users_beyond_the_maximum_are_not_compared() {
        let mut order = Order::new(1);
        let (first, mut second) = (entered(&mut order), order.begin());
        order.entered(&mut second);
        order.heard(second, 0);
        assert_eq!((second, order.bound(first)), (OrderEntry::NOT_COMPARED, None));
    }
}
