//! What is sold of an event, for operators; the gateway adds what reservation holds and what payment has taken.

use crate::rows::{events, sales, schedules};
use crate::service::CatalogService;
use domain::{ErrorCode, EventId, ScheduleId, ZonedTime};
use onsale_http::ApiError;
use serde::Serialize;
use std::collections::BTreeMap;

/// Schedules in the list of the busiest.
const BUSIEST: usize = 5;

/// The sales of an event.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventSales {
    event_id: EventId,
    title: String,
    schedules: Vec<ScheduleSales>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ScheduleSales {
    schedule_id: ScheduleId,
    sequence: u32,
    event_start_at: String,
    status: &'static str,
    total: i64,
    sold: i64,
    by_grade: BTreeMap<String, GradeSales>,
}

#[derive(Debug, Default, Serialize)]
struct GradeSales {
    price: i64,
    total: i64,
    sold: i64,
}

/// The schedules that sell most now.
#[derive(Debug, Serialize)]
pub(crate) struct BusiestSales {
    list: Vec<OnSaleView>,
    more: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OnSaleView {
    schedule_id: ScheduleId,
    sold: i32,
    total: i32,
}

impl CatalogService {
    /// The seats of an event's schedules, by grade; of one that is being prepared, too.
    ///
    /// # Errors
    /// `NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub(crate) async fn event_sales(&self, id: EventId) -> Result<EventSales, ApiError> {
        let event = events::get(self.ledger.connection(), id).await?;
        let event = event.ok_or_else(|| ApiError::new(ErrorCode::NotFound))?;
        let of_event = schedules::of_event(self.ledger.connection(), id).await?;
        let ids: Vec<ScheduleId> = of_event.iter().map(|schedule| schedule.id).collect();
        let mut grades: BTreeMap<ScheduleId, BTreeMap<String, GradeSales>> = BTreeMap::new();
        for seats in sales::seats(&self.ledger, &ids).await? {
            let grade = grades.entry(seats.schedule).or_default().entry(seats.grade).or_default();
            grade.price = grade.price.max(seats.price);
            grade.total += seats.count;
            grade.sold += if seats.is_sold { seats.count } else { 0 };
        }
        let now = clock::now();
        let schedules = of_event.iter().map(|schedule| {
            let by_grade = grades.remove(&schedule.id).unwrap_or_default();
            ScheduleSales {
                schedule_id: schedule.id,
                sequence: schedule.times.sequence,
                event_start_at: ZonedTime(schedule.times.event_start_at).to_string(),
                status: schedule.times.status(schedule.is_cancelled, now).as_str(),
                total: by_grade.values().map(|grade| grade.total).sum(),
                sold: by_grade.values().map(|grade| grade.sold).sum(),
                by_grade,
            }
        });
        Ok(EventSales { event_id: id, title: event.title, schedules: schedules.collect() })
    }

    /// The schedules that sell most now.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub(crate) async fn busiest_sales(&self) -> Result<BusiestSales, ApiError> {
        let (busiest, all) = sales::busiest(&self.ledger, clock::now(), BUSIEST).await?;
        let more = all.saturating_sub(busiest.len());
        let view = |one: sales::OnSale| OnSaleView { schedule_id: one.schedule, sold: one.sold, total: one.total };
        Ok(BusiestSales { list: busiest.into_iter().map(view).collect(), more })
    }
}
