//! The seats of a schedule and their plan: long answers, made once and told as they are (EVT-006).

use crate::cache::{Document, Loaded, Name};
use crate::life;
use crate::model::{Event, Schedule};
use crate::reading::{IsAdmin, json};
use crate::rows::seats;
use crate::service::{CatalogService, not_found};
use crate::views::schedule::{GradeView, PlanView, SeatView, SeatsView};
use bytes::Bytes;
use domain::catalog::{Grade, Prices, SeatPlan, SeatStatus};
use domain::{ErrorCode, ScheduleId, SeatId, Timestamp};
use onsale_http::ApiError;
use std::collections::HashSet;

/// Bytes in front of a kept plan: the beginning of the first sale, in milliseconds.
const SALE_BYTES: usize = 8;

/// The plan of a schedule's seats.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The body, as JSON.
    pub json: Bytes,
    /// The entity tag, without quotes.
    pub etag: String,
    /// Prices and hall may change until shortly before.
    pub sale_starts_at: Timestamp,
    /// Whether the event is still being prepared.
    pub is_prepared: bool,
}

impl CatalogService {
    /// The seats of a schedule by grade, as JSON, with the holds of now.
    ///
    /// # Errors
    /// `NOT_FOUND`, also of an event that is being prepared, but for administrators; `SERVICE_UNAVAILABLE`.
    pub async fn seats(&self, id: ScheduleId, is_admin: IsAdmin) -> Result<Document, ApiError> {
        let service = self.clone();
        let load = move || {
            let service = service.clone();
            async move { service.load_seats(id, false).await }
        };
        match self.cache.read(&Name::Seats(id), load).await {
            Err(error) if is_admin && error.code == ErrorCode::NotFound => {
                let Loaded { bytes, .. } = self.load_seats(id, true).await?;
                Ok(Document { bytes, etag: String::new() })
            }
            read => self.with_holds(id, read?).await,
        }
    }

    async fn load_seats(&self, id: ScheduleId, with_preparing: bool) -> Result<Loaded, ApiError> {
        let (event, schedule) = self.schedule_of(id, with_preparing).await?;
        let plan = self.plans.get(self.ledger.connection(), schedule.plan).await?;
        let sold = seats::sold(self.ledger.connection(), id).await?.into_iter().collect();
        let bytes = json(&seats_view(&schedule, &plan, &event.prices, &sold))?;
        let life_ms = life::of_schedules(self.settings, std::slice::from_ref(&schedule), clock::now());
        Ok(Loaded { bytes, life_ms, etag: false })
    }

    /// The plan of a schedule's seats.
    ///
    /// # Errors
    /// As [`CatalogService::seats`].
    pub async fn plan(&self, id: ScheduleId, is_admin: IsAdmin) -> Result<Plan, ApiError> {
        let service = self.clone();
        let load = move || {
            let service = service.clone();
            async move {
                let (event, schedule) = service.schedule_of(id, false).await?;
                service.load_plan(&event, &schedule).await
            }
        };
        match self.cache.read(&Name::Plan(id), load).await {
            Ok(document) => read_plan(document, false),
            Err(error) if is_admin && error.code == ErrorCode::NotFound => {
                let (event, schedule) = self.schedule_of(id, true).await?;
                let Loaded { bytes, .. } = self.load_plan(&event, &schedule).await?;
                read_plan(Document { bytes, etag: String::new() }, true)
            }
            Err(error) => Err(error),
        }
    }

    async fn load_plan(&self, event: &Event, schedule: &Schedule) -> Result<Loaded, ApiError> {
        let plan = self.plans.get(self.ledger.connection(), schedule.plan).await?;
        let mut bytes = event.sale_starts_at.millis().to_be_bytes().to_vec();
        bytes.extend_from_slice(&json(&PlanView::new(schedule, &plan, &event.prices))?);
        let life_ms = self.settings.cache_ttl_seconds.saturating_mul(1_000);
        Ok(Loaded { bytes: bytes.into(), life_ms, etag: true })
    }
}

fn read_plan(document: Document, is_prepared: bool) -> Result<Plan, ApiError> {
    let start = document.bytes.get(..SALE_BYTES).and_then(|start| start.try_into().ok());
    let start = start.map(i64::from_be_bytes).ok_or_else(|| not_found("schedule"))?;
    let json = document.bytes.slice(SALE_BYTES..);
    Ok(Plan { json, etag: document.etag, sale_starts_at: Timestamp(start), is_prepared })
}

fn seats_view(schedule: &Schedule, plan: &SeatPlan, prices: &Prices, sold: &HashSet<SeatId>) -> SeatsView<'static> {
    let of_grade = |grade: Grade| {
        let for_sale = plan.iter().filter(|seat| seat.grade == grade && !seat.is_blocked);
        let view = |seat: domain::catalog::plan::PlanSeat<'_>| {
            let id = schedule.prefix.seat(seat.index);
            let status = if sold.contains(&id) { SeatStatus::Sold } else { SeatStatus::Available };
            SeatView { id, seat_number: seat.to_string().into(), status: status.as_str().into() }
        };
        GradeView { grade, price: prices.of(grade).unwrap_or_default(), seats: for_sale.map(view).collect() }
    };
    SeatsView { schedule_id: schedule.id, grades: plan.grades().into_iter().map(of_grade).collect() }
}
