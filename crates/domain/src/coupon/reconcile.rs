//! Comparing two books coupon by coupon (FCFS-010): what the hot state decided against what the ledger keeps.

use crate::CampaignId;
use crate::id::CouponId;
use serde::Serialize;
use std::collections::HashMap;

/// One coupon as a book names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The coupon.
    pub coupon_id: CouponId,
    /// Its number; none once it went back into stock.
    pub serial: Option<u32>,
    /// Whose it is.
    pub user_id: String,
    /// The user's first, second, ... coupon.
    pub nth_of_user: u32,
    /// Whether it was taken back.
    pub revoked: bool,
}

/// What is wrong with one coupon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Finding {
    /// Decided, but not kept.
    Missing {
        /// As decided.
        hot: Entry,
    },
    /// Kept, but never decided.
    Surplus {
        /// As kept.
        ledger: Entry,
    },
    /// Decided and kept, but not alike.
    Differs {
        /// As decided.
        hot: Entry,
        /// As kept.
        ledger: Entry,
    },
    /// Two live coupons of one book share a number.
    DuplicateSerial {
        /// Which book: `hot` or `ledger`.
        book: &'static str,
        /// The number.
        serial: u32,
        /// The coupons that share it.
        coupon_ids: Vec<CouponId>,
    },
    /// One user has more coupons than the limit allows.
    OverLimit {
        /// Which book: `hot` or `ledger`.
        book: &'static str,
        /// Who.
        user_id: String,
        /// How many.
        count: u32,
    },
    /// A number outside 1..=stock.
    SerialBeyondStock {
        /// Which book: `hot` or `ledger`.
        book: &'static str,
        /// The coupon.
        entry: Entry,
    },
}

impl Finding {
    /// Its kind, as operators read it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "COUPON_NOT_KEPT",
            Self::Surplus { .. } => "COUPON_NOT_DECIDED",
            Self::Differs { .. } => "COUPON_DIFFERS",
            Self::DuplicateSerial { .. } => "SERIAL_TWICE",
            Self::OverLimit { .. } => "USER_OVER_LIMIT",
            Self::SerialBeyondStock { .. } => "SERIAL_BEYOND_STOCK",
        }
    }

    /// What names it, the same in every comparison that finds it again.
    pub fn id(&self, campaign: &CampaignId) -> String {
        format!("{}:{campaign}:{}", self.kind(), self.about())
    }

    fn about(&self) -> String {
        match self {
            Self::Missing { hot } | Self::Differs { hot, .. } => hot.coupon_id.to_string(),
            Self::Surplus { ledger } => ledger.coupon_id.to_string(),
            Self::DuplicateSerial { book, serial, .. } => format!("{book}:{serial}"),
            Self::OverLimit { book, user_id, .. } => format!("{book}:{user_id}"),
            Self::SerialBeyondStock { book, entry } => format!("{book}:{}", entry.coupon_id),
        }
    }

    /// By kind, then by what it is about: the same in every comparison.
    fn order(&self) -> (&'static str, String) {
        (self.kind(), self.about())
    }

    /// What differs, in a sentence for operators.
    pub fn details(&self) -> String {
        match self {
            Self::Missing { hot } => format!("coupon {} was given and is in no table", hot.coupon_id),
            Self::Surplus { ledger } => {
                format!("coupon {} is in the tables and was not given by the hot state", ledger.coupon_id)
            }
            Self::Differs { hot, .. } => format!("coupon {} is not alike in hot state and tables", hot.coupon_id),
            Self::DuplicateSerial { book, serial, coupon_ids } => {
                format!("{} coupons have the number {serial} in the {book} book", coupon_ids.len())
            }
            Self::OverLimit { book, count, .. } => {
                format!("a user has {count} coupons in the {book} book, more than the limit")
            }
            Self::SerialBeyondStock { book, entry } => {
                format!("coupon {} has a number beyond the stock in the {book} book", entry.coupon_id)
            }
        }
    }

    /// What a repair does; none where an operator must decide.
    pub fn repair(&self) -> Option<&'static str> {
        match self {
            Self::Missing { .. } => Some("stores it in the tables"),
            Self::Surplus { .. } => Some("restores it in the hot state"),
            Self::Differs { hot, ledger } if ledger.revoked && !hot.revoked => {
                Some("revokes it in the hot state, as in the tables")
            }
            Self::Differs { .. }
            | Self::DuplicateSerial { .. }
            | Self::OverLimit { .. }
            | Self::SerialBeyondStock { .. } => None,
        }
    }
}

/// The comparison of one campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Coupons that the hot state knows.
    pub hot_count: usize,
    /// Coupons that the ledger knows.
    pub ledger_count: usize,
    /// What does not match.
    pub findings: Vec<Finding>,
}

impl Comparison {
    /// Whether the books balance.
    pub fn balances(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Compares the two books of a campaign.
pub fn compare(stock: u32, per_user_limit: u32, hot: &[Entry], ledger: &[Entry]) -> Comparison {
    let mut findings = Vec::new();
    let kept: HashMap<CouponId, &Entry> = ledger.iter().map(|entry| (entry.coupon_id, entry)).collect();
    let decided: HashMap<CouponId, &Entry> = hot.iter().map(|entry| (entry.coupon_id, entry)).collect();
    for entry in hot {
        match kept.get(&entry.coupon_id) {
            None => findings.push(Finding::Missing { hot: entry.clone() }),
            Some(row) if *row != entry => {
                findings.push(Finding::Differs { hot: entry.clone(), ledger: (*row).clone() })
            }
            Some(_) => {}
        }
    }
    let unknown = ledger.iter().filter(|entry| !decided.contains_key(&entry.coupon_id));
    findings.extend(unknown.map(|entry| Finding::Surplus { ledger: entry.clone() }));
    check_book("hot", stock, per_user_limit, hot, &mut findings);
    check_book("ledger", stock, per_user_limit, ledger, &mut findings);
    // The books come in any order; whoever reads two comparisons sees what changed.
    findings.sort_by_cached_key(Finding::order);
    Comparison { hot_count: hot.len(), ledger_count: ledger.len(), findings }
}

fn check_book(book: &'static str, stock: u32, per_user_limit: u32, entries: &[Entry], findings: &mut Vec<Finding>) {
    let mut by_serial: HashMap<u32, Vec<CouponId>> = HashMap::new();
    let mut by_user: HashMap<&str, u32> = HashMap::new();
    for entry in entries {
        *by_user.entry(&entry.user_id).or_default() += 1;
        let Some(serial) = entry.serial else { continue };
        by_serial.entry(serial).or_default().push(entry.coupon_id);
        if serial == 0 || serial > stock {
            findings.push(Finding::SerialBeyondStock { book, entry: entry.clone() });
        }
    }
    let mut shared: Vec<_> = by_serial.into_iter().filter(|(_, ids)| ids.len() > 1).collect();
    shared.sort_unstable_by_key(|(serial, _)| *serial);
    findings.extend(shared.into_iter().map(|(serial, coupon_ids)| Finding::DuplicateSerial {
        book,
        serial,
        coupon_ids,
    }));
    let mut greedy: Vec<_> = by_user.into_iter().filter(|(_, count)| *count > per_user_limit).collect();
    greedy.sort_unstable();
    findings.extend(greedy.into_iter().map(|(user, count)| Finding::OverLimit {
        book,
        user_id: user.to_owned(),
        count,
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn entry(n: u32) -> Entry {
        Entry {
            coupon_id: CouponId(Uuid::from_u128(u128::from(n))),
            serial: Some(n),
            user_id: format!("u{n}"),
            nth_of_user: 1,
            revoked: false,
        }
    }

    #[test]
    fn equal_books_balance() {
        let book = [entry(1), entry(2)];
        assert!(compare(2, 1, &book, &book).balances());
    }

    #[test]
    fn findings_come_in_the_same_order_whatever_the_order_of_the_books() {
        let (ahead, back): (Vec<Entry>, Vec<Entry>) = ((1..9).map(entry).collect(), (1..9).rev().map(entry).collect());
        assert_eq!(compare(9, 1, &ahead, &[]).findings, compare(9, 1, &back, &[]).findings);
        assert_eq!(compare(9, 1, &[], &ahead).findings, compare(9, 1, &[], &back).findings);
    }

    #[test]
    fn each_kind_of_fault_is_named() {
        let kinds = |hot: &[Entry], ledger: &[Entry]| compare(2, 1, hot, ledger).findings;
        assert!(matches!(kinds(&[entry(1)], &[])[..], [Finding::Missing { .. }]));
        assert!(matches!(kinds(&[], &[entry(1)])[..], [Finding::Surplus { .. }]));
        let other = Entry { user_id: "x".into(), ..entry(1) };
        assert!(matches!(kinds(&[entry(1)], &[other])[..], [Finding::Differs { .. }]));
        let twin = Entry { serial: Some(1), ..entry(2) };
        let twins = [entry(1), twin];
        assert!(matches!(
            kinds(&twins, &twins)[..],
            [Finding::DuplicateSerial { .. }, Finding::DuplicateSerial { .. }]
        ));
        let second = Entry { user_id: "u1".into(), nth_of_user: 2, ..entry(2) };
        let greedy = [entry(1), second];
        assert!(matches!(kinds(&greedy, &greedy)[..], [Finding::OverLimit { .. }, Finding::OverLimit { .. }]));
        let beyond = [entry(3)];
        assert!(matches!(
            kinds(&beyond, &beyond)[..],
            [Finding::SerialBeyondStock { .. }, Finding::SerialBeyondStock { .. }]
        ));
    }
}
