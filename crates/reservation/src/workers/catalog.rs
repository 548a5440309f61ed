//! Schedules that the catalog calls cancelled are remembered, whether or not a message came (hole 6).

use super::Workers;
use crate::rows::upkeep;
use domain::ScheduleId;
use ledger::LedgerError;
use serde::Deserialize;
use std::time::Duration;

/// Time between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Most schedules of one look; the next look goes on after them.
const SCHEDULES_AT_ONCE: u64 = 100;
/// As the catalog says it.
const CANCELLED: &str = "CANCELLED";

/// Whether a schedule is sold, by the catalog.
#[derive(Deserialize)]
struct SellableJson {
    reason: Option<String>,
}

impl Workers {
    /// Compares schedules with the catalog until the process ends.
    pub async fn run_catalog(self) {
        let mut after = None;
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            match self.compare_schedules(after).await {
                Ok(last) => after = last,
                Err(error) => tracing::warn!(%error, "schedules cannot be compared with the catalog now"),
            }
        }
    }

    /// Asks the catalog about some schedules with live reservations, in the order of their ids after `after`, and remembers
    /// those that are cancelled. Returns the last one; none: there are no more, begin again.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn compare_schedules(&self, after: Option<ScheduleId>) -> Result<Option<ScheduleId>, LedgerError> {
        let parts = &self.0.parts;
        let schedules = upkeep::live_schedules(&parts.ledger, after, SCHEDULES_AT_ONCE).await?;
        let mut cancelled = Vec::new();
        for schedule in &schedules {
            if self.is_cancelled_in_catalog(*schedule).await {
                cancelled.push(*schedule);
            }
        }
        parts.steps.remember_cancelled(&cancelled).await?;
        if !cancelled.is_empty() {
            self.sweep_soon();
        }
        Ok(schedules.last().copied())
    }

    /// A schedule that the catalog does not know may be one that it cannot read: only its word counts.
    async fn is_cancelled_in_catalog(&self, schedule: ScheduleId) -> bool {
        let parts = &self.0.parts;
        let Ok(reply) = parts.catalog.get(&format!("/internal/schedules/{schedule}/sellable")).await else {
            return false;
        };
        parts.steps.terms().fence.saw(reply.hold_no);
        let json: Option<SellableJson> = reply.status.is_success().then(|| reply.read().ok()).flatten();
        json.and_then(|json| json.reason).is_some_and(|reason| reason == CANCELLED)
    }
}
