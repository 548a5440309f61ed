//! Hot seats.

use crate::records::{HoldRow, HotBook};
use ::hot::line::Clock;
use ::hot::{HotError, SeatPort};
use domain::ScheduleId;
use domain::seat::{HoldEnd, Window};

/// Hot state gave no answer.
#[derive(Debug, thiserror::Error)]
#[error("hot seats cannot be read: {0:?}")]
pub struct HotReadError(pub HotError);

/// Reads what stands in these schedules. `window`: how seats that come back are given out there, since a hold that has run out
/// counts as returned from this read on.
///
/// # Errors
/// [`HotReadError`].
pub async fn hot(
    seats: &dyn SeatPort,
    schedules: &[ScheduleId],
    window: &(dyn Fn(ScheduleId) -> Window + Sync),
) -> Result<HotBook, HotReadError> {
    let mut book = HotBook { schedules: schedules.to_vec(), ..HotBook::default() };
    for schedule in schedules.iter().copied() {
        let now = seats.holds(schedule, window(schedule), Clock::Engine).await.map_err(HotReadError)?;
        let rows = now.holds.into_iter().map(|(seat, hold)| HoldRow {
            schedule,
            seat,
            reservation: hold.reservation,
            user: hold.user,
            until: match hold.end {
                HoldEnd::At(until) => Some(until),
                HoldEnd::Kept => None,
            },
        });
        book.holds.extend(rows);
    }
    Ok(book)
}
