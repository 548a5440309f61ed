//! The order of a line: a tree of counts over queue numbers, so that a rank among a million costs twenty additions.
//!
//! Source: P. Fenwick, "A new data structure for cumulative frequency tables", 1994.

use super::QueueNumber;
use crate::name::UserId;

/// All holders of queue numbers, with a flag for those who are in the line now.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    /// By queue number; `None` where the holder is no longer known.
    users: Vec<Option<UserId>>,
    stands: Vec<bool>,
    /// Node `n` (from 1) counts the people in the line among the last `n & -n` queue numbers up to `n`.
    tree: Vec<u32>,
    waiting: u64,
}

fn lowest_bit(n: usize) -> usize {
    n & n.wrapping_neg()
}

impl Order {
    /// Gives the next queue number to a user, who is then last in the line.
    pub fn append(&mut self, user: &UserId) -> QueueNumber {
        self.push(Some(user.clone()), true)
    }

    /// Gives the next queue number to a user who is not in the line.
    pub fn skip(&mut self, user: &UserId) -> QueueNumber {
        self.push(Some(user.clone()), false)
    }

    /// Passes over the next queue number; it has no holder.
    pub fn skip_unheld(&mut self) -> QueueNumber {
        self.push(None, false)
    }

    fn push(&mut self, user: Option<UserId>, stands: bool) -> QueueNumber {
        self.users.push(user);
        self.stands.push(stands);
        let node = self.users.len();
        let mut count = u32::from(stands);
        let mut below = node - 1;
        while below > node - lowest_bit(node) {
            count += self.tree[below - 1];
            below -= lowest_bit(below);
        }
        self.tree.push(count);
        self.waiting += u64::from(stands);
        QueueNumber(node as u64)
    }

    /// The holder of a queue number.
    pub fn user(&self, number: QueueNumber) -> Option<&UserId> {
        self.users.get(usize::try_from(number.get()).ok()?.checked_sub(1)?)?.as_ref()
    }

    /// Puts the holder back into the line.
    pub fn stand(&mut self, number: QueueNumber) {
        self.set(number, true);
    }

    /// Removes the holder from the line.
    pub fn go(&mut self, number: QueueNumber) {
        self.set(number, false);
    }

    fn set(&mut self, number: QueueNumber, stands: bool) {
        let slot = &mut self.stands[number.get() as usize - 1];
        if *slot == stands {
            return;
        }
        *slot = stands;
        let mut node = number.get() as usize;
        while node <= self.tree.len() {
            let count = &mut self.tree[node - 1];
            *count = if stands { *count + 1 } else { *count - 1 };
            node += lowest_bit(node);
        }
        self.waiting = if stands { self.waiting + 1 } else { self.waiting - 1 };
    }

    /// The number of people in the line up to and including this number: the rank of a number whose holder is in the
    /// line.
    pub fn rank(&self, number: QueueNumber) -> u64 {
        let (mut node, mut count) = (number.get() as usize, 0);
        while node > 0 {
            count += u64::from(self.tree[node - 1]);
            node -= lowest_bit(node);
        }
        count
    }

    /// The first queue number whose holder is in the line.
    pub fn first(&self) -> Option<QueueNumber> {
        if self.waiting == 0 {
            return None;
        }
        let mut node = 0;
        let mut step = self.tree.len().next_power_of_two();
        while step > 0 {
            // None of the first `node + step` is in the line: the queue number lies beyond.
            if node + step <= self.tree.len() && self.tree[node + step - 1] == 0 {
                node += step;
            }
            step /= 2;
        }
        Some(QueueNumber(node as u64 + 1))
    }

    /// The number of people in the line.
    pub fn waiting(&self) -> u64 {
        self.waiting
    }

    /// Queue numbers given so far.
    pub fn numbers(&self) -> u64 {
        self.users.len() as u64
    }
}

#[cfg(test)]
impl Order {
    pub fn stands_at(&self, number: QueueNumber) -> bool {
        self.stands[number.get() as usize - 1]
    }
}
