//! The comparison as operators ask for it over HTTP: they see what differs, and name what is to be put right.
//!
//! A seat is put right only if two looks a minute apart have found it alike, and nobody can be kept waiting for a minute: the look
//! of the list counts as the first. It is remembered in this process; where another one has shown the list, the first try is the
//! first look, and the same call a minute later puts the seat right.

use super::look::{CompareError, Compared, Found, SeatComparison};
use domain::Timestamp;
use domain::catalog::comparison::LOOKS_APART_SECONDS;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Most differences that are remembered.
const REMEMBERED_MAX: usize = 10_000;
/// A look is remembered for so long.
const REMEMBERED_SECONDS: i64 = 3_600;

/// The comparison with the looks that operators have seen. Cheap to clone.
#[derive(Clone)]
pub struct SeatDesk {
    comparison: SeatComparison,
    seen: Arc<Mutex<Vec<(Found, Timestamp)>>>,
}

/// What became of the seats that were named.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PutRight {
    /// What still differs.
    #[serde(flatten)]
    compared: Compared,
    repaired: Vec<String>,
    not_repaired: Vec<NotRepaired>,
}

#[derive(Debug, Serialize)]
struct NotRepaired {
    id: String,
    reason: &'static str,
}

impl SeatDesk {
    /// Over this comparison.
    pub fn new(comparison: SeatComparison) -> Self {
        Self { comparison, seen: Arc::default() }
    }

    /// Compares: what is only on its way is no difference.
    pub(crate) async fn show(&self) -> Result<Compared, CompareError> {
        let first = self.comparison.look().await?;
        self.remember(&first.found);
        if first.found.is_empty() {
            return Ok(first.shown());
        }
        self.comparison.settle().await;
        let mut second = self.comparison.look().await?;
        second.found.retain(|found| first.found.iter().any(|before| before.is_same(found)));
        Ok(second.shown())
    }

    /// Puts these seats right, as far as they were seen alike a minute ago.
    pub(crate) async fn repair(&self, ids: &[String]) -> Result<PutRight, CompareError> {
        let look = self.comparison.look().await?;
        let now = clock::now();
        let (mut due, mut not_repaired) = (Vec::new(), Vec::new());
        for id in ids {
            let found = look.found.iter().find(|found| found.difference.seat.to_string() == *id);
            let why = match found {
                None => Some("GONE"),
                Some(found) if !found.can_be_repaired() => Some("nothing puts it right: an operator must decide"),
                Some(found) if !self.was_seen(found, now) => Some("STILL_MOVING"),
                Some(found) => {
                    due.push(*found);
                    None
                }
            };
            not_repaired.extend(why.map(|reason| NotRepaired { id: id.clone(), reason }));
        }
        self.remember(&look.found);
        self.comparison.repair(&due).await?;
        let after = self.comparison.look().await?;
        let left: BTreeSet<String> = after.found.iter().map(|found| found.difference.seat.to_string()).collect();
        let named = due.iter().map(|found| found.difference.seat.to_string());
        let (left_over, repaired): (Vec<String>, Vec<String>) = named.partition(|id| left.contains(id));
        let changed = |id| NotRepaired { id, reason: "the seat has changed meanwhile" };
        not_repaired.extend(left_over.into_iter().map(changed));
        Ok(PutRight { compared: after.shown(), repaired, not_repaired })
    }

    fn remember(&self, found: &[Found]) {
        let now = clock::now();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |at: &Timestamp| now < at.plus_seconds(REMEMBERED_SECONDS);
        let kept: Vec<_> = seen
            .iter()
            .filter(|(before, at)| is_recent(at) && found.iter().any(|one| one.is_same(before)))
            .copied()
            .collect();
        let new = found.iter().filter(|one| !kept.iter().any(|(before, _)| before.is_same(one)));
        let new: Vec<_> = new.map(|one| (*one, now)).collect();
        *seen = kept.into_iter().chain(new).take(REMEMBERED_MAX).collect();
    }

    fn was_seen(&self, found: &Found, now: Timestamp) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().any(|(before, at)| before.is_same(found) && now >= at.plus_seconds(LOOKS_APART_SECONDS))
    }
}
