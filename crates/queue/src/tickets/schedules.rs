//! When the seats of schedules are sold, from the catalog: kept for half a minute, and held against the own clock at each call.

use access::Peer;
use clock::now;
use domain::catalog::PreciseTime;
use domain::line::SaleWindow;
use domain::{ErrorCode, ScheduleId, Timestamp};
use hot::KeyPort;
use onsale_http::ApiError;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OnceCell;

/// How long an answer counts, in milliseconds.
const KEPT_MS: i64 = 30_000;
/// While the catalog is away the last answer counts for so long, in milliseconds: times do not change, and the seats' own role
/// asks again before it gives one away.
const KEPT_AWAY_MS: i64 = 600_000;
/// Most schedules in memory. Beyond it those whose answers are old are forgotten.
const SCHEDULES_MAX: usize = 10_000;

/// The catalog's answer, and the value of `schedule:sellable:<schedule>`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sellable {
    sellable: bool,
    reason: Option<String>,
    sale_start_at: PreciseTime,
    sale_end_at: PreciseTime,
    /// When the catalog gave it; only in hot state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    read_at: Option<PreciseTime>,
}

/// What is known of a sale, and since when.
#[derive(Clone, Copy, Debug)]
struct Known {
    window: SaleWindow,
    read_at: Timestamp,
}

impl Known {
    fn is_fresh(&self, kept_ms: i64) -> bool {
        // An answer of the future is from a clock that was set back since.
        (0..kept_ms).contains(&(now().millis() - self.read_at.millis()))
    }
}

impl Sellable {
    fn known(&self, read_at: Timestamp) -> Known {
        let is_cancelled = self.reason.as_deref() == Some("CANCELLED");
        let (starts_at, ends_at) = (self.sale_start_at.0, self.sale_end_at.0);
        Known { window: SaleWindow { starts_at, ends_at, is_cancelled }, read_at }
    }
}

/// What a question to the catalog has brought; `None`: there is no such schedule.
type Loaded = Result<Option<Known>, ApiError>;

#[derive(Default)]
struct Slot {
    last: Option<Known>,
    /// One asks for all.
    loading: Option<Arc<OnceCell<Loaded>>>,
}

/// The sales of all schedules that were asked for. Cheap to clone; clones share what they know.
#[derive(Clone)]
pub(super) struct Schedules {
    catalog: Peer,
    keys: Arc<dyn KeyPort>,
    slots: Arc<Mutex<HashMap<ScheduleId, Slot>>>,
}

fn key(id: ScheduleId) -> String {
    format!("schedule:sellable:{id}")
}

impl Schedules {
    pub(super) fn new(catalog: Peer, keys: Arc<dyn KeyPort>) -> Self {
        Self { catalog, keys, slots: Arc::default() }
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<ScheduleId, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the schedule's seats are sold.
    ///
    /// # Errors
    /// `NOT_FOUND` for a schedule that nobody may know; `SERVICE_UNAVAILABLE` when the catalog has been away for long.
    pub(super) async fn window(&self, id: ScheduleId) -> Result<SaleWindow, ApiError> {
        let loading = {
            let mut slots = self.slots();
            if slots.len() >= SCHEDULES_MAX {
                slots.retain(|_, slot| slot.loading.is_some() || slot.last.is_some_and(|last| last.is_fresh(KEPT_MS)));
            }
            let slot = slots.entry(id).or_default();
            match slot.last.filter(|last| last.is_fresh(KEPT_MS)) {
                Some(last) => return Ok(last.window),
                None => slot.loading.get_or_insert_default().clone(),
            }
        };
        let loaded = loading.get_or_init(|| self.load(id)).await.clone();
        self.learn(id, &loading, &loaded)
    }

    fn learn(&self, id: ScheduleId, loading: &Arc<OnceCell<Loaded>>, loaded: &Loaded) -> Result<SaleWindow, ApiError> {
        let mut slots = self.slots();
        let slot = slots.entry(id).or_default();
        if slot.loading.as_ref().is_some_and(|current| Arc::ptr_eq(current, loading)) {
            slot.loading = None;
        }
        match loaded {
            Ok(Some(known)) => {
                slot.last = Some(*known);
                Ok(known.window)
            }
            Ok(None) => {
                slots.remove(&id);
                Err(ApiError::new(ErrorCode::NotFound).detail("there is no such schedule"))
            }
            Err(away) => {
                let last = slot.last.filter(|last| last.is_fresh(KEPT_AWAY_MS));
                if last.is_none() {
                    slots.remove(&id);
                }
                last.map(|last| last.window).ok_or_else(|| away.clone())
            }
        }
    }

    async fn load(&self, id: ScheduleId) -> Loaded {
        if let Some(known) = self.kept(id).await {
            return Ok(Some(known));
        }
        let asked_at = now();
        let reply = self.catalog.get(&format!("/internal/schedules/{id}/sellable")).await;
        let reply = reply.map_err(|away| {
            tracing::warn!(%away, schedule = %id, "the sale of a schedule cannot be read");
            ApiError::unavailable()
        })?;
        if !reply.status.is_success() {
            return Ok(None);
        }
        let sellable: Sellable = reply.read().map_err(|error| {
            tracing::error!(%error, schedule = %id, "the catalog's answer has another form");
            ApiError::unavailable()
        })?;
        self.keep(id, Sellable { read_at: Some(asked_at.into()), ..sellable.clone() }).await;
        Ok(Some(sellable.known(asked_at)))
    }

    /// What another process has read lately.
    async fn kept(&self, id: ScheduleId) -> Option<Known> {
        let values = self.keys.get(&[key(id)], now()).await.ok()?;
        let sellable: Sellable = serde_json::from_slice(values.first()?.as_ref()?).ok()?;
        Some(sellable.known(sellable.read_at?.0)).filter(|known| known.is_fresh(KEPT_MS))
    }

    async fn keep(&self, id: ScheduleId, sellable: Sellable) {
        let Ok(value) = serde_json::to_vec(&sellable) else { return };
        if let Err(error) = self.keys.put(vec![(key(id), value)], KEPT_MS.unsigned_abs(), now()).await {
            tracing::debug!(%error, "the sale of a schedule is kept in this process alone");
        }
    }

    /// Schedules that are over for a day.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE` when the catalog is away.
    pub(super) async fn ended(&self) -> Result<Vec<ScheduleId>, ApiError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Ended {
            schedule_ids: Vec<ScheduleId>,
        }
        let unavailable = |why: &dyn std::fmt::Display| {
            tracing::warn!(%why, "schedules that are over cannot be read");
            ApiError::unavailable()
        };
        let reply = self.catalog.get("/internal/schedules/ended").await.map_err(|away| unavailable(&away))?;
        Ok(reply.read::<Ended>().map_err(|error| unavailable(&error))?.schedule_ids)
    }
}
