//! Kept answers with the counts of this second put in: what is kept for minutes cannot know who is about to pay.
//!
//! In front of a kept answer stand the schedules that are on sale, with their seats, so that it is read again only where a count
//! has changed:
//!
//! ```text
//! number of schedules: 1 byte   { id: 16 bytes, seats: 4 bytes } each   the answer as JSON, with `inPayment` null
//! ```

use crate::cache::{Document, Loaded, Name};
use crate::counts::Count;
use crate::model::Schedule;
use crate::reading::json;
use crate::service::CatalogService;
use crate::views::event::EventDetail;
use crate::views::schedule::{ScheduleView, TimeView};
use bytes::Bytes;
use domain::catalog::ScheduleStatus;
use domain::{ScheduleId, Timestamp};
use onsale_http::ApiError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// Most answers in memory.
const ANSWERS_MAX: usize = 1_024;
/// Most schedules of an event that are counted; an event has at most 50.
const SCHEDULES_MAX: usize = 255;
const ENTRY_BYTES: usize = 16 + 4;

/// An answer that shows schedules.
pub(crate) trait Counted: Serialize + DeserializeOwned {
    /// Its schedules.
    fn times(&mut self) -> Vec<&mut TimeView>;
}

impl Counted for EventDetail {
    fn times(&mut self) -> Vec<&mut TimeView> {
        self.schedules.iter_mut().flat_map(|day| &mut day.times).collect()
    }
}

impl Counted for ScheduleView {
    fn times(&mut self) -> Vec<&mut TimeView> {
        vec![&mut self.time]
    }
}

/// A schedule that is on sale, and its seats.
type OnSale = (ScheduleId, u32);

fn on_sale(schedules: &[Schedule], now: Timestamp) -> Vec<OnSale> {
    let is_on_sale = |one: &&Schedule| one.times.status(one.is_cancelled, now) == ScheduleStatus::Ongoing;
    schedules.iter().filter(is_on_sale).take(SCHEDULES_MAX).map(|one| (one.id, one.seats)).collect()
}

/// What is kept of an answer about these schedules.
///
/// # Errors
/// `INTERNAL_ERROR`.
pub(crate) fn kept(
    view: &impl Counted,
    schedules: &[Schedule],
    life_ms: u64,
    now: Timestamp,
) -> Result<Loaded, ApiError> {
    let on_sale = on_sale(schedules, now);
    let mut bytes = vec![u8::try_from(on_sale.len()).unwrap_or_default()];
    for (id, seats) in on_sale {
        bytes.extend_from_slice(id.get().as_bytes());
        bytes.extend_from_slice(&seats.to_be_bytes());
    }
    bytes.extend_from_slice(&json(view)?);
    Ok(Loaded { bytes: bytes.into(), life_ms, etag: false })
}

/// The schedules in front of a kept answer, and the answer.
fn parts(kept: &Bytes) -> Option<(Vec<OnSale>, Bytes)> {
    let end = 1 + usize::from(*kept.first()?) * ENTRY_BYTES;
    let entry = |entry: &[u8]| {
        let (id, seats) = entry.split_at_checked(16)?;
        Some((ScheduleId(Uuid::from_slice(id).ok()?), u32::from_be_bytes(seats.try_into().ok()?)))
    };
    let on_sale = kept.get(1..end)?.chunks(ENTRY_BYTES).map(entry).collect::<Option<Vec<_>>>()?;
    Some((on_sale, kept.slice(end..)))
}

/// The answers that were told last: nobody writes the same one twice.
#[derive(Default)]
pub(crate) struct CountedAnswers(Mutex<HashMap<Name, Arc<Told>>>);

struct Told {
    /// What was kept; compared by its place in memory.
    kept: Bytes,
    counts: Vec<Count>,
    bytes: Bytes,
}

impl CountedAnswers {
    fn of(&self, name: &Name, kept: &Bytes, counts: &[Count]) -> Option<Bytes> {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()?;
        let is_same = told.kept.as_ptr() == kept.as_ptr() && told.kept.len() == kept.len() && told.counts == counts;
        is_same.then(|| told.bytes.clone())
    }

    fn keep(&self, name: &Name, told: Told) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= ANSWERS_MAX && !answers.contains_key(name) {
            answers.clear();
        }
        answers.insert(name.clone(), Arc::new(told));
    }
}

impl CatalogService {
    /// A kept answer with the counts of now.
    ///
    /// # Errors
    /// `INTERNAL_ERROR` when something else was kept.
    pub(crate) async fn counted<V: Counted>(&self, name: &Name, document: Document) -> Result<Document, ApiError> {
        let (on_sale, plain) = parts(&document.bytes).ok_or_else(|| ApiError::internal("a kept answer is cut off"))?;
        if on_sale.is_empty() || !self.counts.has_source() {
            return Ok(Document { bytes: plain, ..document });
        }
        let ids: Vec<ScheduleId> = on_sale.iter().map(|(id, _)| *id).collect();
        let counts = self.counts.of(&ids).await;
        if let Some(bytes) = self.answers.of(name, &document.bytes, &counts) {
            return Ok(Document { bytes, ..document });
        }
        let mut view: V = serde_json::from_slice(&plain).map_err(ApiError::internal)?;
        put(&mut view, &on_sale, &counts);
        let bytes = json(&view)?;
        self.answers.keep(name, Told { kept: document.bytes, counts, bytes: bytes.clone() });
        Ok(Document { bytes, etag: document.etag })
    }

    /// The views of these schedules, which are kept nowhere, with the counts of now.
    pub(crate) async fn counted_now(&self, schedules: &[Schedule]) -> Vec<ScheduleView> {
        let now = clock::now();
        let on_sale = on_sale(schedules, now);
        let ids: Vec<ScheduleId> = on_sale.iter().map(|(id, _)| *id).collect();
        let counts = self.counts.of(&ids).await;
        let mut views: Vec<ScheduleView> = schedules.iter().map(|one| ScheduleView::new(one, now)).collect();
        views.iter_mut().for_each(|view| put(view, &on_sale, &counts));
        views
    }
}

fn put<V: Counted>(view: &mut V, on_sale: &[OnSale], counts: &[Count]) {
    let counts: HashMap<ScheduleId, (u32, Count)> =
        on_sale.iter().zip(counts).map(|((id, seats), count)| (*id, (*seats, *count))).collect();
    for time in view.times() {
        if let Some((seats, Some(held))) = counts.get(&time.id()) {
            time.count(*seats, *held);
        }
    }
}
