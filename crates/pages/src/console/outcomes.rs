//! What became of each item of a batch. The page after the form shows it; the audit log has it for good.

use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Most batches that are remembered at once.
const BATCHES_MAX: usize = 64;
/// How long a batch is remembered.
const LIFE: Duration = Duration::from_secs(600);

struct Batch {
    key: String,
    at: Instant,
    results: Value,
}

static BATCHES: Mutex<VecDeque<Batch>> = Mutex::new(VecDeque::new());

/// Remembers the API's answer to a batch. Returns the key for the address of the next page.
pub(super) fn keep(results: Value) -> String {
    let key = Uuid::new_v4().to_string();
    let mut batches = BATCHES.lock().unwrap_or_else(PoisonError::into_inner);
    while batches.len() >= BATCHES_MAX || batches.front().is_some_and(|batch| batch.at.elapsed() > LIFE) {
        batches.pop_front();
    }
    batches.push_back(Batch { key: key.clone(), at: Instant::now(), results });
    key
}

/// The answer to a batch; none when it is forgotten, or another server has it.
pub(super) fn find(key: &str) -> Option<Value> {
    let batches = BATCHES.lock().unwrap_or_else(PoisonError::into_inner);
    let found = batches.iter().find(|batch| batch.key == key && batch.at.elapsed() <= LIFE);
    found.map(|batch| batch.results.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_batches_make_room() {
        let first = keep(Value::from(1));
        assert_eq!(find(&first), Some(Value::from(1)));
        for _ in 0..BATCHES_MAX {
            keep(Value::Null);
        }
        assert_eq!(find(&first), None);
        assert_eq!(find("another"), None);
    }
}
