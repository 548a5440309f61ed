//! The ten invariants of a system at rest (`contract-amendments.md`, part 2). One file each; each says in its first lines what
//! it holds, and gives nothing for a book that was not read.

mod catalog;
mod coupons;
mod hot;
mod index;
mod limit;
mod messages;
mod money;
mod people;
mod rest;
mod seats;
mod sums;
mod tickets;

#[cfg(test)]
mod tests;

use crate::records::Books;
use crate::violation::Violation;
use index::Index;
use serde::Serialize;
use std::collections::HashSet;

/// What a comparison has found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// The differences.
    pub violations: Vec<Violation>,
    /// The numbers of the invariants, of which a part could not be checked because a book is missing.
    pub unchecked: Vec<u8>,
}

impl Findings {
    /// Whether nothing differs. Unchecked invariants do not count.
    pub fn is_balanced(&self) -> bool {
        self.violations.is_empty()
    }

    /// Those of these differences that a later comparison has found, too: what was under way at the first is no difference.
    pub fn again_in(self, later: &Self) -> Self {
        let found: HashSet<&Violation> = later.violations.iter().collect();
        let mut violations = self.violations;
        violations.retain(|violation| found.contains(violation));
        Self { violations, unchecked: later.unchecked.clone() }
    }
}

/// Compares all books that are there.
pub fn check(books: &Books) -> Findings {
    let index = Index::of(books);
    let mut found = Found::default();
    seats::check(&index, &mut found);
    tickets::check(&index, &mut found);
    money::check(&index, &mut found);
    sums::check(&index, &mut found);
    rest::check(&index, &mut found);
    limit::check(&index, &mut found);
    catalog::check(&index, &mut found);
    hot::check(&index, &mut found);
    messages::check(&index, &mut found);
    people::check(&index, &mut found);
    coupons::check(&index, &mut found);
    found.unchecked.sort_unstable();
    found.unchecked.dedup();
    Findings { violations: found.violations, unchecked: found.unchecked }
}

/// What the checks have found so far.
#[derive(Default)]
struct Found {
    violations: Vec<Violation>,
    unchecked: Vec<u8>,
}

impl Found {
    fn add(&mut self, violation: Violation) {
        self.violations.push(violation);
    }

    /// Adds it if the rows are not as they should be.
    fn unless(&mut self, holds: bool, violation: impl FnOnce() -> Violation) {
        if !holds {
            self.violations.push(violation());
        }
    }

    /// A book that the invariant needs is missing.
    fn unchecked(&mut self, invariant: u8) {
        self.unchecked.push(invariant);
    }
}
