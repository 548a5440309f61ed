//! The judgement of one trial: the clients' responses against the stored rows.

use crate::crowd::{Coupon, History, user_name};
use std::collections::{HashMap, HashSet};

/// A stored coupon: its user and its serial.
pub type Rows = HashMap<String, (String, u64)>;

/// The counts of a trial. All but the first must be zero.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Users with a confirmed coupon.
    pub acknowledged: usize,
    /// Confirmed coupons that are not stored, or stored differently.
    pub lost: Vec<String>,
    /// Serials beyond the stock, confirmed or stored.
    pub beyond_stock: Vec<String>,
    /// More than one coupon per user, and more than one serial per coupon, confirmed or stored.
    pub doubled: Vec<String>,
    /// Responses that must not occur, and keys whose second response differs from the first.
    pub strange: Vec<String>,
}

impl Verdict {
    pub fn of(history: &History, rows: &Rows, stock: u64, forgets_keys: bool) -> Self {
        let mut verdict = Self { strange: history.strange.clone(), ..Self::default() };
        let told: HashMap<u64, HashSet<&Coupon>> = history.yeses.iter().fold(HashMap::new(), |mut told, yes| {
            told.entry(yes.user).or_default().insert(&yes.coupon);
            told
        });
        verdict.acknowledged = told.len();
        if !forgets_keys {
            let other = history.yeses.iter().filter(|yes| yes.in_other_words);
            verdict
                .strange
                .extend(other.map(|yes| format!("{}: the key's second answer differs", user_name(yes.user))));
        }
        for (user, coupons) in &told {
            verdict.judge_told(&user_name(*user), coupons, rows);
        }
        verdict.judge_numbers(
            "told",
            told.iter().flat_map(|(user, coupons)| coupons.iter().map(|coupon| (user_name(*user), coupon.serial))),
            stock,
        );
        verdict.judge_numbers("kept", rows.values().cloned(), stock);
        verdict
    }

    fn judge_told(&mut self, user: &str, coupons: &HashSet<&Coupon>, rows: &Rows) {
        if coupons.len() > 1 {
            self.doubled.push(format!("{user} heard of {coupons:?}"));
        }
        for coupon in coupons {
            match rows.get(&coupon.id) {
                Some((holder, serial)) if holder == user && *serial == coupon.serial => {}
                kept => self.lost.push(format!("{user} heard of {coupon:?}, kept is {kept:?}")),
            }
        }
    }

    fn judge_numbers(&mut self, where_: &str, all: impl Iterator<Item = (String, u64)>, stock: u64) {
        let (mut holders, mut users) = (HashMap::new(), HashSet::new());
        for (user, serial) in all {
            if !(1..=stock).contains(&serial) {
                self.beyond_stock.push(format!("{where_}: {user} has number {serial}"));
            }
            if let Some(other) = holders.insert(serial, user.clone()) {
                self.doubled.push(format!("{where_}: number {serial} is {other}'s and {user}'s"));
            }
            if !users.insert(user.clone()) {
                self.doubled.push(format!("{where_}: {user} has two"));
            }
        }
    }

    /// Whether there is no violation.
    pub fn is_faultless(&self) -> bool {
        [&self.lost, &self.beyond_stock, &self.doubled, &self.strange].iter().all(|found| found.is_empty())
    }

    /// Asserts that there is no violation.
    #[track_caller]
    pub fn demand(&self, what: &str) {
        let all = [&self.lost, &self.beyond_stock, &self.doubled, &self.strange];
        let counts = all.map(Vec::len);
        let firsts: Vec<&String> = all.iter().flat_map(|found| found.iter().take(3)).collect();
        assert_eq!(counts, [0; 4], "{what}: lost, beyond stock, doubled, strange; the first of each: {firsts:#?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crowd::Yes;

    fn heard(yeses: &[(u64, &str, u64)]) -> History {
        let yes = |(user, id, serial): &(u64, &str, u64)| Yes {
            user: *user,
            coupon: Coupon { id: (*id).to_owned(), serial: *serial },
            in_other_words: false,
        };
        History { yeses: yeses.iter().map(yes).collect(), ..History::default() }
    }

    fn kept(rows: &[(&str, &str, u64)]) -> Rows {
        rows.iter().map(|(id, user, serial)| ((*id).to_owned(), ((*user).to_owned(), *serial))).collect()
    }

    fn counts(history: &History, rows: &Rows) -> [usize; 3] {
        let verdict = Verdict::of(history, rows, 2, false);
        [verdict.lost.len(), verdict.beyond_stock.len(), verdict.doubled.len()]
    }

    #[test]
    fn every_kind_of_fault_is_detected() {
        let rows = kept(&[("a", "user-1", 1), ("b", "user-2", 2)]);
        assert_eq!(counts(&heard(&[(1, "a", 1), (1, "a", 1), (2, "b", 2)]), &rows), [0, 0, 0]);
        assert_eq!(counts(&heard(&[(1, "c", 1)]), &rows), [1, 0, 0], "not kept");
        assert_eq!(counts(&heard(&[(3, "a", 1)]), &rows), [1, 0, 0], "another's");
        assert_eq!(counts(&heard(&[(1, "a", 2)]), &rows), [1, 0, 0], "another number");
        assert_eq!(counts(&heard(&[(3, "d", 3)]), &rows), [1, 1, 0], "beyond stock");
        assert_eq!(counts(&heard(&[(1, "a", 1), (1, "b", 2)]), &rows), [1, 0, 2], "two coupons");
        assert_eq!(counts(&heard(&[(1, "a", 1), (2, "e", 1)]), &rows), [1, 0, 1], "one number twice");
        let rows = kept(&[("a", "user-1", 1), ("b", "user-1", 3)]);
        assert_eq!(counts(&heard(&[]), &rows), [0, 1, 1], "kept, too");
    }
}
