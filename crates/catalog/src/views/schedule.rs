//! The JSON of schedules, their seats and their plan.

use crate::model::Schedule;
use domain::catalog::layout::{Corner, Layout};
use domain::catalog::plan::{PlanRow, PlanSection};
use domain::catalog::template::Flag;
use domain::catalog::{Grade, Prices, ScheduleTimes, SeatPlan};
use domain::{EventId, ScheduleId, SeatId, Timestamp};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A new schedule.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewSchedule {
    /// 1 for the first performance; unique in the event.
    #[schema(minimum = 1, maximum = 1000000)]
    pub play_sequence: u32,
    /// The beginning.
    #[schema(value_type = String, example = "2026-12-24T10:00:00")]
    pub event_start_at: Timestamp,
    /// The end; after the beginning.
    #[schema(value_type = String, example = "2026-12-24T12:30:00")]
    pub event_end_at: Timestamp,
    /// The beginning of the sale.
    #[schema(value_type = String, example = "2026-12-01T11:00:00")]
    pub sale_start_at: Timestamp,
    /// The end of the sale; not after the event's.
    #[schema(value_type = String, example = "2026-12-24T09:00:00")]
    pub sale_end_at: Timestamp,
}

impl NewSchedule {
    /// Its times.
    pub fn times(&self) -> ScheduleTimes {
        let Self { play_sequence, event_start_at, event_end_at, sale_start_at, sale_end_at } = *self;
        ScheduleTimes { sequence: play_sequence, event_start_at, event_end_at, sale_start_at, sale_end_at }
    }
}

/// A schedule in the detail of its event.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimeView {
    #[schema(value_type = String)]
    id: ScheduleId,
    sequence: u32,
    /// `HH:mm:ss`, UTC.
    time: String,
    #[schema(value_type = String)]
    sale_start_at: Timestamp,
    #[schema(value_type = String)]
    sale_end_at: Timestamp,
    /// `UPCOMING`, `ONGOING`, `ENDED` or `CANCELLED`.
    #[schema(value_type = String)]
    status: Cow<'static, str>,
    /// Whether all seats are sold.
    is_sold_out: bool,
    /// Seats that are free: neither sold nor in payment. While `inPayment` is null, those that are not sold.
    left: u32,
    /// Seats that are held or in payment and may come back; null outside of the sale, and while nobody knows.
    in_payment: Option<u32>,
}

impl TimeView {
    /// A schedule now.
    pub(crate) fn new(schedule: &Schedule, now: Timestamp) -> Self {
        let times = &schedule.times;
        Self {
            id: schedule.id,
            sequence: times.sequence,
            time: times.event_start_at.civil().strftime("%H:%M:%S").to_string(),
            sale_start_at: times.sale_start_at,
            sale_end_at: times.sale_end_at,
            status: times.status(schedule.is_cancelled, now).as_str().into(),
            is_sold_out: schedule.left() == 0,
            left: schedule.left(),
            in_payment: None,
        }
    }

    /// The id.
    pub(crate) fn id(&self) -> ScheduleId {
        self.id
    }

    /// Of its `seats` so many stand in reservations, paid ones among them. Until then `left` is what is not sold.
    pub(crate) fn count(&mut self, seats: u32, held: u32) {
        let sold = seats.saturating_sub(self.left);
        let in_payment = held.saturating_sub(sold).min(self.left);
        self.in_payment = Some(in_payment);
        self.left -= in_payment;
    }
}

/// A schedule by itself.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleView {
    #[serde(flatten)]
    pub(crate) time: TimeView,
    #[schema(value_type = String)]
    event_id: EventId,
    #[schema(value_type = String)]
    event_start_at: Timestamp,
    #[schema(value_type = String)]
    event_end_at: Timestamp,
}

impl ScheduleView {
    /// A schedule now.
    pub(crate) fn new(schedule: &Schedule, now: Timestamp) -> Self {
        let ScheduleTimes { event_start_at, event_end_at, .. } = schedule.times;
        Self { time: TimeView::new(schedule, now), event_id: schedule.event, event_start_at, event_end_at }
    }
}

/// A seat.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeatView<'a> {
    #[schema(value_type = String)]
    pub(crate) id: SeatId,
    #[serde(borrow)]
    #[schema(value_type = String, example = "A-1")]
    pub(crate) seat_number: Cow<'a, str>,
    /// `AVAILABLE`, `HOLD` or `SOLD`.
    #[serde(borrow)]
    #[schema(value_type = String)]
    pub(crate) status: Cow<'a, str>,
}

/// The seats of a grade.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct GradeView<'a> {
    #[schema(value_type = String)]
    pub(crate) grade: Grade,
    pub(crate) price: i64,
    #[serde(borrow)]
    pub(crate) seats: Vec<SeatView<'a>>,
}

/// The seats of a schedule; blocked ones are not among them.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeatsView<'a> {
    #[schema(value_type = String)]
    pub(crate) schedule_id: ScheduleId,
    #[serde(borrow)]
    pub(crate) grades: Vec<GradeView<'a>>,
}

/// The price of a grade.
#[derive(Debug, Serialize, ToSchema)]
pub struct GradePrice {
    #[schema(value_type = String)]
    grade: Grade,
    price: i64,
}

/// A row of a plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct RowView<'a> {
    name: &'a str,
    /// The index of its first seat.
    first: u32,
    /// Its seats.
    count: u32,
    #[schema(value_type = String)]
    grade: Grade,
    /// The seats' numbers, where they are not 1 to `count`.
    #[serde(skip_serializing_if = "Option::is_none")]
    numbers: Option<&'a [u32]>,
    /// Flags by the place in the row, from 0.
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    flags: BTreeMap<u32, Vec<Flag>>,
}

impl<'a> RowView<'a> {
    fn new(row: &'a PlanRow) -> Self {
        let flags = row.flags.iter().map(|(at, flags)| (*at, flags.iter().copied().collect())).collect();
        let (first, count, grade, numbers) = (row.first, row.count(), row.grade, row.own_numbers());
        Self { name: &row.name, first, count, grade, numbers, flags }
    }
}

/// A section of a plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct SectionView<'a> {
    name: &'a str,
    /// Where all its rows have the same.
    #[schema(value_type = Option<String>, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    grade: Option<Grade>,
    /// The outline of the layout.
    #[schema(value_type = Option<Vec<Vec<f64>>>, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    shape: Option<&'a [Corner]>,
    rows: Vec<RowView<'a>>,
}

/// The plan of a schedule's seats: the id of a seat is `idPrefix` and its index in eight hexadecimal digits.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanView<'a> {
    #[schema(value_type = String)]
    schedule_id: ScheduleId,
    /// 24 hexadecimal digits.
    id_prefix: String,
    grades: Vec<GradePrice>,
    sections: Vec<SectionView<'a>>,
    /// As the template has it.
    #[schema(value_type = Option<Object>, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    layout: Option<&'a Layout>,
}

impl<'a> PlanView<'a> {
    /// The plan of a schedule.
    pub(crate) fn new(schedule: &Schedule, plan: &'a SeatPlan, prices: &Prices) -> Self {
        let section = |section: PlanSection<'a>| SectionView {
            name: section.name,
            grade: section.grade,
            shape: section.outline,
            rows: section.rows.into_iter().map(RowView::new).collect(),
        };
        let price = |grade: Grade| Some(GradePrice { grade, price: prices.of(grade)? });
        Self {
            schedule_id: schedule.id,
            id_prefix: schedule.prefix.to_string(),
            grades: plan.grades().into_iter().filter_map(price).collect(),
            sections: plan.sections().into_iter().map(section).collect(),
            layout: plan.layout(),
        }
    }
}
