//! Whether anybody was overtaken, judged from outside and while it happens.
//!
//! Whoever heard of a place before another began to ask for one stands before the other for as long as both wait, and
//! ranks only shrink. So when one of the earlier asks for the rank, the answer must be smaller than every rank that any
//! of the later has heard of by then. The smallest of those is kept in a tree of minima (a Fenwick tree) over the
//! people in order of their beginning to ask: two steps down that tree for each rank heard, however many people there are.

/// Has begun to ask for a place, and nothing else is known.
const NONE: u32 = u32::MAX;

/// The place of one person in the order of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// How many began to ask before.
    number: u32,
    /// Everybody from this number on began to ask after this one heard of a place.
    after: u32,
}

impl Turn {
    /// Does not take part in the comparison.
    pub(super) const NOT_COMPARED: Self = Self { number: NONE, after: NONE };
}

/// The order of asking, and the best ranks heard.
pub(super) struct Order {
    /// Node `n` (from 1) holds the smallest rank of the last `n & -n` people up to the `n`th from the end.
    least: Vec<u32>,
    begun: u32,
}

impl Order {
    /// For so many people at most.
    pub(super) fn new(people: u32) -> Self {
        Self { least: vec![NONE; people as usize], begun: 0 }
    }

    /// Somebody begins to ask for a place, for the first time.
    pub(super) fn begin(&mut self) -> Turn {
        let number = self.begun;
        if number as usize >= self.least.len() {
            return Turn::NOT_COMPARED;
        }
        self.begun += 1;
        Turn { number, after: NONE }
    }

    /// Hears of a place, for the first time.
    pub(super) fn entered(&self, turn: &mut Turn) {
        if turn.number != NONE {
            turn.after = self.begun;
        }
    }

    /// Heard a rank; 0 when let in.
    pub(super) fn heard(&mut self, turn: Turn, rank: u32) {
        if turn.number == NONE {
            return;
        }
        let mut node = self.least.len() - turn.number as usize;
        while node <= self.least.len() {
            self.least[node - 1] = self.least[node - 1].min(rank);
            node += lowest_bit(node);
        }
    }

    /// Every rank that this person hears of from now on must be smaller; none before anybody later has heard of one.
    pub(super) fn bound(&self, turn: Turn) -> Option<u32> {
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

    fn entered(order: &mut Order) -> Turn {
        let mut turn = order.begin();
        order.entered(&mut turn);
        turn
    }

    #[test]
    fn the_bound_is_the_smallest_rank_of_those_who_began_after() {
        let mut order = Order::new(4);
        let first = entered(&mut order);
        let (mut second, mut third) = (order.begin(), order.begin());
        order.entered(&mut third);
        order.entered(&mut second);
        let last = entered(&mut order);
        assert_eq!([first, second, third, last].map(|turn| order.bound(turn)), [None; 4]);
        order.heard(third, 2);
        assert_eq!(order.bound(first), Some(2), "the first must stand before it");
        assert_eq!([second, last].map(|turn| order.bound(turn)), [None; 2], "these two asked at the same time");
        order.heard(last, 4);
        assert_eq!([first, second, third].map(|turn| order.bound(turn)), [Some(2), Some(4), Some(4)]);
        order.heard(last, 0);
        assert_eq!([first, third].map(|turn| order.bound(turn)), [Some(0); 2], "whoever waits now was overtaken");
    }

    #[test]
    fn it_says_what_a_plain_search_says() {
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
    fn whoever_is_too_many_is_not_compared() {
        let mut order = Order::new(1);
        let (first, mut second) = (entered(&mut order), order.begin());
        order.entered(&mut second);
        order.heard(second, 0);
        assert_eq!((second, order.bound(first)), (Turn::NOT_COMPARED, None));
    }
}
