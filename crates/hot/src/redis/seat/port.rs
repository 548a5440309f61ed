//! The port of seats on Redis.

use super::super::Ack;
use super::change::What;
use super::{RedisSeats, by_schedule};
use crate::line::Clock;
use crate::port::{HotError, HotHealth, SeatPort};
use async_trait::async_trait;
use domain::seat::{HoldOutcome, HoldRequest, Holding, PutRight, Release, SeatCounts, SeatHold, SeatsNow, Window};
use domain::{ScheduleId, SeatId, Timestamp};

#[async_trait]
impl SeatPort for RedisSeats {
    async fn hold(&self, batch: Vec<HoldRequest>, clock: Clock) -> Vec<Result<HoldOutcome, HotError>> {
        self.0.hold(&batch, clock).await
    }

    async fn release(&self, batch: Vec<Release>, clock: Clock) -> Vec<Result<Vec<SeatId>, HotError>> {
        let in_schedule = |schedule, releases| self.0.release_in(schedule, releases, clock);
        by_schedule(&batch, |release: &Release| release.of.schedule, in_schedule).await
    }

    async fn extend(&self, of: &Holding, until: Timestamp, clock: Clock) -> Result<Vec<SeatId>, HotError> {
        self.0.change_one(What::Extend(until), of, clock).await
    }

    async fn keep(&self, of: &Holding, clock: Clock) -> Result<Vec<SeatId>, HotError> {
        self.0.change_one(What::Keep, of, clock).await
    }

    async fn sold(&self, of: &Holding, clock: Clock) -> Result<Vec<SeatId>, HotError> {
        self.0.change_one(What::Sold, of, clock).await
    }

    async fn holds(&self, schedule: ScheduleId, window: Window, clock: Clock) -> Result<SeatsNow, HotError> {
        self.0.holds(schedule, window, clock).await
    }

    async fn counts(&self, schedule: ScheduleId, clock: Clock) -> Result<SeatCounts, HotError> {
        self.0.counts(schedule, clock).await
    }

    async fn put_right(
        &self,
        schedule: ScheduleId,
        rows: Vec<(SeatId, SeatHold)>,
        older_than: Timestamp,
        window: Window,
        clock: Clock,
    ) -> Result<PutRight, HotError> {
        self.0.put_right(schedule, &rows, older_than, window, clock).await
    }

    async fn schedules(&self) -> Result<Vec<ScheduleId>, HotError> {
        self.0.schedules().await
    }

    async fn health(&self) -> HotHealth {
        self.0.connections.health(self.0.ack != Ack::None)
    }
}
