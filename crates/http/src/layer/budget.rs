//! The bytes of all request bodies under way: one number for the whole process. A limit for each body alone would let
//! enough slow bodies together fill the memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The default of `http.body_budget_bytes`.
pub const BODY_BUDGET_BYTES_DEFAULT: usize = 256 * 1024 * 1024;

/// Bytes left for bodies. Cheap to clone; all clones share them.
#[derive(Clone, Debug)]
pub struct BodyBudget(Arc<AtomicUsize>);

impl Default for BodyBudget {
    fn default() -> Self {
        Self::new(BODY_BUDGET_BYTES_DEFAULT)
    }
}

impl BodyBudget {
    /// So many bytes for all bodies together.
    pub fn new(bytes: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(bytes)))
    }

    /// Nothing of the budget, for one body.
    pub(crate) fn part(&self) -> BudgetPart {
        BudgetPart { budget: self.clone(), bytes: 0 }
    }

    /// Bytes that are free now.
    pub fn left(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// The bytes of one body, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct BudgetPart {
    budget: BodyBudget,
    bytes: usize,
}

impl BudgetPart {
    /// Takes more bytes, which have arrived. False when there are not so many.
    #[must_use]
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let left = &self.budget.0;
        let taken = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok();
        if taken {
            self.bytes += bytes;
        }
        taken
    }
}

impl Drop for BudgetPart {
    fn drop(&mut self) {
        self.budget.0.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bodies_share_one_budget_and_give_it_back() {
        let budget = BodyBudget::new(10);
        let (mut one, mut two) = (budget.part(), budget.part());
        assert!(one.grow(6) && two.grow(4) && !two.grow(1));
        drop(one);
        assert!(two.grow(6));
        drop(two);
        assert_eq!(budget.left(), 10);
    }
}
