//! The order of a line: a tree of counts over ticket numbers, so that a rank among a million costs twenty additions.
//!
//! Source: P. Fenwick, "A new data structure for cumulative frequency tables", 1994.

use crate::name::UserId;

/// All holders of tickets, with a flag for those who are in the line now.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    /// By ticket; `None` where the holder is no longer known.
    users: Vec<Option<UserId>>,
    stands: Vec<bool>,
    /// Node `n` (from 1) counts the people in the line among the last `n & -n` tickets up to `n`.
    tree: Vec<u32>,
    waiting: u64,
}

fn lowest_bit(n: usize) -> usize {
    n & n.wrapping_neg()
}

impl Order {
    /// Gives the next ticket to a user, who is then last in the line.
    pub fn append(&mut self, user: &UserId) -> u64 {
        self.push(Some(user.clone()), true)
    }

    /// Gives the next ticket to a user who is not in the line.
    pub fn skip(&mut self, user: &UserId) -> u64 {
        self.push(Some(user.clone()), false)
    }

    /// Passes over the next ticket; it has no holder.
    pub fn skip_unheld(&mut self) -> u64 {
        self.push(None, false)
    }

    fn push(&mut self, user: Option<UserId>, stands: bool) -> u64 {
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
        node as u64
    }

    /// The holder of a ticket.
    pub fn user(&self, ticket: u64) -> Option<&UserId> {
        self.users.get(usize::try_from(ticket).ok()?.checked_sub(1)?)?.as_ref()
    }

    /// Puts the holder back into the line.
    pub fn stand(&mut self, ticket: u64) {
        self.set(ticket, true);
    }

    /// Removes the holder from the line.
    pub fn go(&mut self, ticket: u64) {
        self.set(ticket, false);
    }

    fn set(&mut self, ticket: u64, stands: bool) {
        let slot = &mut self.stands[ticket as usize - 1];
        if *slot == stands {
            return;
        }
        *slot = stands;
        let mut node = ticket as usize;
        while node <= self.tree.len() {
            let count = &mut self.tree[node - 1];
            *count = if stands { *count + 1 } else { *count - 1 };
            node += lowest_bit(node);
        }
        self.waiting = if stands { self.waiting + 1 } else { self.waiting - 1 };
    }

    /// The number of people in the line up to and including this ticket: the rank of a ticket whose holder is in the line.
    pub fn rank(&self, ticket: u64) -> u64 {
        let (mut node, mut count) = (ticket as usize, 0);
        while node > 0 {
            count += u64::from(self.tree[node - 1]);
            node -= lowest_bit(node);
        }
        count
    }

    /// The first ticket whose holder is in the line.
    pub fn first(&self) -> Option<u64> {
        if self.waiting == 0 {
            return None;
        }
        let mut node = 0;
        let mut step = self.tree.len().next_power_of_two();
        while step > 0 {
            // None of the first `node + step` is in the line: the ticket lies beyond.
            if node + step <= self.tree.len() && self.tree[node + step - 1] == 0 {
                node += step;
            }
            step /= 2;
        }
        Some(node as u64 + 1)
    }

    /// The number of people in the line.
    pub fn waiting(&self) -> u64 {
        self.waiting
    }

    /// Tickets given so far.
    pub fn tickets(&self) -> u64 {
        self.users.len() as u64
    }
}

#[cfg(test)]
impl Order {
    pub fn stands_at(&self, ticket: u64) -> bool {
        self.stands[ticket as usize - 1]
    }
}
