//! The results of the attackers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts by attack and by what came of it. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Mutex<BTreeMap<(&'static str, String), u64>>>);

impl Tally {
    /// Counts one.
    pub fn add(&self, attack: &'static str, outcome: impl Into<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry((attack, outcome.into())).or_default() += 1;
    }

    /// One line an attack.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for ((attack, outcome), count) in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            lines.entry(attack).or_default().push(format!("{count} x {outcome}"));
        }
        lines.into_iter().map(|(attack, outcomes)| format!("{attack}: {}", outcomes.join(", "))).collect()
    }
}
