//! Who got what in one campaign, packed: a million winners fit in about 80 MB (goals: at most 100 bytes each).
//!
//! ```text
//! index: user -> first row      rows: coupon id, serial, time, next row of the same user      arena: user ids
//! ```

use domain::coupon::issue::IssuedCoupon;
use domain::{CouponId, Timestamp};
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// "No further row of this user."
const NO_ROW: u32 = u32::MAX;

/// One coupon given.
#[derive(Clone, Debug)]
struct Row {
    coupon_id: CouponId,
    /// Where the user's id stands in the arena (upper 56 bits) and its length (lower 8).
    user: u64,
    issued_at_ms: i64,
    serial: u32,
    /// The user's next coupon, or [`NO_ROW`].
    next_of_user: u32,
    nth_of_user: u16,
    revoked: bool,
}

/// A coupon as read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Winner<'a> {
    pub coupon: IssuedCoupon,
    pub user: &'a str,
    pub nth_of_user: u32,
    pub issued_at: Timestamp,
    pub revoked: bool,
}

/// All coupons given in one campaign, in the order in which they were given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Winners {
    rows: Vec<Row>,
    arena: Vec<u8>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
    revoked: u32,
}

impl Winners {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Bytes held, spare room included.
    pub fn bytes(&self) -> usize {
        self.rows.capacity() * size_of::<Row>() + self.arena.capacity() + self.index.allocation_size()
    }

    /// People who got at least one.
    pub fn participants(&self) -> u32 {
        self.index.len() as u32
    }

    fn user_text(&self, row: &Row) -> &str {
        let (start, length) = ((row.user >> 8) as usize, (row.user & 0xff) as usize);
        std::str::from_utf8(&self.arena[start..start + length]).unwrap_or_default()
    }

    fn first_row(&self, user: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(user);
        self.index.find(hash, |&row| self.user_text(&self.rows[row as usize]) == user).copied()
    }

    fn winner(&self, row: u32) -> Winner<'_> {
        let row = &self.rows[row as usize];
        Winner {
            coupon: IssuedCoupon { coupon_id: row.coupon_id, serial: row.serial },
            user: self.user_text(row),
            nth_of_user: u32::from(row.nth_of_user),
            issued_at: Timestamp(row.issued_at_ms),
            revoked: row.revoked,
        }
    }

    /// The coupon at a place in the order of giving.
    pub fn get(&self, row: u32) -> Option<Winner<'_>> {
        ((row as usize) < self.rows.len()).then(|| self.winner(row))
    }

    /// A user's coupons in the order in which they were given.
    pub fn of_user<'a>(&'a self, user: &str) -> impl Iterator<Item = Winner<'a>> + use<'a> {
        let mut next = self.first_row(user).unwrap_or(NO_ROW);
        std::iter::from_fn(move || {
            let row = (next != NO_ROW).then_some(next)?;
            next = self.rows[row as usize].next_of_user;
            Some(self.winner(row))
        })
    }

    /// How many a user got, and the first still held (else the first of all).
    pub fn count_and_first(&self, user: &str) -> (u32, Option<IssuedCoupon>) {
        let (mut count, mut first, mut held) = (0, None, None);
        for winner in self.of_user(user) {
            count += 1;
            first = first.or(Some(winner.coupon));
            held = held.or((!winner.revoked).then_some(winner.coupon));
        }
        (count, held.or(first))
    }

    /// Adds a coupon. Returns its row.
    pub fn push(&mut self, user: &str, coupon: IssuedCoupon, issued_at: Timestamp) -> u32 {
        let row = self.rows.len() as u32;
        let last_of_user = self.last_row(user);
        let (user_at, nth_of_user) = match last_of_user {
            Some(last) => (self.rows[last as usize].user, self.rows[last as usize].nth_of_user + 1),
            None => (self.store_user(user), 1),
        };
        // Growing by an eighth instead of doubling keeps the spare room, and so the bytes per winner, small.
        if self.rows.len() == self.rows.capacity() {
            self.rows.reserve_exact((self.rows.len() / 8).max(256));
        }
        self.rows.push(Row {
            coupon_id: coupon.coupon_id,
            user: user_at,
            issued_at_ms: issued_at.millis(),
            serial: coupon.serial,
            next_of_user: NO_ROW,
            nth_of_user,
            revoked: false,
        });
        match last_of_user {
            Some(last) => self.rows[last as usize].next_of_user = row,
            None => self.enter_in_index(user, row),
        }
        row
    }

    fn last_row(&self, user: &str) -> Option<u32> {
        let mut row = self.first_row(user)?;
        while self.rows[row as usize].next_of_user != NO_ROW {
            row = self.rows[row as usize].next_of_user;
        }
        Some(row)
    }

    fn store_user(&mut self, user: &str) -> u64 {
        if self.arena.capacity() - self.arena.len() < user.len() {
            self.arena.reserve_exact((self.arena.len() / 8).max(4096));
        }
        let start = self.arena.len() as u64;
        self.arena.extend_from_slice(user.as_bytes());
        (start << 8) | user.len() as u64
    }

    fn enter_in_index(&mut self, user: &str, row: u32) {
        let hash = self.hasher.hash_one(user);
        let Self { index, rows, arena, hasher, .. } = self;
        index.insert_unique(hash, row, |&other| {
            let at = rows[other as usize].user;
            let (start, length) = ((at >> 8) as usize, (at & 0xff) as usize);
            hasher.hash_one(std::str::from_utf8(&arena[start..start + length]).unwrap_or_default())
        });
    }

    /// Takes the last coupon out again, as if it had never been given.
    pub fn pop(&mut self) {
        let Some(row) = self.rows.len().checked_sub(1).map(|row| row as u32) else { return };
        let user = self.user_text(&self.rows[row as usize]).to_owned();
        if self.rows[row as usize].nth_of_user == 1 {
            let hash = self.hasher.hash_one(user.as_str());
            if let Ok(entry) = self.index.find_entry(hash, |&other| other == row) {
                entry.remove();
            }
            self.arena.truncate((self.rows[row as usize].user >> 8) as usize);
        } else {
            let mut before = self.first_row(&user).unwrap_or(NO_ROW);
            while before != NO_ROW && self.rows[before as usize].next_of_user != row {
                before = self.rows[before as usize].next_of_user;
            }
            if before != NO_ROW {
                self.rows[before as usize].next_of_user = NO_ROW;
            }
        }
        self.rows.pop();
    }

    /// The row of a user's coupon.
    pub fn row_of(&self, user: &str, coupon_id: CouponId) -> Option<u32> {
        let mut row = self.first_row(user)?;
        while self.rows[row as usize].coupon_id != coupon_id {
            row = self.rows[row as usize].next_of_user;
            if row == NO_ROW {
                return None;
            }
        }
        Some(row)
    }

    /// Whether a user was given that very coupon.
    pub fn has(&self, user: &str, coupon_id: CouponId) -> bool {
        self.of_user(user).any(|winner| winner.coupon.coupon_id == coupon_id)
    }

    /// Marks a coupon as taken back.
    pub fn mark_revoked(&mut self, row: u32) {
        let revoked = &mut self.rows[row as usize].revoked;
        self.revoked += u32::from(!*revoked);
        *revoked = true;
    }

    /// Coupons taken back.
    pub fn revoked(&self) -> u32 {
        self.revoked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn coupon(n: u32) -> IssuedCoupon {
        IssuedCoupon { coupon_id: CouponId(Uuid::from_u128(u128::from(n))), serial: n }
    }

    #[test]
    fn remembers_every_coupon_of_every_user() {
        let mut winners = Winners::default();
        for n in 0..3_000u32 {
            winners.push(&format!("user-{}", n % 1_000), coupon(n), Timestamp(i64::from(n)));
        }
        assert_eq!(winners.participants(), 1_000);
        let serials: Vec<u32> = winners.of_user("user-7").map(|winner| winner.coupon.serial).collect();
        assert_eq!(serials, [7, 1_007, 2_007]);
        assert_eq!(winners.of_user("nobody").count(), 0);
        assert_eq!(winners.of_user("user-7").map(|winner| winner.nth_of_user).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn what_is_taken_out_again_was_never_there() {
        let mut winners = Winners::default();
        winners.push("a", coupon(1), Timestamp(0));
        winners.push("b", coupon(2), Timestamp(0));
        winners.push("a", coupon(3), Timestamp(0));
        winners.pop();
        assert_eq!(winners.of_user("a").count(), 1);
        winners.pop();
        assert_eq!(winners.of_user("b").count(), 0);
        winners.push("c", coupon(4), Timestamp(0));
        winners.push("a", coupon(5), Timestamp(0));
        assert_eq!(winners.of_user("a").map(|winner| winner.coupon.serial).collect::<Vec<_>>(), [1, 5]);
        assert_eq!(winners.of_user("c").count(), 1);
    }

    #[test]
    fn a_winner_costs_at_most_a_hundred_bytes() {
        let mut winners = Winners::default();
        for n in 0..200_000u32 {
            winners.push(&format!("user-{n:08}"), coupon(n), Timestamp(0));
        }
        let each = winners.bytes() / winners.len();
        assert!(each <= 100, "{each} bytes a winner");
    }
}
