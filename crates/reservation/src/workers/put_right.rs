//! Hot state follows the rows (hole 17).

use super::Workers;
use crate::rows::{counter, upkeep};
use ::hot::line::Clock;
use domain::seat::{HoldEnd, PutRight, SeatHold};
use domain::{ScheduleId, SeatId, Timestamp};
use ledger::LedgerError;
use std::collections::BTreeSet;
use std::time::Duration;

/// Time between two looks: with the time that a hold may be without a row, hot state is right within ten seconds or so.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// A hold without a live row may be one whose row is just being written, for so long, in milliseconds.
const WITHOUT_ROW_MS: i64 = 10_000;

impl Workers {
    /// Puts hot state right until the process ends.
    pub async fn run_put_right(self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if let Err(error) = self.put_right().await {
                tracing::warn!(%error, "hot state cannot be compared with the rows now");
            }
        }
    }

    /// Compares every schedule that has holds in hot state or in rows, and lets hot state follow. Nothing while this database is
    /// behind (hole 7): its rows lack what was sold. Returns what was changed.
    ///
    /// # Errors
    /// [`LedgerError`]; an engine that is away is asked again by the next look.
    pub async fn put_right(&self) -> Result<PutRight, LedgerError> {
        let parts = &self.0.parts;
        let mut changed = PutRight::default();
        if parts.steps.is_behind().await? {
            return Ok(changed);
        }
        let mut schedules: BTreeSet<ScheduleId> =
            upkeep::schedules_with_holds(&parts.ledger).await?.into_iter().collect();
        match parts.seats.schedules().await {
            Ok(known) => schedules.extend(known),
            Err(error) => tracing::warn!(%error, "hot state does not say which schedules it has"),
        }
        for schedule in schedules {
            let one = self.put_schedule_right(schedule).await?;
            changed.gone += one.gone;
            changed.made += one.made;
            changed.extended += one.extended;
        }
        metrics::counter!("onsale_reservation_put_right_total", "what" => "gone").increment(changed.gone.into());
        metrics::counter!("onsale_reservation_put_right_total", "what" => "made").increment(changed.made.into());
        Ok(changed)
    }

    async fn put_schedule_right(&self, schedule: ScheduleId) -> Result<PutRight, LedgerError> {
        let parts = &self.0.parts;
        // Read before the rows: a hold that is made after them is younger.
        let looked_at = clock::now();
        let now = counter::moment(parts.ledger.connection(), parts.steps.terms().time).await?.now;
        let rows = upkeep::holds_of(&parts.ledger, schedule, now).await?;
        let rows = rows.into_iter().map(|row| by_own_clock(row, now, looked_at)).collect();
        let older_than = Timestamp(looked_at.millis() - WITHOUT_ROW_MS);
        let window = parts.windows.window(schedule).await;
        match parts.seats.put_right(schedule, rows, older_than, window, Clock::Engine).await {
            Ok(changed) => Ok(changed),
            Err(error) => {
                tracing::warn!(%error, %schedule, "a schedule's seats in hot state are compared by the next look");
                Ok(PutRight::default())
            }
        }
    }
}

/// The end of a hold as a rest from now on: the clock of the database is compared with no other (hole 15).
fn by_own_clock((seat, hold): (SeatId, SeatHold), now: Timestamp, own: Timestamp) -> (SeatId, SeatHold) {
    let end = match hold.end {
        HoldEnd::At(until) => HoldEnd::At(Timestamp(own.millis() + (until.millis() - now.millis()))),
        HoldEnd::Kept => HoldEnd::Kept,
    };
    (seat, SeatHold { end, ..hold })
}
