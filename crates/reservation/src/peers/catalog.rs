//! What the catalog says of schedules. Its answers are kept for half a minute; the times of a sale are held against the own
//! clock at each call.

use super::kept::Kept;
use super::schedule::{Schedule, ScheduleJson, SellableJson, Show};
use super::seat_table::{PlanJson, SeatTable};
use super::{HeardHoldNo, of_schedule};
use access::{Peer, PeerReply};
use domain::line::SaleWindow;
use domain::{ErrorCode, ScheduleId, SeatId, Timestamp};
use hot::KeyPort;
use http::StatusCode;
use onsale_http::ApiError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::HashSet;
use std::sync::Arc;

/// How long an answer counts, in milliseconds.
const KEPT_MS: i64 = 30_000;
/// Most schedules with their seats in memory: the largest take some ten megabytes.
const SCHEDULES_MAX: usize = 64;
/// Most names of schedules in memory.
const SHOWS_MAX: usize = 10_000;
/// How long names count, in milliseconds.
const SHOWS_MS: i64 = 60_000;

/// The catalog. Cheap to clone; clones share what they keep.
#[derive(Clone)]
pub(crate) struct Catalog(Arc<Inner>);

struct Inner {
    peer: Peer,
    keys: Arc<dyn KeyPort>,
    heard: HeardHoldNo,
    schedules: Kept<Schedule>,
    shows: Kept<Arc<Show>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SoldJson {
    sold_seat_ids: HashSet<SeatId>,
}

fn key(id: ScheduleId) -> String {
    format!("schedule:sellable:{id}")
}

impl Catalog {
    pub fn new(peer: Peer, keys: Arc<dyn KeyPort>, heard: HeardHoldNo) -> Self {
        let (schedules, shows) = (Kept::new(KEPT_MS, SCHEDULES_MAX), Kept::new(SHOWS_MS, SHOWS_MAX));
        Self(Arc::new(Inner { peer, keys, heard, schedules, shows }))
    }

    /// A schedule, its sale half a minute old at most.
    ///
    /// # Errors
    /// `NOT_FOUND`; `SERVICE_UNAVAILABLE` while the catalog is away.
    pub async fn schedule(&self, id: ScheduleId) -> Result<Schedule, ApiError> {
        let loaded = self.0.schedules.get(id, |last| self.load(id, last)).await;
        if loaded.as_ref().is_err_and(|error| error.code == ErrorCode::NotFound) {
            self.0.schedules.forget(id);
        }
        loaded
    }

    /// When the performance begins; `None` of a schedule that is gone and was never known here.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE` where nobody knows now.
    pub async fn event_start_at(&self, id: ScheduleId) -> Result<Option<Timestamp>, ApiError> {
        if let Some(show) = self.show(id).await {
            return Ok(Some(show.event_start_at));
        }
        match self.schedule(id).await {
            Ok(schedule) => Ok(Some(schedule.show.event_start_at)),
            Err(error) if error.code == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What a schedule is called; the last that was known of one that is gone, or while the catalog is away. `None`: nobody knows.
    pub async fn show(&self, id: ScheduleId) -> Option<Arc<Show>> {
        if let Some(schedule) = self.0.schedules.fresh(id) {
            return Some(schedule.show);
        }
        match self.0.shows.get(id, |_| async { self.load_whole(id).await.map(|schedule| schedule.show) }).await {
            Ok(show) => Some(show),
            Err(_) => self.0.shows.last(id).or_else(|| self.0.schedules.last(id).map(|schedule| schedule.show)),
        }
    }

    /// The seats that the catalog has as sold, now.
    ///
    /// # Errors
    /// As [`Catalog::schedule`].
    pub async fn sold(&self, id: ScheduleId) -> Result<HashSet<SeatId>, ApiError> {
        let sold: SoldJson = self.read(&of_schedule("/internal/seats/status/", id, "")).await?;
        Ok(sold.sold_seat_ids)
    }

    async fn load(&self, id: ScheduleId, last: Option<Schedule>) -> Result<Schedule, ApiError> {
        match last.filter(|last| last.keeps_seats(clock::now())) {
            Some(last) => Ok(Schedule { window: self.window(id).await?, ..last }),
            None => self.load_whole(id).await,
        }
    }

    async fn load_whole(&self, id: ScheduleId) -> Result<Schedule, ApiError> {
        let read_at = clock::now();
        let of_id = of_schedule("/internal/schedules/", id, "");
        let json: ScheduleJson = self.read(&of_id).await?;
        let plan = match self.read::<PlanJson>(&of_schedule("/internal/schedules/", id, "/plan")).await {
            Ok(plan) => SeatTable::of_plan(&plan),
            Err(error) if error.code == ErrorCode::NotFound => SeatTable::of_seats(id, &json.seats),
            Err(error) => return Err(error),
        };
        let seats = plan.ok_or_else(|| {
            tracing::error!(schedule = %id, "the catalog's seats cannot be read");
            ApiError::unavailable()
        })?;
        Ok(Schedule { show: Arc::new(json.show()), window: json.window(), seats: Arc::new(seats), read_at })
    }

    /// When the schedule is sold: from another process that has read it lately, or from the catalog.
    async fn window(&self, id: ScheduleId) -> Result<SaleWindow, ApiError> {
        let asked_at = clock::now();
        if let Some(kept) = self.kept(id).await {
            return Ok(kept.window());
        }
        let mut sellable: SellableJson = self.read(&of_schedule("/internal/schedules/", id, "/sellable")).await?;
        sellable.read_at = Some(asked_at.into());
        let value = serde_json::to_vec(&sellable).unwrap_or_default();
        if let Err(error) = self.0.keys.put(vec![(key(id), value)], KEPT_MS.unsigned_abs(), asked_at).await {
            tracing::debug!(%error, "the sale of a schedule is kept in this process alone");
        }
        Ok(sellable.window())
    }

    async fn kept(&self, id: ScheduleId) -> Option<SellableJson> {
        let now = clock::now();
        let values = self.0.keys.get(&[key(id)], now).await.ok()?;
        let sellable: SellableJson = serde_json::from_slice(values.first()?.as_ref()?).ok()?;
        let age_ms = now.millis() - sellable.read_at?.0.millis();
        (0..KEPT_MS).contains(&age_ms).then_some(sellable)
    }

    async fn read<T: DeserializeOwned>(&self, path: &str) -> Result<T, ApiError> {
        let reply = self.0.peer.get(path).await.map_err(|away| {
            tracing::warn!(%away, path, "the catalog cannot be read");
            ApiError::unavailable()
        })?;
        self.0.heard.hear(reply.hold_no);
        checked(&reply, path)
    }
}

fn checked<T: DeserializeOwned>(reply: &PeerReply, path: &str) -> Result<T, ApiError> {
    if reply.status == StatusCode::NOT_FOUND {
        return Err(ApiError::new(ErrorCode::NotFound).detail("there is no such schedule"));
    }
    if !reply.status.is_success() {
        tracing::error!(status = %reply.status, path, "the catalog has refused an internal call");
        return Err(ApiError::unavailable());
    }
    reply.read().map_err(|error| {
        tracing::error!(%error, path, "the catalog's answer has another form");
        ApiError::unavailable()
    })
}
