//! The names of shows, from the catalog: many people are told of one show at once, so a name is kept for a while.

use access::Peer;
use domain::{ScheduleId, Timestamp};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// How long a name is kept, in seconds.
const KEPT_SECONDS: i64 = 600;
/// Most names in memory.
const NAMES_MAX: usize = 1_000;

/// Names with the moments of their reading; `None`: the catalog has none.
type Names = HashMap<ScheduleId, (Timestamp, Option<Arc<str>>)>;

/// The names of shows. Cheap to clone; clones share what they know.
#[derive(Clone, Default)]
pub(crate) struct Shows {
    catalog: Option<Peer>,
    names: Arc<Mutex<Names>>,
}

/// What a mail says of a schedule.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Schedule {
    event_title: String,
    venue_name: String,
}

impl Shows {
    pub(crate) fn new(catalog: Option<Peer>) -> Self {
        Self { catalog, names: Arc::default() }
    }

    /// The title and the venue of a schedule; `None` for one that was deleted, and while the catalog is away: a mail that
    /// names no show is better than none.
    pub(crate) async fn name(&self, schedule: ScheduleId) -> Option<Arc<str>> {
        let catalog = self.catalog.as_ref()?;
        // One asks for all: a cancelled show has thousands of holders.
        let mut names = self.names.lock().await;
        let now = clock::now();
        if let Some((_, name)) = names.get(&schedule).filter(|(at, _)| now < at.plus_seconds(KEPT_SECONDS)) {
            return name.clone();
        }
        let reply = catalog.get(&format!("/internal/schedules/{schedule}")).await.ok()?;
        let name = reply.read::<Schedule>().ok().filter(|_| reply.status.is_success());
        let name = name.map(|show| Arc::from(format!("{} ({})", show.event_title, show.venue_name)));
        if names.len() >= NAMES_MAX {
            names.retain(|_, (at, _)| now < at.plus_seconds(KEPT_SECONDS));
        }
        if names.len() < NAMES_MAX {
            names.insert(schedule, (now, name.clone()));
        }
        name
    }
}
