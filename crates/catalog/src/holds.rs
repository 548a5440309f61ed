//! Holds laid over the kept seats of a schedule at each read: what is kept for minutes knows only what is sold
//! (`contract-ticketing.md`, Hot state: `cache:seats:*` never knows `HOLD`).
//!
//! What is kept stays as it is, so that servers of other versions read it, too.

use crate::cache::Document;
use crate::counts::Held;
use crate::reading::json;
use crate::service::CatalogService;
use crate::views::schedule::SeatsView;
use bytes::Bytes;
use domain::ScheduleId;
use domain::catalog::SeatStatus;
use onsale_http::ApiError;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Most answers in memory: of a large hall each has megabytes.
const ANSWERS_MAX: usize = 64;
/// The status of a seat that somebody holds: no table of the catalog has it.
const HOLD: &str = "HOLD";

/// An answer with the holds in it.
struct Told {
    /// What was kept; compared by its place in memory.
    kept: Bytes,
    held: Held,
    bytes: Bytes,
}

impl Told {
    fn is_of(&self, kept: &Bytes, held: &Held) -> bool {
        let is_kept = self.kept.as_ptr() == kept.as_ptr() && self.kept.len() == kept.len();
        is_kept && (Arc::ptr_eq(&self.held, held) || self.held == *held)
    }
}

/// An answer that one reader writes for all.
type Slot = Arc<tokio::sync::Mutex<Option<Told>>>;

/// The answers that were told last: nobody writes the same one twice.
#[derive(Default)]
pub(crate) struct Overlaid(Mutex<HashMap<ScheduleId, Slot>>);

impl Overlaid {
    fn slot(&self, id: ScheduleId) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= ANSWERS_MAX && !slots.contains_key(&id) {
            slots.clear();
        }
        slots.entry(id).or_default().clone()
    }
}

impl CatalogService {
    /// The kept seats of a schedule with the holds of now. While reservation does not answer there are none.
    ///
    /// # Errors
    /// `INTERNAL_ERROR` when something else was kept.
    pub(crate) async fn with_holds(&self, id: ScheduleId, document: Document) -> Result<Document, ApiError> {
        let held = self.held_now.one(id).await;
        let Some(held) = held.filter(|held| !held.is_empty()) else { return Ok(document) };
        let slot = self.overlaid.slot(id);
        let mut told = slot.lock().await;
        if let Some(told) = told.as_ref().filter(|told| told.is_of(&document.bytes, &held)) {
            return Ok(Document { bytes: told.bytes.clone(), ..document });
        }
        let bytes = overlay(&document.bytes, &held)?;
        *told = Some(Told { kept: document.bytes, held, bytes: bytes.clone() });
        Ok(Document { bytes, etag: document.etag })
    }
}

/// The seats with `HOLD` where they are held and not sold.
fn overlay(kept: &Bytes, held: &Held) -> Result<Bytes, ApiError> {
    let mut view: SeatsView<'_> = serde_json::from_slice(kept).map_err(ApiError::internal)?;
    for seat in view.grades.iter_mut().flat_map(|grade| &mut grade.seats) {
        if seat.status == SeatStatus::Available.as_str() && held.contains(&seat.id) {
            seat.status = HOLD.into();
        }
    }
    json(&view)
}
