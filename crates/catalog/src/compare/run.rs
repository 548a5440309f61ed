//! The comparison of every five minutes: an alarm for what stays, and a repair of what is old.

use super::look::{CompareError, Found, Look, SeatComparison};
use domain::Timestamp;
use domain::catalog::comparison::DifferenceKind;
use hot::KeyPort;
use hot::lease::{Hold, Lease};
use metrics::{counter, gauge};
use std::sync::Arc;
use std::time::Duration;

/// Time between two comparisons.
const EVERY: Duration = Duration::from_secs(300);
/// Time between two looks at whether it is this process's turn.
const TURN_EVERY: Duration = Duration::from_secs(2);
/// A difference that is older is put right, in seconds: what was only on its way has arrived long before.
const REPAIRED_AFTER_SECONDS: i64 = 600;
/// Most differences that are logged of one comparison.
const LOGGED_MAX: usize = 20;

/// What earlier comparisons have found.
#[derive(Default)]
pub struct Watch {
    /// Each with the moment at which it was found first.
    found: Vec<(Found, Timestamp)>,
}

impl Watch {
    /// Takes a look. Returns those that an earlier one has found alike, with the moments of the first.
    fn take(&mut self, look: &Look, now: Timestamp) -> Vec<(Found, Timestamp)> {
        let since =
            |found: &Found| self.found.iter().find(|(before, _)| before.is_same(found)).map(|(_, since)| *since);
        let stands: Vec<(Found, Timestamp)> =
            look.found.iter().filter_map(|found| Some((*found, since(found)?))).collect();
        let all = look.found.iter().map(|found| (*found, since(found).unwrap_or(now))).collect();
        self.found = all;
        stands
    }
}

impl SeatComparison {
    /// Compares every five minutes until the process ends: one process at a time does.
    pub async fn run(self, keys: Arc<dyn KeyPort>) {
        let lease = Lease::new(keys, "catalog-compare");
        let mut watch = Watch::default();
        let mut due_at = tokio::time::Instant::now();
        loop {
            let is_ours = lease.hold().await.is_ok_and(|hold| hold != Hold::Others);
            if !is_ours {
                // The holder watches; what it has found is its own.
                watch = Watch::default();
            } else if due_at <= tokio::time::Instant::now() {
                due_at = tokio::time::Instant::now() + EVERY;
                if let Err(error) = self.watch(&mut watch).await {
                    tracing::warn!(%error, "the seats could not be compared with reservation's");
                }
            }
            tokio::time::sleep(TURN_EVERY).await;
        }
    }

    /// One comparison: what stays from look to look is told as an alarm, and put right when it is older than ten minutes.
    ///
    /// # Errors
    /// [`CompareError`].
    pub async fn watch(&self, watch: &mut Watch) -> Result<(), CompareError> {
        let (look, now) = (self.look().await?, clock::now());
        let stands = watch.take(&look, now);
        for kind in DifferenceKind::ALL {
            let count = stands.iter().filter(|(found, _)| found.difference.kind() == kind).count();
            gauge!("onsale_catalog_seat_differences", "kind" => kind.as_str()).set(count as f64);
        }
        gauge!("onsale_catalog_schedules_not_compared").set(look.not_compared as f64);
        for (found, since) in stands.iter().take(LOGGED_MAX) {
            tracing::error!(
                schedule = %found.schedule,
                seat = %found.difference.seat,
                kind = found.difference.kind().as_str(),
                here = ?found.difference.here,
                there = ?found.difference.there,
                %since,
                "a seat is not as reservation has it"
            );
        }
        let is_old = |since: Timestamp| now >= since.plus_seconds(REPAIRED_AFTER_SECONDS);
        let old: Vec<Found> = stands.into_iter().filter(|(_, since)| is_old(*since)).map(|(found, _)| found).collect();
        if !old.is_empty() {
            let repaired = self.repair(&old).await?;
            counter!("onsale_catalog_seats_repaired_total").increment(repaired.seats as u64);
        }
        Ok(())
    }
}
