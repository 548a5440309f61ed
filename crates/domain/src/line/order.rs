//! Who stands where: a tree of counts over ticket numbers, so that a rank among a million costs twenty additions.
//!
//! Source: P. Fenwick, "A new data structure for cumulative frequency tables", 1994.

use crate::name::UserId;

/// Everybody who ever took a ticket, and who of them stands in the line now.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    /// By ticket; none where nobody is known for it any more.
    users: Vec<Option<UserId>>,
    stands: Vec<bool>,
    /// Node `n` (from 1) counts those who stand among the last `n & -n` tickets up to `n`.
    tree: Vec<u32>,
    waiting: u64,
}

fn lowest_bit(n: usize) -> usize {
    n & n.wrapping_neg()
}

impl Order {
    /// Gives the next ticket; its holder stands at the end.
    pub fn append(&mut self, user: &UserId) -> u64 {
        self.push(Some(user.clone()), true)
    }

    /// Gives the next ticket to somebody who does not stand in the line.
    pub fn skip(&mut self, user: &UserId) -> u64 {
        self.push(Some(user.clone()), false)
    }

    /// Gives the next ticket to nobody.
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

    /// Stands in the line again.
    pub fn stand(&mut self, ticket: u64) {
        self.set(ticket, true);
    }

    /// Does not stand in the line any more.
    pub fn go(&mut self, ticket: u64) {
        self.set(ticket, false);
    }

    fn set(&mut self, ticket: u64, stands: bool) {
        let place = &mut self.stands[ticket as usize - 1];
        if *place == stands {
            return;
        }
        *place = stands;
        let mut node = ticket as usize;
        while node <= self.tree.len() {
            let count = &mut self.tree[node - 1];
            *count = if stands { *count + 1 } else { *count - 1 };
            node += lowest_bit(node);
        }
        self.waiting = if stands { self.waiting + 1 } else { self.waiting - 1 };
    }

    /// How many stand up to this ticket, and it: the rank of a ticket that stands.
    pub fn rank(&self, ticket: u64) -> u64 {
        let (mut node, mut count) = (ticket as usize, 0);
        while node > 0 {
            count += u64::from(self.tree[node - 1]);
            node -= lowest_bit(node);
        }
        count
    }

    /// The first ticket that stands.
    pub fn first(&self) -> Option<u64> {
        if self.waiting == 0 {
            return None;
        }
        let mut node = 0;
        let mut step = self.tree.len().next_power_of_two();
        while step > 0 {
            // Nobody stands among the first `node + step`: the one sought lies beyond.
            if node + step <= self.tree.len() && self.tree[node + step - 1] == 0 {
                node += step;
            }
            step /= 2;
        }
        Some(node as u64 + 1)
    }

    /// How many stand in the line.
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
