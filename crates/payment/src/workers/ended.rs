//! Which schedules have ended: from then on nobody gives a ticket back at PortOne's console (hole 20).

use access::Peer;
use clock::now;
use domain::{ScheduleId, Timestamp};
use serde::Deserialize;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// How long the catalog's list is kept, in milliseconds.
const KEPT_MS: i64 = 600_000;
/// A ticket is looked up no longer than this after it was bought, in milliseconds: the catalog names the schedules that ended
/// last, and no more than a list holds.
pub(super) const SOLD_MS_MAX: i64 = 2 * 366 * 24 * 3_600_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ended {
    schedule_ids: HashSet<ScheduleId>,
}

#[derive(Default)]
struct Kept {
    ended: Arc<HashSet<ScheduleId>>,
    read_at: Option<Timestamp>,
}

/// The catalog's list of schedules that ended over a day ago. Cheap to clone.
#[derive(Clone)]
pub(crate) struct EndedSchedules {
    catalog: Peer,
    kept: Arc<Mutex<Kept>>,
}

impl EndedSchedules {
    /// The list of this peer.
    pub(crate) fn new(catalog: Peer) -> Self {
        Self { catalog, kept: Arc::default() }
    }

    /// Whether a schedule is known to have ended. While the catalog is away nothing has: a look-up too many does no harm.
    pub(super) async fn contains(&self, schedule: ScheduleId) -> bool {
        self.list().await.contains(&schedule)
    }

    async fn list(&self) -> Arc<HashSet<ScheduleId>> {
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let asked_at = now();
        {
            let kept = kept();
            let age_ms = kept.read_at.map(|at| asked_at.millis() - at.millis());
            if age_ms.is_some_and(|age_ms| (0..KEPT_MS).contains(&age_ms)) {
                return kept.ended.clone();
            }
        }
        match self.ask().await {
            Ok(ended) => {
                let ended = Arc::new(ended);
                *kept() = Kept { ended: ended.clone(), read_at: Some(asked_at) };
                ended
            }
            Err(why) => {
                tracing::warn!(why, "the catalog does not say which schedules have ended");
                kept().ended.clone()
            }
        }
    }

    async fn ask(&self) -> Result<HashSet<ScheduleId>, String> {
        let reply = self.catalog.get("/internal/schedules/ended").await.map_err(|away| away.to_string())?;
        if !reply.status.is_success() {
            return Err(reply.status.to_string());
        }
        let ended: Ended = reply.read().map_err(|error| error.to_string())?;
        Ok(ended.schedule_ids)
    }
}
